"""ToolMMBench's official files as problems. Paths stay here: folder numbers in them tell nearly every right answer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from journeyman.benchmark import Background, ProblemSet
from journeyman.benchmarks._official_files import OfficialFiles, extension, media_file, named, open_official
from journeyman.benchmarks._toolmm_problems import (
    LICENCE,
    NAME,
    Posed,
    facts_of,
    official_pair,
    posed_problems,
)
from journeyman.benchmarks._toolmm_training import (
    TRAINING_FILES,
    OfficialRow,
    Seen,
    TrainingPair,
    official_rows,
    seen_in,
    training_pairs,
)
from journeyman.metrics.toolmmbench import NUM_LABELS, NUM_TEST_PROBLEMS
from journeyman.schema.api import UNKNOWN, Modality
from journeyman.schema.media import MediaFile
from journeyman.schema.query import FileRef, Query

TEST_FILE = "combined_data.json"
FOLDERS = ("", "T+X-T_data/", "IT_data_ins/T+X-T_data/", "data/IT_data_ins/T+X-T_data/")
"""Where the JSON files lie below the folder that is named."""
MEDIA_FOLDERS = ("mm_dataset/", "")
"""Where the paths of the JSON begin, below its own folder."""
ROWS: Mapping[Modality, int] = {"text": 1_452, "image": 760, "audio": 164, "video": 21}

_OPENS: Mapping[Modality, str] = {"image": "image/", "audio": "audio/", "video": "video/"}
_LEAST_NAME = 4
"""Shorter names are words of many sentences."""

Found = Literal["found", "missing", "unreadable"]


@dataclass(frozen=True, slots=True)
class _Attached:
    """The file of a row."""

    state: Found
    ref: FileRef | None


def read_toolmmbench(source: str) -> ProblemSet:
    """All rows of the official test file as problems, with the files that are there.

    Args:
        source: The repository's folder or the zip of it, its ``T+X-T_data`` folder, or one around it.

    Raises:
        ConfigError: Not there, not ToolMMBench, or a row that cannot be used.
    """
    files = open_official(source, benchmark="ToolMMBench", wanted=[folder + TEST_FILE for folder in FOLDERS])
    folder = next(folder for folder in FOLDERS if files.has(folder + TEST_FILE))
    rows = official_rows(files.read(folder + TEST_FILE), TEST_FILE)
    trained = _training(files, folder)
    pairs = [pair for of_modality in trained.values() for pair in of_modality]
    background = _background(rows, pairs)
    media: dict[str, MediaFile] = {background.sha256: background}
    attached = _attached(files, folder, rows, media)
    seen = {modality: seen_in((p.text, p.path) for p in found) for modality, found in trained.items()}
    problems = posed_problems(
        [_posed(row, number, attached.get(row.path), seen) for number, row in enumerate(rows, start=1)],
        background.sha256,
    )
    facts = _facts(rows, attached, trained) | facts_of(problems)
    return ProblemSet(problems, tuple(media.values()), facts)


def _training(files: OfficialFiles, folder: str) -> dict[Modality, tuple[TrainingPair, ...]]:
    """Pairs by modality, of the training files that are there."""
    return {
        modality: training_pairs(official_rows(files.read(folder + name), name))
        for modality, name in TRAINING_FILES.items()
        if files.has(folder + name)
    }


def _background(rows: Sequence[OfficialRow], pairs: Sequence[TrainingPair]) -> MediaFile:
    names = {name for row in rows for name in row.names} | {name for pair in pairs for name in pair.names}
    background = Background(catalogue=tuple(sorted(names - {UNKNOWN})), taught=tuple(pair.taught() for pair in pairs))
    return background.file(source=f"{NAME}:background", licence=LICENCE)


def _attached(
    files: OfficialFiles, folder: str, rows: Iterable[OfficialRow], media: dict[str, MediaFile]
) -> dict[str, _Attached]:
    """Path -> its file; ``media`` gets every file that can be shown once."""
    found: dict[str, _Attached] = {}
    for row in rows:
        if row.modality == "text" or row.path in found:
            continue
        path = next((p for top in MEDIA_FOLDERS if row.path and files.has(p := folder + top + row.path)), "")
        if not path:
            found[row.path] = _Attached("missing", None)
            continue
        file = media_file(files.read(path), row.path, source=f"{NAME}:{row.path}", licence=LICENCE)
        if not file.media_type.startswith(_OPENS[row.modality]):
            found[row.path] = _Attached("unreadable", None)
            continue
        media.setdefault(file.sha256, file)
        ref = FileRef(name=f"file_1.{extension(row.path)}", sha256=file.sha256, media_type=file.media_type, origin=NAME)
        found[row.path] = _Attached("found", ref)
    return found


def _posed(row: OfficialRow, number: int, attached: _Attached | None, seen: Mapping[Modality, Seen]) -> Posed:
    has_file = row.modality != "text"
    state = attached.state if attached else "missing"
    groups = {"media": ("found" if state == "found" else "missing") if has_file else "none"}
    if row.modality in seen:
        groups["overlap"] = seen[row.modality].overlap(row.text, row.path)
    problem_id = f"{row.modality}-{number:04d}"
    query = Query(
        query_id=f"{NAME}-{problem_id}",
        split="held_out",
        family=f"{NAME}/{row.modality}",
        text=row.text,
        tools=tuple(name for name in row.names if name != UNKNOWN),
        needs_picture=bool(row.ambiguity),
        seed=0,
        files=(attached.ref,) if has_file and attached and attached.ref else (),
        gold_json="",
        origin="benchmark",
        teacher="",
    )
    return Posed(
        problem_id=problem_id,
        query=query,
        modality=row.modality,
        accepted=row.names,
        ambiguity=row.ambiguity,
        file=row.path if has_file else "",
        pair=official_pair(row.modality, row.text),
        weighed_by="\n".join(row.names),  # the data tell no function class; equal labels are the nearest to one
        groups=groups,
    )


def _facts(
    rows: Sequence[OfficialRow],
    attached: Mapping[str, _Attached],
    trained: Mapping[Modality, Sequence[TrainingPair]],
) -> dict[str, str]:
    sizes = Counter(row.modality for row in rows)
    labels = {name for row in rows for name in row.names}
    apis = len(labels - {UNKNOWN})
    facts = {"rows": f"{len(rows):,} of the published {NUM_TEST_PROBLEMS:,}"}
    facts |= {f"{modality} rows": f"{sizes[modality]:,} of the published {size:,}" for modality, size in ROWS.items()}
    facts["labels"] = f"{apis:,} tools and unknown, of the published {NUM_LABELS - 1:,}"
    facts["classes"] = f"{_classes(rows):,} that the rows can tell apart, of {len(labels):,} labels"
    facts["duplicates"] = _duplicates(rows)
    facts["media"] = _media(rows, attached)
    facts["training files"] = _trained(trained)
    facts["named in the instruction"] = f"an accepted tool in {sum(map(_names_itself, rows)):,} of {len(rows):,}"
    is_published = sizes == Counter(ROWS) and len(labels) == NUM_LABELS
    facts["version"] = (
        "the counts are those of the published test file"
        if is_published
        else "another version or part of the data; not comparable with published figures"
    )
    return facts


def _classes(rows: Sequence[OfficialRow]) -> int:
    """Names that are right for the same rows are one class."""
    places: dict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for name in row.names:
            places[name].append(place)
    return len({tuple(where) for where in places.values()})


def _duplicates(rows: Sequence[OfficialRow]) -> str:
    """Rows that ask the same of the same file; the published file has 19, 6 of them with other labels."""
    labels: dict[tuple[str, str, str], list[tuple[str, ...]]] = defaultdict(list)
    for row in rows:
        labels[row.modality, row.text, row.path].append(row.names)
    repeated = [found for found in labels.values() if len(found) > 1]
    apart = sum(len(set(found)) > 1 for found in repeated)
    return (
        f"{len(repeated):,} pairs of instruction and file stand more than once, {apart:,} with other labels; all kept"
    )


def _media(rows: Sequence[OfficialRow], attached: Mapping[str, _Attached]) -> str:
    with_file = [row for row in rows if row.modality != "text"]
    lost = [row for row in with_file if attached[row.path].state != "found"]
    if not lost:
        return f"all of {len(with_file):,} rows are there"
    unreadable = sum(attached[row.path].state == "unreadable" for row in lost)
    told = f"{len(lost):,} of {len(with_file):,} rows are asked by their words alone: "
    return told + f"{len(lost) - unreadable:,} files missing, {unreadable:,} unreadable ({named(r.path for r in lost)})"


def _trained(trained: Mapping[Modality, Sequence[TrainingPair]]) -> str:
    there = ", ".join(f"{TRAINING_FILES[modality]} ({len(pairs):,} pairs)" for modality, pairs in trained.items())
    absent = ", ".join(name for modality, name in TRAINING_FILES.items() if modality not in trained)
    missing = f"; not there, so that overlap cannot be told: {absent}" if absent else ""
    return (there or "none") + missing


def _names_itself(row: OfficialRow) -> bool:
    """Whether the instruction says an accepted name, or what stands behind its publisher."""
    words = f" {_spaced(row.text)} "
    said = (part for name in row.names for part in (name, name.rpartition("/")[2]))
    return any(len(part) >= _LEAST_NAME and f" {_spaced(part)} " in words for part in said)


def _spaced(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.casefold()).split())
