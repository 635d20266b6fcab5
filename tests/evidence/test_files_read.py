"""Reports and published tables that a user brings: a mistake is named by file, line and key."""

from pathlib import Path

import pytest

from advisor.catalog.load import Catalog, load_catalog
from advisor.cli.main import main
from advisor.errors import InputError
from advisor.evidence.published import COLUMNS, published_points
from advisor.evidence.reports import load_reports, read_report

HEAD = '[report]\ntitle = "ours"\ninput_tokens = 512\noutput_tokens = 128\n[scenario.A]\ninstance = "p5.48xlarge"\n'
FIGURE = '[[figure]]\nid = "t"\nscenario = "A"\nmodel = "llama-4-scout"\nmetric = "ttft_ms"\nunit = "ms"\n'
STACK = ("llama-4-scout", "bf16", "H100-80GB", "8", "8", "vllm", "0.8.3", "1000", "1000", "concurrency", "64")
FOUND = ("output_tokens_per_s", "2647", "tokens/s", "aggregate", "2025-04-05", "our own lab", "")
ROW = dict(zip(COLUMNS, (*STACK, *FOUND), strict=True))


def test_every_shipped_report_keeps_the_contract(catalog: Catalog) -> None:
    for layer, path in catalog.layers.files("reports/*.toml"):
        assert layer.name == "shipped"
        assert read_report(path) == load_reports(catalog)[path.stem]


@pytest.mark.parametrize(
    ("text", "line", "key", "complaint"),
    [
        (HEAD + FIGURE + 'value = "many"\n', 13, "figure[0].value", "valid"),
        (HEAD + FIGURE + "value = 0\n", 13, "figure[0].value", "greater than 0"),
        (HEAD + FIGURE + "value = inf\n", 13, "figure[0].value", "finite"),
        (HEAD + FIGURE + "value = 1\nconcurrency = -3\n", 14, "figure[0].concurrency", "greater than 0"),
        (HEAD + FIGURE + "value = 1\n" + FIGURE + "valu = 1\n", 20, "figure[1].valu", "Did you mean value"),
        (HEAD.replace("512", '"512"'), 3, "report.input_tokens", "valid integer"),
        (HEAD.replace("title", "titel"), 2, "report.titel", "Did you mean title"),
        (HEAD.replace("instance", "instnce"), 6, "scenario.A.instnce", "Did you mean instance"),
        ("figure = 3\n" + HEAD, 1, "figure", "each [[name]] in double brackets"),
        ("report = 3\n", 1, "report", "this is one table, [name] in single brackets"),
        ("[report]\n", 1, "report.title", "missing"),
        (
            HEAD + '[[claim]]\nid = "c"\ntext = "x"\ncheck = "none"\nunit = ""\nvalue = nan\n',
            12,
            "claim[0].value",
            "fin",
        ),
        (HEAD + FIGURE.replace('"A"', '"Z"') + "value = 1\n", 9, "t", "there is no scenario 'Z'"),
    ],
)
def test_a_report_that_cannot_be_read_names_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, complaint: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_report(path)
    error = raised.value
    assert (error.file, error.line, error.key) == (str(path), line, key)
    assert complaint in error.sentence()


