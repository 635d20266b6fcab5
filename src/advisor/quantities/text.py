"""How numbers are written for people, and read from them: no false precision, unknown shown as unknown."""

import re
from math import floor, isfinite, log10

from advisor.quantities.units import GIB, MIB

NO_DATA = "no data"


def gib(amount_bytes: float | None) -> str:
    """Bytes as GiB: `27.8 GiB`; MiB below a tenth of one."""
    if amount_bytes is None:
        return NO_DATA
    if 0 < abs(amount_bytes) < GIB / 10:
        return f"{amount_bytes / MIB:,.0f} MiB"
    return f"{amount_bytes / GIB:,.1f} GiB"


def counted(count: int, name: str) -> str:
    """`1 mistake`, `2 mistakes`."""
    return f"{count:,} {name}" if count == 1 else f"{count:,} {name}s"


def count(number: float | None) -> str:
    """A whole number with thousands separators."""
    return NO_DATA if number is None else f"{number:,.0f}"


def tokens(number: float | None) -> str:
    """A token count, short: `8,192`, `131,072`, `1.05M`, `10.49M`."""
    if number is None:
        return NO_DATA
    return f"{number:,.0f}" if abs(number) < 1_000_000 else f"{number / 1e6:,.2f}M"


def big(number: float | None) -> str:
    """A large count in words of its magnitude: `950`, `12.3k`, `4.5M`, `2.1B`."""
    if number is None:
        return NO_DATA
    for limit, divisor, suffix in ((1e4, 1.0, ""), (1e6, 1e3, "k"), (1e9, 1e6, "M"), (float("inf"), 1e9, "B")):
        if abs(number) < limit:
            scaled = number / divisor
            return f"{scaled:,.0f}{suffix}" if divisor == 1.0 or abs(scaled) >= 100 else f"{scaled:,.1f}{suffix}"
    raise AssertionError("the last limit is infinite")


def usd(amount: float | None) -> str:
    """Dollars: cents below 100, four decimals below one, whole above."""
    if amount is None:
        return NO_DATA
    if abs(amount) >= 100:
        return f"${amount:,.0f}"
    return f"${amount:,.2f}" if abs(amount) >= 1 or amount == 0 else f"${amount:.4f}"


def usd_per_hour(amount: float | None) -> str:
    """An hourly price, never rounded to the dollar: `$55.04`."""
    return "no list price" if amount is None else f"${amount:,.2f}"


def milliseconds(amount_ms: float | None) -> str:
    """A latency: `0.42 ms`, `15.3 ms`, `420 ms`, `3.8 s`, `2.5 min`."""
    if amount_ms is None:
        return NO_DATA
    if amount_ms >= 120_000:
        return f"{amount_ms / 60_000:,.1f} min"
    if amount_ms >= 1_000:
        return f"{amount_ms / 1_000:,.1f} s" if amount_ms < 100_000 else f"{amount_ms / 1_000:,.0f} s"
    if amount_ms >= 100:
        return f"{amount_ms:,.0f} ms"
    return f"{amount_ms:.1f} ms" if amount_ms >= 1 else f"{amount_ms:.2f} ms"


def rate(number: float | None) -> str:
    """A throughput with two significant figures at least, three at most: `2,650`, `97.5`, `4.45`, `0.0041`."""
    if number is None:
        return NO_DATA
    if abs(number) >= 100:
        digits = max(0, len(str(int(abs(number)))) - 3)
        return f"{round(number, -digits):,.0f}"
    if 0 < abs(number) < 1e-4:
        return f"{number:.1e}"
    if 0 < abs(number) < 0.1:
        return f"{number:.{1 - floor(log10(abs(number)))}f}"
    return f"{number:.1f}" if abs(number) >= 10 else f"{number:.2f}"


def percent(share: float | None) -> str:
    """A share of one as a percentage."""
    return NO_DATA if share is None else f"{share * 100:.0f} %"


_GROUPED = re.compile(r"(?<=\d)[,_](?=\d{3}(?!\d))")


def ungrouped(written: str) -> str:
    """A number without separators of thousands. ValueError for any other comma: `41,5` is no 415."""
    plain = _GROUPED.sub("", written)
    if "," in plain or "_" in plain or not plain.isascii():
        raise ValueError(f"{written} is no number")
    return plain


_MAGNITUDES = {"k": 1e3, "m": 1e6, "b": 1e9}


def read_big(written: str) -> float:
    """A large count as people type it: `1,800`, `1.8e9`, `200M`, `1.8B`. ValueError for what is no number."""
    plain = ungrouped(written.strip().lower().replace(" ", ""))
    factor = _MAGNITUDES.get(plain[-1:], 1.0)
    number = float(plain[:-1] if factor != 1.0 else plain) * factor
    if not isfinite(number):
        raise ValueError(f"{written} is not a finite number")
    return number
