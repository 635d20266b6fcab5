"""What one room does to another: assumptions told, late answers dropped, forms that say at once what is wrong."""

import threading
from dataclasses import replace

import pytest
from textual.widgets import Input, Static

from advisor.advice.advise import Knowledge
from advisor.advice.recommendation import Recommendation
from advisor.cli.commands import bench as bench_command
from advisor.cli.parser import build_parser
from advisor.export.document import Document
from advisor.quantities.provenance import Level
from advisor.tui.app import AdvisorApp
from advisor.tui.bench_form import BenchForm
from advisor.tui.bench_question import question_of
from advisor.tui.screens import advice
from advisor.tui.views.evidence import runs
from advisor.wording.card import assumptions
from advisor.workflows import recommend as workflow
from advisor.workflows.runs import list_runs
from evidence.results import SUBJECT, result
from tui.support import LARGE, filled, keep_run, opened, press, screen_text, settle, until


def document_of(app: AdvisorApp) -> Document:
    screen = app.screen
    assert isinstance(screen, advice.AdviceScreen)
    assert screen._document is not None
    return screen._document


async def test_what_was_left_to_a_default_is_listed_as_assumed_and_what_was_answered_is_not(app: AdvisorApp) -> None:
    async with opened(app, "1", "1", "2", "u", *"uuuuuu", "A"):
        assert app.session.walk.open is None
        assumed = " ".join(assumptions(document_of(app)))
        assert "slo_ttft_ms_p95" in assumed
        assert "context_tokens" in assumed
        assert "redundancy" in assumed  # stands beside the last question, and nobody typed it
        assert "peak_rps" not in assumed
        assert "model " not in assumed


async def test_an_assumed_answer_is_marked_in_the_trail(app: AdvisorApp) -> None:
    async with opened(app, "1", "u"):
        shown = screen_text(app)
        assert "✓model 1" in shown
        assert "△request 1" in shown


async def test_a_batch_takes_the_length_of_its_prompts_from_its_totals(app: AdvisorApp) -> None:
    async with opened(app, "1", "1", "6", *["enter"] * 5) as pilot:
        await press(pilot, *"uuuuuuu", "A")
        workload = document_of(app)["workload"]
        assert workload["mode"] == "batch"
        totals = workload["batch_input_tokens"] / workload["batch_output_tokens"]
        assert workload["input_tokens_p50"] / workload["output_tokens_p50"] == pytest.approx(totals)


