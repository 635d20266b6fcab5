import asyncio
import time
from itertools import pairwise

import pytest

from advisor.simulator.core import Emission, EngineRequest, FinishReason
from advisor.simulator.profile import parse_profile
from advisor.simulator.realtime import Mailbox, RealTimeEngine

PROFILE = parse_profile("fast,t0_ms=4,per_expert_ms=0,per_stream_ms=0")


def request(name: str, max_tokens: int = 20) -> EngineRequest:
    return EngineRequest(name, prompt_tokens=40, max_tokens=max_tokens, ignore_eos=True)


async def collect(mailbox: Mailbox) -> list[Emission]:
    received: list[Emission] = []
    while taken := await mailbox.take():
        received += taken
    return received


async def test_tokens_arrive_at_the_times_the_core_gave_them() -> None:
    engine = RealTimeEngine(PROFILE)
    loop = asyncio.get_running_loop()
    mailbox = engine.submit(request("one"))
    lags_s = []
    while taken := await mailbox.take():
        lags_s += [loop.time() - emission.at_s for emission in taken]
    assert len(lags_s) == 20
    assert min(lags_s) >= 0
    assert sorted(lags_s)[10] < 0.004


async def test_a_stalled_host_delays_tokens_but_does_not_shift_the_schedule() -> None:
    engine = RealTimeEngine(PROFILE)
    mailbox = engine.submit(request("one"))
    first = await mailbox.take()
    time.sleep(0.03)  # noqa: ASYNC251 # the stall itself
    rest = await collect(mailbox)
    gaps_s = [later.at_s - earlier.at_s for earlier, later in pairwise([*first, *rest])]
    assert gaps_s == pytest.approx([0.004] * 19)


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
