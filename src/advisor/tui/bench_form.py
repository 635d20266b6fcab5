"""The form of the Bench screen: what is typed and chosen, as it stands there."""

from dataclasses import dataclass

from advisor.workflows.benchmark_defaults import DEFAULT_PRESET

NOT_STATED = "not stated"
BY_NAME = "by its name"


@dataclass(frozen=True, slots=True)
class BenchForm:
    """Values as typed; empty text means as the preset, or the server, has it."""

    endpoint: str = ""
    model: str = ""
    preset: str = DEFAULT_PRESET
    concurrency: str = ""
    requests: str = ""
    tokens: str = ""
    targets: str = ""
    key_variable: str = ""
    instance: str = NOT_STATED
    serves: str = BY_NAME
    checkpoint: str = BY_NAME
    tp: str = NOT_STATED
    engine: str = ""
