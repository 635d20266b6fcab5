"""How prices of a region hang together: one multiplier of the home region's price for a whole family.

That held to 1e-4 on every pair that could be compared (facts: catalog, section 1.2).
"""

HOME = "us-east-1"
TOLERANCE = 1e-3
"""Ten times the spread that was seen."""

_TOGETHER = (("p5", "p5en"), ("p4d", "p4de"), ("g6", "gr6", "g6e", "g7", "g7e"))
"""Families that share their multipliers; every other family has its own."""


def priced_together(instance_type: str) -> str:
    """The families that share an instance's multiplier, as one name: `p5/p5en`."""
    family = instance_type.partition(".")[0]
    return "/".join(next((group for group in _TOGETHER if family in group), (family,)))


def is_off(ratio: float, multiplier: float) -> bool:
    """Whether a price's ratio to the home region's is another than its family's multiplier."""
    return abs(ratio / multiplier - 1) > TOLERANCE
