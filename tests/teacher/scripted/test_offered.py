"""Tools are known by what prompts say of them, whatever name a prompt gives them."""

from journeyman.plugins import load_plugin, plugin_names
from journeyman.teacher.scripted.offered import DESCRIPTIONS, with_offered_names
from journeyman.tool import Tool


def test_descriptions_are_those_of_the_shelf_and_no_other_tool_is_described_so() -> None:
    shelf = [load_plugin("journeyman.tools", name, "TOOL", Tool) for name in plugin_names("journeyman.tools")]
    for name, description in DESCRIPTIONS.items():
        assert [tool.name for tool in shelf if tool.card().line().endswith(f": {description}")] == [name]


def test_code_calls_tools_by_the_names_that_the_prompt_gives_them() -> None:
    system = (
        "Tools:\nocr(expression) -> number: Work out arithmetic, with units.\n"
        "read(image) -> str: Read the text in a picture."
    )
    code = 'price = ocr("file_1.png")\ntotal = calculate(f"{price} * 2")\nfound = look_up_facts("element", "tin")'
    assert with_offered_names(code, system) == (
        'price = read("file_1.png")\ntotal = ocr(f"{price} * 2")\nfound = look_up_facts("element", "tin")'
    )
    assert with_offered_names(code, "Solve the task.") == code
