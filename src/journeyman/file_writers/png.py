"""Drawn scene as PNG, lossless; its size and barcodes are read back with zxing."""

import io

from PIL.PngImagePlugin import PngInfo

from journeyman.file_writer import FileWriter
from journeyman.file_writers._scene import Scene, draw_scene, reopen_scene, scene_facts


def _write(scene: Scene, mark: str) -> bytes:
    info = PngInfo()
    if mark:
        info.add_text("Comment", mark)
    out = io.BytesIO()
    draw_scene(scene).save(out, "PNG", compress_level=6, pnginfo=info)
    return out.getvalue()


WRITER = FileWriter("png", "image/png", "png", Scene, _write, reopen_scene, scene_facts)
