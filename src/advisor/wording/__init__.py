"""English for the values that the rooms below return as codes; the one place to add another language."""
