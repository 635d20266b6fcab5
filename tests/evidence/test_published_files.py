"""The published measurements as shipped: complete, unchanged, on clear terms, and read no further than asked."""

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from advisor.advice.advise import Knowledge
from advisor.catalog.load import Catalog, load_catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.best import best_basis
from advisor.evidence.names import KINDS, Names
from advisor.evidence.points import EvidencePoint, steady_throughputs
from advisor.evidence.published import COLUMNS, all_published_points, published_points
from advisor.performance.replica_model import RequestShape
from advisor.wording.evidence import caveats
from evidence.points import stack

ROOT = Path(__file__).parents[2]
LEFT_OUT = ROOT / "overlays" / "terms-unclear"
DIGEST: dict[str, Any] = tomllib.loads((Path(__file__).parent / "published_digest.toml").read_text(encoding="utf-8"))
SHIPPED = {source for source, stated in DIGEST.items() if stated["shipped"]}

in_a_checkout = pytest.mark.skipif(not LEFT_OUT.is_dir(), reason="distributions leave this overlay out, as they must")


@pytest.fixture(scope="module")
def everything(catalog: Catalog) -> list[EvidencePoint]:
    return all_published_points(catalog)


def digest(points: Iterable[EvidencePoint]) -> str:
    """Of what was run, on what, under which load, and what came out."""
    return sha256("\n".join(sorted(map(line_of, points))).encode()).hexdigest()


def line_of(point: EvidencePoint) -> str:
    run = (point.model, point.checkpoint, point.accelerator, point.devices, point.input_tokens, point.output_tokens)
    found = (point.load, point.load_value, point.metric, point.value, point.statistic)
    return "|".join("" if cell is None else str(cell) for cell in (*run, *found))


def by_source(points: Iterable[EvidencePoint]) -> dict[str, list[EvidencePoint]]:
    found: dict[str, list[EvidencePoint]] = {}
    for point in points:
        found.setdefault(point.source_id, []).append(point)
    return found


def test_the_collected_table_had_4852_rows_of_which_1281_are_on_unclear_terms() -> None:
    rows = {source: stated["rows"] for source, stated in DIGEST.items()}
    assert sum(rows.values()) == 4852
    assert sum(rows[source] for source in rows if source not in SHIPPED) == 1281


def test_every_row_on_clear_terms_is_shipped_and_no_value_changed(everything: list[EvidencePoint]) -> None:
    found = by_source(everything)
    assert set(found) == SHIPPED
    for source, points in found.items():
        assert (source, len(points), digest(points)) == (source, DIGEST[source]["rows"], DIGEST[source]["sha256"])


@in_a_checkout
def test_every_other_row_lies_in_the_overlay_with_the_reason_why(everything: list[EvidencePoint]) -> None:
    catalog = load_catalog([LEFT_OUT])
    found = by_source(all_published_points(catalog))
    assert sum(len(points) for points in found.values()) == 4852
    notice = (LEFT_OUT / "NOTICE").read_text(encoding="utf-8")
    for source in set(DIGEST) - SHIPPED:
        points = found[source]
        assert (source, len(points), digest(points)) == (source, DIGEST[source]["rows"], DIGEST[source]["sha256"])
        assert {point.provenance.layer for point in points} == {str(LEFT_OUT)}
        assert catalog.layers.sources[source].note and catalog.layers.sources[source].licence
        assert f"{source} " in notice


@in_a_checkout
def test_the_overlay_of_unclear_terms_changes_no_answer(knowledge: Knowledge) -> None:
    assert published_points(load_catalog([LEFT_OUT])) == knowledge.points


def test_what_is_built_takes_the_catalogue_and_the_package_and_no_overlay() -> None:
    build = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]["targets"]
    assert build["wheel"] == {"packages": ["src/advisor"], "force-include": {"catalog": "advisor/_catalog"}}
    assert not [name for name in build["sdist"]["include"] if LEFT_OUT.is_relative_to(ROOT / name)]
    taken = [path for name in ("src", "catalog") for path in (ROOT / name).rglob("*")]
    assert not [path for path in taken if path.is_symlink() or "overlays" in path.parts]


