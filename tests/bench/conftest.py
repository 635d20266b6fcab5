"""What several files here need."""

import socket

import pytest


@pytest.fixture
def unused_port() -> int:
    """A port on loopback at which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
