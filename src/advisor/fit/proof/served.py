"""Which checkpoint of the catalogue a server names, if it names one."""

from collections.abc import Iterable

from advisor.catalog.records.models import Checkpoint, Model


def served_as(models: Iterable[Model], *names: str | None) -> tuple[Model, Checkpoint] | None:
    """The first checkpoint whose repository is one of these names, however it is capitalised."""
    wanted = {name.casefold() for name in names if name}
    for model in models:
        for checkpoint in model.checkpoints.values():
            if checkpoint.repository.casefold() in wanted:
                return model, checkpoint
    return None
