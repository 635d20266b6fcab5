"""The actions of `advisor catalog`, one module each."""
