"""Rules that a whole catalogue must keep, beyond what loading needs: each a small pure function that finds mistakes."""
