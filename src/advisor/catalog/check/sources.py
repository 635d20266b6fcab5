"""Sources: every id that is cited is listed, and every one that is listed is cited."""

import re
from collections.abc import Iterator

from advisor.catalog.check.findings import Finding, doubtful, judged, wrong
from advisor.catalog.check.subject import Subject
from advisor.catalog.toml_lines import line_of
from advisor.errors import InputError, near, printable

_ID = re.compile(r"[A-Za-z0-9._]+-[A-Za-z0-9._-]+")
"""Ids of sources are words joined by dashes; other words are a source in themselves."""


def cited_sources(subject: Subject) -> Iterator[Finding]:
    """Citations of nothing, and of ids that no sources.toml lists."""
    for citation in subject.citations:
        listed = citation.id in subject.listed
        if not citation.source.strip():
            yield wrong("no_source", citation.error("no source is stated", "Say what was read, or cite an id."))
        elif not listed and _ID.fullmatch(citation.id):
            close = near(citation.id, subject.listed)
            hint = f"Did you mean {' or '.join(close)}?" if close else "List it in sources.toml, or cite in words."
            error = citation.error(f"'{printable(citation.id)}' is not in sources.toml", hint)
            yield judged("unknown_source", error, is_shipped=citation.is_shipped)


def uncited_sources(subject: Subject) -> Iterator[Finding]:
    """Listed sources that nothing rests on."""
    cited = {citation.id for citation in subject.citations}
    for key, file in subject.listed.items():
        if key not in cited:
            line = line_of(file.read_text(encoding="utf-8"), [key])
            error = InputError("no record cites this source", file=file, line=line, key=key, hint="Leave it out.")
            yield doubtful("uncited_source", error)
