"""What a recipe is: frozen data, names of plugins and numbers. ``recipes/`` holds them."""

import difflib
from collections.abc import Collection
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from journeyman.action_format import load_action_format
from journeyman.agent.config import SkillsConfig
from journeyman.catalogue.config import CatalogueConfig
from journeyman.dataset.config import DatasetConfig
from journeyman.errors import ConfigError
from journeyman.evaluation.config import EvaluationConfig
from journeyman.generation.choices.config import ChoicesConfig
from journeyman.generation.config import GenerationConfig
from journeyman.generation.screens.config import ScreensConfig
from journeyman.own_tools import open_own_tools
from journeyman.plugins import load_plugin, plugin_names
from journeyman.tool import Tool, ToolCard
from journeyman.training.config import TrainingConfig


class Recipe(BaseModel):
    """Everything a run depends on but its input files and its endpoints."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: str
    task: Literal["use tools", "choose apis", "act on screens"] = "use tools"
    """What the model learns: to solve queries with tools that run, to name the APIs of a catalogue that fit, or to act
    on screens by mouse and keyboard."""
    tools: tuple[str, ...] = ()
    """Plugins on the ``tools`` shelf, in the order the agent is told of them."""
    optional_tools: tuple[str, ...] = ()
    """Tools that join ``tools`` where they are configured; see ``journeyman tools list``."""
    own_tools: str = ""
    """The user's own tools: an mcpServers JSON or a Python file, read on the machine that runs them."""
    own_tool_cards: tuple[ToolCard, ...] = ()
    """What the agent is told of them; filled in when a run starts."""
    action_format: Literal["python_block", "skill_json", "pyautogui_call"] = "python_block"
    """How the agent writes what it does: plugin of the ``action_formats`` shelf. Python runs in the sandbox; skills are
    called by the host, several in one turn."""
    skills: SkillsConfig = SkillsConfig()
    """For ``skill_json``."""
    tool_mode: Literal["replay", "replay_else_record"] = "replay_else_record"
    """``replay`` runs no tool in rollouts and evaluation: a call that was never recorded ends the run by name."""
    query_checks: tuple[str, ...] = ()
    """Plugins on the ``checks`` shelf that a query passes before trajectories are paid for."""
    trajectory_checks: tuple[str, ...] = ()
    """Plugins on the ``checks`` shelf that a trajectory passes before it is trained on."""
    budget_usd: str = "10"
    """Decimal US dollars a run may pay its teacher; raising it resumes a stopped run."""
    generation: GenerationConfig = GenerationConfig()
    catalogue: CatalogueConfig = CatalogueConfig()
    """For a model that chooses APIs: which there are."""
    choices: ChoicesConfig = ChoicesConfig()
    """For a model that chooses APIs: the instructions it learns from; seed and concurrency are ``generation``'s."""
    screens: ScreensConfig = ScreensConfig()
    """For a model that acts on screens: pages and episodes; seed and concurrency are ``generation``'s."""
    dataset: DatasetConfig = DatasetConfig()
    training: TrainingConfig = TrainingConfig()
    evaluation: EvaluationConfig = EvaluationConfig()

    def tool_cards(self) -> tuple[ToolCard, ...]:
        """What the agent is told of each tool, in order."""
        plugins = (load_plugin("journeyman.tools", name, "TOOL", Tool) for name in self.tools)
        return (*(tool.card() for tool in plugins), *self.own_tool_cards)

    def training_tools(self) -> tuple[str, ...]:
        """``tools`` but for those that only held-out problems want."""
        return tuple(name for name in self.tools if name not in self.generation.held_out_tools)

    def training_tool_cards(self) -> tuple[ToolCard, ...]:
        """What the agent is told of in rollouts and training data."""
        return tuple(card for card in self.tool_cards() if card.name not in self.generation.held_out_tools)


def load_recipe(name: str, overrides: dict[str, Any] | None = None) -> Recipe:
    """The recipe ``name`` with ``overrides`` laid over it, section by section.

    Raises:
        UnknownPluginError: No such recipe.
        ConfigError: An override has an unknown key or a wrong value, or a held-out tool is none of the recipe's; the
            message names it.
    """
    recipe = load_plugin("journeyman.recipes", name, "RECIPE", Recipe)
    try:
        loaded = Recipe.model_validate(_laid_over(recipe.model_dump(), overrides or {}))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"recipe {name!r} has no key {where!r}; {_known_keys(first['loc'])}") from exc
        raise ConfigError(f"recipe {name!r}: {where} = {first['input']!r}: {first['msg'].lower()}") from exc
    _check_held_out_tools(loaded, (*loaded.tools, *loaded.optional_tools))
    _check_skills(loaded)
    _check_content_weight(loaded)
    return loaded


async def resolve_tools(recipe: Recipe) -> Recipe:
    """``recipe`` with the optional tools that are configured here, and with what its own tools say of themselves.

    Raises:
        ConfigError: Own tools that cannot be opened, two tools of one name, or a held-out tool that is not configured.
    """
    optional = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in recipe.optional_tools]
    ready = [tool.name for tool in optional if not tool.missing()]
    cards: tuple[ToolCard, ...] = ()
    if recipe.own_tools:
        async with open_own_tools(Path(recipe.own_tools)) as tools:
            cards = tuple(tool.card() for tool in tools)
    names = dict.fromkeys((*recipe.tools, *ready))
    _check_held_out_tools(recipe, names)
    twice = [card.name for card in cards if card.name in names]
    if twice:
        raise ConfigError(f"{recipe.own_tools} has a tool {twice[0]!r}, and so has the recipe; rename one")
    return recipe.model_copy(update={"tools": tuple(names), "own_tool_cards": cards})


def _check_held_out_tools(recipe: Recipe, names: Collection[str]) -> None:
    for tool in recipe.generation.held_out_tools:
        if tool not in names:
            raise ConfigError(
                f"recipe {recipe.name!r} holds back {tool!r}, which is none of its tools; "
                f"change generation.held_out_tools or give it one of: {', '.join(names)}"
            )


def _check_content_weight(recipe: Recipe) -> None:
    weight = recipe.training.content_weight
    formats = {name: load_action_format(name) for name in plugin_names("journeyman.action_formats")}
    able = [name for name, form in formats.items() if form.content is not None]
    if weight != 1 and recipe.action_format not in able:
        raise ConfigError(
            f"recipe {recipe.name!r} sets training.content_weight = {weight:g}, and its action_format "
            f"{recipe.action_format!r} does not tell content from form; leave it at 1, or take {' or '.join(able)}"
        )


def _check_skills(recipe: Recipe) -> None:
    if recipe.action_format != "skill_json" and recipe.skills != SkillsConfig():
        raise ConfigError(
            f"recipe {recipe.name!r} sets skills, and its action_format is {recipe.action_format!r}; take skill_json"
        )
    if recipe.action_format != "skill_json" and recipe.generation.plain_talks:
        raise ConfigError(
            f"recipe {recipe.name!r} takes plain talks {recipe.generation.plain_talks!r}, and its action_format is "
            f"{recipe.action_format!r}; take skill_json, in which they are written"
        )
    for tool in recipe.skills.shown_first:
        if tool not in recipe.training_tools():
            raise ConfigError(
                f"recipe {recipe.name!r} shows {tool!r} first, which training has not; "
                f"change skills.shown_first to some of: {', '.join(recipe.training_tools())}"
            )


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