def test_all_176_figures_of_llama_4_are_there_for_advice(knowledge: Knowledge) -> None:
    assert Counter(point.model for point in knowledge.points) == {"llama-4-scout": 89, "llama-4-maverick": 87}


def test_every_row_is_about_something_known_and_has_a_source_that_is_listed(
    catalog: Catalog, everything: list[EvidencePoint]
) -> None:
    names = Names(catalog)
    assert {point.model for point in everything} <= set(names.ids("model"))
    assert {point.engine for point in everything} <= set(names.ids("engine"))
    assert {point.accelerator for point in everything} <= set(names.ids("accelerator"))
    assert {point.source_id for point in everything} <= set(catalog.layers.sources)


def test_every_folder_is_named_after_the_model_of_its_rows(catalog: Catalog, everything: list[EvidencePoint]) -> None:
    ((_, folder),) = catalog.layers.files("published")
    assert {path.name for path in folder.iterdir()} == {point.model for point in everything}


def test_accelerators_that_only_cross_checks_know_are_in_no_instance(catalog: Catalog) -> None:
    carried = {instance.accelerator for instance in catalog.instances.values()}
    assert not carried & set(Names(catalog).neighbours["accelerator"])


def test_figures_of_other_models_enter_no_arithmetic(
    catalog: Catalog, knowledge: Knowledge, everything: list[EvidencePoint]
) -> None:
    chat = RequestShape(512, 256)
    for accelerator in ("H100-80GB", "H200-141GB", "B200-180GB", "L40S-48GB"):
        alone = best_basis(stack(catalog, accelerator), chat, knowledge.points, catalog)
        assert best_basis(stack(catalog, accelerator), chat, everything, catalog) == alone
    assert {point.model for point in alone.points} <= set(catalog.models)


def test_what_a_source_does_not_state_is_not_invented(catalog: Catalog, everything: list[EvidencePoint]) -> None:
    nvidia = [point for point in everything if point.source_id == "nvidia-blog-maverick"]
    assert {(point.input_tokens, point.output_tokens, point.engine_version) for point in nvidia} == {
        (None, None, "unstated")
    }
    assert not steady_throughputs(nvidia)
    silicon = [point for point in everything if point.source_id == "aiconfigurator-silicon"]
    assert {point.statistic for point in silicon} == {"unstated"}
    assert any(point.provenance.as_of is None for point in silicon)


def test_a_max_load_figure_carries_its_caveats(catalog: Catalog, knowledge: Knowledge) -> None:
    point = next(point for point in knowledge.points if point.load == "max_load" and point.source_id.endswith("v1-0"))
    said = " ".join(caveats(point, catalog.layers.sources))
    assert "never supports a figure under an SLO" in said
    assert "attention data parallelism" in said


STATED = ("llama-4-scout", "bf16", "H100-80GB", "8", "8", "vllm", "0.8.3", "1000", "1000", "concurrency", "64")
ROW = dict(zip(COLUMNS, (*STATED, "output_tokens_per_s", "2647", "tokens/s", "mean", "", "our lab", ""), strict=True))


def overlay(root: Path, file: str, header: Iterable[str] = COLUMNS, **changed: str) -> Catalog:
    path = root / "published" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([",".join(header), ",".join((ROW | changed).values())]) + "\n", encoding="utf-8")
    return load_catalog([root])


def test_a_question_opens_only_the_files_of_its_models(tmp_path: Path) -> None:
    catalog = overlay(tmp_path, "mixtral-8x7b/own.csv", header=["broken"], model="mixtral-8x7b")
    assert len(published_points(catalog)) == 176
    with pytest.raises(InputError, match="the header must be"):
        all_published_points(catalog)


def test_the_files_of_a_model_may_lie_in_its_folder_or_beside_the_folders(tmp_path: Path) -> None:
    overlay(tmp_path, "own.csv", accelerator="H100-SXM-80GB")
    catalog = overlay(tmp_path, "llama-4-scout/own.csv")
    own = [point for point in published_points(catalog) if point.provenance.layer == str(tmp_path)]
    assert [(point.accelerator, point.value) for point in own] == [("H100-80GB", 2647)] * 2


