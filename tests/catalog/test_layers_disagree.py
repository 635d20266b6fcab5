"""What holds where layers disagree: the user's own over refreshed over shipped, discounts on list prices; shown."""

import json
from datetime import date
from pathlib import Path

import pytest

from advisor.advice.offers import offers
from advisor.catalog.load import Catalog, load_catalog
from advisor.catalog.records.prices import Price
from advisor.cli.main import main
from advisor.errors import InputError, UnknownIdError
from advisor.quantities.provenance import Level

HEADER = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
EDP = '[edp-2026]\npercent = 12\nsource = "contract 42"\nas_of = 2026-11-01\n'
TODAY = date(2026, 11, 20)
LISTED = 55.04


def prices(root: Path, *rows: str) -> Path:
    folder = root / "prices"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "us-east-1.csv").write_text(HEADER + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return root


def discounts(root: Path, text: str = EDP) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "discounts.toml").write_text(text, encoding="utf-8")
    return root


def on_demand(catalog: Catalog, instance_type: str = "p5.48xlarge") -> Price:
    price = catalog.prices.find(instance_type, "us-east-1", "on_demand")
    assert price is not None
    return price


def test_a_refreshed_price_holds_over_an_older_shipped_one_and_says_what_it_replaced(tmp_path: Path) -> None:
    root = prices(tmp_path / "new", "p5.48xlarge,on_demand,,,list,50.5,2026-11-03,specified,feed")
    price = on_demand(load_catalog(refreshed=root))
    assert (price.usd_per_hour, price.provenance.layer) == (50.5, "refreshed")
    assert [(each.provenance.layer, each.usd_per_hour) for each in price.beneath] == [("shipped", LISTED)]


def test_a_refreshed_price_gives_way_to_a_newer_shipped_one(tmp_path: Path) -> None:
    root = prices(tmp_path / "old", "p5.48xlarge,on_demand,,,list,98.32,2025-04-28,specified,feed")
    price = on_demand(load_catalog(refreshed=root))
    assert (price.usd_per_hour, price.provenance.layer, price.beneath) == (LISTED, "shipped", ())


def test_ones_own_price_holds_over_a_newer_refreshed_one(tmp_path: Path) -> None:
    new = prices(tmp_path / "new", "p5.48xlarge,on_demand,,,list,50.5,2026-11-03,specified,feed")
    own = prices(tmp_path / "own", "p5.48xlarge,on_demand,,,list,41.5,2026-01-01,specified,contract 7")
    price = on_demand(load_catalog([own], new))
    assert price.usd_per_hour == 41.5
    assert [(each.provenance.layer, each.usd_per_hour) for each in price.beneath] == [
        ("refreshed", 50.5),
        ("shipped", LISTED),
    ]


def test_a_discount_makes_a_derived_price_that_names_list_and_contract(tmp_path: Path) -> None:
    root = discounts(tmp_path)
    price = on_demand(load_catalog([root], today=TODAY))
    assert price.usd_per_hour == pytest.approx(LISTED * 0.88)
    assert (price.provenance.level, price.provenance.layer) == (Level.DERIVED, str(root))
    assert "55.04 × (1 − 12 %), edp-2026: contract 42; list: " in price.provenance.source
    assert price.beneath[0].usd_per_hour == LISTED


def test_a_discount_leaves_plans_spot_and_prices_written_by_hand_alone(tmp_path: Path) -> None:
    root = discounts(prices(tmp_path, "p5.48xlarge,on_demand,,,list,41.5,2026-01-01,specified,contract 7"))
    catalog, shipped = load_catalog([root], today=TODAY), load_catalog()
    assert on_demand(catalog).usd_per_hour == 41.5
    for key, price in shipped.prices.current("us-east-1").items():
        if price.option != "on_demand":
            assert catalog.prices.current("us-east-1")[key].usd_per_hour == price.usd_per_hour


def test_a_discount_covers_what_it_names_and_no_more(tmp_path: Path) -> None:
    text = (
        EDP + 'families = ["p5"]\ninstances = ["g6e.48xlarge"]\nregions = ["us-east-1"]\noptions = ["capacity_block"]\n'
    )
    catalog = load_catalog([discounts(tmp_path, text)], today=TODAY)
    changed = {
        (price.instance_type, price.option)
        for price in catalog.prices.current("us-east-1").values()
        if price.provenance.level is Level.DERIVED and price.beneath
    }
    assert {name for name, _ in changed} <= {"p5.48xlarge", "p5.4xlarge", "g6e.48xlarge"}
    assert {option for _, option in changed} == {"capacity_block"}
    assert all(price.beneath == () for price in catalog.prices.current("us-east-2").values())


def test_a_discount_ends_after_its_last_day(tmp_path: Path) -> None:
    root = discounts(tmp_path, EDP + "valid_until = 2026-11-20\n")
    assert on_demand(load_catalog([root], today=TODAY)).usd_per_hour < LISTED
    assert on_demand(load_catalog([root], today=date(2026, 11, 21))).usd_per_hour == LISTED


def test_two_discounts_on_one_price_are_an_error_that_names_both(tmp_path: Path) -> None:
    other = '[gpu-deal]\npercent = 5\nfamilies = ["p5"]\nsource = "contract 43"\nas_of = 2026-11-01\n'
    root = discounts(tmp_path, EDP + other)
    with pytest.raises(InputError, match="'edp-2026' cover the same price") as caught:
        on_demand(load_catalog([root], today=TODAY))
    assert (caught.value.file, caught.value.key) == (str(root / "discounts.toml"), "gpu-deal")


