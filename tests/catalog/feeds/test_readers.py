"""Price feeds: the wanted price among the traps, and the unexpected field named."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.feeds.bulk import BulkReader, file_stem
from advisor.catalog.feeds.bulk_json import BulkJsonReader
from advisor.catalog.feeds.capacity_blocks import read_capacity_blocks
from advisor.catalog.feeds.locations import location_names, region_of
from advisor.catalog.feeds.page import paths, read_page
from advisor.catalog.feeds.reading import FeedError, Reading
from advisor.catalog.feeds.savings import SavingsReader, plan_path
from advisor.catalog.feeds.spot import estimates, read_advisor, read_spot_prices, unwrapped
from advisor.catalog.load import Catalog
from advisor.quantities.provenance import Level
from servers import feeds

WANTED = ("p5.48xlarge", "p5en.48xlarge", "p4d.24xlarge", "inf2.48xlarge", "trn2.48xlarge")
COUNTS = {"p5.48xlarge": 8, "trn2.48xlarge": 16}
HOME = "US East (N. Virginia)"


def said(reading: Reading) -> dict[str, float]:
    return {price.instance_type: price.usd_per_hour for price in reading.prices}


def bulk(*pieces: bytes) -> Reading:
    reader = BulkReader("us-east-1", WANTED)
    for piece in pieces:
        reader.feed(piece)
    return reader.close()


def test_the_page_gives_list_prices_and_skips_zeros_and_other_instances() -> None:
    found = read_page(
        feeds.page(HOME, {"p5.48xlarge": "55.04", "trn2.48xlarge": "0.0", "m5.large": "1"}), "us-east-1", WANTED
    )
    assert said(found) == {"p5.48xlarge": 55.04}
    assert found.prices[0].level is Level.SPECIFIED
    assert (found.published, found.skipped) == (feeds.PUBLISHED, {"no_price": 1, "other_instance": 1})


@pytest.mark.parametrize("name", ["Europe (Frankfurt)", "EU (Frankfurt)"])
def test_the_page_is_read_under_either_spelling_of_a_location(name: str) -> None:
    found = read_page(feeds.page(name, {"p5.48xlarge": 70}), "eu-central-1", WANTED)
    assert [(price.region, price.usd_per_hour) for price in found.prices] == [("eu-central-1", 70.0)]
    assert [path.split("/")[-3] for path in paths("eu-central-1")] == [
        "Europe%20%28Frankfurt%29",
        "EU%20%28Frankfurt%29",
    ]


def test_a_price_stated_twice_and_differently_is_not_believed() -> None:
    document = feeds.page(HOME, {"p5.48xlarge": "55.04"})
    document["regions"][HOME]["again"] = {"Instance Type": "p5.48xlarge", "price": "60.544"}
    found = read_page(document, "us-east-1", WANTED)
    assert (found.prices, found.skipped["ambiguous"]) == ([], 1)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda page: [], "the whole is a list, not a table"),
        (lambda page: {}, "the whole has no 'regions'; it has nothing"),
        (lambda page: {"regions": {"Mars": {}}}, r"regions has no 'US East \(N. Virginia\)'; it has Mars"),
        (lambda page: {"regions": {HOME: {"key": {"type": 1}}}}, "has no 'Instance Type'; it has type"),
        (lambda page: {"regions": {HOME: {"key": {"Instance Type": 5}}}}, "key.Instance Type is a number, not text"),
        (
            lambda page: {"regions": {HOME: {"k": {"Instance Type": "p5.48xlarge", "price": "-3"}}}},
            r"k.price is '-3', not a price",
        ),
        (
            lambda page: {"regions": {HOME: {"k": {"Instance Type": "p5.48xlarge", "price": {"USD": 3}}}}},
            "k.price is a table, not a price",
        ),
        *(
            (
                lambda page, usd=usd: {"regions": {HOME: {"k": {"Instance Type": "p5.48xlarge", "price": usd}}}},
                "not a price",
            )
            for usd in ("NaN", float("nan"), "1e300", 10**400, "1_000", "1e-300", "55,04", True)
        ),
    ],
)
def test_an_unexpected_field_of_the_page_is_named(spoil: Callable[[Any], Any], complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint) as caught:
        read_page(spoil(None), "us-east-1", WANTED)
    assert caught.value.message.startswith("on-demand page feed of us-east-1: ")


def test_of_seven_products_of_the_bulk_list_two_are_on_demand_prices() -> None:
    found = bulk(feeds.bulk_csv())
    on_demand = {price.instance_type: price.usd_per_hour for price in found.prices if price.option == "on_demand"}
    assert on_demand == {"p5.48xlarge": 55.04, "inf2.48xlarge": 12.98127}
    assert (found.published, found.version) == (feeds.PUBLISHED, feeds.VERSION)
    assert found.skipped == {
        "market_option": 2,
        "tenancy": 1,
        "capacity_status": 1,
        "pre_installed_software": 1,
        "convertible": 1,
    }


def test_a_reservation_costs_its_hours_and_the_upfront_spread_over_its_term() -> None:
    found = {price.payment: price for price in bulk(feeds.bulk_csv()).prices if price.option == "reserved"}
    assert (found["no_upfront"].usd_per_hour, found["no_upfront"].level) == (8.18, Level.SPECIFIED)
    assert found["all_upfront"].usd_per_hour == pytest.approx(66_000 / 8_760)
    assert (found["all_upfront"].term, found["all_upfront"].level) == ("1y", Level.DERIVED)


@settings(max_examples=30)
@given(st.lists(st.integers(1, 900), max_size=8))
def test_the_bulk_list_reads_the_same_in_pieces_of_any_size(cuts: list[int]) -> None:
    data, pieces, at = feeds.bulk_csv(), [], 0
    for cut in cuts:
        pieces.append(data[at : at + cut])
        at += cut
    found = bulk(*pieces, data[at:])
    assert [(price.key, price.usd_per_hour) for price in found.prices] == [
        (price.key, price.usd_per_hour) for price in bulk(data).prices
    ]


def json_bulk(data: bytes, step: int = 512) -> Reading:
    reader = BulkJsonReader("us-east-1", WANTED)
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
    return reader.close()


def test_the_list_as_json_says_the_same_as_the_csv() -> None:
    found, same = json_bulk(feeds.bulk_json()), bulk(feeds.bulk_csv())
    assert {price.key: price for price in found.prices} == {price.key: price for price in same.prices}
    assert found.skipped == {**same.skipped, "operating_system": 1}
    assert (found.published, found.version) == (same.published, same.version)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (feeds.bulk_json()[:-30], "ends early"),
        (b"[1, 2", "ends early"),
        (feeds.bulk_json().replace(b'"unit"', b'"per"'), r"terms.OnDemand.FIX\w+ .* has no Unit|has no Unit"),
        (b'{"terms": {"OnDemand": {"A": {}}}}', "come before any wanted product"),
        (b"[" * 100_000, "is nested deeper than 64 levels"),
        (b'{"products": "' + b"x" * (2 << 20), "has a value longer than"),
    ],
    ids=["cut", "no table", "no unit", "no products", "without an end in depth", "without an end in length"],
)
def test_a_list_of_json_that_is_not_as_expected_is_named_by_field(data: bytes, complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint):
        json_bulk(data)


def test_an_older_list_without_market_options_means_on_demand() -> None:
    columns = [name for name in feeds.COLUMNS if name not in ("MarketOption", "PurchaseOption", "OfferingClass")]
    rows = [feeds.bulk_row("A", "p5.48xlarge", "55.04")]
    assert said(bulk(feeds.bulk_csv(rows, columns))) == {"p5.48xlarge": 55.04}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (feeds.bulk_csv(columns=[name for name in feeds.COLUMNS if name != "Tenancy"]), "no column 'Tenancy'"),
        (feeds.bulk_csv()[:-200], "the file may end early|is not CSV"),
        (b"<html>" + b"\n" * 30, "has no header line"),
        (b"", "has no header line"),
        (feeds.bulk_csv([feeds.bulk_row("A", "p5.48xlarge", "free")]), "line 7, PricePerUnit is 'free', not a price"),
        (b"x" * (1 << 21), "a line longer than"),
        (b'"\xff\xfe"\n', "is not UTF-8"),
    ],
    ids=["no tenancy", "cut", "no list", "empty", "no price", "no lines", "no text"],
)
def test_a_bulk_list_that_is_not_as_expected_is_named_by_line_and_column(data: bytes, complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint):
        bulk(data)


def test_the_index_names_path_and_version() -> None:
    stem = feeds.BULK_FILE.removeprefix(f"/{feeds.BULK_HOST}").removesuffix(".csv")
    assert file_stem(feeds.BULK_INDEX_BODY, "us-east-1") == (stem, feeds.VERSION)
    assert file_stem(feeds.BULK_INDEX_BODY, "us-west-2") is None
    with pytest.raises(FeedError, match="currentVersionUrl is no path"):
        file_stem({"regions": {"us-east-1": {"currentVersionUrl": "https://elsewhere/index.json"}}}, "us-east-1")
    assert plan_path(feeds.SAVINGS_INDEX_BODY, "us-east-1") == (
        feeds.SAVINGS_FILE.removeprefix(f"/{feeds.BULK_HOST}"),
        feeds.VERSION,
    )


def savings(document: object, step: int = 64) -> Reading:
    reader, data = SavingsReader("us-east-1", WANTED), json.dumps(document).encode()
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step])
    return reader.close()


def test_savings_plans_of_both_kinds_are_told_apart_and_traps_left_out() -> None:
    found = savings(feeds.SAVINGS)
    assert [(price.term, price.payment, price.usd_per_hour) for price in found.prices] == [
        ("3y", "no_upfront", 27.34),
        ("1y", "compute_all_upfront", 41.9),
    ]
    assert (found.published, found.version) == (feeds.PUBLISHED, feeds.VERSION)
    assert found.skipped == {"other_plan": 1, "other_instance": 2, "operating_system": 1}


def test_a_savings_file_that_ends_early_or_names_no_plan_is_refused() -> None:
    reader = SavingsReader("us-east-1", WANTED)
    reader.feed(json.dumps(feeds.SAVINGS).encode()[:-40])
    with pytest.raises(FeedError, match="savings plans of us-east-1: the whole ends early"):
        reader.close()
    with pytest.raises(FeedError, match="'FIXSP3YNU0000001' is none of the products"):
        savings({**feeds.SAVINGS, "products": []})
    with pytest.raises(FeedError, match="regionCode is 'eu-west-1', another region's"):
        savings({**feeds.SAVINGS, "regionCode": "eu-west-1"})
    with pytest.raises(FeedError, match=r"products.item.attributes.purchaseTerm is '5yr', none of 1yr, 3yr"):
        product = {
            "sku": "A",
            "productFamily": "ComputeSavingsPlans",
            "attributes": {"purchaseTerm": "5yr", "purchaseOption": ""},
        }
        savings({"products": [product]})


def test_the_spot_advisor_gives_bands_and_estimates_and_savings_may_be_negative() -> None:
    found = read_advisor(feeds.SPOT_ADVISOR, ("us-east-1", "ca-central-1", "eu-west-9"), WANTED)
    assert [(band.region, band.label, band.savings_percent) for band in found.bands] == [
        ("us-east-1", ">20%", 52.0),
        ("ca-central-1", "<5%", -62.0),
    ]
    listed = {("p5.48xlarge", "us-east-1"): 55.04, ("p5.48xlarge", "ca-central-1"): 60.0}
    made = {price.region: price for price in estimates(found.bands, listed)}
    assert made["us-east-1"].usd_per_hour == pytest.approx(55.04 * 0.48)
    assert made["ca-central-1"].usd_per_hour == pytest.approx(97.2)
    assert {(price.level, price.statistic) for price in made.values()} == {(Level.DERIVED, "mean")}
    assert list(estimates(found.bands, {})) == []


@pytest.mark.parametrize("savings_percent", [float("nan"), 101, -1e9, 10**400])
def test_a_saving_that_cannot_be_is_refused(savings_percent: float) -> None:
    said = {"us-east-1": {"Linux": {"p5.48xlarge": {"s": savings_percent, "r": 4}}}}
    with pytest.raises(FeedError, match=r"p5\.48xlarge\.s is"):
        read_advisor({**feeds.SPOT_ADVISOR, "spot_advisor": said}, ("us-east-1",), WANTED)


@pytest.mark.parametrize(
    ("ranges", "complaint"),
    [
        ([{"index": 0, "label": "<5%"}], r"spot_advisor.us-east-1.Linux.p5.48xlarge.r is 4, none of the ranges 0"),
        ([{"index": 4, "label": "often"}], r"ranges\[0\].label is 'often', none of <5%"),
        ({}, "ranges is a table, not a list"),
    ],
)
def test_an_unexpected_field_of_the_spot_advisor_is_named(ranges: object, complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint):
        read_advisor({**feeds.SPOT_ADVISOR, "ranges": ranges}, ("us-east-1",), WANTED)


def test_spot_prices_know_old_region_codes_and_skip_what_has_none() -> None:
    wrapped = b"callback(" + json.dumps(feeds.SPOT_PRICES).encode() + b");"
    found = read_spot_prices(json.loads(unwrapped(wrapped)), ("us-east-1",), WANTED)
    (price,) = found.prices
    assert (price.region, price.usd_per_hour, price.level) == ("us-east-1", 19.9146, Level.PUBLISHED)
    assert found.skipped == {"no_price": 1}


def test_capacity_blocks_are_read_from_tables_of_both_shapes() -> None:
    regions = ("us-east-1", "us-east-2", "us-west-2")
    found = read_capacity_blocks(feeds.capacity_block_page(), regions, COUNTS)
    assert [(price.instance_type, price.region, price.usd_per_hour) for price in found.prices] == [
        ("p5.48xlarge", "us-east-1", 41.528),
        ("trn2.48xlarge", "us-east-2", 35.7608),
    ]
    assert found.skipped == {"no_price": 1, "unknown_location": 1, "inconsistent": 1}


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        (b"<html></html>", "has no table of prices"),
        (b'<script type="application/json">{oops</script>', "script 0 is not JSON"),
        (
            b'<script type="application/json">{"data":{"items":[{"fields":{"jsonData":"{"}}]}}</script>',
            r"script 0.data.items\[0\].fields.jsonData is not JSON",
        ),
    ],
)
def test_a_page_that_is_not_as_expected_is_named_by_script(page: bytes, complaint: str) -> None:
    with pytest.raises(FeedError, match=complaint):
        read_capacity_blocks(page, ("us-east-1",), COUNTS)


def test_every_region_that_the_catalogue_prices_has_a_name_that_leads_back(catalog: Catalog) -> None:
    for region in catalog.prices.regions():
        assert location_names(region), region
        assert {region_of(name) for name in location_names(region)} == {region}


def test_a_list_of_megabytes_is_read_in_little_memory() -> None:
    others = [feeds.bulk_row(f"OTHER{number}", "m5.large", "0.1") for number in range(200)]
    block = b"".join(feeds.bulk_csv(others).splitlines(keepends=True)[6:])
    reader, fed = BulkReader("us-east-1", WANTED), 0
    reader.feed(feeds.bulk_csv())
    tracemalloc.start()
    while fed < 5_000_000:
        reader.feed(block)
        fed += len(block)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(reader.close().prices) == 4
    assert peak < 500_000
