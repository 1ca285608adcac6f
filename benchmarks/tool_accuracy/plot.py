"""plot on seeded tables: the heights of the bars in the picture against the numbers in the table."""

import io
import random

from PIL import Image

from tool_accuracy import Accuracy, Call

SEED = 20260906
TABLES = 20
NEAR = 0.01
"""A bar is right within one hundredth of the highest."""
BLUE = (31, 119, 180)
"""First colour of matplotlib's default cycle."""


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Share of bars whose height stands to the highest as their values do."""
    chance = random.Random(SEED)
    right = bars = 0
    for _ in range(TABLES):
        values = [round(chance.uniform(5, 100), 1) for _ in range(chance.randint(2, 9))]
        table = "item,amount\n" + "".join(f"item {n},{value}\n" for n, value in enumerate(values))
        answer = call({"file_1.csv": table.encode()}, kind="bar", file="file_1.csv")
        heights = _heights(Image.open(io.BytesIO(answer.files[answer.value])))
        bars += len(values)
        if len(heights) == len(values):
            shares = zip(heights, values, strict=True)
            right += sum(abs(height / max(heights) - value / max(values)) <= NEAR for height, value in shares)
    return (Accuracy("bars as high as their values, within 1 % of the highest", right / bars, bars, reach=1.0),)


def _heights(picture: Image.Image) -> list[int]:
    pixels = picture.load()
    assert pixels is not None
    heights: list[int] = []
    inside = False
    for x in range(picture.width):
        height = sum(pixels[x, y] == BLUE for y in range(picture.height))
        if height > 3 and not inside:
            heights.append(height)
        inside = height > 3
    return heights
