"""How Fit proves itself: on a live server, on the log of one, or by naming what a server can be."""

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

from textual.app import App
from textual.content import Content

from advisor.tui.endpoint_check import EndpointCheck
from advisor.tui.screens.fit.proof import ProofDialog, endpoint_dialog, log_dialog
from advisor.tui.session import Session
from advisor.tui.views.fit import proof
from advisor.workflows.credentials import key_from
from advisor.workflows.fit_question import FitQuestion
from advisor.workflows.verify_fit import DEFAULTED, verify_fit

if TYPE_CHECKING:
    from advisor.fit.observed import Observed

_DEFAULTS = FitQuestion("", "")


class Prover:
    """Asks for an endpoint or a file, and shows what comes of it over the screen that it was called from."""

    def __init__(self, app: App[None], session: Session) -> None:
        self._app = app
        self._session = session

    def ask_server(self) -> None:
        self._ask_endpoint("Compare with a live server", self._compared)

    def ask_who(self) -> None:
        self._ask_endpoint("Identify an endpoint", self._identified)

    def ask_log(self) -> None:
        self._app.push_screen(log_dialog(), self._read_log)

    def _ask_endpoint(self, title: str, answer: "Callable[[Observed], Content]") -> None:
        """The endpoint of Bench is the first guess, and Bench is told of another one."""

        def ask(values: dict[str, object] | None) -> None:
            if values is None:
                return
            url, variable = str(values["endpoint"]), str(values["key_variable"])
            self._session.bench_form = replace(self._session.bench_form, endpoint=url, key_variable=variable)

            def find_out(check: EndpointCheck) -> Content:
                from advisor.workflows.check_fit_against_server import observe_server  # loads httpx

                return answer(check.run(observe_server(url, key_from(variable))))

            self._app.push_screen(ProofDialog(title, f"Asking {url} what it says of its memory…", find_out))

        form = self._session.bench_form
        self._app.push_screen(endpoint_dialog(title, form.endpoint, form.key_variable), ask)

    def _read_log(self, values: dict[str, object] | None) -> None:
        path = values.get("log") if values is not None else None
        if not isinstance(path, Path):
            return

        def find_out(_: EndpointCheck) -> Content:
            from advisor.workflows.check_fit_against_server import observe_log  # loads httpx

            return self._compared(observe_log(path))

        self._app.push_screen(ProofDialog("Compare with a start-up log", f"Reading {path}…", find_out))

    def _compared(self, observed: "Observed") -> Content:
        question = self._session.fit_question
        return proof.compared(verify_fit(self._session.catalog, question, observed, _chosen(question)))

    def _identified(self, observed: "Observed") -> Content:
        from advisor.fit.declared import identify_observed

        return proof.identified(identify_observed(self._session.catalog, observed))


def _chosen(question: FitQuestion) -> set[str]:
    """What somebody set: the checkpoint, which always stands on the screen, and what is not as it was at first."""
    changed = {key.name for key in fields(question) if getattr(question, key.name) != getattr(_DEFAULTS, key.name)}
    return {"checkpoint"} | (DEFAULTED & changed)
