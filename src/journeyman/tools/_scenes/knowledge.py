"""Short true texts about pictures that installed packages carry, and how to find the one that a picture shows."""

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image

from journeyman.errors import ConfigError
from journeyman.photographs import FACE_CROPS, photograph_bytes

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SIDE, COARSE = 20, 8
"""Samples a side of brightness, and of colour."""
LEAST_SIMILARITY = 0.75
"""Below it a picture shows something else: photographs of the index had 0.93 and more, all others 0.65 and less."""

FACTS: dict[str, tuple[str, ...]] = {
    "astronaut": (
        "Eileen Collins is an American astronaut whom NASA selected in 1990; the photograph is NASA's.",
        "Eileen Collins was the first woman to pilot (1995) and the first to command (1999) a Space Shuttle.",
    ),
    "camera": ("A man with a camera on a tripod: a photograph by Lav Varshney, a free test picture of scikit-image.",),
    "chelsea": ("Chelsea is a cat that was photographed by Stefan van der Walt for scikit-image.",),
    "china": ("The Summer Palace is an imperial garden in Beijing, China; it is a UNESCO World Heritage Site.",),
    "clock_motion": ("A wall clock, blurred because the camera moved: a test picture of scikit-image.",),
    "coffee": (
        "A cup of espresso: the photograph was given to scikit-image by Rachel Michetti of Pikolo Espresso Bar.",
    ),
    "coins": ("Greek coins from Pompeii: a photograph of the Brooklyn Museum.",),
    "flower": ("A flower: a photograph that scikit-learn ships as an example.",),
    "grace_hopper": (
        "Grace Hopper was a rear admiral of the United States Navy and a pioneer of computing.",
        "Grace Hopper wrote the A-0 compiler in 1952; her work on languages led to COBOL.",
    ),
    "hubble_deep_field": ("The Hubble eXtreme Deep Field shows thousands of galaxies in a small piece of the sky.",),
    "moon": ("The surface of the Moon, with craters: a low-contrast test picture of scikit-image.",),
    "motorcycle_left": ("A motorcycle: the left picture of a pair of the Middlebury 2014 stereo data set.",),
    "page": ("A scanned page of printed text: a test picture of scikit-image for telling ink from paper.",),
    "retina": ("A retina is the layer at the back of the eye that senses light; its vessels start at the optic disc.",),
    "rocket": (
        "A Falcon 9 rocket of SpaceX lifts off from Cape Canaveral with the satellite DSCOVR in February 2015.",
    ),
    "text": ("Handwritten mathematics: a test picture of scikit-image.",),
}
"""By the photograph's name."""


class Known(NamedTuple):
    """A fact and how alike the picture is to the one that it is about."""

    text: str
    similarity: float


def facts_about(picture: Image.Image) -> list[Known]:
    """What is known of what ``picture`` shows, most alike first."""
    import numpy as np

    names, rows = _index()
    seen = np.stack([_sample(picture), _sample(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT))])
    alike = (rows @ seen.T).max(axis=1)
    best: dict[str, float] = {}
    for name, similarity in zip(names, alike.tolist(), strict=True):
        best[name] = max(best.get(name, 0.0), similarity)
    ranked = sorted(best.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Known(text, round(min(1.0, similarity), 3))
        for name, similarity in ranked
        if similarity >= LEAST_SIMILARITY
        for text in FACTS[name]
    ]


@lru_cache(maxsize=1)
def _index() -> tuple[tuple[str, ...], "Array"]:
    """Names and samples (n, length) of the photographs that are installed, and of the faces cut from them."""
    import numpy as np

    names, rows = [], []
    for name in FACTS:
        try:
            whole = Image.open(io.BytesIO(photograph_bytes(name))).convert("RGB")
        except ConfigError:
            continue  # its package is not installed, so nobody can have pasted it
        crops = [crop.box for crop in FACE_CROPS if crop.photograph == name]
        for picture in (whole, *(whole.crop(box) for box in crops)):
            names.append(name)
            rows.append(_sample(picture))
    return tuple(names), np.stack(rows)


def _sample(picture: Image.Image) -> "Array":
    """Brightness, finely, and colour, coarsely, without their mean, of length 1: brightness and contrast drop out."""
    import numpy as np

    ycc = picture.convert("YCbCr")
    fine = np.asarray(ycc.getchannel(0).resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32).ravel()
    coarse = np.asarray(ycc.resize((COARSE, COARSE), Image.Resampling.BOX), dtype=np.float32)[:, :, 1:].ravel()
    bright, colour = fine - fine.mean(), (coarse - 128.0) * 1.5
    both = np.concatenate((bright / (np.linalg.norm(bright) + 1e-6), colour / (np.linalg.norm(colour) + 60.0)))
    return np.asarray(both / (np.linalg.norm(both) + 1e-6))
