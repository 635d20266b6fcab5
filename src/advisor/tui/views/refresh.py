"""What the refresh dialog says: where it stands, and what would change."""

from collections.abc import Sequence

from textual.content import Content

from advisor.tui.views.text import heading, lines, muted
from advisor.wording.refresh import change_cells, feed_line, gone_cells, summary
from advisor.workflows.refresh.read import Refresh

_MOST_GONE = 20
"""A feed that lists little would fill the dialog with what it does not list."""


def found(refresh: Refresh, *, wide: bool) -> Content:
    """The difference, what a person should look at first, then what became of each file."""
    difference = refresh.difference
    parts: list[Content | str] = [summary(refresh)]
    looked_at = [each for each in difference.changes if each.doubts]
    others = difference.changes[len(looked_at) :]
    for title, rows in (("Look at", looked_at), ("Prices", others)):
        if rows:
            written = (_row(change_cells(each), doubtful=bool(each.doubts), wide=wide) for each in rows)
            parts += ["", heading(title), *written]
    if difference.gone:
        parts += ["", heading("No longer listed")]
        parts += [_row(gone_cells(each), wide=wide) for each in difference.gone[:_MOST_GONE]]
        if len(difference.gone) > _MOST_GONE:
            parts.append(muted(f"and {len(difference.gone) - _MOST_GONE} more"))
    parts += ["", heading("Files"), *(muted(feed_line(report)) for report in refresh.feeds)]
    return lines(*parts)


def _row(cells: Sequence[str], *, wide: bool, doubtful: bool = False) -> Content:
    region, instance, bought, before, now, moved, note = cells
    price = (f"{f'{before} → {now}' if before and now else before or now:<20}", "bold")
    remark = (note, "$warning" if doubtful else "$secondary")
    if wide:
        return Content.assemble(f"{region:<15}{instance:<17}{bought:<36} ", price, f"{moved:>9}  ", remark)
    where = (f"  {region} · {bought}{' · ' if note else ''}", "$secondary")
    return lines(Content.assemble(f"{instance:<17}", price, f"{moved:>9}"), Content.assemble(where, remark))
