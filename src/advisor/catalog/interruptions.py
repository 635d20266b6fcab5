"""How often AWS takes spot capacity back: one small table, by instance type and region."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from advisor.catalog.layers import REFRESHED, Layer, Layers, cited, read_csv
from advisor.errors import InputError, UnknownIdError
from advisor.quantities.provenance import AsOf, Level, Provenance

InterruptionBand = Literal["<5%", "5-10%", "10-15%", "15-20%", ">20%"]
INTERRUPTION_BANDS: tuple[InterruptionBand, ...] = ("<5%", "5-10%", "10-15%", "15-20%", ">20%")
INTERRUPTIONS = "interruptions.csv"
COLUMNS = ("instance_type", "region", "band", "as_of", "level", "source")


@dataclass(frozen=True, slots=True)
class Interruption:
    """Share of an instance's spot capacity that AWS took back within a month, in one region, as one of five bands."""

    instance_type: str
    region: str
    band: InterruptionBand
    provenance: Provenance


def read_interruptions(layers: Layers, instances: Callable[[], Collection[str]]) -> dict[tuple[str, str], Interruption]:
    """The row that holds for each (instance type, region): the last layer's, and in a layer the last.

    InputError or UnknownIdError naming file, line and column of a row that cannot be used.
    """
    found: dict[tuple[str, str], Interruption] = {}
    for layer, path in layers.files(INTERRUPTIONS):
        for line, cells in read_csv(path, COLUMNS, complaints=layers.complaints):
            with layers.complaints.skipping():
                row = _interruption(cells, layer, path, line, layers)
                if row.instance_type not in instances():
                    if layer.name == REFRESHED:
                        continue  # read for an instance of one's own that has been taken out since
                    key = "instance_type"
                    raise UnknownIdError("instance", row.instance_type, instances(), key=key, file=path, line=line)
                found[row.instance_type, row.region] = row
    return found


def _interruption(cells: list[str], layer: Layer, path: Path, line: int, layers: Layers) -> Interruption:
    instance_type, region, stated, day, known_as, source = cells
    band = next((each for each in INTERRUPTION_BANDS if each == stated), None)
    if band is None:
        raise InputError(f"a band is one of {', '.join(INTERRUPTION_BANDS)}", file=path, line=line, key="band")
    try:
        key = "as_of"
        as_of = AsOf.parse(day)
        key = "level"
        level = Level(known_as)
    except ValueError as error:
        raise InputError(str(error), file=path, line=line, key=key) from error
    provenance = Provenance(level, cited(source, layers.sources), as_of, layer.name)
    return Interruption(instance_type, region, band, provenance)
