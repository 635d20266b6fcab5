"""From a frame of the capture process to the record of a request."""

import json
from array import array
from typing import Any

import pytest

from advisor.bench.interpret import Finding, interpret
from advisor.bench.records import Outcome, RequestRecord
from servers.raw import (
    DONE,
    LAST_CHUNK,
    chunks,
    event,
    head,
    json_answer,
    role_event,
    stream_head,
    text_event,
    usage_event,
)

from .support import MS, SENT_NS, answer

KEY = "sk-very-secret-0123456789"
STREAM = chunks([role_event(), text_event("a"), text_event("b", "length"), usage_event(9, 2), DONE])


def header(**changes: Any) -> dict[str, Any]:
    values = {
        "kind": "request",
        "concurrency": 4,
        "repetition": 1,
        "attempt": 0,
        "phase": "measure",
        "index": 7,
        "slot": 2,
        "slot_ns": SENT_NS - MS,
        "connect_start_ns": 0,
        "connect_end_ns": 0,
        "sent_ns": SENT_NS,
        "sent_end_ns": SENT_NS + 1,
        "head_ns": SENT_NS + MS,
        "ended_ns": SENT_NS + 10 * MS,
        "requested_tokens": 2,
        "end": "complete",
        "outcome": "ok",
        "reason": "",
        "status": None,
        "head": {},
        "head_bytes": 0,
        "framing": "close",
        "length": None,
        "reads": 0,
    }
    return values | changes


def interpreted(raw: bytes, **changes: Any) -> Finding:
    """An answer that came in one read, through the frame that the capture process would write."""
    came = answer(raw)
    fields = {name.decode(): value.decode() for name, value in came.head.headers}
    told = {
        "status": came.head.status,
        "head": fields,
        "head_bytes": came.head_bytes,
        "framing": came.framing.value,
        "length": came.length,
        "reads": len(came.reads),
    }
    payload = array("q", came.reads.flatten().tolist()).tobytes() + raw
    return interpret(header(**(told | changes)), payload, 40, [f"Bearer {KEY}"])


class TestAnswers:
    def test_a_sound_stream(self) -> None:
        found = interpreted(stream_head() + STREAM)
        record = found.record
        assert (record.outcome, record.error, record.faults) == (Outcome.OK, None, ())
        assert (record.prompt_tokens, record.completion_tokens, record.finish_reason) == (9, 2, "length")
        assert (record.first_row, record.rows, len(found.events)) == (40, 5, 5)
        assert not found.is_simulated

    def test_a_stream_of_the_built_in_endpoint_is_known_by_its_header(self) -> None:
        assert interpreted(stream_head({"x-advisor-simulated": "1"}) + STREAM).is_simulated

    @pytest.mark.parametrize(
        ("raw", "changes", "outcome", "error"),
        [
            (json_answer({"error": {"message": "slow down"}}, 429), {}, Outcome.HTTP_STATUS, "slow down"),
            (head(503, {"content-length": "0"}), {}, Outcome.HTTP_STATUS, "HTTP 503"),
            (json_answer({"error": {"message": "no such"}}), {}, Outcome.PROTOCOL, "no such"),
            (stream_head() + chunks([DONE]), {}, Outcome.PROTOCOL, "no content"),
            (stream_head() + chunks([text_event("a")]), {}, Outcome.PROTOCOL, "unfinished stream"),
            (stream_head() + STREAM[:200], {"end": "reset"}, Outcome.CONNECTION, "the answer broke off"),
            (stream_head() + b"zz\r\n", {"end": "broken"}, Outcome.PROTOCOL, "bad framing"),
            (
                stream_head() + chunks([text_event("a"), event({"error": {"message": "out of memory"}})]),
                {},
                Outcome.SERVER_ERROR,
                "out of memory",
            ),
            (
                stream_head() + STREAM[:300],
                {"end": "abandoned", "outcome": "timeout", "reason": "no complete answer within 1 s"},
                Outcome.TIMEOUT,
                "no complete answer within 1 s",
            ),
        ],
    )
    def test_what_went_wrong_has_an_outcome_and_words(
        self, raw: bytes, changes: dict[str, Any], outcome: Outcome, error: str
    ) -> None:
        record = interpreted(raw, **changes).record
        assert (record.outcome, record.error) == (outcome, error)

    @pytest.mark.parametrize(
        ("end", "outcome"), [("complete", Outcome.OK), ("reset", Outcome.CONNECTION), ("abandoned", Outcome.CONNECTION)]
    )
    def test_a_stream_without_framing_is_whole_where_its_connection_was_closed(
        self, end: str, outcome: Outcome
    ) -> None:
        body = b"".join([role_event(), text_event("a"), text_event("b", "length"), usage_event(9, 2), DONE])
        record = interpreted(head(200, {"content-type": "text/event-stream"}) + body, end=end).record
        assert record.outcome is outcome

    def test_a_request_without_any_answer(self) -> None:
        found = interpret(header(outcome="connection", reason="refused", end="failed"), b"", 0, [])
        assert (found.record.outcome, found.record.error, found.record.rows) == (Outcome.CONNECTION, "refused", 0)

    def test_a_cut_answer_keeps_the_events_that_came(self) -> None:
        raw = stream_head() + chunks([role_event(), text_event("a")]).removesuffix(LAST_CHUNK)
        found = interpreted(raw, end="abandoned", outcome="cancelled")
        assert (found.record.outcome, found.record.rows, found.record.completion_tokens) == (Outcome.CANCELLED, 2, None)

    @pytest.mark.parametrize("pad", [0, 150, 190])
    def test_a_key_that_the_server_echoes_is_masked_even_where_the_words_are_cut(self, pad: int) -> None:
        words = "x" * pad + f" key {KEY} is wrong"
        for raw in (
            json_answer({"error": {"message": words}}, 401),
            stream_head() + chunks([event({"error": {"message": words}})]),
        ):
            line = json.dumps(interpreted(raw).record.to_json())
            assert not any(KEY[:length] in line for length in range(6, len(KEY)))


def test_a_record_survives_the_way_through_the_journal() -> None:
    record = interpreted(stream_head() + STREAM).record
    assert RequestRecord.from_json(json.loads(json.dumps(record.to_json()))) == record
