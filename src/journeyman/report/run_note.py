"""The note that a run leaves: what it found, and the artifacts behind it, for ``journeyman compare``."""

import difflib
import os
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, ValidationError

from journeyman.errors import ArtifactError, ConfigError
from journeyman.evaluation.comparison import Comparison
from journeyman.schema.artifact import ArtifactRef
from journeyman.storage import layout
from journeyman.storage.store import Store

SHOWN_NAMES = 10


class RunNote(BaseModel):
    """What of a note is needed to set two runs side by side; a note holds more."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    run_name: str
    comparison: Comparison
    others: tuple[Comparison, ...] = ()
    """On other benchmarks."""
    problems: tuple[ArtifactRef, ...] = ()
    """Problem rows of ``comparison``, and of screen tasks beside it."""
    media: tuple[ArtifactRef, ...] = ()
    """Their files, and the pictures that tools returned or agents saw."""

    def on(self, benchmark: str) -> Comparison:
        """The comparison on ``benchmark``; empty takes the run's own problems.

        Raises:
            ConfigError: The run was not evaluated on it.
        """
        found = {shown.benchmark: shown for shown in (*self.others, self.comparison)}
        if not benchmark:
            return self.comparison
        if benchmark not in found:
            raise ConfigError(
                f"run {self.run_name} was not evaluated on {benchmark!r}; it was on: {', '.join(sorted(found))}"
            )
        return found[benchmark]


def find_note(run: str, store: Store) -> RunNote:
    """The note of ``run``: the path of one, or the name of a run whose note is in the store.

    Raises:
        ConfigError: There is none, with near misses; or it cannot be read.
    """
    if is_file(run):
        return _parsed(Path(run).read_bytes(), run)
    if os.sep in run or run.endswith(".json"):
        raise ConfigError(f"there is no run note {run}; give the path of one, or the name of a run")
    try:
        data = store.get(layout.run_note_key(run))
    except ArtifactError as exc:
        raise ConfigError(_unknown(run, store)) from exc
    return _parsed(data, run)


def is_file(text: str) -> bool:
    """Whether ``text`` is the path of a file; one too long for a path is not."""
    try:
        return Path(text).is_file()
    except OSError:
        return False


def _parsed(data: bytes, run: str) -> RunNote:
    try:
        return RunNote.model_validate_json(data)
    except ValidationError as exc:
        fault = exc.errors()[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise ConfigError(
            f"run {run} left no comparison that can be read ({where}: {fault['msg']}); run its evaluation again"
        ) from exc


def _unknown(run: str, store: Store) -> str:
    names = [PurePosixPath(key).stem for key in store.keys(layout.RUN_NOTES_PREFIX)]
    if not names:
        return f"no run {run!r}: no run has left a note in {store.url} yet; give the path of a note"
    near = difflib.get_close_matches(run, names, n=SHOWN_NAMES, cutoff=0.4) or names[:SHOWN_NAMES]
    return f"no run {run!r} in {store.url}; there is: {', '.join(near)}"
