"""What the tests of the simulated endpoint share: reading streams, captures and metrics pages."""

import json
from pathlib import Path
from typing import Any

import httpx

CAPTURES = Path(__file__).parent / "captures"
"""Raw answers of vLLM 0.32.0 (CPU) to the same kinds of request, and the metrics that are simulated too."""


def captured_body(name: str) -> str:
    """The body of a captured response, without its head."""
    return (CAPTURES / name).read_text(encoding="utf-8").split("\n\n", 1)[1]


def events(text: str) -> list[dict[str, Any]]:
    """The JSON events of a stream that ends as it must."""
    lines = [line for line in text.splitlines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    return [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]


def shape(value: Any) -> Any:
    """A JSON value with its keys, in order, and the kinds of its leaves instead of the leaves."""
    if isinstance(value, dict):
        return [(key, shape(inner)) for key, inner in value.items()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    return type(value).__name__


def text_of(chunks: list[dict[str, Any]]) -> str:
    """The answer that a stream's events spell."""
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content", "") if "delta" in choice else choice["text"] for choice in choices)


def chat_body(prompt: str = "How is the weather?", **parameters: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": prompt}], **parameters}


def samples(page: str) -> dict[str, float]:
    """A metrics page as name{labels} → value."""
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}


def total(page: str, name: str, *labels: str) -> float:
    """The sum of a metric's samples that carry all these labels."""
    found = [
        value
        for key, value in samples(page).items()
        if key.startswith(f"vllm:{name}{{") and all(label in key for label in labels)
    ]
    assert found, f"the page has no vllm:{name} with {labels}"
    return sum(found)


def metrics_page(client: httpx.Client) -> str:
    return client.get("/metrics").text
