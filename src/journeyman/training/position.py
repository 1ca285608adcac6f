"""How far a run has come through its rows: with it a checkpoint goes on at the next one, at any number of ranks.

Where views make samples of rows (views.py), rows are samples here.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from journeyman.training.conversations import Measure

FILE = "position.json"


@dataclass(frozen=True, slots=True)
class Position:
    """Between two rows of the order."""

    drawn: tuple[int, ...] = ()
    """Rows drawn of each dataset, those left out included."""
    trained_tokens: int = 0
    """Of the rows drawn."""
    rows: int = 0
    """Different rows drawn so far."""
    too_long: int = 0
    """Of these, how many were left out for their length."""
    cut: int = 0
    """Of these, how many lost turns."""
    untrained: int = 0
    """Of these, how many were left out since nothing in them is trained."""

    @property
    def left_out(self) -> int:
        """Rows that were not trained on, or not whole."""
        return self.too_long + self.cut + self.untrained

    def behind(self, drawn: tuple[int, ...], measure: Measure, *, first_epoch: bool) -> "Position":
        """The position behind one more row.

        Args:
            drawn: Rows drawn of each dataset, with this one.
            measure: Of the row.
            first_epoch: Whether the row is drawn for the first time; only then it is counted.
        """
        dropped = measure.turns == 0
        empty = not dropped and measure.trained == 0
        tokens = self.trained_tokens + (0 if dropped else measure.trained)
        if not first_epoch:
            return replace(self, drawn=drawn, trained_tokens=tokens)
        return Position(
            drawn=drawn,
            trained_tokens=tokens,
            rows=self.rows + 1,
            too_long=self.too_long + dropped,
            cut=self.cut + (measure.cut and not empty),
            untrained=self.untrained + empty,
        )

    def write(self, checkpoint: Path) -> None:
        """Put it into the folder of a checkpoint."""
        checkpoint.mkdir(parents=True, exist_ok=True)
        (checkpoint / FILE).write_text(json.dumps(asdict(self)))


def read_position(checkpoint: Path) -> Position | None:
    """The position in the folder of a checkpoint; None where the checkpoint was written without one."""
    try:
        values = json.loads((checkpoint / FILE).read_text())
    except FileNotFoundError:
        return None
    return Position(**(values | {"drawn": tuple(values["drawn"])}))
