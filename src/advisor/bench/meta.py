"""What a run is about and where it stands: the content of its `meta.json`."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from advisor.bench.prompts import PromptCalibration
from advisor.bench.records import RunState
from advisor.errors import InputError


@dataclass(frozen=True, slots=True)
class RunMeta:
    """What a run is about, and where it stands. Instants are ISO 8601 in UTC.

    simulated: any answer said that it comes from the built-in endpoint; it is never unset. subject is
    the caller's and passes through unread. reason says why a run ended before its plan did.
    """

    id: str
    plan_hash: str
    state: RunState
    reason: str
    started: str
    ended: str | None
    endpoint: str
    model: str
    engine: str | None
    engine_version: str | None
    max_model_len: int | None
    simulated: bool
    accepted: tuple[str, ...]
    refused: tuple[str, ...]
    calibration: PromptCalibration
    subject: Mapping[str, Any]

    def to_json(self) -> dict[str, object]:
        calibration = self.calibration
        return {name: getattr(self, name) for name in self.__slots__} | {
            "calibration": {name: getattr(calibration, name) for name in calibration.__slots__}
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any], file: Path) -> "RunMeta":
        """InputError where the file is not what this program writes."""
        try:
            known = {name: values[name] for name in cls.__slots__}
            known |= {
                "state": RunState(values["state"]),
                "accepted": tuple(values["accepted"]),
                "refused": tuple(values["refused"]),
                "calibration": PromptCalibration(**values["calibration"]),
            }
        except (KeyError, TypeError, ValueError):
            raise InputError("this is no run of this program, or one of another version", file=file) from None
        return cls(**known)
