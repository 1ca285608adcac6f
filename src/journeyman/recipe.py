"""What a recipe is: frozen data, names of plugins and numbers. ``recipes/`` holds them."""

import difflib
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from journeyman.dataset.config import DatasetConfig
from journeyman.errors import ConfigError
from journeyman.evaluation.config import EvaluationConfig
from journeyman.generation.config import GenerationConfig
from journeyman.plugins import load_plugin
from journeyman.training.config import TrainingConfig


class Recipe(BaseModel):
    """Everything a run depends on but its input files and its endpoints."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    tools: tuple[str, ...]
    """Plugins on the ``tools`` shelf, in the order the agent is told of them."""
    query_checks: tuple[str, ...]
    """Plugins on the ``checks`` shelf that a query passes before trajectories are paid for."""
    trajectory_checks: tuple[str, ...]
    """Plugins on the ``checks`` shelf that a trajectory passes before it is trained on."""
    budget_usd: str = "10"
    """Decimal US dollars a run may pay its teacher; raising it resumes a stopped run."""
    generation: GenerationConfig = GenerationConfig()
    dataset: DatasetConfig = DatasetConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()


def load_recipe(name: str, overrides: dict[str, Any] | None = None) -> Recipe:
    """The recipe ``name`` with ``overrides`` laid over it, section by section.

    Raises:
        UnknownPluginError: No such recipe.
        ConfigError: An override has an unknown key or a wrong value; the message names the key.
    """
    recipe = load_plugin("journeyman.recipes", name, "RECIPE", Recipe)
    try:
        return Recipe.model_validate(_laid_over(recipe.model_dump(), overrides or {}))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"recipe {name!r} has no key {where!r}; {_known_keys(first['loc'])}") from exc
        raise ConfigError(f"recipe {name!r}: {where} = {first['input']!r}: {first['msg'].lower()}") from exc


def _laid_over(base: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in overrides.items():
        inner = base.get(key)
        merged[key] = _laid_over(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return merged


def _known_keys(location: tuple[int | str, ...]) -> str:
    model: type[BaseModel] = Recipe
    for part in location[:-1]:
        annotation = model.model_fields[str(part)].annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    names = list(model.model_fields)
    near = difflib.get_close_matches(str(location[-1]), names) or names
    return f"there is: {', '.join(near)}"
