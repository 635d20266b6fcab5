"""The app over a home of the test's own, and pictures in the top-level snapshots directory."""

from pathlib import Path

import pytest
import pytest_textual_snapshot  # type: ignore[import-untyped]
from syrupy.location import PyTestLocation
from textual.widgets import Input

from advisor.catalog.load import Catalog
from advisor.paths import UserPaths
from advisor.tui.app import AdvisorApp
from advisor.tui.session import Session
from today import TODAY

_SNAPSHOTS = Path(__file__).parents[2] / "snapshots"


class TopLevelSnapshots(pytest_textual_snapshot.SVGImageExtension):  # type: ignore[misc]  # it has no types
    """The pictures are shown in the README too, so they lie where a reader looks."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(_SNAPSHOTS / test_location.basename)


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing moves by itself: no animation, no blinking cursor."""
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.setattr(pytest_textual_snapshot, "SVGImageExtension", TopLevelSnapshots)
    monkeypatch.setattr(Input, "cursor_blink", False)


@pytest.fixture
def paths(tmp_path: Path) -> UserPaths:
    return UserPaths(tmp_path / "config", tmp_path / "data")


@pytest.fixture
def session(catalog: Catalog, paths: UserPaths) -> Session:
    return Session(catalog, paths, TODAY)


@pytest.fixture
def app(session: Session) -> AdvisorApp:
    return AdvisorApp(session)
