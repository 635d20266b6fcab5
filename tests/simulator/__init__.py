"""The built-in endpoint: its engine in virtual time, its API over loopback, its process."""
