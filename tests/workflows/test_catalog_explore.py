"""Exploring the catalogue: filters, the filter line, order, ratios; what is not known is no yes, no no and no zero."""

from dataclasses import replace

import pytest

from advisor.catalog.load import Catalog
from advisor.catalog.records.origin import Origin
from advisor.errors import InputError, UnknownIdError
from advisor.quantities.provenance import Level
from advisor.quantities.quantity import Quantity
from advisor.wording.catalog_filters import meaning
from advisor.workflows.catalog.columns import COLUMNS, column_named
from advisor.workflows.catalog.derived import derived_of
from advisor.workflows.catalog.figures import best_of, cost_figures, figures_of
from advisor.workflows.catalog.filters import Condition, Is, accelerators, families, marketed_above, select
from advisor.workflows.catalog.order import ordered, read_order
from advisor.workflows.catalog.prices import price_lines
from advisor.workflows.catalog.rows import InstanceRow, instance_rows, row_of
from advisor.workflows.catalog.search import read_range, read_search


@pytest.fixture(scope="module")
def rows(catalog: Catalog) -> list[InstanceRow]:
    return instance_rows(catalog, "us-east-1")


def found(rows: list[InstanceRow], *conditions: Condition) -> set[str]:
    return {row.instance.id for row in select(rows, conditions).rows}


def searched(rows: list[InstanceRow], line: str) -> set[str]:
    return found(rows, *read_search(line)[0])


def one(rows: list[InstanceRow], name: str) -> InstanceRow:
    return next(row for row in rows if row.instance.id == name)


@pytest.mark.parametrize(
    ("line", "kept", "left_out"),
    [
        ("8x", "p5.48xlarge", "p5.4xlarge"),
        (">=79GiB", "p5.48xlarge", "g6e.48xlarge"),
        (">=80GB", "p5.48xlarge", "g6e.48xlarge"),
        ("total>=1,000", "p5en.48xlarge", "p5.48xlarge"),
        ("<40$", "g7e.48xlarge", "p5.48xlarge"),
        ("<$40", "g7e.48xlarge", "p5.48xlarge"),
        ("<40$", "g7e.48xlarge", "trn2.48xlarge"),  # no price is known, and none is below 40
        ("fp8", "p5.48xlarge", "p4d.24xlarge"),
        ("fp8", "p5.48xlarge", "r8g.48xlarge"),
        ("fp8", "trn2.48xlarge", "r8g.48xlarge"),  # a Neuron chip states no compute capability, but its rate
        ("nvlink", "p5.48xlarge", "g7e.48xlarge"),
        ("neuronlink", "trn2.48xlarge", "p5.48xlarge"),
        ("efa vcpus>=192", "p5.48xlarge", "g7e.12xlarge"),
        ("nvidia h100", "p5.48xlarge", "p5en.48xlarge"),
        ("trainium2", "trn2.48xlarge", "trn1.32xlarge"),
        ("vendor=NVIDIA", "p5.48xlarge", "trn2.48xlarge"),
        ("family=p5", "p5.4xlarge", "p5en.48xlarge"),
        ("family=p6", "p6-b200.48xlarge", "p5.48xlarge"),
        ("chip=l4", "g6.48xlarge", "g6e.48xlarge"),
        ("link=nvlink", "p5.48xlarge", "p5.4xlarge"),
        ("mem>=600", "p5.48xlarge", "g6.48xlarge"),
    ],
)
def test_a_filter_line_reads_counts_bounds_and_words(
    rows: list[InstanceRow], line: str, kept: str, left_out: str
) -> None:
    shown = searched(rows, line)
    assert kept in shown
    assert left_out not in shown


@pytest.mark.parametrize("line", [">=", ">=8", "total>", "<$", "vcpus>=", "vendor=", "<40,5$", "<1,00$"])
def test_a_term_that_is_not_finished_removes_nothing_yet(rows: list[InstanceRow], line: str) -> None:
    conditions, unfinished = read_search(line)
    assert conditions == []
    assert [each.stated for each in unfinished] == [line]


def test_a_term_that_means_nothing_else_is_a_word(rows: list[InstanceRow]) -> None:
    assert searched(rows, "hopper") == {"p5.48xlarge", "p5.4xlarge", "p5en.48xlarge", "p5e.48xlarge"} & {
        row.instance.id for row in rows
    }


