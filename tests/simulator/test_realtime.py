import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest

from advisor.simulator.core import Emission, EngineRequest, FinishReason
from advisor.simulator.profile import parse_profile
from advisor.simulator.realtime import Mailbox, RealTimeEngine

from .paper_time import PaperLoop, on_paper

PROFILE = parse_profile("fast,t0_ms=4,per_expert_ms=0,per_stream_ms=0")

PREFILL_S = 40 / PROFILE.prefill_tokens_per_s
"""What the prompt of a request adds to its first step."""


def request(name: str, max_tokens: int = 20) -> EngineRequest:
    return EngineRequest(name, prompt_tokens=40, max_tokens=max_tokens, ignore_eos=True)


async def collect(mailbox: Mailbox) -> list[Emission]:
    received: list[Emission] = []
    while taken := await mailbox.take():
        received += taken
    return received


async def collect_with_lags(mailbox: Mailbox) -> tuple[list[Emission], list[float]]:
    """Emissions, and how long after their time each was taken."""
    loop = asyncio.get_running_loop()
    received: list[Emission] = []
    lags_s: list[float] = []
    while taken := await mailbox.take():
        received += taken
        lags_s += [loop.time() - emission.at_s for emission in taken]
    return received, lags_s


def paper_loop() -> PaperLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PaperLoop)
    return loop


@pytest.fixture
def sleeping_on_paper(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine sleeps the rest of a step; that is time of the loop on paper too."""
    monkeypatch.setattr(
        "advisor.simulator.realtime.time", SimpleNamespace(sleep=lambda seconds: paper_loop().advance(seconds))
    )


@pytest.mark.usefixtures("sleeping_on_paper")
class TestOnPaper:
    """Where the machine takes no time, every token comes at the time that the core gave it."""

    def test_tokens_arrive_at_the_times_the_core_gave_them(self) -> None:
        async def take_all() -> tuple[list[Emission], list[float]]:
            return await collect_with_lags(RealTimeEngine(PROFILE).submit(request("one")))

        received, lags_s = on_paper(take_all())
        assert [emission.at_s for emission in received] == pytest.approx(
            [PREFILL_S + 0.004 * step for step in range(1, 21)]
        )
        assert lags_s == pytest.approx([0.0] * 20, abs=1e-9)

    def test_a_stalled_host_delays_tokens_but_does_not_shift_the_schedule(self) -> None:
        async def stall() -> tuple[list[Emission], list[float]]:
            mailbox = RealTimeEngine(PROFILE).submit(request("one"))
            first = await mailbox.take()
            paper_loop().advance(0.030)
            rest, lags_s = await collect_with_lags(mailbox)
            return [*first, *rest], lags_s

        received, lags_s = on_paper(stall())
        gaps_s = [later.at_s - earlier.at_s for earlier, later in pairwise(received)]
        assert gaps_s == pytest.approx([0.004] * 19)
        late = [0.026, 0.022, 0.018, 0.014, 0.010, 0.006, 0.002]
        assert lags_s == pytest.approx([*late, *[0.0] * 12], abs=1e-9)


async def test_no_token_comes_before_its_time() -> None:
    received, lags_s = await collect_with_lags(RealTimeEngine(PROFILE).submit(request("one")))
    assert len(received) == 20
    assert min(lags_s) >= 0


async def test_requests_of_one_moment_share_their_steps_in_order() -> None:
    engine = RealTimeEngine(PROFILE)
    mailboxes = [engine.submit(request(str(number), max_tokens=3)) for number in range(5)]
    received = await asyncio.gather(*map(collect, mailboxes))
    assert all([emission.at_s for emission in one] == [emission.at_s for emission in received[0]] for one in received)
    assert [stream.request.id for stream in engine.engine.running] == []


async def test_an_aborted_request_closes_its_mailbox_and_the_others_go_on() -> None:
    engine = RealTimeEngine(PROFILE)
    leaving, staying = engine.submit(request("leaving")), engine.submit(request("staying"))
    assert len(await leaving.take()) == 1
    engine.abort("leaving")
    engine.abort("leaving")
    assert await leaving.take() == []
    assert len(await collect(staying)) == 20
    assert engine.metrics.finished == {FinishReason.STOP: 0, FinishReason.LENGTH: 1, FinishReason.ABORT: 1}


async def test_an_engine_that_fell_idle_starts_again() -> None:
    engine = RealTimeEngine(PROFILE)
    for name in ("one", "two"):
        assert len(await collect(engine.submit(request(name, max_tokens=2)))) == 2
