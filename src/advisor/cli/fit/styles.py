"""How a verdict is coloured; its word stands beside it always."""

from advisor.fit.result import Verdict

STYLES = {
    Verdict.FITS: "bold green",
    Verdict.TIGHT: "bold yellow",
    Verdict.DOES_NOT_FIT: "bold red",
    Verdict.INVALID: "bold red",
    Verdict.UNSUPPORTED: "bold red",
}
