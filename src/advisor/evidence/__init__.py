"""Performance figures that somebody measured or claimed, and which of them answers a question best."""
