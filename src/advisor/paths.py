"""Where a user's own files lie: configuration, runs and the evidence ledger."""

from dataclasses import dataclass
from pathlib import Path

import platformdirs

_NAME = "advisor"


@dataclass(frozen=True, slots=True)
class UserPaths:
    """Roots of a user's files. Tests pass their own; nothing in here creates a directory."""

    config: Path
    data: Path

    @property
    def runs(self) -> Path:
        """One directory per benchmark."""
        return self.data / "runs"

    @property
    def refreshed(self) -> Path:
        """Prices that `advisor catalog refresh` has read: catalogue files between ours and the user's own."""
        return self.data / "refreshed"

    @property
    def staging(self) -> Path:
        """What a refresh has read and nobody has applied yet."""
        return self.data / "refresh-staging"

    @property
    def ledger(self) -> Path:
        return self.data / "evidence.db"


def user_paths() -> UserPaths:
    """The platform's places, XDG variables honoured."""
    return UserPaths(
        config=Path(platformdirs.user_config_dir(_NAME, appauthor=False)),
        data=Path(platformdirs.user_data_dir(_NAME, appauthor=False)),
    )
