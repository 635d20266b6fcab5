"""What a check finds: where, how bad, and what would be right."""

from dataclasses import dataclass
from typing import Literal

from advisor.errors import AdvisorError, InputError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake, or one thing that deserves a look. code is a contract for programs."""

    code: str
    severity: Severity
    error: AdvisorError
    """File, line, key, what is wrong and what would be right, as every error of ours says it."""

    @property
    def order(self) -> tuple[bool, str, int, str]:
        """Errors first, then by place."""
        return self.severity != "error", self.error.file or "", self.error.line or 0, self.error.message


def wrong(code: str, error: AdvisorError) -> Finding:
    """A mistake: the check fails."""
    return Finding(code, "error", error)


def doubtful(code: str, error: AdvisorError) -> Finding:
    """Something to look at: the check passes."""
    return Finding(code, "warning", error)


def judged(code: str, error: InputError, *, is_shipped: bool) -> Finding:
    """A mistake in what ships; in a user's own overlay, who may know better, something to look at."""
    return wrong(code, error) if is_shipped else doubtful(code, error)
