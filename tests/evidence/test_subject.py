"""What a run is about: the user's words, completed and checked by the server's."""

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.subject import Statement, Subject, subject_of
from evidence.results import SCOUT_FP8


def told(catalog: Catalog, statement: Statement, **server: str | None) -> Subject | None:
    said: dict[str, str | None] = {"engine": "vllm", "engine_version": "0.33.0", **server}
    return subject_of(
        statement,
        catalog,
        served_model=said.get("served_model") or SCOUT_FP8,
        engine=said["engine"],
        engine_version=said["engine_version"],
    )


def test_nothing_stated_is_no_subject(catalog: Catalog) -> None:
    assert told(catalog, Statement()) is None


def test_the_served_repository_tells_model_and_checkpoint(catalog: Catalog) -> None:
    subject = told(catalog, Statement(instance="p5.48xlarge", tensor_parallel_size=8))
    assert subject is not None
    assert (subject.model, subject.checkpoint, subject.devices) == ("llama-4-scout", "fp8", 8)
    assert subject.vouched_by == "user"


def test_a_neuron_degree_counts_logical_cores(catalog: Catalog) -> None:
    statement = Statement("trn2.48xlarge", "bf16", 64, "llama-4-scout", "neuron@2.0")
    subject = told(catalog, statement, served_model="scout", engine=None, engine_version=None)
    assert subject is not None
    assert subject.devices == 16


@pytest.mark.parametrize(
    ("statement", "server", "against"),
    [
        (Statement("p5.48xlarge", "bf16", 8), {}, ("served_model",)),
        (Statement("p5.48xlarge", None, 8, "llama-4-maverick"), {}, None),
        (Statement("p5.48xlarge", "fp8", 8, engine="tensorrt-llm@1.0"), {}, ("engine",)),
        (Statement("p5.48xlarge", "fp8", 8, engine="vllm@0.20.0"), {}, ("engine_version",)),
        (Statement("p5.48xlarge", "fp8", 8, engine="vllm@0.33.0"), {"engine_version": "0.33.1rc2.dev3+g1"}, ()),
    ],
)
def test_what_the_server_denies_is_contradicted(
    catalog: Catalog, statement: Statement, server: dict[str, str], against: tuple[str, ...] | None
) -> None:
    if against is None:
        with pytest.raises(InputError, match="checkpoint"):
            told(catalog, statement, **server)
        return
    subject = told(catalog, statement, **server)
    assert subject is not None
    assert subject.contradictions == against
    assert subject.vouched_by == ("contradicted" if against else "user")


@pytest.mark.parametrize("size", [3, 5, 6, 7])
def test_a_degree_that_the_engine_refuses_is_no_statement(catalog: Catalog, size: int) -> None:
    with pytest.raises(InputError, match="tensor_parallel_size of") as refused:
        told(catalog, Statement("p5.48xlarge", "fp8", size))
    assert refused.value.key == "tp"
    assert "1, 2, 4, 8" in refused.value.sentence()


def test_weights_that_the_devices_cannot_hold_are_a_contradiction(catalog: Catalog) -> None:
    subject = told(catalog, Statement("p5.4xlarge", "fp8", 1))
    assert subject is not None
    assert (subject.vouched_by, subject.contradictions) == ("contradicted", ("memory",))


@pytest.mark.parametrize(
    ("statement", "server", "key"),
    [
        (Statement(checkpoint="fp8"), {}, "instance"),
        (Statement("p5.48xlarge", "fp8"), {}, "tp"),
        (Statement("p5.48xlarge", "fp8", 16), {}, "tp"),
        (Statement("r8g.48xlarge", "fp8", 1), {}, "instance"),
        (Statement("p5.48xlarge", "fp8", 8), {"served_model": "my-model"}, "serves"),
        (Statement("p5.48xlarge", None, 8, "llama-4-scout"), {"served_model": "my-model"}, "checkpoint"),
        (Statement("p5.48xlarge", "fp8", 8), {"engine": None, "engine_version": None}, "engine"),
    ],
)
def test_what_is_missing_is_asked_for_by_its_key(
    catalog: Catalog, statement: Statement, server: dict[str, str | None], key: str
) -> None:
    with pytest.raises(InputError) as refused:
        told(catalog, statement, **server)
    assert refused.value.key == key


def test_unknown_ids_suggest_near_ones(catalog: Catalog) -> None:
    with pytest.raises(UnknownIdError, match="p5"):
        told(catalog, Statement("p5.48", "fp8", 8))


def test_a_subject_survives_the_way_through_a_file(catalog: Catalog) -> None:
    subject = told(catalog, Statement("p5.48xlarge", "bf16", 8))
    assert subject is not None
    assert Subject.from_document(subject.as_document()) == subject
    assert Subject.from_document({}) is None
