"""Reading public price feeds, showing what they change, and writing it: `advisor catalog refresh`."""
