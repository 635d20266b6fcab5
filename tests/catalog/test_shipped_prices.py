"""The shipped price rows: none twice, every region one that sells, every derived price reproducible."""

import re
from collections import Counter

import pytest

from advisor.advice.offers import offer_in
from advisor.catalog.load import Catalog
from advisor.catalog.prices import UNPLACED
from advisor.catalog.records.prices import Price
from advisor.quantities.provenance import Level
from advisor.wording.catalog import taken_back

_BY_MULTIPLIER = re.compile(r": (?:(?P<list>[\d.]+) )?x (?P<multiplier>[\d.]+) read off (?P<family>[\w-]+)$")
_SHARED = ("g6", "gr6", "g6e", "g7e")
"""Families with one regional multiplier (facts: catalog, section 1.2)."""


@pytest.fixture(scope="module")
def rows(catalog: Catalog) -> list[Price]:
    return [row for region in (*catalog.prices.regions(), UNPLACED) for row in catalog.prices.rows(region)]


@pytest.fixture(scope="module")
def derived(rows: list[Price]) -> list[Price]:
    """List prices that are the home region's times a multiplier."""
    return [row for row in rows if row.provenance.level is Level.DERIVED and row.option == "on_demand"]


def test_no_row_is_there_twice(rows: list[Price]) -> None:
    keys = Counter(
        (row.instance_type, row.region, row.option, row.term, row.payment, row.statistic, row.provenance.as_of)
        for row in rows
    )
    assert [key for key, count in keys.items() if count > 1] == []


def test_every_region_with_prices_sells_something_or_is_a_government_region(catalog: Catalog) -> None:
    sells = {region for each in catalog.instances.values() for region in each.capacity_block_regions}
    sells |= {region for each in catalog.ultraservers.values() for region in each.capacity_block_regions}
    unknown = set(catalog.prices.regions()) - {*catalog.regions, *sells}
    assert all("-gov-" in region for region in unknown), unknown


def test_rows_whose_region_nobody_could_name_are_kept_and_found_by_no_question(catalog: Catalog) -> None:
    assert len(catalog.prices.rows(UNPLACED)) == 4
    assert UNPLACED not in catalog.prices.regions()


def test_a_derived_price_is_the_home_price_times_the_multiplier_that_it_cites(
    catalog: Catalog, derived: list[Price]
) -> None:
    assert len(derived) == 83 + 62
    for row in derived:
        cited = _BY_MULTIPLIER.search(row.provenance.source)
        home = catalog.prices.find(row.instance_type, "us-east-1", "on_demand")
        assert cited and home, row
        assert row.usd_per_hour == pytest.approx(home.usd_per_hour * float(cited["multiplier"]), rel=1e-4)
        assert float(cited["list"] or home.usd_per_hour) == home.usd_per_hour


def test_a_cited_multiplier_is_that_of_listed_prices_of_its_family_in_the_region(
    catalog: Catalog, derived: list[Price]
) -> None:
    for row in derived:
        cited = _BY_MULTIPLIER.search(row.provenance.source)
        assert cited
        family = row.instance_type.partition(".")[0]
        assert cited["family"] == family or {cited["family"], family} <= set(_SHARED)
        listed = [
            price.usd_per_hour / home.usd_per_hour
            for price in catalog.prices.current(row.region).values()
            if price.option == "on_demand" and price.provenance.level is Level.SPECIFIED
            if price.instance_type.startswith(f"{cited['family']}.")
            if (home := catalog.prices.find(price.instance_type, "us-east-1", "on_demand"))
        ]
        assert listed, row
        assert float(cited["multiplier"]) == pytest.approx(listed[0], rel=2e-4)


def test_nothing_is_derived_where_an_instance_is_not_offered_or_sold_as_capacity_blocks_alone(
    catalog: Catalog, derived: list[Price]
) -> None:
    for row in derived:
        instance = catalog.instance(row.instance_type)
        assert instance.offered_in(row.region, "on_demand")
        assert row.region not in instance.capacity_block_regions
    for instance_type, region in (
        ("trn1.32xlarge", "ap-south-1"),
        ("p5.48xlarge", "sa-east-1"),
        ("p6-b200.48xlarge", "eu-north-1"),
    ):
        assert catalog.prices.find(instance_type, region, "on_demand") is None


def test_a_rounded_second_reading_does_not_replace_the_price_that_it_confirms(catalog: Catalog) -> None:
    price = catalog.prices.find("g6e.48xlarge", "us-east-1", "on_demand")
    again = catalog.prices.find("g6e.48xlarge", "us-east-1", "on_demand", statistic="rounded")
    assert price and again
    assert (price.usd_per_hour, again.usd_per_hour) == (30.13118, 30.13)


def test_the_rate_of_an_ultraserver_is_of_all_its_gpus(catalog: Catalog) -> None:
    for server in ("u-p6e-gb200x36", "u-p6e-gb200x72"):
        rows = [row for row in catalog.prices.rows("us-east-1-dfw-2a") if row.instance_type == server]
        per_gpu = {round(row.usd_per_hour / catalog.ultraservers[server].accelerator_count, 3) for row in rows}
        assert per_gpu == {10.582}


def test_spot_rows_say_of_how_many_zones_they_are_the_cheapest_or_the_dearest(catalog: Catalog) -> None:
    cheapest = catalog.prices.find("p5.48xlarge", "us-east-1", "spot", statistic="min")
    assert cheapest
    assert cheapest.provenance.source.endswith(": lowest of 7 zones")


def test_a_spot_offer_says_how_often_its_market_takes_capacity_back(catalog: Catalog) -> None:
    known = offer_in(catalog, catalog.instance("p5.48xlarge"), "us-east-1", "spot")
    assert known.interruption
    assert taken_back(known.interruption) == ">20 % of instances"
    unknown = offer_in(catalog, catalog.instance("p5en.48xlarge"), "us-east-1", "spot")
    assert taken_back(unknown.interruption) == "no data"


def test_how_often_spot_is_taken_back_is_known_by_instance_and_region_or_not_at_all(catalog: Catalog) -> None:
    found = catalog.interruptions["p5.48xlarge", "us-east-1"]
    assert (found.band, found.provenance.level) == (">20%", Level.PUBLISHED)
    assert str(found.provenance.as_of) == "2025-06-01/2025-06-30"
    assert ("p5en.48xlarge", "us-east-1") not in catalog.interruptions
    for instance_type, region in catalog.interruptions:
        assert catalog.instance(instance_type).offered_in(region, "spot")
