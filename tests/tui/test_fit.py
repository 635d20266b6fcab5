"""Fit: the verdict that follows a field at once."""

from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from advisor.catalog.load import Catalog
from advisor.tui.app import AdvisorApp
from advisor.tui.session import Session
from advisor.tui.views.fit import bar
from advisor.tui.widgets.choice import Choice
from advisor.workflows.fit import fit
from advisor.workflows.fit_question import FitQuestion
from tui.support import LARGE, opened, press, screen_text


async def test_a_changed_field_changes_the_verdict_at_once(app: AdvisorApp) -> None:
    async with opened(app, "F") as pilot:
        assert "FITS" in screen_text(app)
        app.session.ask_fit(instance="p5.4xlarge", checkpoint="bf16")
        await press(pilot, "C", "F")
        assert "DOES NOT FIT" in screen_text(app)


async def test_arrows_move_between_fields_and_change_them(app: AdvisorApp) -> None:
    async with opened(app, "F", "up", "up", "up", "left") as pilot:
        assert app.session.fit_question.model == "llama-4-maverick"
        await press(pilot, "r")
        assert app.session.fit_question.model == "llama-4-scout"


async def test_what_decides_stands_above_what_is_only_worth_knowing(app: AdvisorApp) -> None:
    app.session.ask_fit(model="llama-4-maverick", instance="p4d.24xlarge")
    async with opened(app, "F", size=LARGE):
        shown = screen_text(app)
        assert shown.index("× Weights and overheads") < shown.index("! NVIDIA A100")


async def test_the_bar_marks_the_budget_and_crosses_what_is_over_it(app: AdvisorApp) -> None:
    async with opened(app, "F", size=LARGE) as pilot:
        drawn = bar_of(app)
        assert "┃" in drawn
        assert "×" not in drawn
        app.session.ask_fit(instance="p5.4xlarge", checkpoint="bf16")
        await press(pilot, "C", "F")
        behind = bar_of(app).partition("┃")[2].strip()
        assert set(behind) == {"×"}
        assert "× over 138.0" in screen_text(app)


async def test_the_bar_moves_with_an_arrow_key(app: AdvisorApp) -> None:
    """More context needs more cache, and leaves less of the memory free."""
    app.session.ask_fit(context_tokens=1_048_576, concurrency=2)
    async with opened(app, "F") as pilot:
        before = bar_of(app)
        await press(pilot, "right")
        assert app.session.fit_question.context_tokens == 2_097_152
        assert bar_of(app).count("░") > before.count("░") > 1
        assert bar_of(app).count("·") < before.count("·")


async def test_fewer_devices_carry_more_weights_each_and_leave_room_for_replicas(app: AdvisorApp) -> None:
    async with opened(app, "F") as pilot:
        whole = bar_of(app).count("█")
        await press(pilot, "down", "down", *["right"] * 3)
        assert app.session.fit_question.tensor_parallel_size == 4
        assert "TP 4, 2 replicas" in screen_text(app)
        assert bar_of(app).count("█") > 1.5 * whole


async def test_a_terminal_of_ascii_only_shows_the_same_bar_in_patterns_of_its_own(session: Session) -> None:
    session.ask_fit(context_tokens=1_048_576)
    app = AdvisorApp(session, ascii_only=True)
    async with opened(app, "F", size=LARGE) as pilot:
        shown = screen_text(app)
        bar = next(line.strip() for line in shown.splitlines() if "##" in line)
        assert len(set(bar)) == len("█▓▒▚▌░·┃╱")
        assert "# weights" in shown
        await press(pilot, "m")
        assert all(word in screen_text(app) for word in ("+ fits", "~ tight", "x GiB short"))
        assert (shown + screen_text(app)).isascii()


async def test_the_legend_of_the_bar_keeps_each_pattern_with_its_label(app: AdvisorApp) -> None:
    async with opened(app, "F"):
        lines = screen_text(app).splitlines()[4:6]
        assert lines[1].split()[:2] == ["▌", "graphs"]
        assert all(line.strip()[-1] not in "·╱┃░▒▓█▚▌" for line in lines)


async def test_a_field_says_what_its_default_comes_to(app: AdvisorApp) -> None:
    async with opened(app, "F", size=LARGE) as pilot:
        assert field_of(app, "TP").split() == ["auto", "›", "8"]
        assert "vllm 0.33.0" in field_of(app, "engine")
        await press(pilot, "down", "down", "right")
        assert field_of(app, "TP").split() == ["‹", "1", "›"]


