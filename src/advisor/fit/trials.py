"""A combination judged again with something changed: whether that helps, and which change came closest."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import TypeAlias

from advisor.catalog.records.hardware import Accelerator, Instance
from advisor.errors import InputError
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult, Remedy, Verdict
from advisor.reasons import Reason

Change: TypeAlias = str | int | float | bool | None
"""A new value of a field of the question."""

_UNPUBLISHED = ("nvfp4_weight_only", "bf16_as_fp16")
"""The source of the engine allows it, and nobody has published it for Llama 4: nothing to propose."""


@dataclass(frozen=True, slots=True)
class Place:
    """Somewhere else to run: an instance, and what is on it."""

    instance: Instance
    accelerator: Accelerator


class Trials:
    """Tries of one result. A change helps where the verdict becomes `fits`; from worse than `tight`, also `tight`."""

    def __init__(self, start: FitResult) -> None:
        self.start = start
        self.closest: tuple[tuple[str, ...], float] | None = None
        """What was changed (`field=value`), and the margin in bytes per device, of the failed try that came closest."""

    @property
    def request(self) -> FitRequest:
        return self.start.request

    def remedy(self, reason: Reason, request: FitRequest, **changes: Change) -> Remedy | None:
        """The changed request as a remedy, where it is one."""
        changed = self._judged(request)
        if changed is None or changed.per_device is None:
            return None
        margin = changed.per_device.margin_bytes
        if self._helps(changed):
            return Remedy(reason, tuple(changes.items()), changed.verdict, margin)
        if margin < 0 and (self.closest is None or margin > self.closest[1]):
            self.closest = (tuple(f"{name}={value}" for name, value in changes.items()), margin)
        return None

    def most(self, field: str, below: int, step: int) -> int:
        """The largest multiple of step under `below` with which the field fits, or at least is tight; 0 for none.

        Memory grows with the field, so one search by halves finds it.
        """
        values = range(step, below, step)
        for wanted in (Verdict.FITS, Verdict.TIGHT):
            if wanted is Verdict.TIGHT and self.start.verdict is Verdict.TIGHT:
                break
            count = bisect_right(values, False, key=lambda value: not self._reaches(field, value, wanted))
            if count:
                return values[count - 1]
        return 0

    def _reaches(self, field: str, value: int, wanted: Verdict) -> bool:
        changed = self._judged(replace(self.request, **{field: value}))  # type: ignore[arg-type]
        return changed is not None and (
            changed.verdict is Verdict.FITS or (changed.verdict is wanted and _holds(changed))
        )

    def _helps(self, changed: FitResult) -> bool:
        if changed.verdict is Verdict.FITS:
            return True
        return self.start.verdict is not Verdict.TIGHT and changed.verdict is Verdict.TIGHT and _holds(changed)

    def _judged(self, request: FitRequest) -> FitResult | None:
        """None for what the version has no setting for, and for what nobody has published."""
        try:
            changed = check_fit(request)
        except InputError:
            return None
        known = {reason.code for reason in self.start.reasons}
        is_unpublished = any(reason.code in _UNPUBLISHED and reason.code not in known for reason in changed.reasons)
        return None if is_unpublished else changed


def _holds(result: FitResult) -> bool:
    return result.per_device is not None and result.per_device.margin_bytes >= 0
