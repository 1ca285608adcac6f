"""What a generator is: the kinds of query that a recipe asks for. ``generators/`` holds them, one file a recipe.

A kind says what the teacher is asked to write, which tools a right solution uses, and how the gold
answer follows from the files (generation/gold.py) or from the words alone (generation/word_rules.py). A
task family is a kind's wording group and a style; splits keep families whole.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from journeyman.errors import ConfigError
from journeyman.plugins import load_plugin

STYLES = (
    "plain question",
    "polite request",
    "short order",
    "note to a colleague",
    "curious visitor",
    "tired clerk",
    "child",
    "formal letter",
    "phone message",
    "teacher to pupil",
    "shop assistant",
    "traveller",
)


class Kind(BaseModel):
    """One kind of problem."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    wording: str
    """Kinds with equal ``wording`` must be asked alike, so that only the picture tells them apart."""
    brief: str
    """What the teacher is told to write."""
    file_brief: str = ""
    """What the file must hold."""
    terms: str = ""
    """What the teacher says beside the words of a query without files; empty when the words say all."""
    writers: tuple[str, ...] = ()
    """File types it comes in; the same for all kinds of one wording, or the file's name would tell them apart."""
    num_files: int = 1
    """0 for a query that is words alone."""
    tools: tuple[str, ...]
    """What a right solution calls, one name a call, in order; empty when it calls no tool."""
    gold_rule: str
    """Name of the rule in gold.py or word_rules.py that computes the answer."""
    needs_picture: bool = False
    picture: str = ""
    """Group of kinds that can all be asked of one another's picture, one after the other; empty for none. Of each the
    gold answer follows from that picture, and no answer names a file that a skill wrote."""
    weight: int = 2
    """Share of this kind among training queries, relative to the other kinds; 0 keeps it for held-out problems."""


@dataclass(frozen=True, slots=True)
class Generator:
    """The kinds of one recipe."""

    name: str
    kinds: tuple[Kind, ...]

    def kind(self, name: str) -> Kind:
        """The kind ``name``.

        Raises:
            ConfigError: There is none.
        """
        for kind in self.kinds:
            if kind.name == name:
                return kind
        raise ConfigError(f"generator {self.name!r} has no kind {name!r}")


def load_generator(name: str) -> Generator:
    """The generator ``name``.

    Raises:
        UnknownPluginError: There is none.
    """
    return load_plugin("journeyman.generators", name, "GENERATOR", Generator)
