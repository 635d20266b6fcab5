"""Prompts of a wanted length: natural text, repeatable with the seed, never served from a prefix cache.

What a prompt says comes from (seed, cell, phase, index), so that a repeated run asks the same. In front
of it stand a few words from the run's nonce, so that no two prompts, in this run or another, begin
alike. Text is prose and not one word repeated, since repeated tokens route to the same experts and
flatter a mixture-of-experts model (facts: benchmark-runner, section 6, no. 12).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Literal

from advisor.bench.plan import Api
from advisor.bench.records import CellKey, Phase

NONCE_WORDS = 5
"""Out of a vocabulary of about a thousand: some 50 bits at the very front of each prompt."""

OPTIONAL_PARAMETERS = ("stream_options", "ignore_eos", "min_tokens")
"""Request parameters that some servers refuse; a run goes on without them, and says so."""

ROUTES: Mapping[Api, str] = MappingProxyType({"chat": "chat/completions", "completions": "completions"})
"""Where each API is served, below `/v1/`."""

_ASSUMED_TOKENS_PER_WORD = 1.3
_ASSUMED_OVERHEAD_TOKENS = 20.0


@dataclass(frozen=True, slots=True)
class PromptCalibration:
    """How many tokens a prompt has on this server: overhead (template and nonce) plus tokens per word.

    source is `usage` where two probes measured it, else `assumed`: typical for English in current
    vocabularies, and nothing more.
    """

    overhead_tokens: float
    tokens_per_word: float
    source: Literal["usage", "assumed"]

    @classmethod
    def assumed(cls) -> "PromptCalibration":
        return cls(_ASSUMED_OVERHEAD_TOKENS, _ASSUMED_TOKENS_PER_WORD, "assumed")

    @classmethod
    def from_probes(cls, short: tuple[int, int], long: tuple[int, int]) -> "PromptCalibration":
        """From two probes of (words, prompt tokens); assumed where they contradict each other."""
        words, tokens = long[0] - short[0], long[1] - short[1]
        if words <= 0 or tokens <= 0:
            return cls.assumed()
        slope = tokens / words
        return cls(max(0.0, short[1] - slope * short[0]), slope, "usage")

    def words_for(self, tokens: int) -> int:
        """Words of text that make a prompt of `tokens`; at least one."""
        return max(1, round((tokens - self.overhead_tokens) / self.tokens_per_word))


def prompt_text(seed: int, nonce: str, cell: CellKey, phase: Phase, index: int, words: int) -> str:
    """The prompt of one request: nonce words, then `words` words of text."""
    place = f"{cell.label}/{phase}/{index}"
    random = Random(f"{seed}/{place}")  # noqa: S311  repeatable text, not a secret
    return f"{_nonce_sentence(nonce, place)} {_text(random, words)}"


def request_body(api: Api, model: str, prompt: str, output_tokens: int, optional: frozenset[str]) -> bytes:
    """The JSON of one streamed request. optional: those of `OPTIONAL_PARAMETERS` that are sent."""
    body: dict[str, object] = {"model": model}
    if api == "chat":
        body["messages"] = [{"role": "user", "content": prompt}]
    else:
        body["prompt"] = prompt
    body |= {"max_tokens": output_tokens, "temperature": 0, "stream": True}
    values = {"stream_options": {"include_usage": True}, "ignore_eos": True, "min_tokens": output_tokens}
    body |= {name: value for name, value in values.items() if name in optional}
    return json.dumps(body, separators=(",", ":")).encode()


def _nonce_sentence(nonce: str, place: str) -> str:
    digest = hashlib.sha256(f"{nonce}/{place}".encode()).digest()
    vocabulary = _vocabulary()
    numbers = (int.from_bytes(digest[3 * i : 3 * i + 3]) for i in range(NONCE_WORDS))
    return " ".join(vocabulary[number % len(vocabulary)] for number in numbers).capitalize() + "."


def _text(random: Random, words: int) -> str:
    found: list[str] = []
    for sentence in _sentences_without_end(random):
        found += sentence
        if len(found) >= words:
            break
    return " ".join(found[:words])


def _sentences_without_end(random: Random) -> Iterator[tuple[str, ...]]:
    """Sentences in a random order; once all were used, in another one."""
    order = list(_sentences())
    while True:
        random.shuffle(order)
        yield from order


@cache
def _sentences() -> tuple[tuple[str, ...], ...]:
    text = Path(__file__).with_name("corpus.txt").read_text(encoding="utf-8")
    return tuple(tuple(line.split()) for line in text.splitlines() if line)


@cache
def _vocabulary() -> tuple[str, ...]:
    words = {word.strip(".,").lower() for sentence in _sentences() for word in sentence}
    return tuple(sorted(word for word in words if len(word) >= 4 and word.isalpha()))
