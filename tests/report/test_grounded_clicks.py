import base64
import io

import pytest
from PIL import Image

from journeyman.report.grounded_clicks import click_picture
from tests.report.screens import FILES, SCREENS, grounding_problem, step

PROBLEM = grounding_problem(1, SCREENS[0])


def shown(reply: str, files: dict[str, object] = FILES) -> Image.Image:  # type: ignore[assignment]
    url = click_picture(PROBLEM, step(reply, SCREENS[0].sha256), files)  # type: ignore[arg-type]
    return Image.open(io.BytesIO(base64.b64decode(url.partition("base64,")[2]))).convert("RGB")


def near(pixel: object, colour: tuple[int, int, int]) -> bool:
    """JPEG changes colours a little."""
    assert isinstance(pixel, tuple)
    return all(abs(a - b) < 60 for a, b in zip(pixel, colour, strict=True))


def test_the_wanted_element_and_the_click_are_both_on_the_screen() -> None:
    picture = shown("pyautogui.click(x=0.75, y=0.75)")
    assert near(picture.getpixel((258, 161)), (214, 0, 110))
    assert near(picture.getpixel((83, 80)), (0, 104, 224))
    assert near(picture.getpixel((10, 10)), (60, 60, 60))


@pytest.mark.parametrize("reply", ["There is none.", "", "pyautogui.click(x=7, y=7)"])
def test_a_reply_that_points_nowhere_leaves_the_box_and_says_so(reply: str) -> None:
    picture = shown(reply)
    assert near(picture.getpixel((83, 80)), (0, 104, 224))
    assert near(picture.getpixel((258, 161)), (60, 60, 60))
    bottom = [picture.getpixel((x, 203)) for x in range(picture.width)]
    assert any(near(pixel, (180, 40, 34)) for pixel in bottom)


def test_a_missing_screenshot_is_grey() -> None:
    assert near(shown("pyautogui.click(x=0.75, y=0.75)", {}).getpixel((5, 5)), (236, 238, 242))
