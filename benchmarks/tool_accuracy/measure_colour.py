"""Whether colours get the words people give them, and whether shares are right."""

import random

from PIL import Image

from tool_accuracy import Accuracy, Call
from tool_accuracy._pictures import camera, png

WORDS = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
PLAIN = ("black", "white", "#808080", "red", "orange", "yellow", "green", "blue", "purple", "pink", "#8b4513")
FLAGS = 20
NEAR = 0.02


def measure(call: Call) -> tuple[Accuracy, ...]:
    """Agreement with the xkcd colour survey, and shares of striped pictures within ``NEAR``, clean and noisy."""
    rng = random.Random(59)
    survey = _survey()
    named = sum(
        call({"c.png": png(Image.new("RGB", (8, 8), code))}, image="c.png").value[0][0] == word for code, word in survey
    )
    clean, noisy = (_shares(call, rng, noise=noise) for noise in (False, True))
    return (
        Accuracy("same basic word as in the xkcd colour survey", named / len(survey), len(survey)),
        Accuracy(f"shares within {NEAR}, clean stripes", clean[0] / clean[1], clean[1]),
        Accuracy(f"shares within {NEAR}, blurred and noisy stripes", noisy[0] / noisy[1], noisy[1]),
    )


def _survey() -> list[tuple[str, str]]:
    """Colours whose name in the survey is a basic word, alone or with adjectives: ``dark olive green`` is a green."""
    from matplotlib.colors import XKCD_COLORS

    pairs = [(code, name.removeprefix("xkcd:").split()[-1]) for name, code in sorted(XKCD_COLORS.items())]
    return [(code, word) for code, word in pairs if word in WORDS]


def _shares(call: Call, rng: random.Random, *, noise: bool) -> tuple[int, int]:
    right = wanted = 0
    for _ in range(FLAGS):
        colours = rng.sample(range(len(WORDS)), 3)
        widths = [rng.randint(30, 120) for _ in colours]
        picture = Image.new("RGB", (sum(widths), 100))
        for number, colour in enumerate(colours):
            start = sum(widths[:number])
            picture.paste(PLAIN[colour], (start, 0, start + widths[number], 100))
        shown = camera(picture, rng, noise=8.0) if noise else picture
        shares = dict(call({"c.png": png(shown)}, image="c.png").value)
        for colour, width in zip(colours, widths, strict=True):
            right += abs(shares.get(WORDS[colour], 0.0) - width / sum(widths)) <= NEAR
        wanted += len(colours)
    return right, wanted