def test_a_row_may_say_where_in_its_source_it_stands(tmp_path: Path) -> None:
    catalog = overlay(tmp_path, "own.csv", header=(*COLUMNS, "place"), place="table 3")
    (own,) = [point for point in published_points(catalog) if point.provenance.layer == str(tmp_path)]
    assert own.place == "table 3"


def test_a_row_in_the_folder_of_another_model_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder of llama-4-scout, and the row is of llama-4-maverick") as raised:
        published_points(overlay(tmp_path, "llama-4-scout/own.csv", model="llama-4-maverick", checkpoint="fp8"))
    assert (raised.value.line, raised.value.key) == (2, "model")


def test_a_folder_that_is_named_after_no_model_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UnknownIdError, match="there is no model 'llama-4-scot'") as raised:
        published_points(overlay(tmp_path, "llama-4-scot/own.csv"))
    assert "llama-4-scout" in (raised.value.hint or "")


@pytest.mark.parametrize(("load", "number"), [("concurrency", ""), ("rate", ""), ("max_load", "64"), ("unstated", "1")])
def test_a_load_has_a_number_exactly_where_it_is_counted(tmp_path: Path, load: str, number: str) -> None:
    with pytest.raises(InputError, match=f"a load of {load}") as raised:
        published_points(overlay(tmp_path, "own.csv", load=load, load_value=number))
    assert raised.value.key == "load_value"


def test_a_neighbour_of_ones_own_can_be_named(tmp_path: Path) -> None:
    (tmp_path / "cross-checks.toml").write_text('[model.our-moe]\nname = "Ours"\naliases = ["OurMoE"]\n')
    catalog = overlay(tmp_path, "our-moe/own.csv", model="OurMoE", checkpoint="fp8")
    assert [point.model for point in all_published_points(catalog)][-1] == "our-moe"


@pytest.mark.parametrize(
    ("text", "key", "complaint"),
    [
        ("[model.x]\n", "model.x", "name ="),
        ('[model.x]\nname = "X"\nalias = ["Y"]\n', "model.x.alias", "Did you mean aliases"),
        ('[model.x]\nname = "X"\naliases = "Y"\n', "model.x.aliases", "a list of names"),
        ('[modl.x]\nname = "X"\n', "modl", "Did you mean model"),
    ],
)
def test_a_name_that_cannot_be_read_is_a_mistake_at_its_key(
    tmp_path: Path, text: str, key: str, complaint: str
) -> None:
    path = tmp_path / "cross-checks.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        all_published_points(load_catalog([tmp_path]))
    assert (raised.value.file, raised.value.key) == (str(path), key)
    assert complaint in raised.value.sentence()


def test_no_name_stands_for_two_things(catalog: Catalog) -> None:
    names = Names(catalog)
    own: dict[str, Mapping[str, Any]] = {
        "model": catalog.models,
        "engine": catalog.engines,
        "accelerator": catalog.accelerators,
    }
    for kind in KINDS:
        records: list[Any] = [*own[kind].values(), *names.neighbours[kind].values()]
        known = [{name.casefold() for name in (each.id, *getattr(each, "aliases", ()))} for each in records]
        assert [name for name, bearers in Counter(chain.from_iterable(known)).items() if bearers > 1] == []


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("accelerator", "H100-SXM-80GB", "H100-80GB"),
        ("accelerator", "gb200", "GB200-192GB"),
        ("model", "meta-llama/Llama-3.1-70B", "llama-3.1-70b"),
        ("model", "Llama-4-Scout", "llama-4-scout"),
        ("model", "meta-llama/Llama-4-Scout-17B-16E-Instruct", "llama-4-scout"),
        ("model", "Llama-4-Maverick-17B-128E-Instruct", "llama-4-maverick"),
        ("engine", "SGLang", "sglang"),
    ],
)
def test_names_are_found_however_they_are_capitalised(catalog: Catalog, kind: Any, name: str, key: str) -> None:
    assert Names(catalog).find(kind, name) == key
