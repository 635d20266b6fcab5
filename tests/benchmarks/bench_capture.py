"""What the capture path costs, and how far off its stamps are, beside the stock client.

    uv run python tests/benchmarks/bench_capture.py [--streams 32] [--rate 300] [--seconds 3]

A paced server in a process of its own sends one event to every stream at each step, as a batching engine
does, and writes its own monotonic send time into each. Both clients read the same load, one after the
other: ours (stamp and store, decode afterwards) and httpx's `aiter_lines` with `json.loads` per event.
Printed are CPU time per event and the error of the stamps, and the ratio between the two: absolute
figures depend on the machine. Not a test: nothing here passes or fails.
"""

import argparse
import asyncio
import gc
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

import httpx
import numpy as np
from numpy.typing import NDArray

from advisor.bench.decode import body_of, decode
from advisor.bench.events import is_content
from advisor.bench.preflight import answer_of
from advisor.bench.sse import blocks
from advisor.bench.trace import Trace
from advisor.bench.transport import CaptureTransport

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
EVENT = (
    b'data: {"id":"chatcmpl-b69e8e8664ebbb7a","object":"chat.completion.chunk","created":1795187193,'
    b'"model":"meta-llama/Llama-4-Scout-17B-16E-Instruct","choices":[{"index":0,"delta":{"content":" specific"},'
    b'"logprobs":null,"finish_reason":null,"token_ids":null}],"sent_ns":"%020d"}\n\n'
)
END = (
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}],"sent_ns":"0"}\n\n',
    b"data: [DONE]\n\n",
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One client: CPU time per event and the errors of its stamps, in microseconds."""

    cpu_us: float
    core_share: float
    errors_us: NDArray[np.float64]

    def error_us(self, percentile: float) -> float:
        return float(np.percentile(self.errors_us, percentile, method="higher"))


def serve(streams: int, rate: float, seconds: float) -> None:
    """Print the port, wait for all streams, pace them, twice."""
    with socket.create_server(("127.0.0.1", 0), backlog=streams) as listener:
        print(listener.getsockname()[1], flush=True)
        for _ in range(2):
            accepted = [listener.accept()[0] for _ in range(streams)]
            for sock in accepted:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                _read_request(sock)
                sock.sendall(HEAD)
            _pace(accepted, rate, seconds)
            for sock in accepted:
                sock.sendall(b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in END) + b"0\r\n\r\n")
                sock.close()


def _read_request(sock: socket.socket) -> None:
    """Head and body, since closing a socket with unread bytes would break the answer."""
    data = b""
    while not data.endswith(b"\r\n\r\n{}"):
        data += sock.recv(65_536)


def _pace(accepted: list[socket.socket], rate: float, seconds: float) -> None:
    size = b"%x\r\n" % len(EVENT % 0)
    start = time.monotonic()
    for step in range(int(rate * seconds)):
        due = start + (step + 1) / rate
        while (left := due - time.monotonic()) > 0:
            time.sleep(left if left > 0.0005 else 0)
        for sock in accepted:
            sock.sendall(size + EVENT % time.monotonic_ns() + b"\r\n")


async def captured(url: str, streams: int, traces: list[Trace]) -> None:
    """Our client: raw traces, nothing decoded."""
    traces += [Trace() for _ in range(streams)]

    async def one(trace: Trace) -> None:
        request = httpx.Request("POST", url, content=b"{}", extensions={"capture": trace})
        response = await client.send(request, stream=True)
        await response.extensions["read_to_end"]()
        await response.aclose()

    async with httpx.AsyncClient(transport=CaptureTransport(), timeout=None) as client:
        await asyncio.gather(*map(one, traces))


async def stock(url: str, streams: int, pairs: list[tuple[int, int]]) -> None:
    """httpx as it comes: a line at a time, JSON at once. pairs: (sent, stamped)."""

    async def one() -> None:
        async with client.stream("POST", url, content=b"{}") as response:
            async for line in response.aiter_lines():
                if line.startswith("data: {"):
                    event = json.loads(line[6:])
                    pairs.append((int(event["sent_ns"]), time.monotonic_ns()))

    async with httpx.AsyncClient(limits=httpx.Limits(max_connections=None), timeout=None) as client:
        await asyncio.gather(*(one() for _ in range(streams)))


def measure(client: Coroutine[None, None, None], pairs: Callable[[], list[tuple[int, int]]]) -> Measured:
    """Run one client on the load; pairs gives (sent, stamped) afterwards."""
    gc.collect()
    gc.freeze()
    gc.disable()
    wall, cpu = time.perf_counter(), time.process_time()
    asyncio.run(client)
    cpu_s, wall_s = time.process_time() - cpu, time.perf_counter() - wall
    gc.enable()
    paced = np.asarray([pair for pair in pairs() if pair[0]], dtype=np.int64)
    return Measured(cpu_s / len(paced) * 1e6, cpu_s / wall_s, (paced[:, 1] - paced[:, 0]) / 1e3)


def _decoded(trace: Trace) -> list[tuple[int, int]]:
    """(sent, stamped) of each content event."""
    answer = answer_of(trace)
    events = decode(answer).events
    sent = [
        int(json.loads(block.data)["sent_ns"])
        for block in blocks(body_of(answer))
        if block.data and block.data != b"[DONE]"
    ]
    stamps = events["hi_ns"][is_content(events)].tolist()
    return list(zip(sent, stamps, strict=False))


def report(ours: Measured, theirs: Measured) -> None:
    """Both clients and the ratio between them."""
    lines = [
        ("CPU per event, us", ours.cpu_us, theirs.cpu_us),
        ("share of a core", ours.core_share, theirs.core_share),
        ("stamp error p50, us", ours.error_us(50), theirs.error_us(50)),
        ("stamp error p99, us", ours.error_us(99), theirs.error_us(99)),
        ("stamp error p99.9, us", ours.error_us(99.9), theirs.error_us(99.9)),
    ]
    print(f"{'':24}{'capture':>12}{'stock httpx':>14}{'ratio':>8}")
    for name, mine, other in lines:
        print(f"{name:24}{mine:12.2f}{other:14.2f}{mine / other:8.3f}")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--streams", type=int, default=32)
    arguments.add_argument("--rate", type=float, default=300.0, help="events a second for each stream")
    arguments.add_argument("--seconds", type=float, default=3.0)
    arguments.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve:
        serve(given.streams, given.rate, given.seconds)
        return
    own = [f"--streams={given.streams}", f"--rate={given.rate}", f"--seconds={given.seconds}"]
    with subprocess.Popen([sys.executable, __file__, "--serve", *own], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            _compare(int(server.stdout.readline()), given.streams, given.rate, given.seconds)
        finally:
            server.kill()


def _compare(port: int, streams: int, rate: float, seconds: float) -> None:
    print(f"{streams} streams, {streams * rate:,.0f} events/s, {seconds:g} s each")
    url = f"http://127.0.0.1:{port}/"
    traces: list[Trace] = []
    ours = measure(captured(url, streams, traces), lambda: [pair for trace in traces for pair in _decoded(trace)])
    pairs: list[tuple[int, int]] = []
    theirs = measure(stock(url, streams, pairs), lambda: pairs)
    report(ours, theirs)
    started = time.process_time()
    events = sum(len(decode(answer_of(trace)).events) for trace in traces)
    print(f"decoding afterwards: {(time.process_time() - started) / events * 1e6:.1f} us an event, in another process")


if __name__ == "__main__":
    main()
