"""The best evidence for what a report's figures claim: at its shape and load, on its hardware.

What was measured here comes first; below it the smallest doubt wins (facts: sizing, section 3.7). Among engines the
one with the strongest evidence answers. A bare roofline is never an answer, and where no engine supports the model
nobody knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import hypot, inf, log

from advisor.catalog.load import Catalog
from advisor.catalog.records.engines import Engine
from advisor.catalog.records.hardware import Instance
from advisor.catalog.records.models import Checkpoint, Model
from advisor.catalog.records.prices import Price
from advisor.errors import InputError
from advisor.evidence.best import Basis, best_basis
from advisor.evidence.calibration import PUBLISHED_SIGMA, drift, is_possible
from advisor.evidence.charts.answers import Answer, unknown
from advisor.evidence.points import EvidencePoint
from advisor.evidence.repetitions import STANDARD_NORMAL_95, UNREPEATED_SIGMA
from advisor.evidence.reports import Figure, Report
from advisor.evidence.stack import Stack
from advisor.fit.check import check_fit
from advisor.fit.request import FitRequest
from advisor.fit.result import FitResult
from advisor.performance.efficiency import spread_of
from advisor.performance.replica_model import PREFILL_COUNTS, ReplicaModel, RequestShape
from advisor.quantities.provenance import AsOf, Level, Provenance
from advisor.reasons import Reason, Severity, error, info, warning

_MOST_NEARBY = 4
_UNKNOWN_LOAD = 3.0
"""A load that is not in requests in flight counts as this many times the one that is asked about."""


@dataclass(frozen=True)
class _Estimate:
    """One possible answer, with its doubt as a standard deviation of the logarithm."""

    answer: Answer
    sigma: float

    @property
    def order(self) -> tuple[bool, float, int]:
        return self.answer.level is not Level.MEASURED, self.sigma, self.answer.level.rank or 9


@dataclass(frozen=True)
class BestEvidence:
    """What the catalogue and the ledger hold about one report's questions.

    stated_engine is the stack that the report names (`vllm@0.8.3`), tried beside today's default.
    """

    report: Report
    catalog: Catalog
    points: Sequence[EvidencePoint]
    stated_engine: str
    region: str
    _stacks: dict[tuple[str, str, int], tuple[list[Stack], tuple[Reason, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _bases: dict[tuple[str, ...], Basis] = field(default_factory=dict, init=False, repr=False, compare=False)

    @cached_property
    def shape(self) -> RequestShape:
        """Tokens of a request of the report's figures. InputError for a report that states none."""
        prompt, answer = self.report.input_tokens, self.report.output_tokens
        if prompt is None or answer is None:
            raise InputError("the report states no request shape, so no figure can be compared", file=self.report.id)
        return RequestShape(prompt, answer)

    def figure(self, figure: Figure) -> Answer:
        """The best answer to what a figure states; unknown where no engine runs the model there."""
        instance = self.catalog.instance(self.report.scenarios[figure.scenario].instance)
        streams = figure.concurrency or 1
        nearby = self._nearby(figure, instance)
        stacks, reasons = self._stacks_of(figure.model, instance, streams)
        offers = [offer for stack in stacks if (offer := self._of_stack(stack, figure, streams)) is not None]
        if not offers:
            return unknown("no evidence for this metric on this hardware", *reasons, nearby=nearby)
        best = min(offers, key=lambda offer: (offer.answer.level.rank or 9, offer.sigma))
        return replace(best.answer, reasons=(*reasons, *best.answer.reasons), nearby=nearby)

    def price(self, instance_id: str) -> Answer:
        """What an hour costs in the report's region: the list price, else a Capacity Block's wherever one is sold."""
        instance = self.catalog.instance(instance_id)
        listed = self.catalog.prices.find(instance.id, self.region, "on_demand")
        if listed is not None:
            return _price(listed)
        regions = sorted(instance.capacity_block_regions, key=lambda region: (region != self.region, region))
        for region in regions:
            block = self.catalog.prices.find(instance.id, region, "capacity_block")
            if block is not None:
                reason = warning("capacity_block_instead", instance=instance.id, region=self.region, sold_in=region)
                return replace(_price(block), reasons=(reason,))
        return unknown(f"no price of {instance.id} in {self.region} is published")

    def checkpoints_that_fit(self, model: Model, instance: Instance, context_tokens: int) -> Answer:
        """Which of the model's checkpoints run there at this context, by the fit checker and today's engine."""
        fitting, engines = [], set()
        for checkpoint in model.checkpoints.values():
            for engine, version in self._engines(instance, stated=False):
                engines.add(f"{engine.name} {version}")
                if self._fit(model, checkpoint, instance, engine, version, 1, context_tokens).verdict.runs:
                    fitting.append(checkpoint.id)
                    break
        origin = Provenance(Level.MODELLED, f"fit checker, {', '.join(sorted(engines)) or 'no engine'}")
        words = ", ".join(fitting) or "none fits"
        return Answer(origin, words=words, formula="checkpoints that fit", inputs={"context_tokens": context_tokens})

    def longest_context(self, model: Model, checkpoint_id: str, instance: Instance) -> Answer:
        """The longest context that one request gets there, by the fit checker and today's engine."""
        checkpoint = self.catalog.checkpoint(model, checkpoint_id)
        for engine, version in self._engines(instance, stated=False):
            found = self._fit(model, checkpoint, instance, engine, version, 1, 8192)
            if found.kv_cache is not None and found.verdict.runs:
                tokens = min(found.kv_cache.max_context_tokens, model.max_context_tokens)
                origin = Provenance(Level.MODELLED, f"fit checker, {engine.name} {version}: memory left for the cache")
                inputs: dict[str, float | str] = {"checkpoint": checkpoint.id, "instance": instance.id}
                return Answer(origin, float(tokens), unit="tokens", formula="longest context", inputs=inputs)
        return unknown(f"{model.short_name} as {checkpoint.id} does not run on {instance.id}")

    def _of_stack(self, stack: Stack, figure: Figure, streams: int) -> _Estimate | None:
        """The best answer on one stack: measured here, else the one with the least doubt."""
        offers = [*self._direct(stack, figure, streams), *self._modelled(stack, figure, streams)]
        return min(offers, key=lambda offer: offer.order, default=None)

    def _direct(self, stack: Stack, figure: Figure, streams: int) -> Iterator[_Estimate]:
        """This very stack, shape and load: measured here, or published."""
        for point in self.points:
            load = (point.load, point.load_value, point.metric)
            if load != ("concurrency", streams, figure.metric) or not stack.is_of(point):
                continue
            near = point.near_shape(self.shape.input_tokens, self.shape.output_tokens)
            if not near or not is_possible(point, self.catalog):
                continue
            if point.level is Level.MEASURED:
                interval = point.interval
                sigma = UNREPEATED_SIGMA if interval is None else interval / STANDARD_NORMAL_95
            elif point.level is Level.PUBLISHED:
                sigma = hypot(PUBLISHED_SIGMA, drift(stack.engine_version, point.engine_version))
            else:
                continue
            yield _estimate(point.value, sigma, point.provenance, point.unit, "as taken", _inputs(stack, streams))

    def _modelled(self, stack: Stack, figure: Figure, streams: int) -> Iterator[_Estimate]:
        """Roofline × efficiency at the report's shape and load."""
        basis = self._basis(stack)
        if basis.most_streams is not None and streams > basis.most_streams:
            return
        model = ReplicaModel(stack.replica, self.shape, basis.decode, basis.prefill)
        decode, prefill = basis.decode.provenance, basis.prefill.provenance
        inputs = _inputs(stack, streams) | {"decode_efficiency": round(basis.decode.value, 4)}
        caveats = _extrapolated(basis, streams)
        with_prefill = inputs | {"prefill_efficiency": round(basis.prefill.value, 4)}
        match figure.metric:
            case "ttft_ms" if streams == 1:
                origin = _computed(decode, prefill)
                formula = "prefill + one decode step"
                yield _estimate(
                    model.first_token_ms, model.first_token_sigma, origin, "ms", formula, with_prefill, caveats
                )
            case "itl_ms":
                yield _estimate(
                    model.step_ms(streams), basis.decode.sigma, _computed(decode), "ms", "T(N)", inputs, caveats
                )
            case "output_tokens_per_s":
                counts = model.prefill_share(streams) > PREFILL_COUNTS
                origin = _computed(decode, prefill) if counts else _computed(decode)
                value, sigma = model.tokens_per_s(streams), model.throughput_sigma(streams)
                yield _estimate(value, sigma, origin, "tokens/s", "N / (T(N) + prefill)", with_prefill, caveats)

    def _basis(self, stack: Stack) -> Basis:
        size = str(stack.tensor_parallel_size)
        subject = (stack.model.id, stack.checkpoint.id, stack.accelerator.id)
        key = (*subject, stack.engine.id, stack.engine_version, size)
        if key not in self._bases:
            self._bases[key] = best_basis(stack, self.shape, self.points, self.catalog)
        return self._bases[key]

    def _stacks_of(self, model_id: str, instance: Instance, streams: int) -> tuple[list[Stack], tuple[Reason, ...]]:
        """Every engine that runs the model there at the first precision that any runs; and what is to be said of it."""
        key = (model_id, instance.id, streams)
        if key not in self._stacks:
            self._stacks[key] = self._find_stacks(self.catalog.model(model_id), instance, streams)
        return self._stacks[key]

    def _find_stacks(self, model: Model, instance: Instance, streams: int) -> tuple[list[Stack], tuple[Reason, ...]]:
        accelerator = self.catalog.accelerator_of(instance)
        if accelerator is None:
            return [], (error("no_accelerator", instance=instance.id),)
        wanted, context = self.report.checkpoint, int(self.shape.input_tokens + self.shape.output_tokens)
        refused: tuple[Reason, ...] = ()
        for checkpoint in sorted(model.checkpoints.values(), key=lambda each: each.id != wanted):
            stacks = []
            for engine, version in self._engines(instance, stated=True):
                found = self._fit(model, checkpoint, instance, engine, version, streams, context)
                errors = tuple(reason for reason in found.reasons if reason.severity is Severity.ERROR)
                refused = refused or errors[:1]
                if found.verdict.runs and (engine.max_sequences is None or streams <= engine.max_sequences):
                    size = found.parallelism.tensor_parallel_size
                    stacks.append(Stack(model, checkpoint, accelerator, engine, version, size))
            if stacks:
                other = info("other_checkpoint", model=model.short_name, wanted=wanted, used=checkpoint.id)
                return stacks, (() if checkpoint.id == wanted else (other,))
        return [], refused

    def _engines(self, instance: Instance, *, stated: bool) -> Iterator[tuple[Engine, str]]:
        """Engines of the instance's kind of accelerator: in the version that the report names, and in today's."""
        accelerator = self.catalog.accelerator_of(instance)
        name, _, version = self.stated_engine.partition("@")
        for engine in self.catalog.engines.values():
            if accelerator is None or engine.accelerators != accelerator.kind or not engine.advised:
                continue
            if stated and engine.id == name and version and version != engine.default_version:
                yield engine, version
            yield engine, engine.default_version

    def _fit(
        self,
        model: Model,
        checkpoint: Checkpoint,
        instance: Instance,
        engine: Engine,
        version: str,
        streams: int,
        context_tokens: int,
    ) -> FitResult:
        return check_fit(
            FitRequest(
                model=model,
                checkpoint=checkpoint,
                instance=instance,
                accelerator=self.catalog.accelerator_of(instance),
                engine=engine,
                engine_version=version,
                context_tokens=context_tokens,
                concurrency=streams,
            )
        )

    def _nearby(self, figure: Figure, instance: Instance) -> tuple[EvidencePoint, ...]:
        """Figures of the same model and metric on the same hardware, the nearest shapes first."""
        accelerator = self.catalog.accelerator_of(instance)
        if accelerator is None:
            return ()
        subject = (figure.model, accelerator.id, instance.accelerator_count, figure.metric)
        found = [
            point
            for point in self.points
            if (point.model, point.accelerator, point.devices, point.metric) == subject
            and point.level in (Level.MEASURED, Level.PUBLISHED)
        ]
        streams = figure.concurrency or 1
        return tuple(sorted(found, key=lambda point: self._distance(point, streams))[:_MOST_NEARBY])

    def _distance(self, point: EvidencePoint, streams: int) -> tuple[bool, float]:
        """How far a figure is from the question: another precision last, then by the ratios of shape and load."""
        if point.input_tokens is None or point.output_tokens is None:
            return point.checkpoint != self.report.checkpoint, inf
        ratios = [point.input_tokens / self.shape.input_tokens, point.output_tokens / self.shape.output_tokens]
        in_flight = point.load_value if point.load == "concurrency" else None
        ratios.append(_UNKNOWN_LOAD if in_flight is None else in_flight / streams)
        return point.checkpoint != self.report.checkpoint, sum(abs(log(ratio)) for ratio in ratios)


