"""Paths of a test's own, and verdicts on the endpoint alone."""

from pathlib import Path

import pytest

from advisor.paths import UserPaths
from patience import forgive_the_client


@pytest.fixture(autouse=True)
def endpoint_alone_is_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    forgive_the_client(monkeypatch)


@pytest.fixture
def paths(tmp_path: Path) -> UserPaths:
    return UserPaths(tmp_path / "config", tmp_path / "data")
