"""`catalog refresh` and `catalog set-price` as people and scripts meet them."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import jsonschema
import pytest

from advisor.cli.main import main
from advisor.export.document import uncovered_numbers
from advisor.export.schemas import schema_text
from servers import feeds
from servers.feeds import page_path, serving
from servers.raw import Connection, Request, chunk, head

HOME = "US East (N. Virginia)"
NEWS = {page_path(HOME): feeds.as_json(feeds.page(HOME, {"p5.48xlarge": "50"}))}
SAME = {page_path(HOME): feeds.as_json(feeds.page(HOME, {"p5.48xlarge": "55.04"}))}
REFRESH = ["catalog", "refresh", "--region", "us-east-1"]


def refreshed(home: Path) -> Path:
    return home / "data" / "advisor" / "refreshed"


def shown_price(capsys: pytest.CaptureFixture[str]) -> tuple[float, str]:
    capsys.readouterr()
    assert main(["catalog", "prices", "p5.48xlarge", "--region", "us-east-1", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["prices"]
    (row,) = (row for row in rows if row["purchase_option"] == "on_demand")
    return row["usd_per_hour"], row["layer"]


def test_news_are_shown_and_wait_for_yes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(NEWS) as server:
        assert main([*REFRESH, "--base-url", server.url]) == 2
        said = capsys.readouterr()
        assert "$55.04" in said.out and "$50.00" in said.out and "-9.2 %" in said.out
        assert "nothing was applied. --yes applies what is shown." in said.err
        assert not refreshed(home).exists()
        assert main([*REFRESH, "--base-url", server.url, "--yes"]) == 0
    assert str(refreshed(home) / "prices" / "us-east-1.csv") in capsys.readouterr().err
    assert shown_price(capsys) == (50.0, "refreshed")


def test_what_to_look_at_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    news = {page_path(HOME): feeds.as_json(feeds.page(HOME, {"g7e.48xlarge": "34", "p5.48xlarge": "98.32"}))}
    with serving(news) as server:
        assert main([*REFRESH, "--base-url", server.url, "--yes"]) == 0
    rows = [line.split()[1] for line in capsys.readouterr().out.splitlines() if line.startswith("us-east-1")]
    assert rows[:2] == ["p5.48xlarge", "g7e.48xlarge"]


def test_no_news_is_no_question(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(SAME) as server:
        assert main([*REFRESH, "--base-url", server.url]) == 0
    assert "no price changed; --yes writes the newer dates" in capsys.readouterr().err
    assert not refreshed(home).exists()


@pytest.mark.parametrize("applied", [False, True])
def test_the_document_is_one_and_follows_its_schema(
    home: Path, capsys: pytest.CaptureFixture[str], *, applied: bool
) -> None:
    flags = ["--source", "bulk", "--with-spot", "--with-savings", "--with-capacity-blocks", "--json"]
    with serving(feeds.everything()) as server:
        assert main([*REFRESH, *flags, *(["--yes"] if applied else []), "--base-url", server.url]) == 0
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json.loads(schema_text("refresh")))
    assert uncovered_numbers(document) == []
    assert document["applied"] is applied
    assert refreshed(home).exists() is applied
    assert document["interruptions"][0]["band"] == ">20%"


def test_a_network_that_cannot_be_used_is_exit_code_3(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = {page_path(HOME): feeds.as_json({"regions": {"Mars": {}}})}
    with serving(wrong) as server:
        assert main([*REFRESH, "--base-url", server.url, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["code"] == "feed_unreadable"
    assert "regions has no 'US East (N. Virginia)'; it has Mars" in said["message"]


@pytest.mark.parametrize("address", ["ftp://x", "http://", "https://[::1", "mirror"])
def test_a_mirror_that_is_no_address_is_refused(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    assert main([*REFRESH, "--base-url", address]) == 2
    assert "--base-url: " in capsys.readouterr().err
    monkeypatch.setenv("ADVISOR_FEEDS", address)
    assert main(REFRESH) == 2
    assert f"ADVISOR_FEEDS: '{address}' is no address" in capsys.readouterr().err


def _environment(home: Path) -> dict[str, str]:
    return {**os.environ, "XDG_CONFIG_HOME": str(home / "config"), "XDG_DATA_HOME": str(home / "data")}


def test_ctrl_c_in_the_middle_is_130_and_changes_nothing(home: Path) -> None:
    reached = threading.Event()

    def slow(connection: Connection, _request: Request) -> object:
        connection.send(head(200, {"transfer-encoding": "chunked"}), chunk(b'{"regions": '))
        reached.set()
        connection.stall()
        return False

    with serving({page_path(HOME): slow}) as server:
        argv = [sys.executable, "-m", "advisor", *REFRESH, "--base-url", server.url, "--yes"]
        with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=_environment(home)) as run:
            assert reached.wait(60)
            run.send_signal(signal.SIGINT)
            _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "cancelled. Nothing was changed." in said
    assert not refreshed(home).exists()


@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_asks(home: Path, answer: str) -> None:
    main_end, other_end = pty.openpty()
    with serving(NEWS) as server:
        argv = [sys.executable, "-m", "advisor", *REFRESH, "--base-url", server.url]
        run = subprocess.Popen(argv, stdin=other_end, stdout=other_end, stderr=other_end, env=_environment(home))
        os.close(other_end)
        seen = b""
        while b"[y/N]" not in seen:
            seen += os.read(main_end, 4096)
        os.write(main_end, f"{answer}\n".encode())
        while run.poll() is None:
            try:
                seen += os.read(main_end, 4096)
            except OSError:  # the other end has closed
                run.wait(60)
        os.close(main_end)
    assert run.returncode == 0, seen
    assert (refreshed(home) / "prices" / "us-east-1.csv").exists() is (answer == "y")
    assert (b"nothing was applied" in seen) is (answer == "n")


def test_a_price_is_set_shown_and_taken_out_again(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["catalog", "set-price", "p5.48xlarge", "--region", "us-east-1"]
    assert main([*where, "--usd-per-hour", "41.5", "--source", "contract 42", "--as-of", "2026-11-01"]) == 0
    file = home / "config" / "advisor" / "catalog" / "prices" / "us-east-1.csv"
    said = capsys.readouterr()
    assert "p5.48xlarge on demand in us-east-1: $55.04 (shipped) → $41.50" in " ".join(said.out.split())
    assert str(file) in said.err
    assert file.read_text(encoding="utf-8").splitlines()[1] == (
        "p5.48xlarge,on_demand,,,list,41.5,2026-11-01,specified,contract 42"
    )
    assert main([*where, "--usd-per-hour", "40", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["prices"][0]["usd_per_hour"] == 40.0
    assert shown_price(capsys)[0] == 40.0
    assert main([*where, "--remove"]) == 0
    assert shown_price(capsys) == (55.04, "shipped")
    assert not file.exists()
    assert main([*where, "--remove"]) == 2


def test_a_decimal_comma_is_no_separator_of_thousands(capsys: pytest.CaptureFixture[str]) -> None:
    where = ["catalog", "set-price", "p5.48xlarge", "--region", "us-east-1"]
    assert main([*where, "--usd-per-hour", "41,5"]) == 2
    assert "'41,5' is not a number" in capsys.readouterr().err


def test_a_spot_price_of_ones_own_is_what_spot_costs(capsys: pytest.CaptureFixture[str]) -> None:
    where = ["catalog", "set-price", "p5.48xlarge", "--region", "us-east-1", "--option", "spot"]
    assert main([*where, "--usd-per-hour", "20"]) == 0
    capsys.readouterr()
    assert main(["catalog", "show", "p5.48xlarge"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("price spot"))
    assert "$20.00" in line
    assert "specified" in line, "one price is no middle of two"


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        (["p5.48xlage", "--region", "us-east-1", "--usd-per-hour", "4"], "Did you mean p5.48xlarge"),
        (["p5.48xlarge", "--region", "us-moon-1", "--usd-per-hour", "4"], "no region 'us-moon-1'"),
        (["p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "0"], "not a number above 0"),
        (["p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "nan"], "not a number above 0"),
        (["p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "4", "--term", "1y"], "has no term"),
        (
            ["p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "4", "--option", "reserved"],
            "is not sold as|has a term",
        ),
        (["trn2.48xlarge", "--region", "us-east-2", "--usd-per-hour", "4"], "is not sold as on demand in us-east-2"),
        (["p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "4", "--as-of", "2999-01-01"], "is not yet"),
        (["p5.48xlarge", "--region", "us-east-1"], "one of the arguments"),
    ],
)
def test_a_price_that_cannot_be_is_refused(
    home: Path, flags: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["catalog", "set-price", *flags]) == 2
    said = " ".join(capsys.readouterr().err.split())
    assert any(part in said for part in complaint.split("|")), said
    assert not (home / "config").exists()


def test_a_file_of_ones_own_that_cannot_be_read_is_left_as_it_is(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = home / "config" / "advisor" / "catalog" / "prices" / "us-east-1.csv"
    file.parent.mkdir(parents=True)
    file.write_text("price,of\n1,2\n", encoding="utf-8")
    assert main(["catalog", "set-price", "p5.48xlarge", "--region", "us-east-1", "--usd-per-hour", "4"]) == 2
    assert f"{file}:1" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "price,of\n1,2\n"
