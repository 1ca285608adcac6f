"""Recipes are data that is checked when it is loaded."""

import pytest

from journeyman.action_format import load_action_format
from journeyman.agent.prompt import AGENT_FORMATS
from journeyman.errors import ConfigError
from journeyman.generator import load_generator
from journeyman.plugins import plugin_names
from journeyman.recipe import load_recipe


@pytest.mark.parametrize("name", plugin_names("journeyman.recipes"))
def test_every_recipe_names_plugins_that_are_there(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.action_format in AGENT_FORMATS or recipe.task == "act on screens"
    load_action_format(recipe.action_format)
    kinds = load_generator(recipe.generation.generator).kinds
    if recipe.task == "use tools":
        assert {tool for kind in kinds for tool in kind.tools} <= {card.name for card in recipe.tool_cards()}
        assert any(kind.weight and not kind.tools for kind in kinds), "without plain answers tools are called always"


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("t3_agent", {"skills": {"thoughts": False}}, "take skill_json"),
        ("t3_agent", {"generation": {"plain_talks": "talks.json"}}, "'python_block'; take skill_json, in which"),
        ("llava_plus", {"skills": {"shown_first": ["ocr"]}}, "change skills.shown_first to some of: read_lines"),
        ("llava_plus", {"skills": {"shown_first": ["retrieve_knowledge"]}}, "which training has not"),
        ("llava_plus", {"generation": {"held_out_tools": ["ocr"]}}, "which is none of its tools"),
        ("t3_agent", {"training": {"content_weight": 8}}, "leave it at 1, or take pyautogui_call or skill_json"),
        ("mllm_tool", {"choices": {"instructions": 0}}, "choices.instructions = 0"),
        ("mllm_tool", {"choices": {"instruction": 5}}, "there is: instructions"),
        ("mllm_tool", {"catalogue": {"candidates": -1}}, "catalogue.candidates = -1"),
    ],
    ids=[
        "skills without skills",
        "talks without skills",
        "no such skill",
        "held back",
        "held-out tool",
        "no content",
        "none",
        "misspelt",
        "negative",
    ],
)
def test_a_setting_that_cannot_be_is_refused_by_name(name: str, overrides: dict, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_recipe(name, overrides)
    assert said in str(refused.value)
