"""Text that is not ours: names with brackets are shown as they are, and a key is shown nowhere."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from rich.traceback import Traceback
from textual.widgets import Static

from advisor.advice.tree import Answer
from advisor.bench.target import Secret, Target
from advisor.errors import InputError
from advisor.tui.app import AdvisorApp, make_app
from advisor.tui.live_run import LiveRun
from advisor.tui.messages import RunAsked
from advisor.tui.screens import advice
from advisor.workflows.benchmark_question import BenchmarkQuestion
from advisor.workflows.credentials import key_from
from evidence.results import result
from servers.engine import Engine
from servers.raw import RawServer
from tui.support import LARGE, filled, keep_run, opened, paste, press, screen_text, until

NAME = "[/b]x[red]"
KEY = "sk-live-0123456789"


async def test_a_model_with_a_bracketed_name_is_refused_by_its_name(app: AdvisorApp) -> None:
    with RawServer(Engine(models=(NAME, "other"))) as server:
        filled(app.session, endpoint=server.url)
        async with opened(app, "B", "b", size=LARGE) as pilot:
            await until(pilot, lambda: not app.session.live.is_on)
            assert NAME in screen_text(app)


async def test_a_bracketed_name_is_measured_and_listed_as_it_is(app: AdvisorApp) -> None:
    keep_run(app.session.paths, replace(result(), model=NAME, endpoint=f"http://{NAME}"))
    async with opened(app, "E", size=LARGE):
        table, _, drawer = screen_text(app).partition("─────")
        assert NAME in table
        assert f"http://{NAME}" in drawer


async def test_a_run_that_cannot_be_read_is_listed_with_the_reason(app: AdvisorApp) -> None:
    (app.session.paths.runs / NAME.replace("/", "|")).mkdir(parents=True)
    async with opened(app, "E", size=LARGE):
        assert "unreadable" in screen_text(app)


async def test_a_complaint_about_bracketed_text_is_shown_as_it_is(app: AdvisorApp) -> None:
    app.session.answers["where"] = Answer(("2",), {"regions_allowed": NAME})
    for node in app.session.tree.nodes.values():
        app.session.answers.setdefault(node.id, app.session.tree.default_answer(node, app.session.answers))
    async with opened(app, "A", size=LARGE) as pilot:
        assert NAME in screen_text(app)
        await press(pilot, "D", "d")
        assert NAME in screen_text(app)


async def test_bracketed_text_of_an_overlay_is_shown_as_it_is(app: AdvisorApp) -> None:
    overlay = app.session.paths.config / "catalog"
    overlay.mkdir(parents=True)
    tree = app.session.catalog.layers.first("decision-tree.toml").read_text()
    (overlay / "decision-tree.toml").write_text(tree.replace("Which model will", f"{NAME} will"))
    (overlay / "instances.toml").write_text(f'["p5.48xlarge"]\nsource = "me"\nnote = "{NAME}"\n')
    async with opened(make_app(app.session.paths), size=LARGE) as pilot:
        assert f"{NAME} will" in screen_text(pilot.app)  # type: ignore[arg-type]
        await press(pilot, "C", "slash", *"p5.48", "enter")
        assert NAME in screen_text(pilot.app)  # type: ignore[arg-type]


def test_a_key_is_never_bare_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    key = key_from("MY_KEY")
    assert isinstance(key, Secret)
    assert KEY not in repr(RunAsked(BenchmarkQuestion("http://host"), key))
    target = Target.with_key("http://host", key)
    assert KEY not in repr(target)
    assert target.wire_headers() == {"Authorization": f"Bearer {KEY}"}


def test_a_key_that_no_header_can_carry_is_refused_without_being_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", f"{KEY}\n")
    with pytest.raises(InputError) as raised:
        key_from("MY_KEY")
    assert KEY not in raised.value.sentence()


async def test_a_crash_report_with_local_variables_shows_no_key(
    app: AdvisorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    given: list[Secret] = []

    def crash(self: LiveRun, check: object, question: object, catalog: object, paths: object, key: Secret) -> None:
        given.append(key)
        raise RuntimeError("a defect")

    monkeypatch.setattr(LiveRun, "begin", crash)
    filled(app.session, endpoint="http://host", key_variable="MY_KEY")
    with pytest.raises(Exception, match="a defect") as raised:
        async with opened(app, "B", "b"):
            pass
    assert given == [Secret(KEY)]
    shown = io.StringIO()
    crashed = raised.value.__cause__ or raised.value.error  # type: ignore[attr-defined]  # of a worker
    report = Traceback.from_exception(type(crashed), crashed, crashed.__traceback__, show_locals=True, max_frames=0)
    Console(file=shown, width=200).print(report)
    assert "question" in shown.getvalue()
    assert KEY not in shown.getvalue()


async def test_the_exported_path_is_shown_in_full_and_stays(
    app: AdvisorApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with opened(app, "A", "e", size=LARGE) as pilot:
        await press(pilot, "ctrl+u")
        await paste(pilot, "my [b]pick.toml")
        await press(pilot, "enter")
        file = tmp_path / "my [b]pick.toml"
        assert file.exists()
        shown = "".join(screen_text(app).replace("\n", "").split())
        assert f"Writtento{file}.".replace(" ", "") in shown
        assert f"advisorrecheck'{file}'".replace(" ", "") in shown


@pytest.mark.parametrize(("name", "complaint"), [("no/file.toml", "does not exist"), ("x" * 300, "too long")])
async def test_a_path_that_cannot_be_is_refused_where_it_is_typed(
    app: AdvisorApp, tmp_path: Path, name: str, complaint: str
) -> None:
    async with opened(app, "A", "e", size=LARGE) as pilot:
        await press(pilot, "ctrl+u")
        await paste(pilot, f"{tmp_path}/{name}")
        await press(pilot, "enter")
        assert complaint in str(app.screen.query_one("#complaint", Static).render())


async def test_an_export_that_fails_says_why_on_the_screen(
    app: AdvisorApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(document: object, path: Path) -> None:
        raise InputError("the disk is full", file=path)

    monkeypatch.setattr(advice, "write_recommendation", full)
    async with opened(app, "A", "e", size=LARGE) as pilot:
        await press(pilot, "ctrl+u")
        await paste(pilot, str(tmp_path / "[red]x"))
        await press(pilot, "enter")
        note = app.screen.query_one("#note", Static)
        assert note.region.height > 0  # a line of the screen, and no toast that goes and hides what is under it
        assert str(note.render()) == f"{tmp_path}/[red]x: the disk is full"
