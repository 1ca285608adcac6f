"""Draw the test sets' pictures: pages, receipts, and what a camera does to them."""

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from tool_accuracy import Answer

_WORD_LIST = (
    "account address amount annual answer april balance before between bridge building camera capital carbon change "
    "colour company control copper country customer decision delivery design distance district during energy engine "
    "evening export factory figure final forest garden general glass ground harbour history household import income "
    "increase island journey kitchen language large letter library machine market material measure message method "
    "minute morning museum nature number office orange order paper partner payment people pepper period person "
    "picture planet police power price problem process product project quality quarter question railway reason record "
    "region report result river safety sample school science season second section service silver simple station "
    "street student summer supply surface system table temperature theatre ticket total traffic travel tunnel under "
    "valley value village volume water weather welcome window winter without yellow "
)
WORDS = tuple(_WORD_LIST.split())


def font(size: int, family: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    """A font that matplotlib ships, so that every machine draws the same letters."""
    import matplotlib as mpl

    return ImageFont.truetype(str(Path(mpl.get_data_path()) / "fonts" / "ttf" / f"{family}.ttf"), size)


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def sentence(rng: random.Random, words: int) -> str:
    """Words, every fourth a number, a date or a price."""
    tokens = []
    for _ in range(words):
        numbers = (
            str(rng.randint(2, 9999)),
            f"{rng.randint(1, 99)}.{rng.randint(0, 99):02d}",
            f"{rng.randint(1, 28)}/07",
        )
        tokens.append(rng.choice(numbers) if rng.random() < 0.25 else rng.choice(WORDS))
    return " ".join(tokens)


def page(rng: random.Random, family: str, *, lines: int = 20) -> tuple[Image.Image, list[str]]:
    """A clean page of 900 x 700 pixels and its lines."""
    picture = Image.new("RGB", (900, 700), "white")
    pen = ImageDraw.Draw(picture)
    truth = [sentence(rng, rng.randint(5, 9)) for _ in range(lines)]
    for number, line in enumerate(truth):
        pen.text((40, 24 + number * 33), line, fill="black", font=font(18, family))
    return picture, truth


def receipt(rng: random.Random) -> tuple[Image.Image, list[str]]:
    """A receipt as photographed: turned by at most 3 degrees, blurred and noisy; and its lines."""
    picture = Image.new("RGB", (420, 640), (248, 246, 240))
    pen = ImageDraw.Draw(picture)
    items = [(rng.choice(WORDS).capitalize(), f"{rng.randint(1, 90)}.{rng.randint(0, 99):02d}") for _ in range(12)]
    letters = font(16, "DejaVuSansMono")
    shop = f"{rng.choice(WORDS).upper()} {rng.choice(WORDS).upper()}"
    pen.text((90, 50), shop, fill=(70, 70, 70), font=font(24, "DejaVuSansMono"))
    for number, (name, price) in enumerate(items):
        pen.text((50, 120 + number * 36), name, fill=(70, 70, 70), font=letters)
        pen.text((290, 120 + number * 36), price, fill=(70, 70, 70), font=letters)
    turned = picture.rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC, fillcolor=(120, 110, 100))
    return camera(turned, rng), [shop, *(f"{name} {price}" for name, price in items)]


def camera(picture: Image.Image, rng: random.Random, *, blur: float = 1.2, noise: float = 24.0) -> Image.Image:
    """``picture`` blurred (sigma in pixels) and with Gaussian noise (sigma in grey levels)."""
    import numpy as np

    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32)
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0.0, noise, soft.shape)
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def photograph(rng: random.Random) -> Image.Image:
    """A part of 320 x 240 pixels of a photograph that scikit-image ships."""
    from skimage import data

    whole = Image.fromarray(getattr(data, rng.choice(("astronaut", "coffee", "chelsea", "rocket")))()).convert("RGB")
    left, top = rng.randint(0, whole.width - 320), rng.randint(0, whole.height - 240)
    return whole.crop((left, top, left + 320, top + 240))


def random_box(rng: random.Random, picture: Image.Image, *, beyond: int = 0) -> tuple[int, int, int, int]:
    """A box of at least 24 pixels a side, which may reach ``beyond`` pixels over the border."""
    left, top = rng.randint(-beyond, picture.width - 40), rng.randint(-beyond, picture.height - 40)
    right = rng.randint(max(0, left) + 24, picture.width + beyond)
    return left, top, right, rng.randint(max(0, top) + 24, picture.height + beyond)


def opened(answer: Answer) -> Image.Image:
    """The picture that a tool wrote and named in its value."""
    return Image.open(io.BytesIO(answer.files[answer.value]))
