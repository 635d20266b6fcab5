"""Paths of a test's own, and a server that is no simulator."""

from pathlib import Path

import pytest

from advisor.paths import UserPaths


@pytest.fixture
def paths(tmp_path: Path) -> UserPaths:
    return UserPaths(tmp_path / "config", tmp_path / "data")
