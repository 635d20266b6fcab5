"""From the Bench form to the question that it asks, and from a recommendation to the form that would confirm it."""

from collections.abc import Mapping
from typing import Any

from advisor.errors import InputError
from advisor.evidence.subject import Statement
from advisor.slo import parse_slos
from advisor.tui.bench_form import BY_NAME, NOT_STATED, BenchForm
from advisor.workflows.benchmark_question import BenchmarkQuestion


def question_of(form: BenchForm) -> BenchmarkQuestion:
    """The form as a question. InputError naming the field that cannot be read."""
    if not form.endpoint.strip():
        raise InputError("no endpoint is given", hint="Type its URL, or press o for the built-in one.")
    prompt, answer = _tokens(form.tokens)
    return BenchmarkQuestion(
        endpoint=form.endpoint,
        model=form.model.strip() or None,
        preset=form.preset,
        changes={
            "concurrencies": _numbers(form.concurrency, "concurrency") or None,
            "requests_per_cell": _number(form.requests, "requests") if form.requests.strip() else None,
            "input_tokens": prompt,
            "output_tokens": answer,
            "slos": parse_slos(form.targets) or None,
        },
        statement=_statement(form),
    )


def form_for(document: Mapping[str, Any], before: BenchForm) -> BenchForm | None:
    """The benchmark that would confirm a recommendation's first pool; None where it plans no live check.

    The endpoint, its key and the name of its model stay as they were typed before.
    """
    checks, workload = document.get("verify", []), document["workload"]
    if not checks:
        return None
    check = checks[0]
    pool = next(pool for pool in document["pool"] if pool["model"] == check["model"])
    targets = [
        f"{metric}_{percentile}_ms={limit:g}"
        for key, limit in workload.items()
        if key.startswith("slo_")
        for _, metric, _, percentile in [key.split("_")]
    ]
    return BenchForm(
        endpoint=before.endpoint,
        model=before.model,
        key_variable=before.key_variable,
        concurrency=str(check["concurrency"]),
        requests=str(check["min_requests"]),
        tokens=f"{workload['input_tokens_p50']}/{workload['output_tokens_p50']}",
        targets=",".join(targets),
        instance=pool["instance_type"],
        serves=pool["model"],
        checkpoint=pool["checkpoint"],
        tp=str(pool["tensor_parallel_size"]),
        engine=pool["engine"],
    )


def _statement(form: BenchForm) -> Statement:
    if form.instance == NOT_STATED:
        return Statement()
    return Statement(
        instance=form.instance,
        checkpoint=None if form.checkpoint == BY_NAME else form.checkpoint,
        tensor_parallel_size=None if form.tp == NOT_STATED else int(form.tp),
        model=None if form.serves == BY_NAME else form.serves,
        engine=form.engine.strip() or None,
    )


def _tokens(text: str) -> tuple[int | None, int | None]:
    if not text.strip():
        return None, None
    prompt, slash, answer = text.partition("/")
    if not slash:
        raise InputError(f"'{text}' is not a prompt and an answer", hint="Write it like 512/128.", key="tokens in/out")
    return _number(prompt, "tokens in/out"), _number(answer, "tokens in/out")


def _numbers(text: str, field: str) -> tuple[int, ...]:
    return tuple(_number(part, field) for part in text.split(",") if part.strip())


def _number(text: str, field: str) -> int:
    plain = text.strip().replace("_", "")
    if not plain.isdecimal() or int(plain) < 1:
        raise InputError(f"'{text.strip()}' is not a whole number of at least 1", key=field)
    return int(plain)
