"""What recipes say of how an agent acts by skills."""

from pydantic import BaseModel, ConfigDict


class SkillsConfig(BaseModel):
    """Variants of LLaVA-Plus (arXiv:2311.05437, section 4); they need the action format ``skill_json``."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    shown_first: tuple[str, ...] = ()
    """Skills that are run on the first picture before the agent is asked, with their results in the question, in
    training and test alike: the paper's *All Tools*. Empty is its *Fly*: the agent calls what it needs."""
    thoughts: bool = True
    """Whether the agent's turns state thoughts; off is the paper's ablation."""
    listed: bool = True
    """Whether a trained model is told the form of its turns and each skill with its arguments; off as in the paper,
    whose model knows its skills from training alone. Teacher, untuned model and endpoints are always told."""
