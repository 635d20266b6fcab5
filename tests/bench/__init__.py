"""The benchmark runner: its arithmetic on hand-written traces, its capture path over loopback, whole runs."""
