"""GTA's official data: ``gta_dataset/`` with ``dataset.json`` and ``image/``, read whole and checked item by item."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from journeyman.benchmark import ProblemSet
from journeyman.benchmarks._gta_gold import GtaGold, GtaTool, GtaTurn
from journeyman.benchmarks._official_files import (
    OfficialFiles,
    extension,
    first_problem,
    is_inside,
    media_file,
    named,
    open_official,
    parse_json,
)
from journeyman.errors import ConfigError
from journeyman.metrics.gta import CATEGORIES, NUM_QUERIES, NUM_TEXT_ANSWERS, NUM_TOOL_STEPS, canonical_tool
from journeyman.schema.media import MediaFile
from journeyman.schema.problem import AS_IN_THE_RECIPE, Problem, groups_json
from journeyman.schema.query import FileRef, Query
from journeyman.schema.record import canonical_json

DATASET = "dataset.json"
TOOLS = "toolmeta.json"
LICENCE = "Apache-2.0 (open-compass/GTA)"
GROUPINGS = ("answer", "tools", "steps", "categories")
"""Kind of answer, different tools in the gold dialog, its assistant turns, and the letters of its tools' categories."""

_WHERE = "github.com/open-compass/GTA, release v0.1.0, gta_dataset.zip"
Text = Annotated[str, StringConstraints(min_length=1)]
ToolName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


def _or_empty(value: Any) -> Any:
    return () if value is None else value


class _Lenient(BaseModel):
    # Fields that nothing here uses may come and go between versions of the data.
    model_config = ConfigDict(frozen=True, extra="ignore", strict=False)


class _Parameter(_Lenient):
    name: str | None = None
    type: str | None = None
    description: str | None = None
    optional: bool | None = None
    default: Any = None


class _Tool(_Lenient):
    name: ToolName
    description: str | None = None
    inputs: Annotated[tuple[_Parameter, ...], BeforeValidator(_or_empty)] = ()
    outputs: Annotated[tuple[_Parameter, ...], BeforeValidator(_or_empty)] = ()


class _File(_Lenient):
    path: Text


class _Function(_Lenient):
    name: ToolName
    arguments: dict[str, Any]


class _Call(_Lenient):
    function: _Function


class _Turn(_Lenient):
    role: Literal["user", "assistant", "tool"]
    content: Any = None
    thought: str | None = None
    tool_calls: Annotated[tuple[_Call, ...], BeforeValidator(_or_empty)] = ()


class _Lists(_Lenient):
    whitelist: tuple[tuple[str, ...], ...]
    blacklist: tuple[tuple[str, ...], ...] | None = None


class _Item(_Lenient):
    tools: tuple[_Tool, ...]
    files: tuple[_File, ...]
    dialogs: Annotated[tuple[_Turn, ...], Field(min_length=1)]
    gt_answer: _Lists | tuple[str, ...] | None


@dataclass
class _Reading:
    """What is gathered while the items are read."""

    benchmark: str
    files: OfficialFiles
    described: Mapping[str, _Tool]
    media: dict[str, MediaFile] = field(default_factory=dict)
    by_path: dict[str, MediaFile] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    missing: dict[str, None] = field(default_factory=dict)
    undecodable: dict[str, None] = field(default_factory=dict)
    oddities: Counter[str] = field(default_factory=Counter)


def read_gta(source: str, *, benchmark: str) -> ProblemSet:
    """The queries of GTA, in the data's own order.

    Args:
        source: ``gta_dataset/``, a folder around it, or the zip of either.
        benchmark: Plugin that shall score them.

    Raises:
        ConfigError: Not there, not GTA, an item that cannot be used, or pictures are missing.
    """
    files = open_official(source, benchmark="GTA", wanted=(DATASET,))
    reading = _Reading(benchmark, files, _described_tools(files))
    problems = [
        problem
        for problem_id, raw in _raw_items(parse_json(files.read(DATASET), f"GTA's {DATASET}"))
        if (problem := _problem(problem_id, raw, reading)) is not None
    ]
    _refuse_faults(reading, len(problems))
    return ProblemSet(tuple(problems), tuple(reading.media.values()), _facts(problems, reading))


def _raw_items(data: Any) -> Iterator[tuple[str, Any]]:
    """Id and item of each query; an item of a list may carry its id, else its place is its id."""
    if isinstance(data, dict):
        pairs = list(data.items())
    elif isinstance(data, list):
        pairs = [(str(_own_id(item, i)), item) for i, item in enumerate(data)]
    else:
        raise ConfigError(
            f"GTA's {DATASET} holds a {type(data).__name__}, not an object of queries; get it from {_WHERE}"
        )
    if not pairs:
        raise ConfigError(f"GTA's {DATASET} holds no query; get it from {_WHERE}")
    twice = [name for name, count in Counter(name for name, _ in pairs).items() if count > 1]
    if twice:
        raise ConfigError(f"GTA's {DATASET} has {len(twice)} ids twice ({named(twice)}); get it from {_WHERE}")
    yield from pairs


