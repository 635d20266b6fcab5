"""What tests of screens share. The one place that touches Textual's internals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from advisor.tui.app import AdvisorApp

SMALL, LARGE = (80, 24), (140, 40)
SIZES = {"80x24": SMALL, "140x40": LARGE}


@asynccontextmanager
async def opened(app: AdvisorApp, *keys: str, size: tuple[int, int] = SMALL) -> AsyncIterator[Pilot[None]]:
    """The app after some keys, with its workers done."""
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        await press(pilot, *keys)
        yield pilot


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each with all that follows from it."""
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


async def settle(pilot: Pilot[None]) -> None:
    """Until no worker runs and nothing waits to be painted."""
    await pilot.pause()
    await pilot.app.workers.wait_for_complete()
    await pilot.pause()


def screen_text(app: AdvisorApp) -> str:
    """What stands on the screen, line by line."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)
