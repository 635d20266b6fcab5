"""Fit against a live server and its log: the comparison on the screen, and no secret anywhere."""

import threading
from pathlib import Path

import pytest
from textual.widgets import Static

from advisor.tui.app import AdvisorApp
from advisor.workflows.measured_memory import every_memory
from servers.raw import Connection, RawServer, Request
from servers.serving_state import ServingState, cache_config, model_entry
from tui.support import LARGE, filled, opened, paste, press, screen_text, until

KEY = "sk-very-secret-0123456789"
LOGS = Path(__file__).parents[1] / "fit" / "logs"
SCOUT = "RedHatAI/Llama-4-Scout-17B-16E-Instruct-FP8-dynamic"


def scout(blocks: int) -> ServingState:
    """vLLM 0.33 with Scout in FP8, and so many blocks of cache."""
    labels = {"num_gpu_blocks": str(blocks), "kv_cache_size_tokens": "None", "kv_cache_max_concurrency": "None"}
    return ServingState(metrics=cache_config(**labels), models=(model_entry(SCOUT, 8192),))


async def test_a_server_is_compared_line_by_line(app: AdvisorApp) -> None:
    """Its address is the one of Bench from then on."""
    with RawServer(scout(551_000)) as server:
        async with opened(app, "F", "v", size=LARGE) as pilot:
            await paste(pilot, server.url)
            await press(pilot, "enter", "enter")
            assert app.session.bench_form.endpoint == server.url
            shown = screen_text(app)
            assert "✓ The prediction agrees with the server" in shown
            line = next(line for line in shown.splitlines() if "✓ KV cache blocks" in line)
            assert "551,000" in line
            assert line.count("✓") == 1


async def test_a_cache_that_cannot_be_is_a_cross(app: AdvisorApp) -> None:
    with RawServer(scout(55_100)) as server:
        filled(app.session, endpoint=server.url)
        async with opened(app, "F", "v", "enter", "enter", size=LARGE):
            shown = screen_text(app)
            assert "✗ The prediction differs from the server" in shown
            assert "✗ KV cache blocks" in shown


async def test_the_key_of_an_endpoint_stands_nowhere(app: AdvisorApp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_KEY", KEY)
    with RawServer(ServingState(key=KEY)) as server:
        filled(app.session, endpoint=server.url, key_variable="ENGINE_KEY")
        async with opened(app, "F", "v", "enter", "enter", size=LARGE):
            assert "serves scout" in screen_text(app)
            assert KEY not in screen_text(app)
            assert KEY not in repr(app.session)


async def test_a_variable_that_is_not_set_is_told_before_anything_is_sent(app: AdvisorApp) -> None:
    filled(app.session, endpoint="http://127.0.0.1:9", key_variable="NOT_SET_ANYWHERE")
    async with opened(app, "F", "v", "enter", "enter", size=LARGE):
        complaint = str(app.screen.query_one("#complaint", Static).content)
        assert "the environment variable NOT_SET_ANYWHERE is not set" in complaint


async def test_a_server_that_keeps_silent_can_be_given_up(app: AdvisorApp) -> None:
    asked = threading.Event()

    def silent(connection: Connection, request: Request) -> object:
        asked.set()
        connection.wait_for_close()
        return False

    with RawServer(silent) as server:
        filled(app.session, endpoint=server.url)
        async with app.run_test(size=LARGE) as pilot:
            await pilot.press("F", "v", "enter", "enter")
            await until(pilot, asked.is_set)
            assert "Asking" in screen_text(app)
            await pilot.press("escape")
            await until(pilot, lambda: "Given up" in screen_text(app))
            await pilot.press("escape")
            await until(pilot, lambda: "scout" in screen_text(app))


async def test_a_server_that_is_not_there_is_an_error_that_stays(app: AdvisorApp) -> None:
    filled(app.session, endpoint="http://127.0.0.1:9")
    async with opened(app, "F", "v", "enter", "enter", size=LARGE):
        assert "nothing listens at http://127.0.0.1:9" in screen_text(app)


async def test_an_endpoint_is_identified(app: AdvisorApp) -> None:
    with RawServer(scout(551_000)) as server:
        filled(app.session, endpoint=server.url)
        async with opened(app, "F", "n", "enter", "enter", size=LARGE):
            shown = screen_text(app)
            assert "combinations explain it" in shown
            assert "p5.48xlarge" in shown


@pytest.mark.parametrize("keep", [True, False])
async def test_a_start_up_log_is_compared_and_kept_only_as_ones_own(app: AdvisorApp, keep: bool) -> None:
    log = next(iter(sorted(LOGS.glob("*scout*"))))
    app.session.ask_fit(checkpoint="bf16", tensor_parallel_size=4)
    async with opened(app, "F", "L", size=LARGE) as pilot:
        await paste(pilot, str(log))
        await press(pilot, "enter", *(() if keep else ("backspace", "backspace", "backspace", "n", "o")), "enter")
        shown = screen_text(app)
        assert "weights and RoPE table" in shown
        kept = every_memory(app.session.paths)
        assert len(kept) == keep
        assert ("Kept as your own measurement" in shown) is keep
        assert all(f"advisor evidence forget {memory.id}" in shown for memory in kept)


async def test_a_log_that_is_not_there_is_told_in_the_form(app: AdvisorApp, tmp_path: Path) -> None:
    async with opened(app, "F", "L", size=LARGE) as pilot:
        await paste(pilot, str(tmp_path / "no.log"))
        await press(pilot, "enter", "enter")
        assert "no such file" in screen_text(app)
