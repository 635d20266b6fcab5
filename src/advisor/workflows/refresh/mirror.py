"""Where price feeds are read: from AWS's own hosts, or from a mirror in which every host is a folder."""

import os
from urllib.parse import urlsplit

from advisor.errors import InputError

VARIABLE = "ADVISOR_FEEDS"
_FLAG = "--base-url"


def feeds_mirror(stated: str | None) -> str | None:
    """The mirror that was stated, else the environment's; None for AWS itself. InputError for what is no address."""
    address = stated if stated is not None else os.environ.get(VARIABLE) or None
    if address is None:
        return None
    try:
        parts = urlsplit(address)
    except ValueError:  # an IPv6 address without its bracket
        parts = None
    if parts is None or parts.scheme not in ("http", "https") or not parts.netloc:
        key = _FLAG if stated is not None else VARIABLE
        raise InputError(f"'{address}' is no address", key=key, hint="It is like https://mirror.example.com/aws.")
    return address
