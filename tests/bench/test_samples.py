"""From a stream on the wire to the figures of its request: what starts the clock, what stops it, what is left out."""

import pytest

from advisor.bench.decode import decode
from advisor.bench.metrics import e2e_ms, gaps_ms, tpot_ms, ttft_ms
from advisor.bench.samples import sample_of
from servers.raw import DONE, chunk, event, role_event, stream_head, text_event, usage_event

from .support import SENT_NS, answer
from .test_assemble import request

PING = b": ping\n\n"
EMPTY = event({"choices": [{"delta": {"content": ""}}]})
FINISH = event({"choices": [{"delta": {}, "finish_reason": "length"}]})
TEXT = text_event("word")
THOUGHT = event({"choices": [{"delta": {"reasoning_content": "hm"}}]})
CALL = event({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "{"}}]}}]})
USAGE = usage_event(9, 3)


@pytest.mark.parametrize(
    ("events", "ttft", "e2e", "tpot", "gaps"),
    [
        # each event in a read of its own, every 10 ms; the head is in the first
        ([TEXT, TEXT, TEXT, FINISH, USAGE, DONE], 10, 30, 10, [10, 10]),
        ([role_event(), TEXT, TEXT, TEXT, FINISH, DONE], 20, 40, 10, [10, 10]),
        ([role_event(), EMPTY, TEXT, TEXT, TEXT, DONE], 30, 50, 10, [10, 10]),
        ([PING, TEXT, PING, TEXT, TEXT, FINISH, DONE], 20, 50, 15, [20, 10]),
        ([role_event(), THOUGHT, THOUGHT, TEXT, FINISH, DONE], 20, 40, 10, [10, 10]),
        ([role_event(), CALL, CALL, CALL, FINISH, DONE], 20, 40, 10, [10, 10]),
        ([TEXT, EMPTY, EMPTY, TEXT, FINISH, DONE], 10, 40, 15, [30]),
        ([TEXT, FINISH, USAGE, DONE], 10, 10, None, []),
        ([role_event(), FINISH, USAGE, DONE], None, None, None, []),
    ],
)
def test_only_content_counts(
    events: list[bytes], ttft: float | None, e2e: float | None, tpot: float | None, gaps: list[float]
) -> None:
    raw, cuts = stream_head(), []
    for one in events:
        raw += chunk(one)
        cuts.append(len(raw))
    decoded = decode(answer(raw + b"0\r\n\r\n", cuts))
    sample = sample_of(request(0, 0, 0, SENT_NS, completion_tokens=3), decoded.events)
    assert (ttft_ms(sample), e2e_ms(sample), tpot_ms(sample), gaps_ms(sample).tolist()) == (ttft, e2e, tpot, gaps)
