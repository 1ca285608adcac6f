"""A whole dataset held against what a model would be trained on, row by row."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from journeyman.explain.losses import Kind, Loss, explain_row
from journeyman.explain.rows import samples_of, stored_rows
from journeyman.model_family import ModelFamily
from journeyman.storage.row_groups import RowGroups
from journeyman.training.conversations import Limits
from journeyman.training.views import RowView

LISTED_ROWS = 20
"""Rows whose losses are kept to be listed; all are counted."""


@dataclass(slots=True)
class Checked:
    """What was found."""

    rows: int = 0
    """Samples, where rows of screens are cut into several."""
    bad_rows: int = 0
    """Rows that lose something."""
    dropped: int = 0
    """Of these, rows that are left out for their length."""
    cut: int = 0
    """Of these, rows that lose turns for their length."""
    tokens: int = 0
    trained_tokens: int = 0
    pictures: int = 0
    mistakes: int = 0
    """Turns that are marked as mistakes, and rightly not trained."""
    lost: Counter[Kind] = field(default_factory=Counter)
    listed: list[tuple[str, tuple[Loss, ...]]] = field(default_factory=list)
    """``example_id`` and losses of the first bad rows."""


def check_dataset(
    files: RowGroups, family: ModelFamily, processor: Any, limits: Limits, view: RowView | None = None
) -> Checked:
    """Explain every row as ``view`` looks at it; memory does not grow with the dataset."""
    found = Checked()
    for example in (sample for row in stored_rows(files) for sample in samples_of(row, view)):
        row = explain_row(example, family, processor, limits)
        found.rows += 1
        found.mistakes += len(row.mistakes)
        found.dropped += row.encoded is None
        found.cut += row.measure.cut
        if row.encoded is not None:
            found.tokens += len(row.encoded)
            found.trained_tokens += row.encoded.trained_tokens
            found.pictures += len(row.encoded.picture_spans)
        if row.losses:
            found.bad_rows += 1
            found.lost.update(loss.kind for loss in row.losses)
            if len(found.listed) < LISTED_ROWS:
                found.listed.append((example.example_id, row.losses))
    return found