def test_discounts_that_never_meet_stand_beside_each_other(tmp_path: Path) -> None:
    first = EDP + 'families = ["p5"]\n'
    other = '[more]\npercent = 5\nfamilies = ["g6e"]\nsource = "contract 43"\nas_of = 2026-11-01\n'
    catalog = load_catalog([discounts(tmp_path, first + other)], today=TODAY)
    assert on_demand(catalog).usd_per_hour == pytest.approx(LISTED * 0.88)
    assert on_demand(catalog, "g6e.48xlarge").usd_per_hour == pytest.approx(30.13118 * 0.95)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ("percent = 100", "edp-2026.percent"),
        ("percent = -3", "edp-2026.percent"),
        ('percent = 5\nfamilies = ["p55"]', "edp-2026.families"),
        ('percent = 5\nregions = ["us-moon-1"]', "edp-2026.regions"),
        ('percent = 5\noptions = ["on-demand"]', "edp-2026.options"),
        ('percent = 5\nvalid_until = "soon"', "edp-2026.valid_until"),
        ("percent = 5\nshare = 3", "edp-2026.share"),
    ],
)
def test_a_discount_that_cannot_be_names_its_key(tmp_path: Path, line: str, key: str) -> None:
    root = discounts(tmp_path, f'[edp-2026]\n{line}\nsource = "contract"\nas_of = 2026-11-01\n')
    with pytest.raises((InputError, UnknownIdError)) as caught:
        on_demand(load_catalog([root], today=TODAY))
    assert (caught.value.file, caught.value.key) == (str(root / "discounts.toml"), key)
    assert caught.value.line is not None


def test_show_says_which_layer_holds_and_what_the_lower_one_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = discounts(tmp_path)
    (root / "accelerators.toml").write_text(
        '[H100-80GB]\nmemory_gib = 78.5\nsource = "our log"\nas_of = 2026-11-01\n', encoding="utf-8"
    )
    assert main(["catalog", "show", "p5.48xlarge", "--catalog", str(root)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"memory each, usable: 78.50 GiB from {root}; shipped says 79.19 GiB" in shown
    assert f"price on demand: $48.44 from {root}; shipped says $55.04" in shown


def test_the_documents_carry_layer_and_what_lies_beneath(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = discounts(tmp_path)
    assert main(["catalog", "prices", "p5.48xlarge", "--region", "us-east-1", "--catalog", str(root), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    (at,) = (index for index, row in enumerate(document["prices"]) if row["purchase_option"] == "on_demand")
    origin = document["provenance"][f"/prices/{at}"]
    assert (origin["level"], origin["layer"]) == ("derived", str(root))
    assert [(said["layer"], said["value"]) for said in origin["beneath"]] == [("shipped", LISTED)]


def test_a_recommendation_is_made_at_the_discounted_price_and_cites_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["recommend", "--buy", "on_demand", "--region", "us-east-1", "--json"]
    assert main(flags) == 0
    before = json.loads(capsys.readouterr().out)
    assert main([*flags, "--catalog", str(discounts(tmp_path))]) == 0
    after = json.loads(capsys.readouterr().out)
    (cost,) = (claim for claim in after["claim"] if claim["id"] == "usd_per_month")
    assert "(1 − 12 %), edp-2026: contract 42" in cost["source"]
    said = {notice["code"]: notice for notice in after["notice"]}
    assert "less your discount edp-2026" in said["price_discounted"]["message"]
    assert "price_derived" not in said, "a discount is no regional multiplier"
    assert after["pool"][0]["instance_type"] == before["pool"][0]["instance_type"]
    assert after["cost"]["usd_per_month"] == pytest.approx(before["cost"]["usd_per_month"] * 0.88, rel=1e-4)


@pytest.mark.parametrize(
    ("rows", "usd"),
    [
        (("min,9,2026-10-01", "max,16,2026-10-01"), 12.0),
        (("min,9,2026-10-01", "max,16,2026-10-01", "list,20,2026-11-03"), 20.0),
        (("min,9,2026-11-03", "max,16,2026-11-03", "list,20,2026-11-03", "mean,25,2026-11-03"), 12.0),
        (("mean,25,2026-11-04",), 25.0),
    ],
    ids=["zones", "a later price of the region", "zones of the same day", "an average"],
)
def test_spot_is_what_was_read_last(tmp_path: Path, rows: tuple[str, ...], usd: float) -> None:
    stated = [f"p5.48xlarge,spot,,,{row},published,feed" for row in rows]
    catalog = load_catalog(refreshed=prices(tmp_path / "new", *stated))
    (offer,) = offers(catalog, catalog.instance("p5.48xlarge"), ("us-east-1",), ("spot",))
    assert offer.usd_per_hour == pytest.approx(usd)


def test_a_spot_price_of_ones_own_holds_over_one_read_later(tmp_path: Path) -> None:
    new = prices(tmp_path / "new", "p5.48xlarge,spot,,,list,20,2026-11-03,published,feed")
    own = prices(tmp_path / "own", *(f"p5.48xlarge,spot,,,{name},5,2026-10-01,specified,me" for name in ("min", "max")))
    catalog = load_catalog([own], new)
    (offer,) = offers(catalog, catalog.instance("p5.48xlarge"), ("us-east-1",), ("spot",))
    assert offer.usd_per_hour == pytest.approx(5)