def _own_id(item: Any, place: int) -> Any:
    given = item.get("id", item.get("idx")) if isinstance(item, dict) else None
    return given if isinstance(given, (str, int)) and str(given) else place


def _problem(problem_id: str, raw: Any, reading: _Reading) -> Problem | None:
    """One query; None where it cannot be used, and why is noted."""
    try:
        item = _Item.model_validate(raw)
    except ValidationError as exc:
        reading.faults.append(f"query {problem_id!r}: {first_problem(exc)}")
        return None
    fault = _dialog_fault(item) or next(
        (f"files: {f.path!r} leads out" for f in item.files if not is_inside(f.path)), ""
    )
    if fault:
        reading.faults.append(f"query {problem_id!r}: {fault}")
        return None
    refs = _file_refs(item, reading)
    try:
        gold = _gold(item, refs, reading)
    except (ValueError, RecursionError) as exc:
        reading.faults.append(f"query {problem_id!r}: its dialog cannot be kept: {exc}")
        return None
    tools = tuple(dict.fromkeys(turn.tool for turn in gold.turns if turn.tool))
    query = Query(
        query_id=f"{reading.benchmark}-{problem_id}",
        split="held_out",
        family=f"gta/{gold.answer_kind}",
        text=gold.turns[0].text,
        tools=tools,
        needs_picture=bool(refs),
        seed=0,
        files=refs,
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Problem(
        problem_id=problem_id,
        benchmark=reading.benchmark,
        query=query,
        gold_json=canonical_json(gold),
        groups_json=groups_json(_groups(gold, tools)),
        tools=AS_IN_THE_RECIPE,
    )


def _dialog_fault(item: _Item) -> str:
    first = item.dialogs[0]
    if first.role != "user":
        return f"dialogs.0: the first turn is the {first.role}'s, not the user's"
    for i, turn in enumerate(item.dialogs):
        if turn.role == "user" and not (isinstance(turn.content, str) and turn.content.strip()):
            return f"dialogs.{i}: the user's turn has no text"
        if turn.role == "assistant" and not turn.tool_calls and not isinstance(turn.content, str):
            return f"dialogs.{i}: the assistant's turn has neither a tool call nor a text"
    return "" if any(turn.role == "assistant" for turn in item.dialogs) else "dialogs: no turn is the assistant's"


def _file_refs(item: _Item, reading: _Reading) -> tuple[FileRef, ...]:
    refs = []
    for number, file in enumerate(item.files, start=1):
        found = _picture(file.path, reading)
        if found is not None:
            name = f"file_{number}.{extension(file.path, found.media_type.removeprefix('image/'))}"
            refs.append(FileRef(name=name, sha256=found.sha256, media_type=found.media_type, origin=file.path))
    return tuple(refs)


def _picture(path: str, reading: _Reading) -> MediaFile | None:
    if path not in reading.by_path:
        if not reading.files.has(path):
            reading.missing[path] = None
            return None
        found = media_file(reading.files.read(path), path, source=f"gta:{path}", licence=LICENCE)
        if not found.media_type.startswith("image/"):
            reading.undecodable[path] = None
        reading.by_path[path] = reading.media.setdefault(found.sha256, found)
    return reading.by_path[path]


def _gold(item: _Item, refs: tuple[FileRef, ...], reading: _Reading) -> GtaGold:
    names = {ref.origin: ref.name for ref in refs}
    tools = tuple(_tool(reading.described.get(tool.name, tool) if not tool.inputs else tool) for tool in item.tools)
    turns = tuple(_turn(turn, names) for turn in item.dialogs)
    _note_oddities(item, reading.oddities)
    reference = item.gt_answer.model_dump(mode="json") if isinstance(item.gt_answer, _Lists) else item.gt_answer
    gold = GtaGold(tools=tools, turns=turns, reference_json=canonical_json(reference))
    gold.model_dump_json()  # a lone surrogate is refused here, not when the problems are stored
    return gold


def _note_oddities(item: _Item, oddities: Counter[str]) -> None:
    calls = [turn.tool_calls for turn in item.dialogs if turn.tool_calls]
    offered = {tool.name for tool in item.tools}
    oddities["turns with several tool calls, of which the first counts, as officially"] += sum(
        len(c) > 1 for c in calls
    )
    oddities["queries that call a tool they do not offer"] += any(c[0].function.name not in offered for c in calls)
    oddities["queries with a second question; end to end only the first is asked, as officially"] += (
        sum(turn.role == "user" for turn in item.dialogs) > 1
    )
    oddities["queries with a reference whose dialog ends without an answer, so that nobody can earn SummAcc"] += bool(
        item.gt_answer and (item.dialogs[-1].role != "assistant" or item.dialogs[-1].tool_calls)
    )
    oddities["queries with an empty white list, which officially any answer matches"] += isinstance(
        item.gt_answer, _Lists
    ) and not all(any(group) for group in item.gt_answer.whitelist or ((),))


def _turn(turn: _Turn, names: Mapping[str, str]) -> GtaTurn:
    if turn.role == "assistant" and turn.tool_calls:
        function = turn.tool_calls[0].function
        arguments = canonical_json(_with_names(function.arguments, names))
        return GtaTurn(
            role="assistant", text="", thought=turn.thought or "", tool=function.name, arguments_json=arguments
        )
    return GtaTurn(role=turn.role, text=_text(turn.content, names), thought=turn.thought or "")


def _with_names(value: Any, names: Mapping[str, str]) -> Any:
    """``value`` with the agent's name of a file in place of its path."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_with_names(item, names) for item in value]
    return {key: _with_names(item, names) for key, item in value.items()} if isinstance(value, dict) else value


def _text(content: Any, names: Mapping[str, str]) -> str:
    """The text of a turn: ``{"type": ..., "content": ...}`` is how the data keep what a tool returned."""
    if isinstance(content, str):
        return names.get(content, content)
    if isinstance(content, dict) and "content" in content:
        return _text(content["content"], names)
    if isinstance(content, list):
        return "\n".join(_text(part, names) for part in content)
    return "" if content is None else canonical_json(content)


def _tool(tool: _Tool) -> GtaTool:
    given = [parameter for parameter in tool.inputs if parameter.name]
    shown = [f"{p.name}={p.default!r}" if p.optional else str(p.name) for p in given]
    returned = ", ".join(output.type for output in tool.outputs if output.type) or "text"
    details = [f"{p.name}: {p.description}" for p in given if p.description]
    return GtaTool(
        name=tool.name,
        parameters=tuple(str(parameter.name) for parameter in given),
        signature=f"{tool.name}({', '.join(shown)}) -> {returned}",
        description=" ".join(" ".join([tool.description or tool.name, *details]).split()),
    )


def _described_tools(files: OfficialFiles) -> dict[str, _Tool]:
    """Tools as ``toolmeta.json`` describes them, for items that name theirs only."""
    if not files.has(TOOLS):
        return {}
    found = parse_json(files.read(TOOLS), f"GTA's {TOOLS}")
    try:
        tools = [_Tool.model_validate(raw) for raw in (found.values() if isinstance(found, dict) else found)]
    except (ValidationError, TypeError) as exc:
        what = first_problem(exc) if isinstance(exc, ValidationError) else str(exc)
        raise ConfigError(f"GTA's {TOOLS} cannot be used: {what}; get it from {_WHERE}") from exc
    return {tool.name: tool for tool in tools}


def _groups(gold: GtaGold, tools: tuple[str, ...]) -> dict[str, str]:
    used = {canonical_tool(tool) for tool in tools}
    letters = [letter for letter, members in CATEGORIES.items() if used & set(members)]
    return {
        "answer": gold.answer_kind,
        "tools": str(len(used)),
        "steps": str(sum(turn.role == "assistant" for turn in gold.turns)),
        "categories": "+".join(letters) or "none",
    }


def _refuse_faults(reading: _Reading, num_read: int) -> None:
    if reading.faults:
        total = len(reading.faults) + num_read
        raise ConfigError(
            f"{len(reading.faults)} of {total} queries in GTA's {DATASET} cannot be used: "
            f"{'; '.join(reading.faults[:5])}; get it from {_WHERE}"
        )
    for paths, what in ((reading.missing, "missing"), (reading.undecodable, "no pictures that can be opened")):
        if paths:
            raise ConfigError(f"{len(paths)} of GTA's pictures are {what}: {named(paths)}; get them from {_WHERE}")


def _facts(problems: list[Problem], reading: _Reading) -> dict[str, str]:
    golds = [GtaGold.model_validate_json(problem.gold_json) for problem in problems]
    kinds = Counter(gold.answer_kind for gold in golds)
    num_steps = sum(step.kind == "tool" for gold in golds for step in gold.steps(first_question_only=False))
    counts = {
        "queries": (len(problems), NUM_QUERIES),
        "tool steps": (num_steps, NUM_TOOL_STEPS),
        "queries with a reference": (kinds["text"] + kinds["reference"], NUM_TEXT_ANSWERS),
    }
    facts = {name: f"{found} of the published {published}" for name, (found, published) in counts.items()}
    other = [name for name, (found, published) in counts.items() if found != published]
    facts["version"] = (
        f"another version or a part of the data ({', '.join(other)} differ); not comparable with published figures"
        if other
        else "the counts are the published ones"
    )
    facts["pictures"] = str(len(reading.by_path))
    facts["answers"] = (
        f"{kinds['text']} by white list, {kinds['reference']} by similarity to reference texts (unscored without an "
        f"embedding model), {kinds['picture']} pictures (in Ans+I only)"
    )
    return facts | {f"note {i}": f"{count} {what}" for i, (what, count) in enumerate((+reading.oddities).items(), 1)}
