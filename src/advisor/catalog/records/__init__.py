"""The records of the catalogue, as plain frozen dataclasses.

Figures are plain numbers with the unit in the field's name, so that arithmetic stays readable; each
record carries an `Origin`, which knows level, source and date of every one of them.
"""
