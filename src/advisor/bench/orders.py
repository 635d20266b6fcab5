"""What a capture process is told: one line of JSON on its standard input, secrets included.

They pass through a pipe and memory only; nothing here reaches a file, an argument or the environment.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from advisor.bench.asker import Conversation
from advisor.bench.frames import pack_line
from advisor.bench.plan import Plan, Secret, Target
from advisor.bench.prompts import PromptCalibration

CANCEL_ORDER = b"cancel\n"
"""The one control message, behind the first line."""

_LINE_LIMIT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Orders:
    """The run directory, the descriptor of its lock (inherited), and what to say to whom."""

    directory: Path
    lock_descriptor: int
    talk: Conversation

    def to_line(self) -> bytes:
        """The line, with secrets as they are: for the pipe alone."""
        talk = self.talk
        return pack_line(
            {
                "directory": str(self.directory),
                "lock_descriptor": self.lock_descriptor,
                "plan": talk.plan.to_dict(),
                "url": talk.target.url,
                "headers": list(talk.target.wire_headers().items()),
                "nonce": talk.nonce,
                "accepted": sorted(talk.accepted),
                "calibration": asdict(talk.calibration),
                "attempt": talk.attempt,
            }
        )

    @classmethod
    def from_line(cls, line: bytes) -> "Orders":
        """The orders again, in the process that they are for."""
        values: Mapping[str, Any] = json.loads(line)
        return cls(
            directory=Path(values["directory"]),
            lock_descriptor=values["lock_descriptor"],
            talk=Conversation(
                plan=Plan.from_dict(values["plan"]),
                target=Target(values["url"], tuple((name, Secret(value)) for name, value in values["headers"])),
                nonce=values["nonce"],
                accepted=frozenset(values["accepted"]),
                calibration=PromptCalibration(**values["calibration"]),
                attempt=values["attempt"],
            ),
        )


def read_line(descriptor: int) -> tuple[bytes, bytes]:
    """The first line from a descriptor and what came behind it, without a buffer that could hide the latter."""
    data = b""
    while b"\n" not in data and len(data) < _LINE_LIMIT_BYTES:
        more = os.read(descriptor, 65_536)
        if not more:
            break
        data += more
    line, _, rest = data.partition(b"\n")
    return line, rest
