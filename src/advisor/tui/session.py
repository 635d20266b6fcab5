"""What the screens share: answers, the fit question, the last recommendation. Changed by named methods only.

The session computes nothing itself: it asks the workflows, and is handed to the screens that show it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.advice.tree import Answer, Node, Tree, Walk, load_tree
from advisor.catalog.load import Catalog
from advisor.paths import UserPaths
from advisor.tui.bench_form import BenchForm
from advisor.tui.live_run import LiveRun
from advisor.workflows.fit_question import FitQuestion

if TYPE_CHECKING:
    from advisor.advice.advise import Knowledge  # the first screen need not wait for it

HOME_REGION = "us-east-1"
FIRST_QUESTION = FitQuestion("llama-4-scout", "p5.48xlarge", "fp8")


@dataclass
class Session:
    """State that outlives a screen. version counts changes of the answers, so that late results are dropped."""

    catalog: Catalog
    paths: UserPaths
    answers: dict[str, Answer] = field(default_factory=dict)
    fit_question: FitQuestion = FIRST_QUESTION
    region: str = HOME_REGION
    bench_form: BenchForm = field(default_factory=BenchForm)
    live: LiveRun = field(default_factory=LiveRun)
    version: int = 0
    _knowledge: "Knowledge | None" = None

    @cached_property
    def tree(self) -> Tree:
        return load_tree(self.catalog.layers.first("decision-tree.toml"))

    @property
    def walk(self) -> Walk:
        """Where the answers have led."""
        return self.tree.walk(self.answers)

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.walk.settings

    def knowledge(self) -> "Knowledge":
        """Catalogue and evidence, read once and again after `forget_evidence`. Blocking: call it in a worker."""
        if self._knowledge is None:
            from advisor.workflows.knowledge import gather

            self._knowledge = gather(self.catalog, self.paths)
        return self._knowledge

    def forget_evidence(self) -> None:
        """A run has added evidence: what was answered before may no longer hold."""
        self._knowledge = None
        self.version += 1

    def answer(self, node: Node, answer: Answer) -> None:
        """Answer a question. Later answers stay, so that going back loses nothing."""
        self.answers[node.id] = answer
        self._changed()

    def back(self) -> None:
        """Reopen the question before the open one."""
        answered = [node for node in self.walk.path if node.id in self.answers]
        if answered:
            del self.answers[answered[-1].id]
            self._changed()

    def reset(self) -> None:
        self.answers.clear()
        self._changed()

    def ask_fit(self, **changes: Any) -> None:
        self.fit_question = replace(self.fit_question, **changes)

    def use_endpoint(self, url: str) -> None:
        self.bench_form = replace(self.bench_form, endpoint=url)

    def _changed(self) -> None:
        self.version += 1
        regions = self.settings.get("regions_allowed", ())
        named = [region for region in regions if region in self.catalog.regions]
        self.region = named[0] if named else HOME_REGION
