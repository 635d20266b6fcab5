"""What each engine can do on each kind of device, and how it may be spread."""
