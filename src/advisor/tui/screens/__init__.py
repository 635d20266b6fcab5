"""The six rooms and the dialogs, one file each."""
