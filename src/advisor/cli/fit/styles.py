"""How a verdict is coloured, its word beside it always, and the marks of its reasons."""

from advisor.fit.result import Verdict
from advisor.reasons import Severity

STYLES = {
    Verdict.FITS: "bold green",
    Verdict.TIGHT: "bold yellow",
    Verdict.DOES_NOT_FIT: "bold red",
    Verdict.INVALID: "bold red",
    Verdict.UNSUPPORTED: "bold red",
}

MARKS = {Severity.ERROR: "×", Severity.WARNING: "!", Severity.INFO: "-"}
