"""Real photographs that scikit-image, scikit-learn and matplotlib carry inside their wheels.

Nothing is downloaded: a photograph is there when its package is installed, and its bytes are the
package's own file. Drawings, textures and test charts of those packages are left out.
"""

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from journeyman.errors import ConfigError

Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; right and bottom are outside."""


@dataclass(frozen=True, slots=True)
class Photograph:
    """One photograph and what is known to be on it."""

    name: str
    package: str
    """Import name of the package whose wheel holds it."""
    path: str
    """File inside the package."""
    subject: str
    """What a person would say is on it, as a noun phrase."""
    labels: tuple[str, ...]
    """ImageNet words that are right for it; empty where ImageNet has no class for the subject."""
    faces: int
    """Frontal human faces large enough to recognise."""
    licence: str

    @property
    def file_name(self) -> str:
        """The file's own name, e.g. ``grace_hopper.jpg``."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True)
class FaceCrop:
    """A piece of a photograph with exactly one frontal face in its middle."""

    photograph: str
    box: Box
    minimal_width: int
    """Pixels: pasted this wide or wider, mirrored or not, at 0.8 to 1.2 brightness, a LBP cascade
    (scale factor 1.1 or 1.2, step ratio 1) found the face in at least 9 of 10 scenes."""


_PHOTOGRAPHS = (
    Photograph(
        "astronaut",
        "skimage",
        "data/astronaut.png",
        "an astronaut in an orange suit",
        (),
        1,
        "public domain (NASA)",
    ),
    Photograph(
        "camera",
        "skimage",
        "data/camera.png",
        "a man with a camera on a tripod",
        ("tripod", "reflex camera"),
        0,
        "CC0-1.0",
    ),
    Photograph(
        "chelsea",
        "skimage",
        "data/chelsea.png",
        "a cat",
        ("Egyptian Mau", "tabby cat", "tabby", "tiger cat", "a cat having a striped coat", "cat"),
        0,
        "CC0-1.0",
    ),
    Photograph(
        "china",
        "sklearn",
        "datasets/images/china.jpg",
        "a Chinese palace",
        ("palace", "bell tower", "monastery", "bell cote"),
        0,
        "CC-BY-2.0 (danielbuechele)",
    ),
    Photograph(
        "clock_motion",
        "skimage",
        "data/clock_motion.png",
        "a wall clock, blurred by motion",
        ("wall clock", "analog clock"),
        0,
        "public domain (Stefan van der Walt)",
    ),
    Photograph(
        "coffee",
        "skimage",
        "data/coffee.png",
        "a cup of coffee",
        ("espresso", "coffee mug", "tea cup", "cup"),
        0,
        "CC0-1.0",
    ),
    Photograph(
        "coins",
        "skimage",
        "data/coins.png",
        "Greek coins",
        (),
        0,
        "no known copyright restrictions (Brooklyn Museum)",
    ),
    Photograph(
        "flower",
        "sklearn",
        "datasets/images/flower.jpg",
        "a flower",
        ("daisy",),
        0,
        "CC-BY-2.0 (vultilion)",
    ),
    Photograph(
        "grace_hopper",
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        "an officer in uniform",
        ("military uniform", "suit", "Windsor tie"),
        1,
        "public domain (US Navy)",
    ),
    Photograph(
        "hubble_deep_field",
        "skimage",
        "data/hubble_deep_field.jpg",
        "galaxies seen by the Hubble telescope",
        (),
        0,
        "public domain (NASA)",
    ),
    Photograph(
        "moon",
        "skimage",
        "data/moon.png",
        "the surface of the moon",
        (),
        0,
        "public domain",
    ),
    Photograph(
        "motorcycle_left",
        "skimage",
        "data/motorcycle_left.png",
        "a motorcycle in a garage",
        ("moped", "motor scooter", "motorcycle"),
        0,
        "Middlebury 2014 stereo (cite Scharstein et al.)",
    ),
    Photograph(
        "page",
        "skimage",
        "data/page.png",
        "a scanned page of printed text",
        (),
        0,
        "no known copyright restrictions",
    ),
    Photograph(
        "retina",
        "skimage",
        "data/retina.jpg",
        "the retina of a human eye",
        (),
        0,
        "CC0-1.0",
    ),
    Photograph(
        "rocket",
        "skimage",
        "data/rocket.jpg",
        "a rocket at its launch",
        ("missile", "projectile", "space shuttle"),
        0,
        "public domain (SpaceX)",
    ),
    Photograph(
        "text",
        "skimage",
        "data/text.png",
        "handwritten mathematics",
        (),
        0,
        "public domain",
    ),
)

FACE_CROPS = (
    FaceCrop("astronaut", (130, 20, 310, 220), 44),
    FaceCrop("grace_hopper", (90, 20, 430, 400), 44),
)
"""Crops to paste where a scene needs a countable face."""


def photographs() -> tuple[Photograph, ...]:
    """All photographs, by name."""
    return _PHOTOGRAPHS


def find_photograph(name: str) -> Photograph:
    """The photograph of that name.

    Raises:
        ConfigError: There is none; the message lists all names.
    """
    for photograph in _PHOTOGRAPHS:
        if photograph.name == name:
            return photograph
    raise ConfigError(f"no photograph {name!r}; there is: {', '.join(p.name for p in _PHOTOGRAPHS)}")


def photograph_bytes(name: str) -> bytes:
    """The photograph's file, exactly as its package ships it.

    Raises:
        ConfigError: No photograph of that name, or its package is not installed.
    """
    photograph = find_photograph(name)
    return package_file(photograph.package, photograph.path).read_bytes()


def package_file(package: str, path: str) -> Path:
    """Path of a data file inside an installed package, found without importing the package.

    Raises:
        ConfigError: The package is not installed, or this version of it has no such file.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ConfigError(f"package {package!r} is not installed; install journeyman[tools]")
    file = Path(spec.origin).parent / path
    if not file.is_file():
        raise ConfigError(f"package {package!r} has no file {path!r}; install the version journeyman[tools] asks for")
    return file
