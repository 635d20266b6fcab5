"""Prices that a user writes by hand, one at a time, into a layer of her own."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from advisor.catalog.load import Catalog
from advisor.catalog.prices import COLUMNS, PAYMENTS, TERMS, WITH_TERM
from advisor.catalog.records.hardware import PurchaseOption
from advisor.catalog.records.prices import Price
from advisor.errors import InputError, UnknownIdError, printable
from advisor.export.price_files import Cells, amount, only_one, price_path, read_price_rows, row_key, write_rows
from advisor.quantities.provenance import Level


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """What is bought, where and how; not yet what it costs."""

    instance_type: str
    region: str
    option: PurchaseOption = "on_demand"
    term: str = ""
    payment: str = ""

    @property
    def statistics(self) -> tuple[str, ...]:
        """A spot price of one's own is the cheapest and the dearest zone at once."""
        return ("min", "max") if self.option == "spot" else ("list",)


def checked(catalog: Catalog, price: OwnPrice) -> OwnPrice:
    """The same, if it is sold that way there. UnknownIdError or InputError with what would be right."""
    instance = catalog.instance(price.instance_type)
    known = {*catalog.regions, *instance.capacity_block_regions}
    if price.region not in known:
        raise UnknownIdError("region", price.region, known, key="--region")
    if not instance.offered_in(price.region, price.option):
        sold = instance.capacity_block_regions if price.option == "capacity_block" else instance.regions
        where = ", ".join(sold) if price.option in instance.purchase_options and sold else "nowhere"
        way = price.option.replace("_", " ")
        raise InputError(
            f"{instance.id} is not sold as {way} in {price.region}", key="--region", hint=f"As {way}: {where}."
        )
    has_term = price.option in WITH_TERM
    if has_term and (price.term not in TERMS or price.payment not in PAYMENTS):
        hint = f"--term is {' or '.join(TERMS)}, --payment one of {', '.join(PAYMENTS)}."
        raise InputError(f"a price of {price.option} has a term and a payment", key="--term", hint=hint)
    if not has_term and (price.term or price.payment):
        raise InputError(f"a price of {price.option} has no term and no payment", key="--term")
    return price


def held(catalog: Catalog, price: OwnPrice) -> Price | None:
    """The price that holds now."""
    return catalog.prices.find(
        price.instance_type,
        price.region,
        price.option,
        statistic=price.statistics[0],
        term=price.term,
        payment=price.payment,
    )


def set_price(root: Path, price: OwnPrice, usd_per_hour: float, as_of: date, source: str) -> Path:
    """Write a price into the layer at root, in place of an older one; returns the file. InputError if it cannot be."""
    path = price_path(root, price.region)
    with only_one(_lock(root)):
        kept = _without(path, price)
        said = printable(source) or f"set by hand on {as_of}"
        last = (amount(usd_per_hour), str(as_of), Level.SPECIFIED.value, said)
        write_rows(path, COLUMNS, sorted([*kept, *((*key, *last) for key in _keys(price))]))
    return path


def remove_price(root: Path, price: OwnPrice) -> Path:
    """Take a price out of the layer at root; returns the file. InputError where there is none."""
    path = price_path(root, price.region)
    with only_one(_lock(root)):
        kept = _without(path, price)
        if len(kept) == len(read_price_rows(path)):
            raise InputError(f"there is no price of {price.instance_type} to take out", file=path)
        if kept:
            write_rows(path, COLUMNS, kept)
        else:
            path.unlink()
    return path


def _without(path: Path, price: OwnPrice) -> list[Cells]:
    return [cells for cells in read_price_rows(path) if row_key(cells) not in _keys(price)]


def _keys(price: OwnPrice) -> list[tuple[str, str, str, str, str]]:
    return [(price.instance_type, price.option, price.term, price.payment, statistic) for statistic in price.statistics]


def _lock(root: Path) -> Path:
    return root / ".lock"
