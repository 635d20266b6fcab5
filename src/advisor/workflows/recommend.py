"""From settings or an exported file to a recommendation."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from advisor.advice.advise import Knowledge, advise
from advisor.advice.recommendation import Recommendation
from advisor.advice.workload import Workload, workload_from
from advisor.export.document import Document, Say
from advisor.export.recommendation_document import recommendation_document, sealed
from advisor.export.recommendation_file import workload_settings
from advisor.export.workload_file import read_workload


def recommend(settings: Mapping[str, Any], knowledge: Knowledge, assumed: Collection[str] = ()) -> Recommendation:
    """The recommendation for stated settings; everything unstated, or named in assumed, is a named default."""
    return advise(workload(settings, knowledge, assumed), knowledge)


def workload(settings: Mapping[str, Any], knowledge: Knowledge, assumed: Collection[str] = ()) -> Workload:
    """The workload of stated settings, checked against the catalogue."""
    catalog = knowledge.catalog
    return workload_from(settings, catalog, assumed=assumed)


def settings_from_file(path: Path) -> dict[str, Any]:
    """Workload settings from a workload file."""
    return read_workload(path)


def workload_of(document: Document, knowledge: Knowledge) -> Workload:
    """The workload of an exported recommendation, with its own list of assumptions."""
    settings, defaulted = workload_settings(document)
    catalog = knowledge.catalog
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in settings.items()}
    return workload_from(plain, catalog, defaulted)


def answer_again(before: Document, knowledge: Knowledge, say: Say) -> Document:
    """The workload of an exported recommendation answered with today's knowledge.

    What a verification found stays with an unchanged question and an unchanged pick, and with no other.
    """
    fresh = recommendation_document(advise(workload_of(before, knowledge), knowledge), say)
    if (fresh["id"], fresh["pick_hash"]) != (before["id"], before["pick_hash"]):
        return fresh
    found = {check["model"]: check["state"] for check in before.get("verify", []) if "state" in check}
    for check in fresh.get("verify", []):
        if check["model"] in found:
            check["state"] = found[check["model"]]
    return sealed({**fresh, "state": before["state"]})
