"""Numbers that know where they come from, and how to write them."""