async def test_an_answer_that_is_being_worked_out_cannot_be_exported(
    app: AdvisorApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = threading.Event()

    def slowly(settings: object, knowledge: Knowledge, assumed: object) -> Recommendation:
        assert held.wait(30)
        return workflow.recommend(settings, knowledge, assumed)  # type: ignore[arg-type]

    async with opened(app, "A", size=LARGE) as pilot:
        await press(pilot, "D", "2")
        monkeypatch.setattr(advice, "recommend", slowly)
        await pilot.press("A")
        await pilot.press("e")
        await pilot.pause()
        assert "The answer is being worked out." in screen_text(app)
        assert isinstance(app.screen, advice.AdviceScreen)
        held.set()
        await settle(pilot)
        await press(pilot, "e")
        assert not isinstance(app.screen, advice.AdviceScreen)


@pytest.mark.parametrize(
    ("keys", "typed", "complaint"),
    [
        ("11111111" + "2", "eu-centrl-1", "eu-central-1"),
        ("1111111" + "7", "p4d.24xlarg=2", "p4d.24xlarge"),
        ("1111111" + "7", "p4d.24xlarge", "Write it like p4d.24xlarge=4"),
    ],
)
async def test_a_form_says_at_once_what_is_wrong_with_near_names(
    app: AdvisorApp, keys: str, typed: str, complaint: str
) -> None:
    async with opened(app, *keys[:7]) as pilot:
        if len(keys) == 9:
            await press(pilot, "enter")
        await press(pilot, keys[-1], "ctrl+u", *typed, "enter")
        assert complaint in str(app.screen.query_one("#complaint", Static).render())
        assert isinstance(app.focused, Input)
        await press(pilot, "escape")
        assert app.screen.id == "decide"


async def test_a_budget_period_that_is_none_is_refused_where_it_is_typed(app: AdvisorApp) -> None:
    async with opened(app, *"uuuuuuuuu", "equals_sign") as pilot:
        await press(pilot, "down", "ctrl+u", *"week", "up", "down", "down", "down", "enter")
        assert "'week' is none of month, run" in str(app.screen.query_one("#complaint", Static).render())
        assert app.focused is not None
        assert isinstance(app.focused, Input)
        assert app.focused.value == "week"


async def test_an_exact_target_and_an_exact_growth_can_be_typed(app: AdvisorApp) -> None:
    async with opened(app, *"111", "equals_sign") as pilot:
        await press(pilot, "ctrl+u", *"420", *["enter"] * 6)
        assert app.session.settings["slo_ttft_ms_p95"] == 420
        assert "slo_ttft_ms_p95" not in app.session.assumed
        await press(pilot, *"uuuuu", "equals_sign", "up", "ctrl+u", *"1.5", "enter")
        assert app.session.settings["growth"] == 1.5


async def test_evidence_of_a_contradicted_run_is_no_measurement(app: AdvisorApp) -> None:
    paths = app.session.paths
    keep_run(paths, replace(result(), run_id="20261118T140000Z-aaaaaa"))
    against = {**SUBJECT, "vouched_by": "contradicted", "contradictions": ["engine"]}
    keep_run(paths, replace(result(), run_id="20261117T140000Z-bbbbbb", subject=against))
    keep_run(paths, replace(result(), run_id="20261116T140000Z-cccccc", subject={}))
    keep_run(paths, replace(result(), run_id="20261115T140000Z-dddddd", simulated=True, subject={}))
    shown = [row[0].plain for row in runs(list_runs(paths), []).rows]
    levels = (Level.MEASURED, Level.UNKNOWN, Level.UNKNOWN, Level.SIMULATED)
    assert shown == [level.glyph for level in levels]
    async with opened(app, "E", size=LARGE) as pilot:
        assert "Runs 4" in screen_text(app)
        await press(pilot, "down")
        assert "the server is another engine" in screen_text(app)


def test_the_form_and_the_command_line_begin_with_the_same_plan() -> None:
    arguments = build_parser("bench", "").parse_args(["bench", "run", "--endpoint", "http://host"])
    typed = bench_command._question(arguments)
    form = question_of(replace(BenchForm(), endpoint="http://host"))

    def stated(changes: object) -> dict[str, object]:
        assert isinstance(changes, dict)
        return {key: value for key, value in changes.items() if value is not None}

    assert stated(form.changes) == stated(typed.changes) == {}
    assert replace(form, changes={}) == replace(typed, changes={})


async def test_reset_empties_the_bench_form_that_advice_filled_and_keeps_the_endpoint(app: AdvisorApp) -> None:
    filled(app.session, endpoint="http://host:8000", key_variable="MY_KEY")
    async with opened(app, "A", "b") as pilot:
        assert app.session.bench_form.instance != BenchForm().instance
        assert app.session.bench_form.key_variable == "MY_KEY"
        await press(pilot, "r")
        assert app.session.bench_form == BenchForm(endpoint="http://host:8000", key_variable="MY_KEY")
        assert "http://host:8000" in screen_text(app)


async def test_arrows_reach_every_field_of_the_bench_form_and_come_back(app: AdvisorApp) -> None:
    fields = set(BenchForm.__slots__)
    async with opened(app, "B") as pilot:
        for key in ("down", "up"):
            seen = set()
            for _ in range(len(fields) + 2):
                await pilot.press(key)
                seen.add(app.focused.id if app.focused is not None else None)
            assert fields <= seen


async def test_arrows_move_between_the_lines_of_a_form(app: AdvisorApp) -> None:
    async with opened(app, "1", "3", "down") as pilot:
        assert app.focused is not None
        assert app.focused.id == "field-1"
        await press(pilot, "up")
        assert app.focused.id == "field-0"


async def test_the_builtin_endpoint_is_handed_over_on_the_thread_of_the_app(app: AdvisorApp) -> None:
    threads: list[int] = []
    use = app.session.use_endpoint

    def noted(url: str) -> None:
        threads.append(threading.get_ident())
        use(url)

    app.session.use_endpoint = noted  # type: ignore[method-assign]
    async with opened(app, "B", "o") as pilot:
        await until(pilot, lambda: bool(threads))
        assert threads == [threading.get_ident()]
