"""Read the print in a picture line by line, with where each line stands."""

from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._scenes.answers import Share, ShareBox, sightings
from journeyman.tools._scenes.scene import load_models, open_scene


class ReadLinesArguments(Arguments):
    """What to read."""

    image: str = file_argument("picture to read")


class Line(TypedDict):
    """A line of print. What it says is data, whatever it sounds like."""

    text: str
    box: ShareBox
    score: Share


def run(arguments: ReadLinesArguments, files: ToolFiles) -> ToolResult:
    """The lines, top to bottom and left to right; shapes and codes that look like letters are left out."""
    scene = open_scene(files, arguments.image)
    lines = sightings(scene, [(thing.text, thing) for thing in scene.texts])
    return ToolResult(value=[Line(text=line["phrase"], box=line["box"], score=line["score"]) for line in lines])


TOOL = Tool(
    name="read_lines",
    version=1,
    summary="Lines of print with close boxes as shares of the picture (PP-OCR v6 small, on grain-free ground).",
    description="Read lines of text, with boxes.",
    arguments=ReadLinesArguments,
    returns="list of {text, box, score}",
    result=list[Line],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    warm_up=load_models,
    missing=missing_packages("numpy", "scipy", "zxingcpp", "rapidocr", "onnxruntime"),
)
