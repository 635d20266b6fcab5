import pytest

from advisor.errors import InputError
from advisor.slo import Slo, parse_slos


def test_targets_read_back_as_written() -> None:
    slos = parse_slos("ttft_p95_ms=500, itl_p99_ms=30.5")
    assert slos == (Slo("ttft", 95, 500.0), Slo("itl", 99, 30.5))
    assert [slo.setting for slo in slos] == ["slo_ttft_ms_p95", "slo_itl_ms_p99"]
    assert [str(slo) for slo in slos] == ["ttft_p95_ms=500", "itl_p99_ms=30.5"]


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("ttft=500", "not a latency target"),
        ("ttft_p95_s=5", "not a latency target"),
        ("latency_p95_ms=5", "none of ttft"),
        ("ttft_p93_ms=5", "none of p50"),
        ("ttft_p95_ms=0", "above 0"),
        ("ttft_p95_ms=1.2.3", "above 0"),
        ("ttft_p95_ms=5,ttft_p95_ms=6", "given twice"),
    ],
)
def test_a_target_that_cannot_be_read_says_why(written: str, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        parse_slos(written)
