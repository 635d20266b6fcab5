"""What a run is about: the user's words, completed and checked by the server's."""

from dataclasses import replace

import pytest

from advisor.catalog.load import Catalog
from advisor.errors import InputError, UnknownIdError
from advisor.evidence.subject import Statement, Subject, subject_of
from advisor.fit.check import check_fit
from advisor.fit.proof.observed import Observed
from advisor.quantities.units import GIB
from evidence.results import SCOUT_FP8, SUBJECT
from fit.stacks import reported, request


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


def cache(instance: str = "p5.48xlarge", more_gib: float = 0.0, **more: object) -> Observed:
    """What Scout FP8 at TP 8 on an instance reports, with so much more cache than predicted."""
    result = check_fit(request(instance, "fp8"))
    return replace(reported(result, more_gib * GIB), served_model=SCOUT_FP8, **more)  # type: ignore[arg-type]


STATED = Statement("p5.48xlarge", "fp8", 8)


def seen(catalog: Catalog, observed: Observed, served_model: str = SCOUT_FP8, version: str = "0.33.0") -> Subject:
    found = subject_of(
        STATED,
        catalog,
        served_model=served_model,
        engine="vllm",
        engine_version=version,
        observed=observed,
    )
    assert found is not None
    return found


def test_a_cache_as_predicted_lets_the_server_vouch(catalog: Catalog) -> None:
    subject = seen(catalog, cache())
    assert (subject.vouched_by, subject.contradictions) == ("server", ())
    assert subject.blocks is not None and subject.predicted_blocks is not None
    assert abs(subject.blocks - subject.predicted_blocks) <= 1


@pytest.mark.parametrize(
    "observed",
    [
        Observed("http://10.0.0.7:8000"),
        cache(kv_pinned=True),
        cache(more_gib=-3.0),
        cache(more_gib=2.5),  # explained by fewer sequences than the default, which nobody states
        cache(engine_version=None),
    ],
)
def test_silence_and_what_is_unexplained_leave_the_user_s_word(catalog: Catalog, observed: Observed) -> None:
    assert seen(catalog, observed).vouched_by == "user"


def test_a_model_that_the_server_does_not_name_is_the_user_s_word(catalog: Catalog) -> None:
    statement = Statement("p5.48xlarge", "fp8", 8, "llama-4-scout")
    unnamed = replace(cache(), served_model="scout")
    subject = subject_of(
        statement, catalog, served_model="scout", engine="vllm", engine_version="0.33.0", observed=unnamed
    )
    assert subject is not None
    assert subject.vouched_by == "user"
    rooted = subject_of(
        statement,
        catalog,
        served_model="scout",
        engine="vllm",
        engine_version="0.33.0",
        observed=replace(unnamed, model_root=SCOUT_FP8),
    )
    assert rooted is not None
    assert rooted.vouched_by == "server"


@pytest.mark.parametrize("observed", [cache("p5en.48xlarge"), cache(more_gib=7.5), cache(more_gib=-9.0)])
def test_a_cache_that_the_stated_devices_cannot_have_is_a_contradiction(catalog: Catalog, observed: Observed) -> None:
    subject = seen(catalog, observed)
    assert (subject.vouched_by, subject.contradictions) == ("contradicted", ("kv_capacity",))
    assert subject.blocks == observed.blocks


def test_only_the_cache_of_a_gpu_is_compared(catalog: Catalog) -> None:
    """vLLM on Neuron pages nothing that follows from the memory of a core."""
    subject = subject_of(
        Statement("trn2.48xlarge", "bf16", 64),
        catalog,
        served_model="meta-llama/Llama-4-Scout-17B-16E-Instruct",
        engine="vllm",
        engine_version="0.16.0",
        observed=cache(),
    )
    assert subject is not None
    assert (subject.vouched_by, subject.blocks) == ("user", None)


def test_a_patch_release_apart_is_no_contradiction(catalog: Catalog) -> None:
    assert seen(catalog, cache(engine_version="0.33.1"), version="0.33.1").vouched_by == "server"


def test_the_subject_of_a_run_from_before_caches_were_compared_still_reads() -> None:
    assert Subject.from_document(SUBJECT) == Subject(**{**SUBJECT, "contradictions": ()})


def test_a_subject_survives_the_way_through_a_file(catalog: Catalog) -> None:
    subject = told(catalog, Statement("p5.48xlarge", "bf16", 8))
    assert subject is not None
    assert Subject.from_document(subject.as_document()) == subject
    assert Subject.from_document({}) is None