def test_the_text_of_a_report_is_safe_to_print(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "own.toml"
    claim = '[[claim]]\nid = "c"\ntext = "two\\nlines \\u001b[2J"\ncheck = "none"\nvalue = 1\nunit = "\\u202e"\n'
    path.write_text(HEAD.replace("ours", "a\\u001b]0;b") + claim, encoding="utf-8")
    report = read_report(path)
    assert (report.title, report.claims[0].text, report.claims[0].unit) == ("a ]0;b", "two lines [2J", "")
    assert main(["audit", str(path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("check", ["ratio", "ratio_percent", "delta_percent"])
def test_a_claim_that_rests_on_a_zero_is_a_mistake_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], check: str
) -> None:
    path = tmp_path / "own.toml"
    zero = '[[claim]]\nid = "z"\ntext = "x"\ncheck = "none"\nvalue = 0\nunit = ""\n'
    on_it = f'[[claim]]\nid = "c"\ntext = "x"\ncheck = "{check}"\nvalue = 1\nunit = ""\nof = "z"\nbase = "z"\n'
    path.write_text(HEAD + zero + on_it, encoding="utf-8")
    assert main(["audit", str(path)]) == 2
    complaint = capsys.readouterr().err
    assert str(path) in complaint
    assert "the value is 0" in complaint


def overlay(tmp_path: Path, **changed: str) -> Catalog:
    folder = tmp_path / "published"
    folder.mkdir()
    rows = [COLUMNS, ROW.values(), (ROW | changed).values()]
    (folder / "own.csv").write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    return load_catalog([tmp_path])


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"model": "llama-4-scot"}, "Did you mean llama-4-scout"),
        ({"checkpoint": "fp9"}, "Did you mean fp8"),
        ({"accelerator": "H100-80G"}, "Did you mean H100-80GB"),
        ({"engine": "vlm"}, "Did you mean vllm"),
        ({"value": "-3"}, "not a number above 0"),
        ({"value": "inf"}, "not a number above 0"),
        ({"devices": "nan"}, "not a number above 0"),
        ({"load": "some"}, "none of concurrency"),
    ],
)
def test_a_published_row_that_cannot_be_is_named_by_line_and_column(
    tmp_path: Path, changed: dict[str, str], complaint: str
) -> None:
    with pytest.raises(InputError) as raised:
        published_points(overlay(tmp_path, **changed))
    error = raised.value
    assert (error.file, error.line) == (str(tmp_path / "published" / "own.csv"), 3)
    assert [error.key] == list(changed)
    assert complaint in error.sentence()


def test_a_published_row_of_ones_own_is_read_and_safe_to_print(tmp_path: Path) -> None:
    *_, own = published_points(overlay(tmp_path, note="see\x1b[2J", accelerator="H100-SXM-80GB"))
    assert (own.value, own.note, own.accelerator) == (2647, "see [2J", "H100-80GB")


@pytest.mark.parametrize("row", ["llama-4-scout", ",".join(ROW.values()) + ",more"])
def test_a_published_row_of_another_length_is_named(tmp_path: Path, row: str) -> None:
    folder = tmp_path / "published"
    folder.mkdir()
    (folder / "own.csv").write_text(f"{','.join(COLUMNS)}\n{row}\n", encoding="utf-8")
    with pytest.raises(InputError, match="18 cells are needed") as raised:
        published_points(load_catalog([tmp_path]))
    assert raised.value.line == 2


ENTRY = '[[entry]]\nid = "e"\ntopic = "tuning"\ntext = "batch 256"\nline = 7\n'


@pytest.mark.parametrize(
    ("text", "line", "key", "complaint"),
    [
        (HEAD + ENTRY.replace("tuning", "tunning"), 9, "entry[0].topic", "a topic is one of environment"),
        (HEAD + ENTRY + 'claims = ["c"]\n', 12, "e", "there is no claim 'c'"),
        (HEAD + ENTRY + ENTRY, 13, "entry[1].id = e", "given twice"),
        (HEAD + ENTRY + "lines = 3\n", 12, "entry[0].lines", "Did you mean line"),
    ],
)
def test_an_entry_that_cannot_be_read_names_file_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, complaint: str
) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_report(path)
    assert (raised.value.line, raised.value.key) == (line, key)
    assert complaint in raised.value.sentence()


def test_entries_are_looked_up_by_topic(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(HEAD + ENTRY, encoding="utf-8")
    report = read_report(path)
    assert [(entry.text, entry.line) for entry in report.about("tuning")] == [("batch 256", 7)]
    assert report.about("power") == ()
