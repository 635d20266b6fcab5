"""Readers of public price feeds: bytes or documents in, prices of the catalogue's instances out. Nothing is fetched."""
