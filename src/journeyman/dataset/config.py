"""What the dataset build takes."""

from pydantic import BaseModel, ConfigDict


class DatasetConfig(BaseModel):
    """Deduplication and splitting."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    validation_share: float = 0.05
    """Share of task families and files set aside to watch the loss."""
    near_duplicate: float = 0.9
    """Jaccard similarity of word 3-grams above which two queries over the same file are one."""
    talks: bool = True
    """Join trajectories about one picture into dialogues, as an assistant that is asked further sees them."""
