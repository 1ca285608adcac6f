"""``journeyman compare``: two runs, or two agents, set side by side on the problems that both attempted."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from journeyman.evaluation.comparison import Comparison
    from journeyman.report.run_note import RunNote
    from journeyman.report.systems import System
    from journeyman.settings import Settings
    from journeyman.storage.store import Store

REPORT = "report.html"
SCORES = "scores.parquet"


def compare(
    first: str,
    second: str,
    *,
    agent: str = "tuned",
    against_agent: str = "",
    benchmark: str = "",
    out: Path | None = None,
) -> int:
    """Set two runs side by side, problem by problem, and write a page and a table of every measure.

    Parameters
    ----------
    first
        Name of a run, or the path of its note, as .journeyman/last-run.json; several joined by commas are one system
        with several seeds.
    second
        What it is compared with, named likewise.
    agent
        Whose scores are taken, as `tuned`, `untuned`, `teacher` or an endpoint's name.
    against_agent
        Whose are taken of the second; else the same agent's.
    benchmark
        An official benchmark that both were evaluated on; else their own problems.
    out
        Folder for report.html and scores.parquet; else .journeyman/comparisons/FIRST-vs-SECOND.
    """
    from rich.console import Console

    from journeyman.report.console import print_comparison, print_links
    from journeyman.report.systems import System, compare_systems, named_systems
    from journeyman.settings import load_settings
    from journeyman.storage.store import Store

    settings = load_settings()
    notes = Store(settings.require_store(), settings.storage_options())
    systems = named_systems(
        System("", agent, _notes(first, notes), benchmark),
        System("", against_agent or agent, _notes(second, notes), benchmark),
    )
    store = _store_of(systems[0].notes[0].on(benchmark).benchmark, settings, notes)
    comparison = compare_systems(*systems, store)
    folder = out or settings.home / "comparisons" / _file_name(f"{systems[0].name}-vs-{systems[1].name}")
    _write(folder, comparison, systems, store)
    console = Console()
    print_comparison(console, comparison)
    print_links(console, {"report": str(folder / REPORT), "scores": str(folder / SCORES)})
    return 0


def _write(folder: Path, comparison: "Comparison", systems: "tuple[System, System]", store: "Store") -> None:
    import pyarrow.parquet as pq

    from journeyman.benchmarks.screen_tasks import NAME as SCREEN_TASKS
    from journeyman.report.page import comparison_page
    from journeyman.report.systems import long_form

    notes = [note for system in systems for note in system.notes]
    own = comparison.benchmark in (notes[0].comparison.benchmark, SCREEN_TASKS)
    html = comparison_page(
        f"{systems[0].name} against {systems[1].name}",
        comparison,
        store=store,
        systems={system.name: _told(system) for system in systems},
        problems=notes[0].problems if own else (),
        media=[ref for note in notes for ref in note.media] if own else (),
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT).write_text(html, encoding="utf-8")
    pq.write_table(long_form(systems, store), folder / SCORES)


def _notes(runs: str, store: "Store") -> tuple["RunNote", ...]:
    from journeyman.report.run_note import find_note, is_file

    names = [runs] if is_file(runs) else [name.strip() for name in runs.split(",")]
    return tuple(find_note(name, store) for name in names)


def _store_of(benchmark: str, settings: "Settings", store: "Store") -> "Store":
    """Where the scores are: those of a gated benchmark never left this machine."""
    from journeyman.benchmark import load_benchmark
    from journeyman.storage import layout
    from journeyman.storage.store import Store

    if not load_benchmark(benchmark).gated:
        return store
    return Store((settings.home.resolve() / layout.GATED_FOLDER).as_uri())


def _told(system: "System") -> str:
    return f"agent {system.agent} of {', '.join(note.run_name for note in system.notes)}"


def _file_name(text: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", text).strip("-")
