"""Fixtures that every room shares: the shipped catalogue, and a home of the test's own."""

from pathlib import Path

import pytest
from hypothesis import settings

from advisor.advice.advise import Knowledge
from advisor.catalog.load import Catalog, load_catalog
from advisor.evidence.published import published_points
from today import PinnedDate

settings.register_profile("advisor", deadline=None, max_examples=60)
settings.load_profile("advisor")


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return load_catalog()


@pytest.fixture(scope="session")
def knowledge(catalog: Catalog) -> Knowledge:
    return Knowledge(catalog, published_points(catalog))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees or leaves anything in the user's own configuration and data."""
    root = tmp_path / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(root / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(root / "data"))
    for name in ("ADVISOR_CATALOG", "ADVISOR_FEEDS", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    return root


@pytest.fixture(autouse=True)
def calendar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands and the app live on one day."""
    monkeypatch.setattr("advisor.cli.clock.date", PinnedDate)


def pytest_configure(config: pytest.Config) -> None:
    """Updating pictures of single tests would delete the others of their module."""
    if getattr(config.option, "update_snapshots", False) and any("::" in argument for argument in config.args):
        raise pytest.UsageError("update snapshots by file or with -k, not by node id")
