"""Refreshing prices over real HTTP: what is read, what is kept, and what a broken download changes: nothing."""

import asyncio
import json
import shutil
import threading
from collections.abc import Awaitable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import EndpointError, InputError, UnknownIdError
from advisor.paths import UserPaths
from advisor.workflows.refresh.apply import apply_refresh
from advisor.workflows.refresh.read import Progress, Refresh, RefreshQuestion, read_feeds
from servers import feeds
from servers.feeds import Answer
from servers.raw import Connection, RawServer, Request, chunk, head, whole

TODAY = date(2026, 11, 20)
HOME = "US East (N. Virginia)"
PAGE = feeds.page_path(HOME)


async def at_once(_seconds: float) -> None:
    """No waiting between attempts."""


@pytest.fixture
def paths(tmp_path: Path) -> UserPaths:
    return UserPaths(tmp_path / "config", tmp_path / "data")


def opened(paths: UserPaths, *overlays: Path) -> Catalog:
    return load_catalog(overlays, paths.refreshed, TODAY)


def ask(server: RawServer, *regions: str, **question: Any) -> RefreshQuestion:
    return RefreshQuestion(regions or ("us-east-1",), base_url=server.url, **question)


def refresh(question: RefreshQuestion, paths: UserPaths, catalog: Catalog | None = None, **options: Any) -> Refresh:
    work: Awaitable[Refresh] = read_feeds(
        question, catalog or opened(paths), paths, TODAY, pause=at_once, timeout_s=20, **options
    )
    return asyncio.run(work)  # type: ignore[arg-type]  # it is a coroutine


def page_of(prices: Mapping[str, object], published: str | None = feeds.PUBLISHED) -> Answer:
    return feeds.as_json(feeds.page(HOME, prices, published))


def redirecting(address: str) -> Answer:
    return lambda connection, _request: connection.send(whole(b"", 302, fields={"location": address}))


def price(catalog: Catalog, instance_type: str = "p5.48xlarge", region: str = "us-east-1") -> tuple[float, str, str]:
    found = catalog.prices.find(instance_type, region, "on_demand")
    assert found is not None
    return found.usd_per_hour, str(found.provenance.as_of), found.provenance.layer


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def test_new_changed_gone_and_unchanged_prices_are_told_apart(paths: UserPaths) -> None:
    prices = {"p5.48xlarge": "55.04", "p4d.24xlarge": "20", "p5e.48xlarge": "50", "trn2.48xlarge": "0"}
    with feeds.serving({PAGE: page_of(prices)}) as server:
        found = refresh(ask(server), paths).difference
    assert [change.stated.price.instance_type for change in found.confirmed] == ["p5.48xlarge"]
    (changed,) = found.changed
    assert (changed.before and changed.before.usd_per_hour, changed.usd_per_hour) == (21.957642, 20.0)
    assert changed.percent == pytest.approx(-8.9155, abs=1e-4)
    assert [change.stated.price.instance_type for change in found.added] == ["p5e.48xlarge"]
    gone = {each.instance_type for each in found.gone}
    assert "g6e.48xlarge" in gone
    assert "p5.48xlarge" not in gone


