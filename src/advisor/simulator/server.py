"""Serving the simulated endpoint: in the foreground, or in a child process for as long as a block runs.

Loopback only, unless another host is asked for by name.
"""

import asyncio
import contextlib
import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import IO, TYPE_CHECKING, Self

from advisor.errors import EndpointError, InputError, printable
from advisor.simulator.profile import Profile, parse_profile

if TYPE_CHECKING:
    from advisor.simulator.app import Simulator

LOOPBACK = "127.0.0.1"
_GRACE_S = 1
"""How long open connections may still take to close once the server was told to stop."""
_BACKLOG = 2048
_EXIT_WAIT_S = 5.0
_USAGE_EXIT_CODE = 2


@dataclass(frozen=True, slots=True)
class Announcement:
    """What a server says of itself when it is ready."""

    url: str
    model: str
    profile: str

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


def serve(
    profile: Profile,
    host: str = LOOPBACK,
    port: int = 0,
    *,
    on_ready: Callable[[Announcement], None],
    api_key: str | None = None,
    exit_on_stdin_eof: bool = False,
) -> None:
    """Serve until SIGINT or SIGTERM, or until stdin ends if asked. Port 0 takes any free one.

    on_ready is called once, when requests are accepted. InputError if the address cannot be used.
    Call it from the main thread: it handles the signals.
    """
    from advisor.simulator.app import Simulator  # with uvicorn and pydantic, 200 ms that a parent need not spend

    listener = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    announcement = Announcement(f"http://{shown}:{listener.getsockname()[1]}", profile.model, profile.name)
    application = Simulator(profile, api_key=api_key)
    asyncio.run(_serve(application, listener, lambda: on_ready(announcement), exit_on_stdin_eof=exit_on_stdin_eof))


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket, so that a taken port is known before anything starts."""
    # asyncio switches Nagle's delay off only for sockets that say they are TCP, and accepted ones inherit it.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise _unusable(host, port, error) from None
    return listener


def _unusable(host: str, port: int, error: OSError | OverflowError) -> InputError:
    """Why an address cannot be listened on, and what would be right."""
    if isinstance(error, OverflowError):
        return InputError(f"{port} is not a port", hint="Ports are 0 to 65535.", key="port")
    if error.errno == errno.EADDRINUSE:
        taken = f"port {port} of {printable(host)} is already in use"
        return InputError(taken, hint="Choose another, or 0 for any free one.", key="port")
    reason = printable(error.strerror or str(error))
    return InputError(f"cannot listen on {printable(host)}, port {port}: {reason}", key="host")


async def _serve(
    application: "Simulator", listener: socket.socket, on_ready: Callable[[], None], *, exit_on_stdin_eof: bool
) -> None:
    import uvicorn
    from uvicorn.protocols.http.h11_impl import H11Protocol

    class LabelledProtocol(H11Protocol):
        """Says that it is simulated even where the application is never asked: to a request that is not HTTP."""

        def send_400_response(self, msg: str) -> None:
            self.transport.write(
                b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nx-advisor-simulated: 1\r\n"
                b"connection: close\r\ncontent-length: %d\r\n\r\n%s" % (len(msg), msg.encode("ascii"))
            )
            self.transport.close()

    class Server(uvicorn.Server):
        """Announces itself when it is ready, and leaves the signals to us: uvicorn would raise them again."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            on_ready()

        @contextlib.contextmanager
        def capture_signals(self) -> Iterator[None]:
            yield

    config = uvicorn.Config(
        application,
        http=LabelledProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = Server(config)

    def stop() -> None:
        server.should_exit = True
        application.stop()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if exit_on_stdin_eof:
        _on_end_of_file(loop, sys.stdin.fileno(), stop)
    await server.serve(sockets=[listener])


def _on_end_of_file(loop: asyncio.AbstractEventLoop, descriptor: int, call: Callable[[], None]) -> None:
    def read() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            call()

    loop.add_reader(descriptor, read)


class SimulatorProcess:
    """A simulated endpoint in a child process, for the length of a `with` block.

    The child ends with the block, and also when this process dies: it watches its stdin, of which
    this process holds the other end. It has a session of its own, so that Ctrl+C in a terminal reaches
    only this process, which may still want to finish its requests.
    """

    def __init__(
        self,
        profile: str = "default",
        *,
        host: str = LOOPBACK,
        port: int = 0,
        api_key_env: str | None = None,
        start_timeout_s: float = 20.0,
    ) -> None:
        """api_key_env is the *name* of an environment variable. InputError for a profile that cannot be read."""
        self._profile = parse_profile(profile)
        self._arguments = ["--host", host, "--port", str(port), "--profile", self._profile.name, "--exit-on-stdin-eof"]
        if api_key_env is not None:
            self._arguments += ["--api-key-env", api_key_env]
        self._start_timeout_s = start_timeout_s
        self._child: subprocess.Popen[bytes] | None = None
        self._complaints: IO[bytes] | None = None
        self._announcement: Announcement | None = None

    @property
    def url(self) -> str:
        """The server's root, without a slash at the end."""
        return self._said.url

    @property
    def model(self) -> str:
        return self._said.model

    @property
    def profile(self) -> str:
        """The profile as text, for `parse_profile`."""
        return self._said.profile

    @property
    def pid(self) -> int:
        """Process id of the child."""
        assert self._child is not None, "the simulated endpoint runs inside its with block"
        return self._child.pid

    def __enter__(self) -> Self:
        """Start the child and wait until it is ready.

        InputError if it refuses its arguments, EndpointError if it does not come up in time.
        """
        self._complaints = tempfile.TemporaryFile()  # a pipe could fill and stop the child
        # -P: nothing in the directory where the user stands may stand in for a module of ours.
        self._child = subprocess.Popen(  # noqa: S603 # our own interpreter and module
            [sys.executable, "-P", "-m", "advisor.simulator", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            start_new_session=True,
        )
        try:
            self._announcement = self._await_announcement(self._child)
        except BaseException:  # whatever it was, the child must not outlive it
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def _said(self) -> Announcement:
        assert self._announcement is not None, "the simulated endpoint runs inside its with block"
        return self._announcement

    def _await_announcement(self, child: subprocess.Popen[bytes]) -> Announcement:
        assert child.stdout is not None, "it was opened as a pipe"
        line = _read_line(child.stdout, self._start_timeout_s)
        if line is None:
            raise EndpointError(f"the simulated endpoint was not ready after {self._start_timeout_s:g} s")
        try:
            return Announcement(**json.loads(line))
        except (ValueError, TypeError):
            raise self._failure(child) from None

    def _failure(self, child: subprocess.Popen[bytes]) -> InputError | EndpointError:
        """Why the child ended without a word on stdout: the last line it wrote to stderr."""
        assert self._complaints is not None, "the child was started"
        try:
            code = child.wait(_EXIT_WAIT_S)
        except subprocess.TimeoutExpired:
            return EndpointError("the simulated endpoint does not speak as it should")
        self._complaints.seek(0)
        said = self._complaints.read().decode(errors="replace").strip().splitlines()
        reason = printable(said[-1]) if said else f"it ended with code {code}"
        if code == _USAGE_EXIT_CODE:
            return InputError(f"the simulated endpoint cannot start: {reason}")
        return EndpointError(f"the simulated endpoint did not start: {reason}")

    def _stop(self) -> None:
        """End the child: politely, then not."""
        child = self._child
        if child is not None:
            child.terminate()
            if child.stdin is not None:
                child.stdin.close()
            try:
                child.wait(_EXIT_WAIT_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
            if child.stdout is not None:
                child.stdout.close()
        if self._complaints is not None:
            self._complaints.close()


def _read_line(pipe: IO[bytes], timeout_s: float) -> bytes | None:
    """The first line of a pipe, or what came before its end; None if neither comes in time."""
    deadline = time.monotonic() + timeout_s
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)
        while b"\n" not in received:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            part = os.read(pipe.fileno(), 4096)
            if not part:
                break
            received += part
    return received
