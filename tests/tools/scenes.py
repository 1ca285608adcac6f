"""Scenes for the skills' tests, drawn by the product's own writer."""

from journeyman.file_writers._scene import Scene
from journeyman.file_writers.png import WRITER


def write_scene(folder, *items, name="file_1.png", width=224, height=160, background="white", noise=0.0):
    """Draw ``items`` into ``folder`` and give the file's name."""
    scene = Scene(width=width, height=height, background=background, noise=noise, items=items)
    (folder / name).write_bytes(WRITER.write(scene, ""))
    return name


def shape(kind, colour, left, top, size):
    """A shape in its bounding square."""
    return {"kind": "shape", "shape": kind, "colour": colour, "left": left, "top": top, "size": size}


def panel(colour, left, top, width, height):
    """A filled rectangle."""
    return {"kind": "panel", "colour": colour, "left": left, "top": top, "width": width, "height": height}


def text(words, left, top, size, colour="black"):
    """Print."""
    return {"kind": "text", "text": words, "left": left, "top": top, "size": size, "colour": colour}


def qr(payload, left, top, width):
    """A QR code with its quiet zone."""
    return {"kind": "barcode", "symbology": "qr", "payload": payload, "left": left, "top": top, "width": width}


def photograph(name, left, top, width, **more):
    """A photograph."""
    return {"kind": "photograph", "name": name, "left": left, "top": top, "width": width, **more}


def in_pixels(box, width=224, height=160):
    """A box in shares as one in pixels."""
    return [round(edge * side) for edge, side in zip(box, (width, height) * 2, strict=True)]


def overlap(one, two):
    """Intersection over union of two boxes."""
    across = min(one[2], two[2]) - max(one[0], two[0])
    down = min(one[3], two[3]) - max(one[1], two[1])
    both = max(0, across) * max(0, down)
    return both / (sum((b[2] - b[0]) * (b[3] - b[1]) for b in (one, two)) - both)
