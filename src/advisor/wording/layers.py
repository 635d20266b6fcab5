"""Where layers of the catalogue disagree, the same in the command line and the app."""

from collections.abc import Iterable

from advisor.quantities import text
from advisor.wording.figures import PURCHASES
from advisor.workflows.catalog.figures import Figure
from advisor.workflows.catalog.prices import PriceLine


def disagreements(figures: Iterable[Figure], sold: Iterable[PriceLine]) -> list[str]:
    """Where layers of the catalogue disagree: what holds, from which layer, and what the lower ones say."""
    found = [
        _disagreement(figure.label, figure.value, figure.origin.layer, figure.beneath)
        for figure in figures
        if figure.beneath
    ]
    for line in sold:
        for price in line.rows:
            if price.beneath:
                label = f"price {PURCHASES[line.way]}"
                said = [(each.provenance.layer, text.usd_per_hour(each.usd_per_hour)) for each in price.beneath]
                found.append(_disagreement(label, text.usd_per_hour(price.usd_per_hour), price.provenance.layer, said))
    return found


def _disagreement(label: str, value: str, layer: str, beneath: Iterable[tuple[str, str]]) -> str:
    lower = ", ".join(f"{below} says {said}" for below, said in beneath)
    return f"{label}: {value} from {layer}; {lower}"
