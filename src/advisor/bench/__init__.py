"""The embedded benchmark runner: plan, preflight, capture, decode, metrics, gates, run directory."""