def test_a_bound_on_a_figure_that_there_is_none_of_keeps_nothing_and_says_so(rows: list[InstanceRow]) -> None:
    assert searched(rows, "vcpuss>=9 h100") == set()
    said = meaning(read_search("vcpuss>=9")[0][0])
    assert said.startswith("vcpuss>=9? there is no vcpuss, but vcpus")
    assert meaning(read_search("colour=red")[0][0]).startswith("colour=red? there is no colour")


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [("80-141", 80, 141), ("80-", 80, float("inf")), ("-200", float("-inf"), 200), ("80", 80, float("inf"))],
)
def test_ranges_may_be_open(written: str, low: float, high: float) -> None:
    read = read_range(written, COLUMNS["memory_each_gib"], "--memory-each")
    assert (read.column.key, read.low, read.high) == ("memory_each_gib", low, high)


@pytest.mark.parametrize("written", ["", "-", "GiB", "80 141", "eighty", "80-40", "80$", "80-141MiB", "1e3", "--5"])
def test_what_is_no_range_names_its_flag(written: str) -> None:
    with pytest.raises(InputError) as refused:
        read_range(written, COLUMNS["memory_each_gib"], "--memory-each")
    assert refused.value.key == "--memory-each"


def test_a_lone_price_may_mean_two_things_and_is_asked_back() -> None:
    with pytest.raises(InputError, match="at least or at most") as refused:
        read_range("40", COLUMNS["usd_per_hour"], "--price", plain=False)
    assert refused.value.hint == "Write 40- for at least that, or -40 for at most."


def test_gb_goes_by_what_is_printed_on_a_chip_and_gib_by_what_a_process_can_use(rows: list[InstanceRow]) -> None:
    usable = read_range("80-", COLUMNS["memory_each_gib"], "--memory-each")
    assert "p5.48xlarge" not in found(rows, usable)
    assert "H100-80GB" in marketed_above(rows, usable)
    printed = read_range("80GB-", COLUMNS["memory_each_gib"], "--memory-each")
    assert "p5.48xlarge" in found(rows, printed)
    assert marketed_above(rows, printed) == ()


def test_accelerators_go_by_any_usual_name_and_l4_is_no_l40s(catalog: Catalog, rows: list[InstanceRow]) -> None:
    assert accelerators(catalog, ["a100"], "").ids == {"A100-40GB", "A100-80GB"}
    assert accelerators(catalog, ["H100-SXM5-80GB"], "").ids == {"H100-80GB"}
    assert "L40S-48GB" not in accelerators(catalog, ["H100", "RTX PRO 6000"], "").ids
    with pytest.raises(UnknownIdError, match="H10O"):
        accelerators(catalog, ["H10O"], "")


def test_a_family_is_itself_and_a_generation_all_of_its_chips(catalog: Catalog, rows: list[InstanceRow]) -> None:
    assert found(rows, families(catalog, ["p5"], "")) == {"p5.48xlarge", "p5.4xlarge"}
    assert "p6-b200.48xlarge" in found(rows, families(catalog, ["p6"], ""))
    with pytest.raises(UnknownIdError):
        families(catalog, ["p55"], "")


def test_what_is_not_known_is_counted_apart(rows: list[InstanceRow]) -> None:
    unsure = replace(one(rows, "p5.48xlarge"), instance=replace(one(rows, "p5.48xlarge").instance, efa=None))
    (removal,) = select([unsure, one(rows, "inf2.48xlarge")], [Is("efa", COLUMNS["efa"])]).removals
    assert (removal.removed, removal.unknown, removal.left_without) == (2, 1, 2)


@pytest.mark.parametrize("key", COLUMNS)
def test_every_column_orders_and_missing_values_stand_last_in_both_directions(catalog: Catalog, key: str) -> None:
    column, rows = COLUMNS[key], instance_rows(catalog, "us-east-2")
    for descending in (False, True):
        values = [column.of(row) for row in ordered(rows, column, descending=descending)]
        known = [value for value in values if value is not None]
        assert values[: len(known)] == known
        if key != "instance_type":
            by = [value.lower() if isinstance(value, str) else value for value in known]
            assert by == sorted(by, reverse=descending)


def test_sizes_of_a_family_go_from_the_smallest_on(rows: list[InstanceRow]) -> None:
    names = [row.instance.id for row in ordered(rows, COLUMNS["instance_type"])]
    assert names.index("p5.4xlarge") < names.index("p5.48xlarge")


