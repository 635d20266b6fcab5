"""One module a command: `add` describes its flags, `run` does it."""
