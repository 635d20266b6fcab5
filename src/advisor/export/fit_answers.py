"""What to do about a verdict, as documents: remedies where it does not fit, the serve command where it runs."""

from collections.abc import Iterable

from advisor.export.document import Document, ProvenanceMap, Say, reason_document
from advisor.fit.result import FitResult, Remedy, ServeCommand, ServeCopy, ServeFlag
from advisor.quantities.provenance import Level, Provenance


def answer_fields(result: FitResult, say: Say) -> Document:
    """The keys `remedies` and `serve_…` of a fit document."""
    serve = result.serve
    return {
        "remedies": [_remedy(remedy, say) for remedy in result.remedies],
        "serve_argv": list(result.serve_argv),
        "serve_env": dict(result.serve_env),
        "serve_flags": _flags(serve.flags, say) if serve else [],
        "serve_before": [_step(step, say) for step in serve.before] if serve else [],
        "serve_copies": [_copy(copy, say) for copy in serve.copies] if serve else [],
        "serve_cautions": [reason_document(reason, say) for reason in serve.cautions] if serve else [],
    }


def add_answer_provenance(entries: ProvenanceMap, result: FitResult, margin: Provenance) -> None:
    """Origins of the numbers in those keys; margin is what vouches for margins."""
    if result.remedies:
        entries.add("/remedies", margin)
    if result.serve is not None:
        settings = Provenance(Level.DERIVED, "the question, written as the engine's version reads it")
        for key in ("flags", "before", "copies", "cautions"):
            if getattr(result.serve, key):
                entries.add(f"/serve_{key}", settings)


def _remedy(remedy: Remedy, say: Say) -> Document:
    return {
        "reason": reason_document(remedy.reason, say),
        "changes": dict(remedy.changes),
        "verdict": remedy.verdict.value,
        "margin_bytes": remedy.margin_bytes,
    }


def _flags(flags: Iterable[ServeFlag], say: Say) -> list[Document]:
    return [{"name": each.name, "value": each.value, "reason": reason_document(each.reason, say)} for each in flags]


def _step(step: ServeCommand, say: Say) -> Document:
    return {
        "argv": list(step.argv),
        "env": dict(step.env),
        "flags": _flags(step.flags, say),
        "cautions": [reason_document(reason, say) for reason in step.cautions],
    }


def _copy(copy: ServeCopy, say: Say) -> Document:
    return {
        "place": reason_document(copy.place, say),
        "argv": list(copy.argv),
        "env": dict(copy.env),
        "flags": _flags(copy.flags, say),
    }
