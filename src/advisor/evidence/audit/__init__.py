"""Recomputing what a report claims: one module for each kind of check."""
