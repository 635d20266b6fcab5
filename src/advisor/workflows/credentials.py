"""The API key of an endpoint, from an environment variable. It is never written anywhere."""

import os
import re

from advisor.errors import InputError


def key_from(variable: str | None) -> str | None:
    """The key in an environment variable; None where no variable is named. InputError where it is not set."""
    if not variable:
        return None
    key = os.environ.get(variable)
    if not key:
        # Somebody may have typed the key itself here, so only what looks like a variable's name is repeated.
        named = f" {variable}" if re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable) else ""
        raise InputError(
            f"the environment variable{named} is not set",
            hint="Name a variable that holds the key, not the key.",
            key="api_key_env",
        )
    return key
