"""HTTP/1.1 framing, read strictly and at any granularity."""

from itertools import pairwise
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.bench.wire import (
    HEAD_LIMIT_BYTES,
    ChunkReader,
    Framing,
    Head,
    LengthReader,
    OpenReader,
    WireError,
    body_reader,
    parse_head,
)

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: 1\r\nx-a: 2\r\n\r\n"


class TestHead:
    def test_names_are_lower_case_and_the_last_value_counts(self) -> None:
        parsed = parse_head(HEAD + b"body")
        assert parsed is not None
        head, used = parsed
        assert (head.status, used) == (200, len(HEAD))
        assert (head.get(b"content-type"), head.get(b"x-a"), head.get(b"nothing")) == (b"text/event-stream", b"2", None)

    @pytest.mark.parametrize("length", range(len(HEAD)))
    def test_a_head_that_is_not_all_there_is_waited_for(self, length: int) -> None:
        assert parse_head(HEAD[:length]) is None

    def test_interim_answers_are_skipped(self) -> None:
        interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
        parsed = parse_head(interim + HEAD)
        assert parsed is not None
        assert (parsed[0].status, parsed[1]) == (200, len(interim + HEAD))
        assert parse_head(interim) is None

    @pytest.mark.parametrize(
        "raw",
        [
            b"SSH-2.0-OpenSSH_9\r\n\r\n",
            b"HTTP/2 200\r\n\r\n",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n folded: x\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nname : x\r\n\r\n",
            b"SSH-2.0",
            b"HTTP/1.1 200 OK\r\nx: " + b"a" * HEAD_LIMIT_BYTES,
        ],
    )
    def test_what_is_no_http_is_an_error(self, raw: bytes) -> None:
        with pytest.raises(WireError):
            parse_head(raw)

    @pytest.mark.parametrize(
        ("fields", "status", "framing"),
        [
            (((b"transfer-encoding", b"Chunked"), (b"content-length", b"3")), 200, (Framing.CHUNKED, None)),
            (((b"content-length", b"12"),), 200, (Framing.LENGTH, 12)),
            ((), 200, (Framing.CLOSE, None)),
            ((), 204, (Framing.LENGTH, 0)),
        ],
    )
    def test_how_a_body_ends(
        self, fields: tuple[tuple[bytes, bytes], ...], status: int, framing: tuple[Framing, int | None]
    ) -> None:
        assert Head(status, fields).framing() == framing

    @pytest.mark.parametrize(
        "field",
        [
            (b"transfer-encoding", b"gzip, chunked"),
            (b"content-length", b"many"),
            (b"content-length", b"-1"),
            (b"content-length", b"9" * 5000),
        ],
    )
    def test_framing_that_cannot_be_followed_is_an_error(self, field: tuple[bytes, bytes]) -> None:
        with pytest.raises(WireError):
            Head(200, (field,)).framing()

    @pytest.mark.parametrize(
        ("version", "connection", "stays"),
        [("1.1", b"", True), ("1.1", b"Close", False), ("1.0", b"", False), ("1.0", b"Keep-Alive", True)],
    )
    def test_whether_the_connection_stays(self, version: str, connection: bytes, stays: bool) -> None:
        assert Head(200, ((b"connection", connection),), version).keeps_alive is stays


def feed_in_cuts(reader: ChunkReader | LengthReader | OpenReader, raw: bytes, cuts: list[int]) -> bytes:
    bounds = [0, *sorted(cuts), len(raw)]
    pieces = [piece for start, end in pairwise(bounds) for piece in reader.feed(raw[start:end])]
    return b"".join(pieces)


class TestChunks:
    BODY = b'data: {"a": 1}\n\n' + bytes(range(256)) + b"0\r\n\r\n" + b"\r\n"
    RAW = (
        b"10\r\n" + BODY[:16] + b"\r\n"
        b"A;name=value\r\n" + BODY[16:26] + b"\r\n"
        b"0" + format(len(BODY) - 26, "X").encode() + b" \r\n" + BODY[26:] + b"\r\n"
        b"000;last\r\nTrailer: x\r\nOther: y\r\n\r\n"
    )

    @pytest.mark.parametrize("cut", range(len(RAW) + 1))
    def test_a_cut_anywhere_changes_nothing(self, cut: int) -> None:
        reader = ChunkReader()
        assert feed_in_cuts(reader, self.RAW, [cut]) == self.BODY
        assert reader.done
        assert reader.surplus == 0

    @given(cuts=st.lists(st.integers(0, len(RAW)), max_size=40))
    def test_many_cuts_change_nothing(self, cuts: list[int]) -> None:
        reader = ChunkReader()
        assert feed_in_cuts(reader, self.RAW, cuts) == self.BODY
        assert reader.done

    @given(body=st.binary(max_size=300), sizes=st.lists(st.integers(1, 50), max_size=20))
    def test_any_body_in_any_chunks_comes_back(self, body: bytes, sizes: list[int]) -> None:
        raw, start = b"", 0
        for size in [*sizes, len(body)]:
            part = body[start : start + size]
            start += len(part)
            raw += b"%x\r\n%b\r\n" % (len(part), part) if part else b""
        reader = ChunkReader()
        assert feed_in_cuts(reader, raw + b"0\r\n\r\n", list(range(0, len(raw), 7))) == body
        assert reader.done

    @pytest.mark.parametrize("length", range(len(RAW)))
    def test_it_is_not_done_before_its_end(self, length: int) -> None:
        reader = ChunkReader()
        reader.feed(self.RAW[:length])
        assert not reader.done

    def test_bytes_behind_the_end_are_counted(self) -> None:
        reader = ChunkReader()
        reader.feed(self.RAW + b"HTTP")
        reader.feed(b"/1.1")
        assert (reader.done, reader.surplus) == (True, 8)

    @pytest.mark.parametrize(
        "raw",
        [
            b"xyz\r\n",
            b"-5\r\nhello",
            b"\r\n5\r\nhello",
            b"5\r\nhello world",
            b"5\r\nhelloX\r\n",
            b"1_0\r\n",
            b"F" * 20 + b"\r\n",
            b"1" * 10_000,
        ],
    )
    @pytest.mark.parametrize("pieces", ["at once", "byte by byte"])
    def test_broken_framing_is_an_error(self, raw: bytes, pieces: Literal["at once", "byte by byte"]) -> None:
        reader = ChunkReader()
        parts = [raw] if pieces == "at once" else [raw[i : i + 1] for i in range(len(raw))]
        with pytest.raises(WireError):
            for part in parts:
                reader.feed(part)


def test_a_length_is_kept_to_and_more_is_counted() -> None:
    reader = LengthReader(5)
    assert (reader.feed(b"hel"), reader.done) == ([b"hel"], False)
    assert (reader.feed(b"lo!!"), reader.done, reader.surplus) == ([b"lo"], True, 2)


def test_a_body_of_no_length_is_done_at_once() -> None:
    assert body_reader(Framing.LENGTH, 0).done


@pytest.mark.parametrize("framing", [Framing.CLOSE, Framing.DECODED])
def test_an_open_body_takes_everything_and_ends_with_the_connection(framing: Framing) -> None:
    reader = body_reader(framing, None)
    assert (reader.feed(b"0\r\n\r\n"), reader.feed(b""), reader.done) == ([b"0\r\n\r\n"], [], False)
