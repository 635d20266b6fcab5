"""Decoding: real captures cut everywhere, and every oddity of a stream that servers produce."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.bench.decode import Fault, Usage, body_of, decode, error_words
from advisor.bench.events import NO_LAG, EventKind, Events
from advisor.errors import printable
from servers.raw import DONE, chunks, event, role_event, stream_head, text_event, usage_event

from .support import MS, SENT_NS, answer, capture, framed, kinds, open_answer, story

CONTENT, REASONING, TOOL, ROLE, EMPTY, FINISH, USAGE_KIND, DONE_KIND, ERROR, COMMENT, INVALID = EventKind


def delta(**fields: object) -> bytes:
    return event({"choices": [{"index": 0, "delta": fields, "finish_reason": None}]})


def finish(reason: str = "length", **more: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}], **more})


class TestEngines:
    """What three engines sent, as they sent it."""

    def test_vllm_chat(self) -> None:
        head, body = capture("vllm_chat")
        decoded = decode(answer(framed(head, body, [])))
        assert kinds(decoded) == [ROLE, *[CONTENT] * 24, USAGE_KIND, DONE_KIND]
        assert decoded.usage == Usage(prompt_tokens=13, completion_tokens=24, cached_tokens=None)
        assert (decoded.finish_reason, decoded.faults) == ("length", ())

    def test_vllm_completions(self) -> None:
        head, body = capture("vllm_completions")
        decoded = decode(answer(framed(head, body, [])))
        assert kinds(decoded) == [*[CONTENT] * 24, USAGE_KIND, DONE_KIND]
        assert decoded.usage == Usage(5, 24, None)

    def test_llama_cpp_sends_no_usage(self) -> None:
        head, body = capture("llama_cpp_chat")
        decoded = decode(answer(framed(head, body, [])))
        assert kinds(decoded) == [ROLE, *[CONTENT] * 24, FINISH, DONE_KIND]
        assert (decoded.usage, decoded.finish_reason, decoded.faults) == (None, "length", ())

    def test_llama_cpp_completions_end_in_an_empty_text(self) -> None:
        head, body = capture("llama_cpp_completions")
        assert kinds(decode(answer(framed(head, body, []))))[-2:] == [FINISH, DONE_KIND]

    @pytest.mark.parametrize(("name", "begin"), [("transformers_chat", [ROLE]), ("transformers_completions", [])])
    def test_transformers_sends_usage_with_the_finish_and_no_done(self, name: str, begin: list[EventKind]) -> None:
        head, body = capture(name)
        decoded = decode(answer(framed(head, body, [])))
        assert kinds(decoded) == [*begin, *[CONTENT] * (len(decoded.events) - len(begin) - 1), FINISH]
        assert decoded.usage is not None
        assert decoded.usage.completion_tokens == 12
        assert decoded.faults == (Fault.MISSING_DONE,)
        assert decoded.is_whole

    def test_an_answer_that_was_cut_short_keeps_what_came(self) -> None:
        head, body = capture("llama_cpp_cut_short")
        raw = framed(head, body, []).removesuffix(b"0\r\n\r\n")
        decoded = decode(answer(raw, ended_whole=False))
        assert kinds(decoded) == [ROLE, CONTENT, CONTENT, COMMENT, COMMENT, COMMENT]
        assert set(decoded.faults) == {Fault.TRUNCATED, Fault.UNFINISHED}
        assert not decoded.is_whole

    def test_an_answer_that_is_no_stream(self) -> None:
        head, body = capture("vllm_chat_nonstream")
        assert decode(answer(head + body)).faults == (Fault.NOT_A_STREAM,)

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("vllm_err_404_model", "The model `nope` does not exist. Valid aliases: tiny-llama."),
            ("vllm_err_400_too_long", "max_tokens=800000 cannot be greater than max_model_len=4096."),
            ("llama_cpp_err_500", "Internal Server Error"),
        ],
    )
    def test_their_error_bodies_are_put_in_their_own_words(self, name: str, words: str) -> None:
        said = error_words(capture(name)[1])
        assert said is not None
        assert said.startswith(words)


class TestCutting:
    """The same events come out wherever the reads were cut."""

    HEAD, BODY = capture("vllm_chat")
    SHORT = b"".join(
        [
            b"\xef\xbb\xbf",
            role_event(),
            b": ping\r\n\r\n",
            event({"choices": [{"delta": {"content": "Grüße, 世界 🌍"}, "finish_reason": None}]}),
            b'data: {"choices": [{"delta":\r\ndata: {"content": "two lines"}}]}\r\n\r\n',
            delta(reasoning_content="hm"),
            finish(usage={"prompt_tokens": 1, "completion_tokens": 3}),
            DONE,
        ]
    )
    RAW = framed(stream_head(), SHORT, [5, 40, 1, 90])
    WHOLE = story(decode(answer(RAW)))

    @pytest.mark.parametrize("cut", range(len(RAW)))
    def test_at_every_byte(self, cut: int) -> None:
        assert story(decode(answer(self.RAW, [cut]))) == self.WHOLE

    def test_at_all_bytes_at_once(self) -> None:
        assert story(decode(answer(self.RAW, list(range(len(self.RAW)))))) == self.WHOLE

    @settings(max_examples=50)
    @given(data=st.data())
    def test_in_any_chunks_and_any_reads(self, data: st.DataObject) -> None:
        sizes = data.draw(st.lists(st.integers(1, 700), max_size=30))
        raw = framed(self.HEAD, self.BODY, sizes)
        cuts = data.draw(st.lists(st.integers(0, len(raw)), max_size=30))
        expected = story(decode(answer(framed(self.HEAD, self.BODY, []))))
        assert story(decode(answer(raw, cuts))) == expected

    def test_the_short_stream_is_what_it_should_be(self) -> None:
        decoded = decode(answer(self.RAW))
        assert kinds(decoded) == [ROLE, COMMENT, CONTENT, CONTENT, REASONING, FINISH, DONE_KIND]
        assert decoded.events["text_chars"].tolist() == [0, 0, 11, 9, 2, 0, 0]
        assert decoded.events["bytes"].sum() == len(self.SHORT)
        assert decoded.faults == ()

    @pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
    def test_all_line_ends_of_the_standard(self, end: bytes) -> None:
        body = b"".join([role_event(), text_event("a", "stop"), DONE]).replace(b"\n", end)
        assert kinds(decode(open_answer(body))) == [ROLE, CONTENT, DONE_KIND]


class TestKinds:
    @pytest.mark.parametrize(
        ("choice", "kind"),
        [
            ({"delta": {"content": "a"}}, CONTENT),
            ({"delta": {"content": "a", "reasoning_content": "b"}}, CONTENT),
            ({"delta": {"content": "", "reasoning_content": "b"}}, REASONING),
            ({"delta": {"content": None, "reasoning": "b"}}, REASONING),
            ({"delta": {"tool_calls": [{"function": {"arguments": "{"}}]}}, TOOL),
            ({"delta": {"role": "assistant", "tool_calls": [{"id": "1"}]}}, TOOL),
            ({"delta": {"tool_calls": []}}, EMPTY),
            ({"delta": {"refusal": "No."}}, CONTENT),
            ({"delta": {"role": "assistant", "content": ""}}, ROLE),
            ({"delta": {}}, EMPTY),
            ({"delta": {"content": ""}}, EMPTY),
            ({"delta": {"content": ""}, "finish_reason": "stop"}, FINISH),
            ({"delta": {"content": "a"}, "finish_reason": "stop"}, CONTENT),
            ({"text": "a"}, CONTENT),
            ({"text": ""}, EMPTY),
            ({"text": "", "finish_reason": "length"}, FINISH),
            ({"delta": "nonsense"}, EMPTY),
            ({}, EMPTY),
        ],
    )
    def test_a_choice(self, choice: dict[str, object], kind: EventKind) -> None:
        decoded = decode(open_answer(event({"choices": [choice]}) + DONE))
        assert kinds(decoded) == [kind, DONE_KIND]

    def test_an_event_with_several_choices_is_content_if_one_is(self) -> None:
        choices = [{"delta": {"role": "assistant"}}, {"delta": {"content": "ab"}}, {"delta": {"content": "c"}}]
        events = decode(open_answer(event({"choices": choices}) + DONE)).events
        assert (events["kind"][0], events["text_chars"][0], events["choices"][0]) == (CONTENT, 3, 3)

    @pytest.mark.parametrize("value", [{"choices": []}, {"choices": None}, {"id": "x"}, {"choices": ["text"]}, {}])
    def test_an_event_without_choices_is_empty(self, value: dict[str, object]) -> None:
        assert kinds(decode(open_answer(event(value) + DONE))) == [EMPTY, DONE_KIND]


class TestUsage:
    def test_in_an_event_of_its_own(self) -> None:
        decoded = decode(open_answer(text_event("a", "stop") + usage_event(7, 1) + DONE))
        assert decoded.usage == Usage(7, 1, None)
        assert kinds(decoded)[1] is USAGE_KIND

    def test_twice_and_the_last_one_counts(self) -> None:
        decoded = decode(
            open_answer(text_event("a") + finish(usage={"completion_tokens": 4}) + usage_event(7, 5) + DONE)
        )
        assert decoded.usage == Usage(7, 5, None)
        assert decoded.events["tokens"].tolist() == [0, 0, 0, 0]

    def test_with_cached_tokens(self) -> None:
        usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 8}}
        decoded = decode(open_answer(text_event("a", "stop") + event({"choices": [], "usage": usage}) + DONE))
        assert decoded.usage == Usage(9, 1, 8)

    @pytest.mark.parametrize(
        "usage",
        [None, [], "x", {"completion_tokens": "4"}, {"completion_tokens": True}, {"completion_tokens": 10**40}],
    )
    def test_what_is_no_count_is_none(self, usage: object) -> None:
        decoded = decode(open_answer(text_event("a", "stop") + event({"choices": [], "usage": usage}) + DONE))
        assert decoded.usage is None or decoded.usage.completion_tokens is None

    def test_counted_as_it_goes_it_gives_the_tokens_of_each_event(self) -> None:
        def step(text: str, count: int) -> bytes:
            return event({"choices": [{"delta": {"content": text}}], "usage": {"completion_tokens": count}})

        decoded = decode(open_answer(step("ab", 2) + step("c", 3) + step("def", 6) + finish("stop") + DONE))
        assert decoded.events["tokens"].tolist() == [2, 1, 3, 0, 0]

    def test_once_with_the_last_text_it_says_nothing_about_that_event(self) -> None:
        last = event(
            {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}], "usage": {"completion_tokens": 2}}
        )
        assert decode(open_answer(text_event("a") + last + DONE)).events["tokens"].tolist() == [0, 0, 0]

    def test_listed_token_ids_are_counted(self) -> None:
        def step(*ids: int) -> bytes:
            return event({"choices": [{"text": "x", "token_ids": list(ids)}]})

        decoded = decode(open_answer(step(1, 2) + step(3) + finish("stop") + DONE))
        assert (decoded.events["tokens"].tolist(), decoded.token_ids) == ([2, 1, 0, 0], 3)


class TestFaults:
    TEXT = text_event("a", "stop")

    @pytest.mark.parametrize(
        ("body", "fault", "is_whole"),
        [
            (TEXT, Fault.MISSING_DONE, True),
            (TEXT + DONE + TEXT, Fault.DATA_AFTER_DONE, True),
            (TEXT + DONE + b"data: {", Fault.UNTERMINATED_EVENT, True),
            (text_event("a"), Fault.UNFINISHED, False),
            (b"", Fault.NO_CONTENT, False),
            (role_event() + finish() + DONE, Fault.NO_CONTENT, False),
            (TEXT + b"data: {broken\n\n" + DONE, Fault.INVALID_EVENT, False),
            (TEXT + b"data: [1]\n\n" + DONE, Fault.INVALID_EVENT, False),
            (TEXT + b'data: "\xff"\n\n' + DONE, Fault.INVALID_EVENT, False),
            (b"data: " + b"[" * 100_000 + b"\n\n" + TEXT + DONE, Fault.INVALID_EVENT, False),
            (TEXT + event({"error": {"message": "overloaded"}}) + DONE, Fault.ERROR_EVENT, False),
        ],
    )
    def test_of_the_stream(self, body: bytes, fault: Fault, is_whole: bool) -> None:
        decoded = decode(open_answer(body))
        assert fault in decoded.faults
        assert decoded.is_whole is is_whole

    @pytest.mark.parametrize(
        "body",
        [
            event({"error": {"message": "overloaded", "code": 503}}),
            event({"error": "overloaded"}),
            event({"object": "error", "message": "overloaded", "code": 400}),
            b"event: error\n" + event({"detail": "overloaded"}),
            b"event: error\n" + event({"detail": [{"msg": "overloaded", "loc": []}]}),
        ],
    )
    def test_errors_in_the_stream_are_put_in_the_servers_words(self, body: bytes) -> None:
        decoded = decode(open_answer(text_event("a") + body))
        assert decoded.error == "overloaded"
        assert kinds(decoded) == [CONTENT, ERROR]

    def test_a_body_that_ends_before_its_last_chunk(self) -> None:
        raw = stream_head() + chunks([self.TEXT, DONE]).removesuffix(b"0\r\n\r\n")
        assert Fault.TRUNCATED in decode(answer(raw, ended_whole=False)).faults

    def test_a_body_shorter_than_its_length(self) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
        assert Fault.TRUNCATED in decode(answer(head + self.TEXT, ended_whole=False)).faults

    def test_a_broken_chunk_header_keeps_the_events_of_earlier_reads(self) -> None:
        good = stream_head() + chunks([self.TEXT]).removesuffix(b"0\r\n\r\n")
        decoded = decode(answer(good + b"zz\r\n", [len(good)], ended_whole=False))
        assert kinds(decoded) == [CONTENT]
        assert Fault.BAD_FRAMING in decoded.faults
        assert Fault.TRUNCATED not in decoded.faults

    def test_bytes_behind_the_end_are_told_but_harmless(self) -> None:
        decoded = decode(answer(stream_head() + chunks([self.TEXT, DONE]) + b"more"))
        assert decoded.faults == (Fault.SURPLUS_BYTES,)
        assert decoded.is_whole

    def test_a_compressed_body_is_not_read(self) -> None:
        decoded = decode(answer(stream_head({"content-encoding": "gzip"}) + chunks([b"\x1f\x8b"])))
        assert Fault.ENCODED in decoded.faults

    @pytest.mark.parametrize("body", [b"", b"<html>Sign in</html>"])
    def test_a_page_has_no_words_for_us(self, body: bytes) -> None:
        assert error_words(body) is None

    @pytest.mark.parametrize(
        "value", [{"detail": "Not Found"}, {"error": {"message": "Not Found"}}, {"error": "Not Found"}]
    )
    def test_words_are_found_in_the_common_shapes(self, value: object) -> None:
        assert error_words(json.dumps(value).encode()) == "Not Found"

    def test_words_lose_their_control_characters_but_not_their_end(self) -> None:
        words = error_words(json.dumps({"error": "a\x1b[31m\n" + "b" * 500}).encode())
        assert words == printable("a\x1b[31m\n" + "b" * 500, 1000)

    def test_the_body_comes_without_its_framing(self) -> None:
        assert body_of(answer(stream_head() + chunks([b"{", b"}"]))) == b"{}"


class TestNonsense:
    """Whatever a server sends, decoding gives events and faults, and never an exception."""

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda values: (
            st.lists(values, max_size=3)
            | st.dictionaries(st.sampled_from(["choices", "delta", "error", "usage", "content", "text"]), values)
        ),
        max_leaves=20,
    )

    @given(st.binary(max_size=300), st.lists(st.integers(0, 400), max_size=5))
    def test_bytes(self, body: bytes, cuts: list[int]) -> None:
        raw = stream_head() + body
        decoded = decode(answer(raw, cuts, ended_whole=False))
        assert decoded.faults
        assert not decoded.is_whole

    @given(st.lists(JSON, max_size=4))
    def test_json_of_any_shape(self, values: list[object]) -> None:
        decoded = decode(open_answer(b"".join(map(event, values)) + DONE))
        assert len(decoded.events) == len(values) + 1
        assert decoded.events["kind"][-1] == DONE_KIND

    @given(
        st.lists(st.sampled_from([b"data: ", b"data:", b":", b"event: error", b"{}", b"[DONE]", b"\r", b"\n", b"x"]))
    )
    def test_lines_of_any_order(self, parts: list[bytes]) -> None:
        body = b"".join(parts)
        decoded = decode(open_answer(body))
        assert decoded.events["bytes"].sum() <= len(body)

    @given(JSON)
    def test_error_bodies(self, value: object) -> None:
        assert error_words(json.dumps(value).encode()) != ""

    def test_an_error_nested_beyond_reason(self) -> None:
        body = b'{"error":' + b"[" * 900 + b"]" * 900 + b"}"
        assert error_words(body) is not None


class TestStamps:
    EVENTS = (role_event(), text_event("a"), text_event("b", "stop"), DONE)

    def cut_answer(self, *events_per_read: int, kernel: bool = True) -> Events:
        raw, cuts, taken = stream_head(), [], 0
        for count in events_per_read:
            raw += b"".join(chunks([one]).removesuffix(b"0\r\n\r\n") for one in self.EVENTS[taken : taken + count])
            taken += count
            cuts.append(len(raw))
        return decode(answer(raw + b"0\r\n\r\n", cuts, kernel=kernel)).events

    def test_an_event_has_the_kernel_stamp_of_its_read(self) -> None:
        events = self.cut_answer(1, 1, 1, 1)
        assert ((events["hi_ns"] - SENT_NS) // MS).tolist() == [10, 20, 30, 40]
        assert (events["lo_ns"] == events["hi_ns"]).all()
        assert set(events["lag_ns"].tolist()) == {MS // 2}

    def test_events_of_one_read_are_bounded_by_the_read_before(self) -> None:
        events = self.cut_answer(1, 2, 1)
        assert ((events["hi_ns"] - SENT_NS) / MS).tolist() == [10, 20, 20, 30]
        assert ((events["lo_ns"] - SENT_NS) / MS).tolist() == [10, 10.5, 10.5, 30]

    def test_events_of_the_first_read_are_bounded_by_the_request(self) -> None:
        assert self.cut_answer(4)["lo_ns"].tolist() == [SENT_NS] * 4

    def test_an_event_in_two_reads_is_there_with_the_second(self) -> None:
        raw = stream_head() + chunks([text_event("a", "stop"), DONE])
        events = decode(answer(raw, [raw.index(b"a") + 1])).events
        assert ((events["hi_ns"] - SENT_NS) // MS).tolist() == [20, 20]

    @pytest.mark.parametrize(("missing_bytes", "arrived_ms"), [(0, 10), (1, 20)])
    def test_an_event_is_there_with_its_very_last_byte(self, missing_bytes: int, arrived_ms: int) -> None:
        raw = stream_head() + chunks([text_event("a", "stop"), DONE])
        end = raw.index(b"\n\n") + 2
        events = decode(answer(raw, [end - missing_bytes])).events
        assert ((events["hi_ns"] - SENT_NS) // MS).tolist() == [arrived_ms, 20]

    def test_without_kernel_stamps_the_users_count_and_there_is_no_lag(self) -> None:
        events = self.cut_answer(1, 1, 1, 1, kernel=False)
        assert ((events["hi_ns"] - SENT_NS) / MS).tolist() == [10.5, 20.5, 30.5, 40.5]
        assert set(events["lag_ns"].tolist()) == {NO_LAG}

    def test_a_stream_without_events_has_no_rows(self) -> None:
        assert len(decode(open_answer(b"")).events) == 0
