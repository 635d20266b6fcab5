from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.quantities import text
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.quantities.quantity import Quantity
from advisor.quantities.units import GIB

SPEC = Provenance(Level.SPECIFIED, "a datasheet")


def test_every_level_has_a_glyph_and_an_ascii_twin_of_one_cell() -> None:
    assert all(len(level.glyph) == 1 and level.ascii_glyph.isascii() for level in Level)
    assert len({level.ascii_glyph for level in Level}) == len(Level)


def test_evidence_levels_rank_from_measured_to_claimed() -> None:
    ranks = [level.rank for level in Level if level.rank is not None]
    assert ranks == [1, 2, 3, 4, 5, 6]
    assert Level.SIMULATED.rank is None


def test_an_unknown_quantity_has_no_value_and_a_known_one_has_one() -> None:
    assert Quantity.unknown("GiB").value is None
    with pytest.raises(ValueError, match="missing exactly when"):
        Quantity(0.0, "GiB", Provenance(Level.UNKNOWN, "nobody"))
    with pytest.raises(ValueError, match="missing exactly when"):
        Quantity(None, "GiB", SPEC)


def test_a_date_and_an_interval_read_back_as_written() -> None:
    for written in ("2026-07-20", "2026-01-21/2026-05-18"):
        assert str(AsOf.parse(written)) == written
    assert AsOf.on(date(2026, 7, 20)) == AsOf.parse("2026-07-20")


@pytest.mark.parametrize("written", ["", "July 2026", "2026-13-01", "2026-05-18/2026-01-21"])
def test_a_date_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        AsOf.parse(written)


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (text.gib(27.83 * GIB), "27.8 GiB"),
        (text.gib(-3.2 * GIB), "-3.2 GiB"),
        (text.gib(None), "no data"),
        (text.tokens(131072), "131,072"),
        (text.tokens(10485760), "10.49M"),
        (text.usd(50065.18), "$50,065"),
        (text.usd(1.337), "$1.34"),
        (text.usd(0.00381), "$0.0038"),
        (text.usd_per_hour(None), "no list price"),
        (text.milliseconds(0.42), "0.42 ms"),
        (text.milliseconds(214.3), "214 ms"),
        (text.milliseconds(3800), "3.8 s"),
        (text.milliseconds(180_000), "3.0 min"),
        (text.rate(2647), "2,650"),
        (text.rate(97.54), "97.5"),
        (text.rate(0.456), "0.46"),
        (text.rate(0.0414), "0.041"),
        (text.rate(-0.004), "-0.0040"),
        (text.rate(3.2e-7), "3.2e-07"),
        (text.rate(0), "0.00"),
        (text.big(12_100_000_000), "12.1B"),
    ],
)
def test_numbers_are_written_with_units_and_without_false_precision(shown: str, expected: str) -> None:
    assert shown == expected


@given(st.floats(min_value=0, max_value=1e15))
def test_no_amount_is_ever_written_empty(amount: float) -> None:
    assert all(write(amount) for write in (text.gib, text.tokens, text.usd, text.milliseconds, text.rate, text.big))


@given(st.floats(min_value=1e-12, max_value=1e15))
def test_a_rate_keeps_two_significant_figures(number: float) -> None:
    assert float(text.rate(number).replace(",", "")) == pytest.approx(number, rel=0.051)


@pytest.mark.parametrize(
    ("written", "number"),
    [("1,800", 1800), ("1_800", 1800), ("1.8e9", 1.8e9), ("200M", 2e8), ("1.8 b", 1.8e9), ("12k", 12_000), ("-3", -3)],
)
def test_a_large_count_is_read_as_people_type_it(written: str, number: float) -> None:
    assert text.read_big(written) == number


@pytest.mark.parametrize(
    "written", ["", "k", "1kk", "many", "inf", "nan", "1e400", "200MB", "1,8b", "41,5", "1,00", "1_0", "1,2000", "٤"]
)
def test_what_is_no_count_is_refused(written: str) -> None:
    with pytest.raises(ValueError):
        text.read_big(written)


@given(st.integers(0, 10**12))
def test_a_count_in_words_reads_back_within_what_the_words_say(number: int) -> None:
    assert text.read_big(text.big(number)) == pytest.approx(number, rel=0.05)
