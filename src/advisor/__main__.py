"""Entry point: the app on a terminal, the command line otherwise."""

import gc
import sys

_YOUNG_OBJECTS = 20_000
"""Collect garbage after so many new objects: what a command loads stays, and looking through it finds nothing."""


def main() -> int:
    """Run `advisor` with the process's own arguments."""
    argv = sys.argv[1:]
    if not argv and sys.stdin.isatty() and sys.stdout.isatty():
        from advisor.tui.app import run  # the screen library loads only for the app

        return run()
    if argv == ["--version"]:
        from advisor.cli.version import VERSION_LINE  # scripts ask it often, and it needs no parser

        sys.stdout.write(f"{VERSION_LINE}\n")
        return 0
    gc.set_threshold(_YOUNG_OBJECTS)
    from advisor.cli.main import main as run_command

    code = run_command(argv)
    gc.disable()  # else all of it is looked through once more on the way out
    return code


if __name__ == "__main__":
    sys.exit(main())
