"""What stages hand to each other: references to committed artifacts, and the count of every record."""

from pydantic import Field, model_validator

from journeyman.schema.record import Record


class ArtifactRef(Record):
    """A committed artifact: immutable Parquet in the store, named by its content."""

    kind: str
    """Which record the rows are, e.g. ``queries``; see docs/artifacts.md."""
    key: str
    """Key of the manifest, relative to the store's root."""
    digest: str
    """sha256 over kind, schema version and the sha256 of each data object, in order."""
    rows: int


class Counts(Record):
    """Where every record of a stage went."""

    taken: int
    kept: int
    dropped: int
    failed: int = 0
    """Records no verdict could be reached on, e.g. the teacher answered nonsense twice."""

    @model_validator(mode="after")
    def _nothing_is_lost(self) -> "Counts":
        if self.taken != self.kept + self.dropped + self.failed:
            raise ValueError(
                f"records lost: in {self.taken}, kept {self.kept}, dropped {self.dropped}, failed {self.failed}"
            )
        return self

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            taken=self.taken + other.taken,
            kept=self.kept + other.kept,
            dropped=self.dropped + other.dropped,
            failed=self.failed + other.failed,
        )


class Spend(Record):
    """What a stage paid its teacher for; replayed calls cost nothing and are counted apart."""

    calls: int = 0
    replayed: int = 0
    """Calls answered from the ledger of an earlier, interrupted run."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: str = "0"
    """Decimal US dollars."""


class StageResult(Record):
    """What a stage returns: artifacts by name, its counts by reason, and what it spent."""

    stage: str
    artifacts: dict[str, ArtifactRef]
    """``kept`` and ``dropped`` always; others, such as ``media``, by name."""
    counts: Counts
    reasons: dict[str, int] = Field(default_factory=dict)
    """``check: reason`` -> records dropped or failed for it."""
    spend: Spend = Spend()
    facts: dict[str, str] = Field(default_factory=dict)
    """Anything else the report shows, as text."""
