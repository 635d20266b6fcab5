"""Widgets that take data in and post messages out; they know no screen, no file and no workflow."""
