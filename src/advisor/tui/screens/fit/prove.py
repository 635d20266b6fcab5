"""How Fit proves itself: on a live server, on the log of one, or by naming what a server can be."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App

from advisor.errors import InputError
from advisor.reasons import warning
from advisor.tui.endpoint_check import EndpointCheck
from advisor.tui.screens.fit.proof import Answer, ProofDialog, endpoint_dialog, log_dialog
from advisor.tui.session import Session
from advisor.tui.views.fit import proof
from advisor.tui.views.text import lines
from advisor.workflows.credentials import key_from
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.keep_memory import Kept, keep_memory
from advisor.workflows.verify_fit import DEFAULTED, Verified, verify_fit

if TYPE_CHECKING:
    from advisor.fit.proof.observed import Observed

_DEFAULTS = FitQuestion("", "")


class Prover:
    """Asks for an endpoint or a file, and shows what comes of it over the screen that it was called from."""

    def __init__(self, app: App[None], session: Session, judge_again: Callable[[], None]) -> None:
        """judge_again is called when a comparison has become evidence, which the next verdict rests on."""
        self._app = app
        self._session = session
        self._judge_again = judge_again

    def ask_server(self) -> None:
        self._ask_endpoint("Compare with a live server", self._compared)

    def ask_who(self) -> None:
        self._ask_endpoint("Identify an endpoint", self._identified)

    def ask_log(self) -> None:
        self._app.push_screen(log_dialog(), self._read_log)

    def _ask_endpoint(self, title: str, answer: "Callable[[Observed], Answer]") -> None:
        """The endpoint of Bench is the first guess, and Bench is told of another one."""

        def ask(values: dict[str, object] | None) -> None:
            if values is None:
                return
            url, variable = str(values["endpoint"]), str(values["key_variable"])
            self._session.bench_form = replace(self._session.bench_form, endpoint=url, key_variable=variable)

            def find_out(check: EndpointCheck) -> Answer:
                from advisor.workflows.check_fit_against_server import observe_server  # loads httpx

                return answer(check.run(observe_server(url, key_from(variable))))

            self._show(ProofDialog(title, f"Asking {url} what it says of its memory…", find_out))

        form = self._session.bench_form
        self._app.push_screen(endpoint_dialog(title, form.endpoint, form.key_variable), ask)

    def _read_log(self, values: dict[str, object] | None) -> None:
        if values is None or not isinstance(path := values["log"], Path):
            return

        def find_out(_: EndpointCheck) -> Answer:
            from advisor.workflows.check_fit_against_server import observe_log  # loads httpx

            return self._compared(observe_log(path), keep=values.get("keep") is True)

        self._show(ProofDialog("Compare with a start-up log", f"Reading {path}…", find_out))

    def _show(self, dialog: ProofDialog) -> None:
        def closed(is_evidence: bool | None) -> None:
            if is_evidence:
                self._session.forget_evidence()
                self._judge_again()

        self._app.push_screen(dialog, closed)

    def _compared(self, observed: "Observed", *, keep: bool = True) -> Answer:
        """In a worker: judge the question as the server is set up, compare, and enter it as evidence if it is to be."""
        question = self._session.fit_question
        verified = verify_fit(self._session.catalog, question, observed, _chosen(question))
        kept = self._keep(verified) if keep else Kept(None)
        return Answer(lines(proof.compared(verified), *proof.kept(kept)), kept.memory is not None)

    def _keep(self, verified: Verified) -> Kept:
        """A ledger that cannot be written to costs the entry, not the comparison."""
        try:
            paths, now = self._session.paths, datetime.now(UTC)
            return keep_memory(verified.result, verified.observed, verified.comparison, paths, now)
        except InputError as error:
            return Kept(None, (warning("evidence_not_written", complaint=error.sentence()),))

    def _identified(self, observed: "Observed") -> Answer:
        from advisor.fit.proof.declared import identify_observed

        return Answer(proof.identified(identify_observed(self._session.catalog, observed)))


def _chosen(question: FitQuestion) -> set[str]:
    """What somebody set: the checkpoint, which always stands on the screen, and what is not as it was at first."""
    changed = {key.name for key in fields(question) if getattr(question, key.name) != getattr(_DEFAULTS, key.name)}
    return {"checkpoint"} | (DEFAULTED & changed)
