"""Rich's console behind the same guard as plain lines: no control characters, no character it cannot encode."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn, TextIO

from rich.console import Console
from rich.segment import Segment

from advisor.cli.safe_text import without_controls
from advisor.wording.glyphs import in_ascii

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType


class GuardedConsole(Console):
    """Styles are Rich's own escape sequences; everything else that would be one is taken out of the text."""

    def __init__(self, stream: TextIO, width: int | None, *, unicode: bool) -> None:
        super().__init__(file=stream, width=width, markup=False, highlight=False, emoji=False, safe_box=True)
        self._unicode = unicode

    def render(self, renderable: "RenderableType", options: "ConsoleOptions | None" = None) -> Iterable[Segment]:
        """The pieces of a renderable, their text made safe."""
        return self._guarded(super().render(renderable, options))

    def on_broken_pipe(self) -> NoReturn:
        """Leave what follows to the one place that handles it for all output."""
        raise BrokenPipeError

    def _guarded(self, segments: Iterable[Segment]) -> Iterator[Segment]:
        for segment in segments:
            if segment.control:
                yield segment
                continue
            shown = without_controls(segment.text)
            yield Segment(shown if self._unicode else in_ascii(shown), segment.style)
