"""What screens say: domain values in, styled text out. Pure, so that a test needs no screen."""
