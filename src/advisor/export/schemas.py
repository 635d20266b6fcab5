"""The JSON Schemas of the contracts: generated from the models, read from the shipped files.

Regenerate after changing a contract: `python -m advisor.export.schemas`. A test holds the files against
the models.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.errors import UnknownIdError

if TYPE_CHECKING:
    from pydantic import BaseModel

DIRECTORY = Path(__file__).parent / "schemas"


def schema_names() -> tuple[str, ...]:
    """Names of the documents that have a schema: `fit`, `recommendation` …"""
    return tuple(sorted(path.name.split("-")[0].removeprefix("advisor.") for path in DIRECTORY.glob("*.schema.json")))


def schema_text(name: str) -> str:
    """The shipped schema of a document. UnknownIdError for one that has none."""
    path = DIRECTORY / file_name(name)
    if not path.is_file():
        raise UnknownIdError("schema", name, schema_names())
    return path.read_text(encoding="utf-8")


def file_name(name: str) -> str:
    return f"advisor.{name}-1.schema.json"


def generate() -> dict[str, str]:
    """Every schema as text, by document name."""
    return {name: _text(name, model) for name, model in _models().items()}


def _models() -> dict[str, "type[BaseModel]"]:
    from advisor.export import (
        audit_contract,
        benchmark_contract,
        catalog_contract,
        contracts,
        fit_contract,
        identify_contract,
        recommendation_contract,
        refresh_contract,
    )

    return {
        "fit": fit_contract.Fit,
        "fits": fit_contract.Fits,
        "identify": identify_contract.Identify,
        "prices": catalog_contract.Prices,
        "catalog": catalog_contract.Catalog,
        "audit": audit_contract.Audit,
        "chart": audit_contract.Chart,
        "evidence": contracts.Evidence,
        "benchmark": benchmark_contract.Benchmark,
        "runs": benchmark_contract.Runs,
        "verify": benchmark_contract.Verify,
        "error": contracts.Error,
        "check": catalog_contract.Check,
        "recheck": contracts.Recheck,
        "refresh": refresh_contract.Refresh,
        "recommendation": recommendation_contract.Recommendation,
    }


def _text(name: str, model: "type[BaseModel]") -> str:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": file_name(name),
        **model.model_json_schema(by_alias=True),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def write() -> None:
    """Write the generated schemas into the package."""
    DIRECTORY.mkdir(exist_ok=True)
    for name, text in generate().items():
        (DIRECTORY / file_name(name)).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
