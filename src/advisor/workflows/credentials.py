"""The API key of an endpoint: from an environment variable into a `Secret`, and from there only onto the wire."""

import os
import re

from advisor.bench.target import Secret
from advisor.errors import InputError


def key_from(variable: str | None) -> Secret | None:
    """The key in an environment variable; None where no variable is named.

    InputError where the variable is not set, or holds what no header can carry. The text itself is bound to
    no name here: a crash report that shows local variables shows none of it.
    """
    if not variable:
        return None
    if not os.environ.get(variable):
        # Somebody may have typed the key itself here, so only what looks like a variable's name is repeated.
        named = f" {variable}" if re.fullmatch(r"[A-Z_][A-Z0-9_]*", variable) else ""
        raise InputError(
            f"the environment variable{named} is not set",
            hint="Name a variable that holds the key, not the key.",
            key="api_key_env",
        )
    return Secret(os.environ[variable])
