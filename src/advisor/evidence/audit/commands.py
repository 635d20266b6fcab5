"""Commands that a report prints: would today's engine take them?"""

from advisor.errors import printable
from advisor.evidence.audit.values import Asked
from advisor.evidence.audit.verdicts import AuditVerdict, Finding
from advisor.fit.command_check import check_command
from advisor.fit.pasted import without_secrets
from advisor.reasons import Severity

_LONGEST = 500


def command(asked: Asked) -> Finding:
    """A serve or install command against the flags, the TP rule and the context of what it names."""
    text = asked.word("command")
    checked = check_command(text, asked.catalog)
    inputs: dict[str, float | str] = {"command": printable(without_secrets(text).replace("\\\n", " "), _LONGEST)}
    if checked.program is None:
        formula = "no command that the catalogue knows"
        return Finding(inputs, formula, None, AuditVerdict.UNVERIFIABLE, reasons=checked.reasons)
    refused = sum(reason.severity is Severity.ERROR for reason in checked.reasons)
    doubts = sum(reason.severity is Severity.WARNING for reason in checked.reasons)
    verdict = AuditVerdict.WRONG if checked.is_refused else AuditVerdict.SUSPICIOUS if doubts else AuditVerdict.OK
    formula = f"{checked.program} {checked.version}: {refused or 'no'} objection{'s' if refused != 1 else ''}"
    return Finding(inputs, formula, float(not checked.is_refused), verdict, reasons=checked.reasons)
