"""The eleven basic colour words of English, and which one a colour is called."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

# Several landmarks a word: a pixel gets the word of the nearest one in CIELAB.
_LANDMARKS: dict[str, tuple[str, ...]] = {
    "black": ("#000000", "#1c1c1c"),
    "white": ("#ffffff", "#f0f0f0"),
    "grey": ("#404040", "#606060", "#808080", "#a9a9a9", "#c8c8c8"),
    "red": ("#ff0000", "#dc143c", "#c81e1e", "#8b0000", "#e6194b"),
    "orange": ("#ffa500", "#ff8c00", "#e67e22", "#ff6a13"),
    "yellow": ("#ffff00", "#ffd700", "#f0dc50", "#fff59d"),
    "green": ("#008000", "#00ff00", "#3cb371", "#006400", "#6b8e23", "#98fb98", "#2e8b57", "#008080"),
    "blue": ("#0000ff", "#00008b", "#1e90ff", "#4169e1", "#87ceeb", "#00ffff", "#1f3a5f", "#4682b4"),
    "purple": ("#800080", "#9400d3", "#4b0082", "#ba55d3", "#c8a2e8", "#6a0dad"),
    "pink": ("#ffc0cb", "#ff69b4", "#ff1493", "#ff00ff", "#f4a6b8"),
    "brown": ("#a52a2a", "#8b4513", "#785032", "#a0522d", "#5c3a1e", "#b5835a"),
}
WORDS = tuple(_LANDMARKS)


def nearest_words(colours: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Index in ``WORDS`` for each of ``colours`` (n, 3), 0 to 255."""
    import numpy as np

    owners = np.array([n for n, codes in enumerate(_LANDMARKS.values()) for _ in codes])
    codes = [code for codes in _LANDMARKS.values() for code in codes]
    landmarks = lab_of(np.array([[int(code[i : i + 2], 16) for i in (1, 3, 5)] for code in codes]))
    nearest = np.empty(len(colours), dtype=np.intp)
    for start in range(0, len(colours), 20_000):  # a block of 20 000 x 60 distances stays below 30 MB
        block = lab_of(colours[start : start + 20_000])
        distances = ((block[:, None, :] - landmarks[None, :, :]) ** 2).sum(axis=2)
        nearest[start : start + 20_000] = owners[distances.argmin(axis=1)]
    return nearest


def lab_of(rgb: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """CIELAB (D65) of sRGB values, shape (n, 3): distances in it are how different colours look."""
    import numpy as np

    share = rgb.astype(np.float32) / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]], dtype=np.float32)
    xyz = linear @ to_xyz.T / np.array([0.9505, 1.0, 1.089], dtype=np.float32)
    bent = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    x, y, z = bent[:, 0], bent[:, 1], bent[:, 2]
    return np.stack((116 * y - 16, 500 * (x - y), 200 * (y - z)), axis=1)
