"""The user's own tools in a run: told of in the prompt, called from code, recorded, and replayed."""

import asyncio

import pytest

from journeyman.agent.loop import run_query
from journeyman.agent.workbench import open_workbench
from journeyman.errors import ArtifactError, ConfigError
from journeyman.recipe import load_recipe, resolve_tools
from journeyman.schema.query import Query
from journeyman.storage.store import Store

OWN = '''
"""Tools of mine."""


def double(number: int) -> int:
    """Double a number."""
    return 2 * number
'''
QUERY = Query.model_validate(
    dict.fromkeys(("family", "gold_json", "teacher"), "")
    | {"query_id": "q", "split": "train", "text": "Double 21.", "tools": ("double",), "needs_picture": False}
    | {"seed": 1, "files": (), "origin": "synthesised"}
)


class Doubler:
    name = "doubler"

    def __init__(self, number):
        self.code = f"final_answer(double({number}))"
        self.told = ""

    async def act(self, messages, media):
        self.told = messages[0].text
        return f"Thought: I double it.\nCode:\n```py\n{self.code}\n```"


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_tools.py"
    path.write_text(OWN)
    return str(path)


def attempt(own, tmp_path, *, number=21, mode="replay_else_record"):
    controller = Doubler(number)

    async def go():
        given = {"store": Store(f"file://{tmp_path}/store"), "scope": "own", "home": tmp_path, "max_steps": 2}
        async with open_workbench(("calculate",), own_tools=own, mode=mode, **given) as bench:
            return await run_query(QUERY, controller=controller, bench=bench, media={})

    return asyncio.run(go()).trajectory, controller.told


def test_a_recipe_is_resolved_to_what_its_own_tools_say_of_themselves(own):
    recipe = asyncio.run(resolve_tools(load_recipe("t3_agent", {"own_tools": own})))
    assert recipe.tool_cards()[-1].line() == "double(number) -> int: Double a number."
    assert "visualize" not in recipe.tools  # not configured here, so nobody is told of it


def test_an_own_tool_with_a_name_of_ours_is_refused_before_the_run(tmp_path):
    (tmp_path / "mine.py").write_text(OWN.replace("double", "ocr"))
    with pytest.raises(ConfigError, match="has a tool 'ocr', and so has the recipe"):
        asyncio.run(resolve_tools(load_recipe("t3_agent", {"own_tools": str(tmp_path / "mine.py")})))


def test_an_own_tool_is_called_recorded_and_replayed(own, tmp_path):
    first, told = attempt(own, tmp_path)
    assert first.answer_json == "42"
    assert "double(number) -> int: Double a number." in told
    again, _ = attempt(own, tmp_path, mode="replay")
    assert again == first
    with pytest.raises(ArtifactError, match=r"no recording of double version 1 with \{\"number\":22\}"):
        attempt(own, tmp_path, number=22, mode="replay")
