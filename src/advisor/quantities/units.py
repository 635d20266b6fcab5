"""Unit constants. Names carry the unit; GB is 1e9 bytes and GiB is 2^30."""

GIB = 1 << 30
MIB = 1 << 20
GB = 10**9
TERA = 1e12

HOURS_PER_YEAR = 8_760
HOURS_PER_MONTH = 730
"""Hours billed for an always-on instance in a month: 8,760 / 12, the convention of AWS's own calculator."""