def _price(price: Price) -> Answer:
    return Answer(price.provenance, price.usd_per_hour, unit="USD/h", inputs={"region": price.region})


def _inputs(stack: Stack, streams: int) -> dict[str, float | str]:
    engine = f"{stack.engine.name} {stack.engine_version}"
    return {"checkpoint": stack.checkpoint.id, "engine": engine, "concurrency": streams}


def _estimate(
    value: float,
    sigma: float,
    origin: Provenance,
    unit: str,
    formula: str,
    inputs: dict[str, float | str],
    reasons: tuple[Reason, ...] = (),
) -> _Estimate:
    spread = spread_of(sigma)
    low, high = value / spread, value * spread
    return _Estimate(Answer(origin, value, "", unit, low, high, formula=formula, inputs=inputs, reasons=reasons), sigma)


def _extrapolated(basis: Basis, streams: int) -> tuple[Reason, ...]:
    """That the efficiency was fitted at other loads than the one asked about, where figures of a load are behind it."""
    loads = sorted({point.load_value for point in basis.points if point.load == "concurrency" and point.load_value})
    if not loads or streams in loads:
        return ()
    return (info("fitted_at_other_load", loads=tuple(f"{load:g}" for load in loads), concurrency=streams),)


def _computed(*evidence: Provenance) -> Provenance:
    """The origin of a figure computed from these: as weak as the weakest, and calibrated at best."""
    weakest = max(evidence, key=lambda each: each.level.rank or 9)
    level = Level.CALIBRATED if weakest.level in (Level.MEASURED, Level.PUBLISHED) else weakest.level
    sources = dict.fromkeys(each.source for each in evidence)
    return Provenance(level, "; ".join(sources), AsOf.spanning(each.as_of for each in evidence), weakest.layer)
