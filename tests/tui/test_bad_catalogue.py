"""A catalogue with a mistake: the app opens without what cannot be read, says so on every screen, and lists it."""

from pathlib import Path

import pytest
from textual.widgets import Static

from advisor.paths import UserPaths
from advisor.tui.app import AdvisorApp, make_app
from today import TODAY
from tui.support import LARGE, opened, press, screen_text

HEADER = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"


def over(paths: UserPaths, file: str, text: str) -> AdvisorApp:
    path: Path = paths.config / "catalog" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return make_app(paths, TODAY)


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("instances.toml", "[p5.48xlarge\n", "instances.toml:1: this is not valid TOML"),
        ("models/llama-4-scout.toml", "[llama-4-scout]\nlayers = 'many'\n", "scout.toml:2, llama-4-scout.layers"),
        ("prices/us-east-1.csv", "what,is,this\n", "us-east-1.csv:1: the header must be"),
        ("prices/us-east-1.csv", f"{HEADER}p5.48xlarge,on_demand,,,list,free,2026-01-01,user,x\n", "us-east-1.csv:2"),
        ("reports/mine.toml", "[report]\ntitle = 3\n", "mine.toml"),
        ("published/mine.csv", "what,is,this\n", "mine.csv:1"),
        ("decision-tree.toml", "", "decision-tree.toml: the tree has no [[node]]"),
        ("instance.toml", "", "Did you mean instances.toml"),
    ],
)
async def test_a_mistake_is_told_on_the_first_screen_and_listed_with_its_place(
    paths: UserPaths, file: str, text: str, told: str
) -> None:
    app = over(paths, file, text)
    async with opened(app, size=LARGE) as pilot:
        assert "! 1 mistake" in screen_text(app).splitlines()[0]
        assert "Which model will" in screen_text(app)
        await press(pilot, "exclamation_mark")
        assert "Left out of the catalogue" in screen_text(app)
        assert told in str(app.screen.query_one("VerticalScroll > Static", Static).content)


async def test_one_bad_record_leaves_the_others_and_what_lies_beneath_it(paths: UserPaths) -> None:
    text = '["p5.48xlarge"]\nvcpus = "many"\n["p4d.24xlarge"]\nnote = "ours, by contract"\nsource = "me"\n'
    app = over(paths, "instances.toml", text)
    async with opened(app, "C", size=LARGE):
        assert "! 1 mistake" in screen_text(app)
    instances = app.session.catalog.instances
    assert instances["p5.48xlarge"].vcpus == 192
    assert instances["p4d.24xlarge"].note == "ours, by contract"


async def test_the_mistakes_stand_in_the_tab_bar_of_a_narrow_terminal_too(paths: UserPaths) -> None:
    app = over(paths, "instances.toml", '["my.lab"]\nvcpus = "many"\n["your.lab"]\naccelerator = "H100-80G"\n')
    async with opened(app):
        assert "! 2 mistakes" in screen_text(app).splitlines()[0]


async def test_without_a_mistake_there_is_none_to_list(app: AdvisorApp) -> None:
    async with opened(app, "exclamation_mark"):
        assert "Everything in the catalogue can be read." in screen_text(app)
