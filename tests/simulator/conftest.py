from collections.abc import Iterator

import httpx
import pytest

from advisor.simulator.server import SimulatorProcess
from patience import PATIENCE_S


@pytest.fixture(scope="package")
def fast_endpoint() -> Iterator[SimulatorProcess]:
    """One endpoint with tiny steps for all tests that leave no trace in it but counters."""
    with SimulatorProcess("fast") as endpoint:
        yield endpoint


@pytest.fixture(scope="package")
def client(fast_endpoint: SimulatorProcess) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fast_endpoint.url, timeout=PATIENCE_S) as client:
        yield client
