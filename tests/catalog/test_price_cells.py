"""Whatever one cell of a price row holds: the row is read, or the mistake is told with its file and line."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from advisor.catalog.complaints import Lenient
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.prices import COLUMNS
from advisor.errors import InputError
from today import TODAY

GOOD = ("p5.48xlarge", "on_demand", "", "", "list", "41", "2026-01-01", "specified", "a contract")
AFTER = ("p4d.24xlarge", "on_demand", "", "", "list", "11", "2026-01-01", "specified", "a contract")
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["nan", "inf", "-1", "0", "1e999", "1,5", '"', '""', "2026-02-30", "2026-05-01/2026-01-01", "spot"]
    ),
)


@settings(max_examples=50)
@given(st.integers(0, len(COLUMNS) - 1), CELLS)
@example(8, '"an open quote')
@example(5, "\n")
@example(0, "\x00")
@example(6, "９９９９-01-01")
def test_a_row_with_any_cell_changed_is_read_or_refused_with_its_place(column: int, cell: str) -> None:
    cells = [*GOOD[:column], cell, *GOOD[column + 1 :]]
    with TemporaryDirectory() as directory:
        path = Path(directory) / "prices" / "us-east-1.csv"
        path.parent.mkdir()
        path.write_text("\n".join(map(",".join, (COLUMNS, cells, AFTER))) + "\n", encoding="utf-8", errors="replace")
        refused = None
        try:
            rows = load_catalog([Path(directory)], today=TODAY).prices.rows("us-east-1")
        except InputError as error:
            refused = error
            assert error.file == str(path)
            assert error.line is not None
        else:
            assert [row for row in rows if row.provenance.layer == directory]
        _the_lenient_reader_agrees(Path(directory), refused)


def _the_lenient_reader_agrees(directory: Path, refused: InputError | None) -> None:
    complaints = Lenient()
    catalog: Catalog = load_catalog([directory], today=TODAY, complaints=complaints)
    rows = catalog.prices.rows("us-east-1")
    assert [error.sentence() for error in complaints.found[:1]] == ([refused.sentence()] if refused else [])
    assert {row.provenance.layer for row in rows} >= {"shipped"}, "what ships is read whatever lies over it"
