"""`advisor catalog`: explore instances and their prices. Each action lives in a module of its own."""

from advisor.cli.catalog import check, compare, prices, refresh, set_price, show
from advisor.cli.catalog import list as list_
from advisor.cli.parser import Subparsers, command

_ACTIONS = (list_, show, compare, prices, refresh, set_price, check)


def add(commands: Subparsers, name: str, summary: str) -> None:
    parser = command(commands, name, summary, None, example="advisor catalog show p5.48xlarge --region us-east-2")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions")
    for action in _ACTIONS:
        action.add(actions)
