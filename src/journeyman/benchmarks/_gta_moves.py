"""What an agent did in one turn of GTA's step mode, read from its code without running it.

The model writes Python, as everywhere in Journeyman; GTA compares one call: a name and its arguments.
The one call in the code is read by ``ast``, its arguments where they are literals.
"""

import ast
import builtins
import json
import keyword
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from journeyman.action_format import UnreadableActionError
from journeyman.action_formats.python_block import Action, read_action, write_action
from journeyman.benchmarks._gta_gold import GtaTurn
from journeyman.python_syntax import parse_python
from journeyman.schema.record import canonical_json

TEXT_CHARS = 100_000
"""A longer text is not read."""

_FINAL = "final_answer"
_BUILTINS = frozenset(dir(builtins))
_FENCE = re.compile(r"^[ \t]*```(?:py|python)?[ \t]*$", re.MULTILINE)
_UNREADABLE = (ValueError, TypeError, SyntaxError, RecursionError, MemoryError)


class Move(NamedTuple):
    """One turn of the agent, read."""

    kind: Literal["tool", "answer", "error"]
    code: str = ""
    """Empty when no code was found."""
    tool: str = ""
    arguments: Mapping[str, Any] = {}
    """JSON values by parameter; a positional one of a tool that is not offered goes by its place."""
    answer: Any = None
    why: str = ""
    """What made it unreadable."""


def write_turn(turn: GtaTurn) -> str:
    """A gold turn of the assistant as an agent of ours writes it; :func:`read_move` gives the call back."""
    if not turn.tool:
        return write_action(Action(turn.thought, f"{_FINAL}({turn.text!r})"))
    plain = {name: value for name, value in turn.arguments.items() if _is_keyword(name)}
    other = {name: value for name, value in turn.arguments.items() if name not in plain}
    shown = [f"{name}={value!r}" for name, value in plain.items()] + ([f"**{other!r}"] if other else [])
    return write_action(Action(turn.thought, f"result = {turn.tool}({', '.join(shown)})\nprint(result)"))


def read_move(text: str, parameters: Mapping[str, Sequence[str]]) -> Move:
    """The one call in the action ``text``.

    A name that is assigned a literal once may stand for it. No call or several, arguments that only
    running the code would tell, and values that JSON lacks are errors.

    Args:
        text: The assistant's whole text.
        parameters: Tools that are offered -> the names of their parameters, in order.
    """
    if len(text) > TEXT_CHARS:
        return Move("error", why=f"the text is longer than {TEXT_CHARS:,} characters")
    try:
        code, tree = _parsed(text)
    except UnreadableActionError as exc:
        return Move("error", why=str(exc))
    calls = list(_calls(tree))
    if len(calls) != 1:
        return Move("error", code, why=f"{len(calls)} tool calls were found; make one a turn")
    (call,) = calls
    name = call.func.id if isinstance(call.func, ast.Name) else ""
    try:
        found = _arguments(call, _literals(tree), ("value",) if name == _FINAL else parameters.get(name, ()))
        arguments = json.loads(canonical_json(found).encode())
    except _UNREADABLE as exc:
        return Move("error", code, why=f"the arguments of {name} are no plain values: {exc}")
    if name != _FINAL:
        return Move("tool", code, tool=name, arguments=arguments)
    if len(arguments) != 1:
        return Move("error", code, why="final_answer takes one value")
    return Move("answer", code, answer=next(iter(arguments.values())))


def _parsed(text: str) -> tuple[str, ast.Module]:
    """The code of ``text`` and its tree.

    GTA's own calls hold fenced code in strings (``Plot``, ``Solver``), whose fences may stand at the beginning of a
    line; such a text is read again from its first fence line to its last.
    """
    try:
        return _tree(read_action(text).code)
    except UnreadableActionError as exc:
        fences = list(_FENCE.finditer(text))
        if len(fences) < 2:
            raise
        try:
            return _tree(text[fences[0].end() + 1 : fences[-1].start()].rstrip("\n"))
        except UnreadableActionError:
            raise exc from None


def _tree(code: str) -> tuple[str, ast.Module]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the agent's code: invalid escapes and the like
            return code, parse_python(code)
    except _UNREADABLE as exc:
        raise UnreadableActionError(f"the code is not Python: {exc}") from exc


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Calls of plain names that are neither Python's own nor made by the code itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    own |= {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id not in own | _BUILTINS:
            yield node


def _literals(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that are bound once in the whole code, at its top, by ``name = ...``."""
    bound = [n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)]
    found: dict[str, ast.expr] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            target = statement.targets[0]
            if isinstance(target, ast.Name) and bound.count(target.id) == 1:
                found[target.id] = statement.value
    return found


def _arguments(call: ast.Call, literals: Mapping[str, ast.expr], parameters: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    pairs = [(parameters[i] if i < len(parameters) else str(i), node) for i, node in enumerate(call.args)]
    for name, node in [*pairs, *((word.arg, word.value) for word in call.keywords)]:
        value = _literal(node, literals)
        given = {name: value} if name is not None else dict(value)
        if given.keys() & found.keys() or not all(isinstance(key, str) for key in given):
            raise ValueError("an argument is given twice, or its name is no text")
        found |= given
    return found


def _literal(node: ast.expr, literals: Mapping[str, ast.expr]) -> Any:
    if isinstance(node, ast.Name) and node.id in literals:
        node = literals[node.id]
    return ast.literal_eval(node)


def _is_keyword(name: str) -> bool:
    # Python reads other letters in their normal form, which may be another name.
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)
