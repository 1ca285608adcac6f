"""Drawn scene as JPEG of quality 90; its size and barcodes are read back with zxing."""

import io

from journeyman.file_writer import FileWriter
from journeyman.file_writers._scene import Scene, draw_scene, reopen_scene, scene_facts


def _write(scene: Scene, mark: str) -> bytes:
    out = io.BytesIO()
    # subsampled colour would smear coloured text and narrow bars
    draw_scene(scene).save(out, "JPEG", quality=90, subsampling=0, comment=mark)
    return out.getvalue()


WRITER = FileWriter("jpg", "image/jpeg", "jpg", Scene, _write, reopen_scene, scene_facts)