async def test_a_version_that_behaves_differently_is_one_arrow_away(app: AdvisorApp) -> None:
    """vLLM 0.10.1 to 0.13 has the hybrid cache switched off."""
    app.session.ask_fit(engine="vllm@0.14.0")
    async with opened(app, "F", size=LARGE) as pilot:
        app.screen.query_one("#engine").focus()
        assert field_of(app, "hybrid KV").split()[2] == "on"
        await press(pilot, "right")
        assert str(app.session.fit_question.engine).startswith("vllm@0.1")
        assert field_of(app, "hybrid KV").split()[2] == "off"


async def test_a_question_that_nobody_can_judge_says_so_and_shows_no_memory(app: AdvisorApp) -> None:
    async with opened(app, "F") as pilot:
        app.session.ask_fit(engine="vllm@0.1")
        await press(pilot, "C", "F")
        shown = screen_text(app)
        assert "is older than the first version" in shown
        assert "weights" not in shown
        await press(pilot, "r")
        assert "FITS" in screen_text(app)


async def test_another_model_takes_a_checkpoint_that_it_has(app: AdvisorApp) -> None:
    app.session.ask_fit(model="llama-4-scout", checkpoint="nvfp4")
    async with opened(app, "F", "up", "up", "up") as pilot:
        await press(pilot, "left")
        model = app.session.fit_question
        assert model.checkpoint in app.session.catalog.model(model.model).checkpoints


async def test_what_makes_it_fit_is_applied_by_enter(app: AdvisorApp) -> None:
    app.session.ask_fit(instance="p5.48xlarge", model="llama-4-maverick", checkpoint="bf16")
    async with opened(app, "F") as pilot:
        app.screen.query_one("#remedies").focus()
        shown = screen_text(app)
        assert "DOES NOT FIT" in shown
        assert "instances 2, TP 8, PP 2  fits" in shown
        listed = app.screen.query_one("#remedies", OptionList)
        while "instances 2" not in str(listed.get_option_at_index(listed.highlighted or 0).prompt):
            await press(pilot, "down")
        await press(pilot, "enter")
        assert "FITS" in screen_text(app).splitlines()[1]
        assert (app.session.fit_question.nodes, app.session.fit_question.pipeline_parallel_size) == (2, 2)
        assert "TP 8 × PP 2 over 2 instances" in screen_text(app)


async def test_down_leaves_the_list_of_remedies_at_its_end(app: AdvisorApp) -> None:
    app.session.ask_fit(instance="p5.48xlarge", model="llama-4-maverick", checkpoint="bf16")
    async with opened(app, "F") as pilot:
        app.screen.query_one("#gpu_memory_utilization").focus()
        await press(pilot, "down")
        listed = app.screen.query_one("#remedies", OptionList)
        assert app.focused is listed
        await press(pilot, "up")
        assert isinstance(app.focused, Choice)
        await press(pilot, *["down"] * (1 + listed.option_count))
        assert isinstance(app.focused, Choice)


async def test_exact_numbers_can_be_typed(app: AdvisorApp) -> None:
    async with opened(app, "F", "equals_sign") as pilot:
        await retype(pilot, "100k")
        await press(pilot, "down")
        await retype(pilot, "2.5")
        await press(pilot, "enter")
        assert "is not a whole number" in screen_text(app)
        await retype(pilot, "77")
        await press(pilot, "enter")
        question = app.session.fit_question
        assert (question.context_tokens, question.concurrency) == (100_000, 77)
        shown = screen_text(app)
        assert "100,000" in shown
        assert "77" in shown


async def test_a_rare_setting_is_typed_and_a_wrong_one_named(app: AdvisorApp) -> None:
    async with opened(app, "F", "equals_sign", *["down"] * 10) as pilot:
        await retype(pilot, "both")
        await press(pilot, "enter")
        assert "'both' is not one of weights, data, none" in screen_text(app)
        await retype(pilot, "none")
        await press(pilot, "enter")
        assert app.session.fit_question.mm_encoder == "none"
        assert app.session.fit_question.max_num_seqs is None


def bar_of(app: AdvisorApp) -> str:
    return next(line.strip() for line in screen_text(app).splitlines() if "┃" in line)


def field_of(app: AdvisorApp, label: str) -> str:
    """What stands beside a label, value and remark."""
    line = next(line for line in screen_text(app).splitlines() if line.startswith(f" {label} "))
    return line[len(label) + 1 :][:48].strip()


async def retype(pilot: Pilot[None], text: str) -> None:
    """Another text in the field that has the focus."""
    pilot.app.screen.query_one("Input:focus", Input).value = ""
    await press(pilot, *text)


def test_what_nobody_knows_of_neuron_is_no_part_of_the_bar(catalog: Catalog) -> None:
    shown = [part.label for part in bar.parts(fit(catalog, FitQuestion("llama-4-scout", "trn2.48xlarge")))]
    assert "overheads no data" in shown
    assert not any(label.startswith(("RoPE", "activation", "non-torch", "graphs")) for label in shown)
