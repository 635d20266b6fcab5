"""From a request of the journal and its events to what the metrics work on. Pure."""

import numpy as np

from advisor.bench.events import Events, is_content
from advisor.bench.metrics import Sample
from advisor.bench.records import Outcome, RequestRecord
from advisor.bench.result import TokenSource


def sample_of(record: RequestRecord, rows: Events) -> Sample:
    """One request with its own rows of the trace."""
    content = rows[is_content(rows)]
    return Sample(
        outcome=record.outcome,
        sent_ns=record.sent_ns or record.ended_ns,  # one that was never sent was never in flight
        ended_ns=record.ended_ns,
        content_ns=content["hi_ns"].astype(np.int64),
        content_tokens=content["tokens"].astype(np.int64),
        output_tokens=_output_tokens(record, len(content)) if record.outcome is Outcome.OK else None,
        prompt_tokens=record.prompt_tokens,
    )


def token_source_of(record: RequestRecord) -> TokenSource:
    """The best source of its output tokens: usage, then listed ids, then counting events."""
    if record.completion_tokens is not None:
        return TokenSource.SERVER
    return TokenSource.IDS if record.token_ids is not None else TokenSource.EVENTS


def _output_tokens(record: RequestRecord, content_events: int) -> int:
    if record.completion_tokens is not None:
        return record.completion_tokens
    return record.token_ids if record.token_ids is not None else content_events
