"""Every source that a figure cites is named in the notice, with its terms."""

import tomllib
from pathlib import Path

import pytest

_CATALOG = Path(__file__).parents[2] / "catalog"
_SOURCES = tomllib.loads((_CATALOG / "sources.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("source", _SOURCES)
def test_the_notice_names_every_source(source: str) -> None:
    assert source in (_CATALOG / "NOTICE").read_text(encoding="utf-8")