def test_applying_writes_a_layer_that_holds_with_its_own_source_and_day(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        found = refresh(ask(server), paths)
        assert price(opened(paths)) == (55.04, "2026-07-20", "shipped"), "looking changes nothing"
        written = apply_refresh(found, paths)
    catalog = opened(paths)
    assert price(catalog) == (50.0, "2026-10-03", "refreshed")
    held = catalog.prices.find("p5.48xlarge", "us-east-1", "on_demand")
    assert held is not None
    assert held.provenance.source == (
        f"AWS on-demand page feed of us-east-1, published {feeds.PUBLISHED}, read 2026-11-20"
    )
    assert written == [paths.refreshed / "prices" / "us-east-1.csv", paths.refreshed / "sources.toml"]
    assert not paths.staging.exists()


def test_prices_written_by_hand_are_named_and_left_alone(paths: UserPaths, tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / "prices").mkdir(parents=True)
    header = "instance_type,option,term,payment,statistic,usd_per_hour,as_of,level,source\n"
    row = "p5.48xlarge,on_demand,,,list,41.5,2026-01-01,specified,contract\n"
    (own / "prices" / "us-east-1.csv").write_text(header + row, encoding="utf-8")
    before = files(own)
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        found = refresh(ask(server), paths, opened(paths, own))
        apply_refresh(found, paths)
    (changed,) = found.difference.changed
    assert changed.before is not None and changed.own is not None
    assert (changed.before.usd_per_hour, changed.own.usd_per_hour) == (55.04, 41.5)
    assert price(opened(paths, own))[0] == 41.5
    assert files(own) == before


def test_doubtful_prices_are_marked(paths: UserPaths) -> None:
    london = feeds.page_path("Europe (London)")
    answers = {
        PAGE: page_of({"p5.48xlarge": "98.32", "g7e.48xlarge": "33.14432"}),
        london: feeds.as_json(feeds.page("Europe (London)", {"g7e.48xlarge": "42.0727", "g7e.12xlarge": "10.6"})),
    }
    with feeds.serving(answers) as server:
        found = refresh(ask(server, "us-east-1", "eu-west-2"), paths).difference
    doubts = {
        (change.stated.price.region, change.stated.price.instance_type): change.doubts
        for change in (*found.changed, *found.added)
    }
    assert doubts["us-east-1", "p5.48xlarge"] == ("far",)
    assert doubts["eu-west-2", "g7e.12xlarge"] == ("off_family",)
    assert doubts.get(("eu-west-2", "g7e.48xlarge"), ()) == ()
    assert found.doubtful == 2


def test_a_feed_older_than_what_is_known_changes_nothing(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "98.32"}, "2025-04-28T00:00:00Z")}) as server:
        found = refresh(ask(server), paths)
    assert (found.difference.older, found.is_empty) == (1, True)


