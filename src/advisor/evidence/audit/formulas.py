"""Arithmetic as a report file writes it: numbers, names, + - * / and brackets, and nothing else."""

import ast
import operator
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LONGEST = 300
_DEEPEST = 20


def names(formula: str) -> tuple[str, ...]:
    """The names in a formula, in order. ValueError for what is not arithmetic."""
    tree = _parsed(formula)
    _check(tree, 0)
    return tuple(dict.fromkeys(node.id for node in ast.walk(tree) if isinstance(node, ast.Name)))


def evaluate(formula: str, values: Mapping[str, float]) -> float:
    """The result. ValueError for what is not arithmetic, ArithmeticError for a division by zero."""
    return _value(_parsed(formula), values)


def _parsed(formula: str) -> ast.expr:
    if len(formula) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST} characters")
    try:
        return ast.parse(formula, mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError("write numbers, names, + - * / and brackets") from error


def _check(node: ast.expr, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError("it is nested too deeply")
    match node:
        case ast.BinOp(left, operation, right) if type(operation) in _OPERATORS:
            _check(left, depth + 1)
            _check(right, depth + 1)
        case ast.UnaryOp(ast.USub(), operand):
            _check(operand, depth + 1)
        case ast.Name():
            pass
        case ast.Constant(value) if type(value) in (int, float):
            pass
        case _:
            raise ValueError("write numbers, names, + - * / and brackets")


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    match node:
        case ast.BinOp(left, operation, right):
            return _OPERATORS[type(operation)](_value(left, values), _value(right, values))
        case ast.UnaryOp(_, operand):
            return -_value(operand, values)
        case ast.Name(name):
            return values[name]
        case ast.Constant(int() | float() as number):
            return float(number)
        case _:
            raise ValueError("write numbers, names, + - * / and brackets")
