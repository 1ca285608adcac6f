"""README.md of a published dataset: what is in it, where it came from, what was taken out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from journeyman.schema.example import Example
from journeyman.schema.message import messages_from_json

SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card says that the examples do not."""

    recipe: str
    digest: str
    held_out: int
    """Problems the dataset was kept apart from."""
    removed: Mapping[str, int]
    """Reason -> trajectories left out of the build."""
    yields: Mapping[str, str]
    """Earlier stage -> what it kept."""
    families: Mapping[str, int]
    licences: Mapping[str, int]
    """Licence -> pictures, sounds and videos under it."""
    tools: Mapping[str, str]
    """Tool -> what it is and its licence."""
    dialogues: int = 0
    """Rows of several questions."""


def dataset_card(examples: Sequence[Example], facts: CardFacts) -> str:
    """The card as markdown with the hub's front matter; free of dates, so that equal datasets have equal cards."""
    teachers = sorted({example.teacher for example in examples})
    lines = [
        *_front_matter(examples),
        f"# Tool-use trajectories of recipe `{facts.recipe}`",
        "",
        _what_a_row_is(examples),
        "",
        *_dialogues(facts),
        *_warning(teachers),
        "## Counts",
        "",
        *_table(("split", "examples"), Counter(example.split for example in examples)),
        *_table(("origin of the files", "examples"), Counter(example.origin for example in examples)),
        f"Turns per example: {_turns(examples)}. Teacher: {', '.join(f'`{name}`' for name in teachers) or 'none'}.",
        "",
        "## Yield",
        "",
        *(_table(("stage", "kept"), facts.yields) if facts.yields else ()),
        *_table(("left out of the build because", "trajectories"), facts.removed),
        "## Contamination",
        "",
        _contamination(facts),
        "",
        "## Tools",
        "",
        *_table(("tool", "what it is"), facts.tools),
        *_table(("tool called", "examples"), Counter(tool for example in examples for tool in example.tools)),
        "## Task families",
        "",
        *_table(("family", "examples"), facts.families),
        f"## Licences of the {_files(examples)}",
        "",
        *_table(("licence", _files(examples)), facts.licences),
        f"Artifact digest: `{facts.digest}`",
        "",
    ]
    return "\n".join(lines)


def _front_matter(examples: Sequence[Example]) -> list[str]:
    splits = [split for split in ("train", "validation") if any(e.split == split for e in examples)] or ["train"]
    files = [line for split in splits for line in (f"  - split: {split}", f"    path: {split}-00000.parquet")]
    return [
        "---",
        "task_categories:",
        *(f"- {kind}-text-to-text" for kind in ("image", *_other_kinds(examples))),
        "tags:",
        "- tool-use",
        "- agent",
        "- synthetic",
        "configs:",
        "- config_name: default",
        "  data_files:",
        *files,
        "---",
        "",
    ]


def _other_kinds(examples: Sequence[Example]) -> list[str]:
    """Kinds of media besides pictures."""
    sounds, videos = any(e.audios for e in examples), any(e.videos for e in examples)
    return [kind for kind, there in (("audio", sounds), ("video", videos)) if there]


def _files(examples: Sequence[Example]) -> str:
    return "files" if _other_kinds(examples) else "pictures"


def _what_a_row_is(examples: Sequence[Example]) -> str:
    if not _other_kinds(examples):
        tasks = "thoughts, Python that calls tools, observations, and pictures at their places"
        return f"Each row is one solved task: {tasks}."
    files = "`audios` and `videos` hold the files as they are, undecoded"
    return f"Each row is one conversation, with pictures, sounds and videos at their places; {files}."


def _dialogues(facts: CardFacts) -> list[str]:
    if not facts.dialogues:
        return []
    rows = f"{facts.dialogues:,} {'row is a dialogue' if facts.dialogues == 1 else 'rows are dialogues'}"
    return [f"{rows}: further questions about the same files stand behind the first one's answer.", ""]


def _warning(teachers: Sequence[str]) -> list[str]:
    if not any(SCRIPTED in name for name in teachers):
        return []
    return [
        "> **Made with the scripted teacher**, a program, not a language model.",
        "> It shows that the pipeline works; it says nothing about a paid model's data.",
        "",
    ]


def _contamination(facts: CardFacts) -> str:
    removed = sum(n for reason, n in facts.removed.items() if reason.startswith("contamination"))
    return (
        f"Compared with {facts.held_out:,} held-out problems by file (sha256), task family and seed: "
        f"{removed:,} trajectories removed; none of those left shares any of the three."
    )


def _turns(examples: Sequence[Example]) -> str:
    turns = Counter(sum(m.role == "assistant" for m in messages_from_json(e.messages_json)) for e in examples)
    return ", ".join(f"{count} x {n}" for n, count in sorted(turns.items())) or "none"


def _table(head: tuple[str, str], rows: Mapping[str, object]) -> list[str]:
    if not rows:
        return [f"| {head[0]} | {head[1]} |", "|---|---|", "| none | |", ""]
    body = [f"| {_cell(name)} | {_cell(rows[name])} |" for name in sorted(rows)]
    return [f"| {head[0]} | {head[1]} |", "|---|---|", *body, ""]


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    # A user's own words may hold a bar or a line break, which would end the cell.
    return " ".join(text.split()).replace("|", "\\|")
