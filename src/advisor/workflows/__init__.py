"""What the command line and the app both do: the only place that joins rooms and does I/O in sequence."""