def test_a_feed_without_a_stamp_is_of_the_day_it_was_read(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"}, None)}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    assert price(opened(paths)) == (50.0, "2026-11-20", "refreshed")


def test_the_other_spelling_of_a_location_is_tried(paths: UserPaths) -> None:
    old = feeds.page("EU (Frankfurt)", {"p4d.24xlarge": "27.5"})
    with feeds.serving({feeds.page_path("EU (Frankfurt)"): feeds.as_json(old)}) as server:
        found = refresh(ask(server, "eu-central-1"), paths)
    assert found.feeds[0].url.endswith("EU%20%28Frankfurt%29/Linux/index.json")


def test_a_region_that_aws_lists_nowhere_is_said_and_the_others_are_read(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        found = refresh(ask(server, "us-east-1", "us-west-2"), paths)
        assert [report.state for report in found.feeds] == ["read", "not_listed"]
        with pytest.raises(EndpointError, match="none of these is there"):
            refresh(ask(server, "us-west-2"), paths)
        with pytest.raises(UnknownIdError, match="no region 'us-east-9'"):
            refresh(ask(server, "us-east-9"), paths)


def test_everything_at_once(paths: UserPaths) -> None:
    question: dict[str, Any] = {"with_spot": True, "with_savings": True, "with_capacity_blocks": True}
    with feeds.serving(feeds.everything()) as server:
        found = refresh(ask(server, source="bulk", **question), paths)
        apply_refresh(found, paths)
    catalog = opened(paths)
    assert catalog.prices.find("p5.48xlarge", "us-east-1", "spot", statistic="mean")
    held = {
        (row.option, row.term, row.payment, row.statistic): row
        for row in catalog.prices.rows("us-east-1")
        if row.provenance.layer == "refreshed"
    }
    assert held["spot", "", "", "mean"].provenance.level.value == "derived"
    assert held["spot", "", "", "mean"].provenance.as_of is not None
    assert held["spot", "", "", "list"].usd_per_hour == 19.9146
    assert held["savings_plan", "3y", "no_upfront", "list"].usd_per_hour == 27.34
    assert held["reserved", "1y", "all_upfront", "list"].usd_per_hour == pytest.approx(66_000 / 8_760)
    assert held["capacity_block", "", "", "list"].usd_per_hour == 41.528
    band = catalog.interruptions["p5.48xlarge", "us-east-1"]
    assert (band.band, str(band.provenance.as_of), band.provenance.layer) == (">20%", "2026-11-20", "refreshed")


def test_a_file_of_the_same_version_is_not_downloaded_again_unless_asked(paths: UserPaths) -> None:
    with feeds.serving(feeds.everything()) as server:
        apply_refresh(refresh(ask(server, source="bulk"), paths), paths)
        seen = len(server.requests)
        again = refresh(ask(server, source="bulk"), paths)
        assert [request.path for request in server.requests[seen:]] == [feeds.BULK_INDEX]
        assert ([report.state for report in again.feeds], again.is_empty) == (["unchanged"], True)
        forced = refresh(ask(server, source="bulk", again=True), paths)
        assert [report.state for report in forced.feeds] == ["read"]


def test_a_file_whose_prices_were_not_all_written_is_read_again(paths: UserPaths) -> None:
    with feeds.serving(feeds.everything()) as server:
        found = refresh(ask(server, source="bulk"), paths)
        (paths.refreshed / "prices" / "us-east-1.csv").mkdir(parents=True)  # the first file that cannot be written
        with pytest.raises(InputError):
            apply_refresh(found, paths)
        (paths.refreshed / "prices" / "us-east-1.csv").rmdir()
        assert [report.state for report in refresh(ask(server, source="bulk"), paths).feeds] == ["kept"]
        shutil.rmtree(paths.staging)
        assert [report.state for report in refresh(ask(server, source="bulk"), paths).feeds] == ["read"]


def test_a_list_of_another_region_gives_no_price(paths: UserPaths) -> None:
    rows = [{**feeds.bulk_row("A", "p5.48xlarge", "55.04"), "Region Code": "eu-west-1"}]
    answers = {**feeds.everything(), feeds.BULK_FILE: feeds.body(feeds.bulk_csv(rows))}
    with feeds.serving(answers) as server, pytest.raises(EndpointError, match="states no price of an instance"):
        refresh(ask(server, source="bulk"), paths)


def test_the_same_prices_of_the_same_day_are_nothing_to_write(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
        again = refresh(ask(server, again=True), paths)
    assert (again.is_empty, len(again.difference.confirmed)) == (True, 1)


def test_a_price_that_is_stated_twice_and_differently_is_not_gone(paths: UserPaths) -> None:
    document = feeds.page(HOME, {"p5.48xlarge": "55.04", "p4d.24xlarge": "21"})
    document["regions"][HOME]["again"] = {"Instance Type": "p5.48xlarge", "price": "60.544"}
    with feeds.serving({PAGE: feeds.as_json(document)}) as server:
        for state in ("read", "kept"):
            found = refresh(ask(server), paths)
            assert [report.state for report in found.feeds] == [state]
            assert "p5.48xlarge" not in {price.instance_type for price in found.difference.gone}
            assert [change.stated.price.instance_type for change in found.difference.changed] == ["p4d.24xlarge"]


def test_a_commitment_dearer_than_on_demand_is_doubtful(paths: UserPaths) -> None:
    savings = json.loads(json.dumps(feeds.SAVINGS).replace('"41.9"', '"141.9"'))
    answers = {**feeds.everything(), feeds.SAVINGS_FILE: feeds.as_json(savings)}
    with feeds.serving(answers) as server:
        found = refresh(ask(server, with_savings=True), paths).difference
    assert {change.doubts for change in found.added} == {("above_list",)}


def test_a_price_list_that_is_there_as_json_only_is_read_too(paths: UserPaths) -> None:
    answers = feeds.everything()
    del answers[feeds.BULK_FILE]
    answers[feeds.BULK_FILE.replace(".csv", ".json")] = feeds.body(feeds.bulk_json())
    with feeds.serving(answers) as server:
        found = refresh(ask(server, source="bulk"), paths)
    assert (found.feeds[0].state, found.feeds[0].prices) == ("read", 4)


def test_what_was_looked_at_is_applied_without_a_second_download(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        refresh(ask(server), paths)
        found = refresh(ask(server), paths)
        assert len(server.requests) == 1
    assert [report.state for report in found.feeds] == ["kept"]
    assert [change.usd_per_hour for change in found.difference.changed] == [50.0]


def test_a_staged_file_that_is_spoilt_is_read_anew(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        refresh(ask(server), paths)
        (staged,) = paths.staging.iterdir()
        staged.write_text(staged.read_text(encoding="utf-8")[:50], encoding="utf-8")
        assert [report.state for report in refresh(ask(server), paths).feeds] == ["read"]


def test_a_busy_server_is_asked_again(paths: UserPaths) -> None:
    with feeds.serving({PAGE: feeds.failing(3, page_of({"p5.48xlarge": "50"}))}) as server:
        found = refresh(ask(server), paths)
        assert len(server.requests) == 4
    assert found.has_news


@pytest.mark.parametrize(("asked", "waits"), [("7", [7.0]), ("soon", [0.5]), ("3600", None)])
def test_a_server_that_asks_to_be_left_alone_is_obeyed_or_given_up(
    paths: UserPaths, asked: str, waits: list[float] | None
) -> None:
    answers = iter([whole(b"", 429, fields={"retry-after": asked}), whole(json.dumps(feeds.page(HOME, {})).encode())])
    waited: list[float] = []

    async def pause(seconds: float) -> None:
        waited.append(seconds)

    def answer(connection: Connection, _request: Request) -> object:
        connection.send(next(answers))
        return True

    with feeds.serving({PAGE: answer}) as server, pytest.raises(EndpointError) as caught:
        asyncio.run(read_feeds(ask(server), opened(paths), paths, TODAY, pause=pause))
    assert ("left alone for 3,600 s" in str(caught.value)) is (waits is None)
    assert waited == (waits or [])


def test_a_proxy_of_the_environment_that_is_none_is_said(paths: UserPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "gopher://proxy:1")
    with feeds.serving({}) as server, pytest.raises(EndpointError, match="the proxy or the certificates"):
        refresh(ask(server), paths)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (feeds.failing(99, page_of({})), "the server answered 503"),
        (feeds.failing(99, page_of({}), status=418), "answered 418"),
        (feeds.zipped(json.dumps(feeds.page(HOME, {"p5.48xlarge": "50"})).encode(), keep=0.7), "ends in the middle"),
        (feeds.body(b"not packed", content_encoding="gzip"), "the body is no gzip"),
        (feeds.body(b"{}", content_encoding="br"), "packed as 'br'"),
        (feeds.body(b'{"regions": '), "is not JSON"),
        (page_of({"m5.large": "1"}), "states no price of an instance that the catalogue prices"),
        (lambda connection, _request: connection.send(whole(b"{}" * 500)[:-300]) or False, "peer closed connection"),
        (lambda connection, _request: connection.reset(), "us-east-1"),
        (lambda connection, _request: connection.send(head(200, {}), b"{}") or False, "states no length"),
        (redirecting("file:///etc/hosts"), "it redirects to file:.*not http or https"),
        (feeds.body(b'{"regions": ' + b"1" * 5_000 + b"}"), "is not JSON"),
    ],
    ids=[
        "busy",
        "refused",
        "cut gzip",
        "no gzip",
        "unasked packing",
        "cut json",
        "no prices",
        "cut body",
        "reset",
        "no length",
        "elsewhere",
        "5,000 digits",
    ],
)
def test_a_download_that_is_broken_changes_nothing(paths: UserPaths, answer: Answer, complaint: str) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    before = files(paths.data)
    with feeds.serving({PAGE: answer}) as server, pytest.raises(EndpointError, match=complaint):
        refresh(ask(server), paths)
    assert files(paths.data) == before


def test_a_gzip_body_in_chunks_is_unpacked(paths: UserPaths) -> None:
    data = json.dumps(feeds.page(HOME, {"p5.48xlarge": "50"})).encode()
    with feeds.serving({PAGE: feeds.zipped(data)}) as server:
        assert refresh(ask(server), paths).has_news


def test_a_failure_keeps_the_regions_that_were_read_and_the_next_try_goes_on(paths: UserPaths) -> None:
    ohio = feeds.page_path("US East (Ohio)")
    answers = {PAGE: page_of({"p5.48xlarge": "50"}), ohio: feeds.failing(99, page_of({}))}
    with feeds.serving(answers) as server:
        with pytest.raises(EndpointError) as caught:
            refresh(ask(server, "us-east-1", "us-east-2"), paths)
        assert "trying again goes on from there" in caught.value.sentence()
        answers[ohio] = feeds.as_json(feeds.page("US East (Ohio)", {"p5.48xlarge": "50"}))
        found = refresh(ask(server, "us-east-1", "us-east-2"), paths)
        assert [request.path for request in server.requests].count(PAGE) == 1
    assert [report.state for report in found.feeds] == ["kept", "read"]


def _in_parts(data: bytes, etag: str, breaks: int) -> Answer:
    """Breaks off in the middle some times; gives the rest of the file to who asks for it."""
    left = [breaks]

    def answer(connection: Connection, request: Request) -> object:
        asked = request.headers.get("range")
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and request.headers["if-range"] == etag else 0
        fields = {"etag": etag, "content-length": str(len(data) - start)}
        if start:
            fields["content-range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        connection.send(head(206 if start else 200, fields))
        if left[0]:
            left[0] -= 1
            connection.send(data[start : start + len(data) // 3])
            return False
        connection.send(data[start:])
        return True

    return answer


def test_a_broken_connection_goes_on_where_it_broke(paths: UserPaths) -> None:
    data = feeds.bulk_csv()
    answers = {**feeds.everything(), feeds.BULK_FILE: _in_parts(data, '"v1"', breaks=2)}
    with feeds.serving(answers) as server:
        found = refresh(ask(server, source="bulk"), paths)
        asked = [request.headers.get("range") for request in server.requests if request.path == feeds.BULK_FILE]
    third = len(data) // 3
    assert asked == [None, f"bytes={third}-", f"bytes={2 * third}-"]
    assert found.feeds[0].prices == 4


def test_a_file_that_changed_meanwhile_is_begun_again(paths: UserPaths) -> None:
    first = _in_parts(feeds.bulk_csv(), '"v1"', breaks=1)
    second = _in_parts(feeds.bulk_csv(), '"v2"', breaks=0)
    order = [first, second, second]
    answers = {**feeds.everything(), feeds.BULK_FILE: lambda connection, request: order.pop(0)(connection, request)}
    with feeds.serving(answers) as server:
        found = refresh(ask(server, source="bulk"), paths)
    assert (found.feeds[0].prices, order) == (4, [])


def test_a_refresh_that_is_cancelled_while_a_server_dawdles_leaves_nothing_behind(paths: UserPaths) -> None:
    reached = threading.Event()

    def slow(connection: Connection, _request: Request) -> object:
        connection.send(head(200, {"transfer-encoding": "chunked"}), chunk(b'{"regions": '))
        reached.set()
        connection.stall()
        return False

    async def cancelled(server: RawServer) -> None:
        work = asyncio.ensure_future(read_feeds(ask(server), opened(paths), paths, TODAY, timeout_s=60))
        await asyncio.to_thread(reached.wait, 60)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work

    with feeds.serving({PAGE: slow}) as server:
        asyncio.run(cancelled(server))
    assert not paths.data.exists()


def test_a_silent_server_is_given_up(paths: UserPaths) -> None:
    with (
        feeds.serving({PAGE: lambda connection, _request: connection.stall()}) as server,
        pytest.raises(EndpointError, match="fell silent"),
    ):
        asyncio.run(read_feeds(ask(server), opened(paths), paths, TODAY, pause=at_once, timeout_s=0.05))


def test_progress_names_each_file_and_counts_its_bytes(paths: UserPaths) -> None:
    seen: list[Progress] = []
    with feeds.serving(feeds.everything()) as server:
        refresh(ask(server, source="bulk"), paths, watch=seen.append)
    last = seen[-1]
    assert (last.what, last.at, last.files) == ("bulk price list of us-east-1", 1, 1)
    assert last.bytes_read == last.bytes_total == len(feeds.bulk_csv())


@pytest.mark.parametrize(
    ("progress", "share"),
    [
        (Progress("the index", 0, 0, 900), None),
        (Progress("a file", 1, 4), 0.0),
        (Progress("a file", 3, 4, 50, 100), 0.625),
        (Progress("a file of unknown length", 3, 4, 50), 0.5),
        (Progress("a file that is longer than was said", 4, 4, 500, 100), 1.0),
    ],
)
def test_progress_is_a_share_of_all_files(progress: Progress, share: float | None) -> None:
    assert progress.share == pytest.approx(share)


def test_rows_for_an_instance_that_is_no_longer_ones_own_are_passed_over(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50"})}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    file = paths.refreshed / "prices" / "us-east-1.csv"
    row = "my.lab,on_demand,,,list,4,2026-10-03,specified,x\n"
    file.write_text(file.read_text(encoding="utf-8") + row, encoding="utf-8")
    assert price(opened(paths))[0] == 50.0


def test_a_second_refresh_keeps_other_rows_and_drops_sources_that_nothing_cites(paths: UserPaths) -> None:
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "50", "p4d.24xlarge": "20"})}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "49"}, "2026-11-03T00:00:00Z")}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    catalog = opened(paths)
    assert price(catalog) == (49.0, "2026-11-03", "refreshed")
    assert price(catalog, "p4d.24xlarge") == (20.0, "2026-10-03", "refreshed")
    with feeds.serving({PAGE: page_of({"p5.48xlarge": "48", "p4d.24xlarge": "19"}, "2026-11-10")}) as server:
        apply_refresh(refresh(ask(server), paths), paths)
    listed = (paths.refreshed / "sources.toml").read_text(encoding="utf-8")
    assert "2026-10-03" not in listed and "2026-11-10" in listed
