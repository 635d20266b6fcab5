"""The form of the Bench screen: what is typed and chosen, and the question that it makes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from advisor.errors import InputError
from advisor.evidence.subject import Statement
from advisor.slo import parse_slos
from advisor.workflows.benchmark_question import BenchmarkQuestion

NOT_STATED = "not stated"
BY_NAME = "by its name"


@dataclass(frozen=True, slots=True)
class BenchForm:
    """Values as typed; empty text means as the preset, or the server, has it."""

    endpoint: str = ""
    model: str = ""
    preset: str = "quick"
    concurrency: str = ""
    requests: str = ""
    tokens: str = ""
    targets: str = ""
    key_variable: str = ""
    instance: str = NOT_STATED
    serves: str = BY_NAME
    checkpoint: str = BY_NAME
    tp: str = NOT_STATED
    engine: str = ""

    def question(self) -> BenchmarkQuestion:
        """The form as a question. InputError naming the field that cannot be read."""
        if not self.endpoint.strip():
            raise InputError("no endpoint is given", hint="Type its URL, or press o for the built-in one.")
        prompt, answer = _tokens(self.tokens)
        return BenchmarkQuestion(
            endpoint=self.endpoint,
            model=self.model.strip() or None,
            preset=self.preset,
            changes={
                "concurrencies": _numbers(self.concurrency, "concurrency") or None,
                "requests_per_cell": _number(self.requests, "requests") if self.requests.strip() else None,
                "input_tokens": prompt,
                "output_tokens": answer,
                "slos": parse_slos(self.targets) or None,
            },
            statement=self._statement(),
        )

    def _statement(self) -> Statement:
        if self.instance == NOT_STATED:
            return Statement()
        return Statement(
            instance=self.instance,
            checkpoint=None if self.checkpoint == BY_NAME else self.checkpoint,
            tensor_parallel_size=None if self.tp == NOT_STATED else int(self.tp),
            model=None if self.serves == BY_NAME else self.serves,
            engine=self.engine.strip() or None,
        )


def form_for(document: Mapping[str, Any], endpoint: str) -> BenchForm | None:
    """The benchmark that would confirm a recommendation's first pool; None where it plans no live check."""
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
        endpoint=endpoint,
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
