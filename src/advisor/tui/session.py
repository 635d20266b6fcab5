"""What the rooms share: answers, the fit question, the Bench form, the one benchmark.

The session computes nothing itself: it asks the workflows, and is handed to the screens that show it.
"""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.advice.tree import Answer, Node, Tree, Walk, load_tree
from advisor.catalog.complaints import Lenient
from advisor.catalog.load import Catalog, load_catalog, overlay_directories
from advisor.errors import InputError
from advisor.paths import UserPaths
from advisor.tui.bench_form import BenchForm
from advisor.tui.live_run import BuiltInEndpoint, LiveRun
from advisor.workflows.fit_question import FitQuestion

if TYPE_CHECKING:
    from advisor.advice.advise import Knowledge  # the first screen need not wait for it
    from advisor.fit.memory.measured import MeasuredMemory

TREE = "decision-tree.toml"
HOME_REGION = "us-east-1"
FIRST_QUESTION = FitQuestion("llama-4-scout", "p5.48xlarge", "fp8")


def open_catalog(paths: UserPaths, today: date) -> Catalog:
    """The user's catalogue, without what cannot be read of it: that is among its complaints."""
    return load_catalog(overlay_directories(None, paths.config), paths.refreshed, today, Lenient())


@dataclass
class Session:
    """State that outlives a screen, for the app's own thread; a worker may call `knowledge` and `measured` only.

    version counts changes of answers and evidence, so that late results are dropped. reopened is the
    answered question that somebody went back to. today is the day by which ages are told. feeds_url is a mirror of
    the price feeds, in which every host is a folder; None: the environment's, or the hosts themselves.
    """

    catalog: Catalog
    paths: UserPaths
    today: date
    answers: dict[str, Answer] = field(default_factory=dict)
    reopened: str | None = None
    fit_question: FitQuestion = FIRST_QUESTION
    region: str = HOME_REGION
    bench_form: BenchForm = field(default_factory=BenchForm)
    live: LiveRun = field(default_factory=LiveRun)
    builtin: BuiltInEndpoint = field(default_factory=BuiltInEndpoint)
    feeds_url: str | None = None
    version: int = 0
    _knowledge: "Knowledge | None" = None
    _measured: "tuple[MeasuredMemory, ...] | None" = None
    _evidence_version: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @cached_property
    def tree(self) -> Tree:
        """The questions of the last layer whose tree can be read."""
        for _, path in reversed(list(self.catalog.layers.files(TREE))):
            with self.catalog.complaints.skipping():
                return load_tree(path)
        raise InputError("no decision tree can be read", file=self.catalog.layers.layers[0].root / TREE)

    @property
    def walk(self) -> Walk:
        """Where the answers have led."""
        return self.tree.walk(self.answers)

    @property
    def open_node(self) -> Node | None:
        """The question to show: the one that was reopened, or the first without an answer."""
        walk = self.walk
        return next((node for node in walk.path if node.id == self.reopened), walk.open)

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.walk.settings

    @property
    def assumed(self) -> Collection[str]:
        """The settings that nobody stated."""
        return self.walk.assumed

    def knowledge(self) -> "Knowledge":
        """Catalogue and evidence, read once and again after `forget_evidence`. Blocking: call it in a worker."""
        with self._lock:
            known, version = self._knowledge, self._evidence_version
        if known is not None:
            return known
        from advisor.workflows.knowledge import gather

        found = gather(self.catalog, self.paths)
        with self._lock:
            if version == self._evidence_version:  # else a run has ended meanwhile, and this may lack its figures
                self._knowledge = found
        return found

    def measured(self) -> "tuple[MeasuredMemory, ...]":
        """Memory of engines that was measured here, read once and again after `forget_evidence`."""
        known = self._measured
        if known is None:
            from advisor.workflows.measured_memory import measured_memory

            known = self._measured = measured_memory(self.paths)
        return known

    def use_catalog(self, catalog: Catalog) -> None:
        """Another catalogue, after a refresh: what was answered with the one before may no longer hold."""
        self.catalog = catalog
        self.forget_evidence()

    def forget_evidence(self) -> None:
        """A run has added evidence: what was answered before may no longer hold."""
        with self._lock:
            self._knowledge = None
            self._measured = None
            self._evidence_version += 1
        self.version += 1

    def answer(self, node: Node, answer: Answer) -> None:
        """Answer a question, and go on to the first one without an answer.

        Other answers stay. Those that were left to a default follow it where this answer changes it.
        """
        self.answers[node.id] = answer
        self.reopened = None
        for other in self.walk.path:
            if other.id != node.id and other.id in self.answers and self.answers[other.id].is_assumed:
                self.answers[other.id] = self.tree.default_answer(other, self.answers)
        self._changed()

    def back(self) -> None:
        """Reopen the question before the one that is shown. Its answer stays in force until another is given."""
        shown, path = self.open_node, self.walk.path
        at = path.index(shown) if shown is not None else len(path)
        if at > 0:
            self.reopened = path[at - 1].id
            self.version += 1

    def reset(self) -> None:
        self.answers.clear()
        self.reopened = None
        self._changed()

    def ask_fit(self, **changes: Any) -> None:
        self.fit_question = replace(self.fit_question, **changes)

    def use_endpoint(self, url: str) -> None:
        self.bench_form = replace(self.bench_form, endpoint=url)

    def reset_bench(self) -> None:
        """The form as it was first, for the same endpoint."""
        form = self.bench_form
        self.bench_form = BenchForm(endpoint=form.endpoint, key_variable=form.key_variable)

    def _changed(self) -> None:
        self.version += 1
        regions = self.settings.get("regions_allowed", ())
        named = [region for region in regions if region in self.catalog.regions]
        self.region = named[0] if named else HOME_REGION
