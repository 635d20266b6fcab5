"""One letter, one meaning, everywhere; and a footer that fits."""

import pytest

from advisor.tui import keys
from advisor.tui.app import AdvisorApp
from advisor.tui.screens.help import help_content
from tui.support import opened, screen_text

_ROOMS = {
    "decide": keys.DECIDE,
    "catalog": keys.CATALOG,
    "fit": keys.FIT,
    "bench": keys.BENCH,
    "evidence": keys.EVIDENCE,
    "advice": keys.ADVICE,
}


_WITHIN_ROOMS = {"report": keys.REPORT, "chart": keys.CHART, "matrix": keys.MATRIX}
_SCREENS = {**_ROOMS, **_WITHIN_ROOMS}
_WAY = {
    "report": ("E", "t", "t", "t", "enter"),
    "chart": ("E", "t", "t", "t", "enter", "enter"),
    "matrix": ("F", "m"),
}


@pytest.mark.parametrize("room", _SCREENS)
def test_no_letter_is_used_twice_in_a_room(room: str) -> None:
    letters = [key.key for key in (*_SCREENS[room], *keys.APP)]
    assert len(letters) == len(set(letters))


def test_ids_are_unique() -> None:
    ids = [key.id for table in (*_SCREENS.values(), keys.APP) for key in table]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("room", _SCREENS)
def test_help_names_every_key_of_the_room(room: str) -> None:
    shown = help_content(room).plain
    for key in (*_SCREENS[room], *keys.APP):
        assert key.help in shown


@pytest.mark.parametrize("room", _SCREENS)
async def test_the_footer_fits_into_80_columns(app: AdvisorApp, room: str) -> None:
    async with opened(app, *_WAY.get(room, (room[0].upper(),))):
        footer = screen_text(app).splitlines()[-1]
        assert footer.rstrip().endswith("q Quit")
        assert len(footer) <= 80
