"""The serve command, with the reason of each setting that is not the engine's default."""

import shlex

from textual.content import Content

from advisor.fit.result import FitResult, ServeCommand
from advisor.tui.views.text import heading, lines, muted
from advisor.wording.reasons import sentence


def plain(result: FitResult) -> str:
    """What a shell takes, one command a line; empty where nothing runs."""
    return "\n".join(_shell(result.serve)) if result.serve is not None else ""


def explained(result: FitResult) -> Content:
    """The command, then a comment for each setting, then what to beware of."""
    serve = result.serve
    if serve is None:
        return Content("")
    comments = [
        Content.assemble((f"# {flag.name}: ", "$secondary"), muted(sentence(flag.reason)))
        for command in (*serve.before, serve)
        for flag in command.flags
    ]
    cautions = [
        Content.assemble(("! ", "$warning"), sentence(reason))
        for command in (*serve.before, serve)
        for reason in command.cautions
    ]
    return lines(heading("Serve"), plain(result), *comments, *cautions)


def _shell(command: ServeCommand) -> list[str]:
    before = [line for step in command.before for line in _shell(step)]
    exports = [f"export {name}={shlex.quote(value)}" for name, value in command.env]
    return [*before, *exports, shlex.join(command.argv)]
