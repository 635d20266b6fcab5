"""The command that serves what was checked, by engine and version, with a reason for each setting."""
