"""What becomes of a record that cannot be read: commands stop at it, the app goes on without it and says so."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from advisor.errors import InputError


class Strict:
    """Nothing is left out: the first mistake is raised."""

    found: tuple[InputError, ...] = ()
    _nothing = nullcontext()

    def skipping(self) -> AbstractContextManager[None]:
        """What cannot be read ends the work."""
        return self._nothing


class Lenient:
    """What cannot be read is left out and kept here, to be shown: nothing is left out in silence."""

    def __init__(self) -> None:
        self._found: dict[str, InputError] = {}

    @property
    def found(self) -> tuple[InputError, ...]:
        """Every mistake once, in the order in which they were met."""
        return tuple(self._found.values())

    @contextmanager
    def skipping(self) -> Iterator[None]:
        """The block is given up where something in it cannot be read."""
        try:
            yield
        except InputError as error:
            self._found.setdefault(error.sentence(), error)


Complaints = Strict | Lenient
STRICT = Strict()
