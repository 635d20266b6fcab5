"""Tokens of the simulated engine: how text is counted, numbered and made up.

The rule, the same for `/tokenize` and for `usage`: four characters are a token, the rest of a text is one
more, and a chat adds the fixed tokens of its template. Generated words have three letters and a space
before them, so that a client that counts the answer's text by the same rule finds the server's count.
"""

import random
import zlib
from collections.abc import Iterator, Sequence

CHARACTERS_PER_TOKEN = 4
CONVERSATION_TOKENS = 1
"""Begin of text."""
MESSAGE_TOKENS = 5
"""Header start, role, header end, blank line, end of turn: what Llama 4's template puts around a message."""
GENERATION_PROMPT_TOKENS = 4
"""The header of the answer to come."""
VOCABULARY = 202_048
"""Size of Llama 4's vocabulary: ids stay below it, and mean nothing."""

_TEMPLATE_ID = 200_000

_THREE_LETTERS = (
    "act add age air all and any ask bay bed big bit box boy bus but buy can car cat cow cup cut day dog dry "
    "ear eat egg end eye far few fit fly for fun get gas hat her him his hot how ice job key kid law lay leg "
    "let lie lot low man map may mix mud new not now off oil old one our out own pay pen pot put ran red rib "
    "run sad say sea see set she sit six sky son sun tax tea ten the tie tin too top toy try two use van war "
    "was way wet who why win yes yet you zoo"
)
WORDS = tuple(f" {word}" for word in _THREE_LETTERS.split())
"""What the engine says: each word is exactly one token by the rule above."""


def count_text(text: str) -> int:
    """Tokens of a text."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def count_chat(contents: Sequence[str], *, generation_prompt: bool = True) -> int:
    """Tokens of a chat with messages of these contents, its template included."""
    return sum(map(count_text, contents)) + _template_tokens(len(contents), generation_prompt=generation_prompt)


def text_ids(text: str) -> list[int]:
    """An id for each token of a text: equal pieces have equal ids."""
    pieces = (text[start : start + CHARACTERS_PER_TOKEN] for start in range(0, len(text), CHARACTERS_PER_TOKEN))
    return [zlib.crc32(_bytes(piece)) % _TEMPLATE_ID for piece in pieces]


def chat_ids(contents: Sequence[str], *, generation_prompt: bool = True) -> list[int]:
    """An id for each token of a chat; those of the template lie above those of text."""
    template = _template_tokens(len(contents), generation_prompt=generation_prompt)
    ids = [_TEMPLATE_ID + number % (VOCABULARY - _TEMPLATE_ID) for number in range(template)]
    return ids + [token for content in contents for token in text_ids(content)]


def text_seed(prompt: str | Sequence[int] | Sequence[str]) -> int:
    """What an answer depends on besides the profile's seed: a checksum of the prompt."""
    return zlib.crc32(_bytes(prompt if isinstance(prompt, str) else repr(list(prompt))))


def generated_words(seed: int, prompt_seed: int) -> Iterator[str]:
    """The endless answer of one (profile seed, prompt): a word a token, its space before it."""
    draw = random.Random(f"{seed}:{prompt_seed}:text")  # noqa: S311 # reproducible, not secret
    while True:
        yield WORDS[int(draw.random() * len(WORDS))]


def _template_tokens(messages: int, *, generation_prompt: bool) -> int:
    answer = GENERATION_PROMPT_TOKENS if generation_prompt else 0
    return CONVERSATION_TOKENS + MESSAGE_TOKENS * messages + answer


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # JSON can carry a lone surrogate
