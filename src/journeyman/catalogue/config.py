"""What recipes say of the catalogue that a model chooses from."""

from pydantic import BaseModel, ConfigDict, Field


class CatalogueConfig(BaseModel):
    """Which tools there are to choose from, and how a model is told of them."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    source: str = "embedded"
    """``embedded``, the catalogue that comes with Journeyman; ``shelf``, its own tools; a folder of model cards
    (Markdown with YAML front matter); a ``.json`` or ``.jsonl`` file of APIs; an mcpServers JSON or a Python file of
    tools."""
    taxonomy: str = ""
    """A taxonomy file that was written by ``journeyman catalogue taxonomy`` and edited; empty has the teacher induce
    one."""
    placed_per_call: int = Field(default=40, ge=1)
    """APIs that the teacher places in one request."""
    candidates: int = Field(default=0, ge=0)
    """APIs that a prompt lists; where the catalogue has more, those that a search for the instruction finds. 0 lists
    none, as in the paper: the model has learnt the catalogue, and an API it never saw cannot be chosen."""
    constrained: bool = False
    """Let local models write nothing but a reply whose names are in the catalogue."""
