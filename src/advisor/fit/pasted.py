"""A paste taken apart as a shell would: commands, each as its words. Nothing in it is run or expanded."""

import re
import shlex
from collections.abc import Iterator

_CONTINUED = re.compile(r"\\[ \t]*\r?\n")
_SUBSTITUTED = re.compile(r"\$\([^()]*\)|`[^`]*`")
_DESCRIPTOR = re.compile(r"(?<=\s)[0-2](?=>)")
_SETTING = re.compile(r"^[A-Za-z_][A-Za-z0-9_]*=")
_OPERATORS = ";|&<>\n"
_SECRET_SETTING = re.compile(
    r"\b([A-Za-z0-9_]*(?:TOKEN|KEY|SECRET|PASSWORD))=(?:'[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE
)
_SECRET_FLAG = re.compile(r"(--(?:api-key|hf-token)(?:=|\s+))(?:'[^']*'|\"[^\"]*\"|[^\s'\"]+)")


def commands(text: str) -> Iterator[list[str]]:
    """The commands of a paste without settings of the environment and redirections; ValueError for open quotes."""
    plain = _DESCRIPTOR.sub("", _SUBSTITUTED.sub("$(…)", _CONTINUED.sub(" ", text)))
    twice = plain.replace("\n", "\n\n")  # a comment swallows the end of its line, which ends the command too
    lexer = shlex.shlex(twice, posix=True, punctuation_chars=_OPERATORS)
    lexer.whitespace_split = True
    lexer.whitespace = " \t\r"
    words, is_redirected = list[str](), False
    for word in lexer:
        if word and not word.strip(_OPERATORS):
            is_redirected = "<" in word or ">" in word
            if not is_redirected:
                yield _started(words)
                words = []
        elif is_redirected:
            is_redirected = False
        else:
            words.append(word)
    yield _started(words)


def without_secrets(text: str) -> str:
    """The paste with the values of keys, tokens and passwords masked, to be shown again."""
    return _SECRET_FLAG.sub(r"\1***", _SECRET_SETTING.sub(r"\1=***", text))


def _started(words: list[str]) -> list[str]:
    """From the program's name on."""
    while words and (_SETTING.match(words[0]) or words[0] in ("$", "sudo", "env", "export")):
        words = words[1:]
    return words