def test_an_order_is_read_by_key_or_short_name() -> None:
    assert read_order("price:desc") == (COLUMNS["usd_per_hour"], True)
    assert read_order("usd-per-gib-hour") == (COLUMNS["usd_per_gib_hour"], False)
    with pytest.raises(InputError, match="no direction"):
        read_order("price:down")
    with pytest.raises(UnknownIdError, match="usd_per_hours"):
        column_named("usd_per_hours")


def test_ratios_are_derived_and_show_their_arithmetic(rows: list[InstanceRow]) -> None:
    row = one(rows, "p5.48xlarge")
    assert row.usd_per_hour == 55.04
    ratio = row.derived["usd_per_gib_hour"]
    assert ratio.value == pytest.approx(55.04 / (8 * 79.19))
    assert ratio.level is Level.DERIVED
    assert "55.04 ÷ 633.5" in ratio.source
    assert row.derived["usd_per_tb_per_s_hour"].value == pytest.approx(55.04 / 26.8)
    assert row.derived["usd_per_dense_bf16_pflops_hour"].value == pytest.approx(55.04 / 7.912)


def test_a_ratio_says_what_in_it_is_assumed_and_whose_layer_it_is(rows: list[InstanceRow]) -> None:
    row = one(rows, "p5.48xlarge")
    assert row.accelerator is not None
    assert row.price is not None
    mine = Quantity(40.0, "USD/h", replace(row.price.provenance, layer="/mine"))
    guess = row.price.provenance.but(Level.ASSUMED, "a guess")
    guessed = replace(row.accelerator, origin=Origin(row.accelerator.origin.default, {"memory_gib": guess}))
    assert "memory_gib is assumed" in derived_of(row.instance, guessed, row.price)["usd_per_gib_hour"].source
    assert derived_of(row.instance, row.accelerator, mine)["usd_per_gib_hour"].provenance.layer == "/mine"


def test_without_a_price_or_an_accelerator_there_is_no_ratio(catalog: Catalog) -> None:
    block_only = row_of(catalog, catalog.instance("trn2.48xlarge"), "us-east-2")
    assert "usd_per_gib_hour" not in block_only.derived
    assert block_only.derived["memory_total_gib"].value == 16 * 96
    bare = row_of(catalog, catalog.instance("r8g.48xlarge"), "us-east-1")
    assert set(bare.derived) == {"usd_per_month"}


def test_a_price_column_shows_the_way_of_buying_that_is_asked_for(catalog: Catalog) -> None:
    instance = catalog.instance("p5en.48xlarge")
    prices = {way: row_of(catalog, instance, "us-east-1", way).usd_per_hour for way in ("on_demand", "savings_plan")}
    assert prices == {"on_demand": 63.296, "savings_plan": 23.80}
    spot = row_of(catalog, catalog.instance("p5.48xlarge"), "us-east-2", "spot").price
    assert spot is not None
    assert spot.low is not None
    assert spot.high is not None
    assert spot.low < spot.known < spot.high


def test_every_way_of_buying_stands_beside_the_on_demand_price(catalog: Catalog) -> None:
    lines = {
        (line.way, line.payment): line for line in price_lines(catalog, catalog.instance("p5en.48xlarge"), "us-east-1")
    }
    assert lines["on_demand", ""].against_on_demand is None
    assert lines["plan_3y", "no_upfront"].against_on_demand == pytest.approx(27.34 / 63.296 - 1)
    assert lines["plan_1y", ""].price is None
    assert lines["plan_1y", ""].is_sold


def test_the_best_of_a_line_is_the_largest_or_the_cheapest_and_equals_are_no_best(rows: list[InstanceRow]) -> None:
    compared = [one(rows, "p5.48xlarge"), one(rows, "p5en.48xlarge"), one(rows, "trn2.48xlarge")]
    by_label = {figures[0].label: figures for figures in zip(*(figures_of(row) for row in compared), strict=True)}
    assert best_of(by_label["memory each, usable"]) == {1}
    assert best_of(by_label["BF16 dense each"]) == {0, 1}
    assert best_of(by_label["vCPU"]) == frozenset()
    costs = {figures[0].label: figures for figures in zip(*(cost_figures(row) for row in compared), strict=True)}
    assert best_of(costs["USD/h per GiB, usable"]) == {1}
