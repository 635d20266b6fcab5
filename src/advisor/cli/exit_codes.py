"""What the process says by its exit code."""

from enum import IntEnum


class ExitCode(IntEnum):
    """0 and 1 answer the question; the others say why there is no answer."""

    YES = 0
    """Done; the answer is yes, or it holds."""
    NO = 1
    """Done; the answer is no: does not fit, nothing feasible, missed, refuted, changed."""
    BAD_INPUT = 2
    ENDPOINT = 3
    PROVES_NOTHING = 4
    DEFECT = 70
    """advisor itself is broken (EX_SOFTWARE)."""
    CANCELLED = 130
    READER_GONE = 141
    """Whoever read our output has gone, like `head`: 128 + SIGPIPE, as other programs end."""
