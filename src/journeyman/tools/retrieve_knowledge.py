"""Recall facts about the photographs in a picture from an index on this machine; nothing is sent anywhere."""

from PIL import Image
from pydantic import Field
from typing_extensions import TypedDict

from journeyman.tool import Arguments, Tool, ToolFiles, ToolResult, file_argument
from journeyman.tools._packages import missing_packages
from journeyman.tools._scenes.answers import Share
from journeyman.tools._scenes.knowledge import facts_about
from journeyman.tools._scenes.scene import open_scene


class RetrieveKnowledgeArguments(Arguments):
    """What to look up."""

    image: str = file_argument("picture that shows what to look up")
    most: int = Field(default=3, ge=1, le=10, description="texts to give at most")


class Fact(TypedDict):
    """A text about a picture like this one."""

    text: str
    similarity: Share


def run(arguments: RetrieveKnowledgeArguments, files: ToolFiles) -> ToolResult:
    """Most alike first; empty when the index has no picture like any in it."""
    scene = open_scene(files, arguments.image)
    pieces: list[Image.Image] = [scene.picture.crop(frame) for frame in scene.frames] or [scene.picture]
    best: dict[str, float] = {}
    for piece in pieces:
        for known in facts_about(piece):
            best[known.text] = max(best.get(known.text, 0.0), known.similarity)
    # Stable: facts of one picture stay in their order.
    ranked = sorted(best.items(), key=lambda pair: -pair[1])[: arguments.most]
    return ToolResult(value=[Fact(text=text, similarity=similarity) for text, similarity in ranked])


TOOL = Tool(
    name="retrieve_knowledge",
    version=1,
    summary="Facts about the photographs that scikit-image, scikit-learn and matplotlib ship, found by how they look.",
    description="Recall facts about what a picture shows.",
    arguments=RetrieveKnowledgeArguments,
    returns="list of {text, similarity}",
    result=list[Fact],
    example={"image": "file_1.png"},
    run=run,
    media_in=("image/*",),
    heavy=True,
    missing=missing_packages("numpy", "scipy", "skimage", "sklearn", "matplotlib", "zxingcpp"),
)
