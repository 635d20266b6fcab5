"""What a command line and a form begin with; every other value that is not stated is the preset's."""

from typing import Literal

DEFAULT_PRESET = "quick"
DEFAULT_API: Literal["chat"] = "chat"
