from typing import get_args

import numpy as np
import pytest

from journeyman.file_writers._extents import box_in_shares
from journeyman.file_writers._scene import Scene, draw_scene
from journeyman.file_writers._shapes import Shape


@pytest.mark.parametrize("shape", get_args(Shape))
@pytest.mark.parametrize("size", [9, 28, 61])
def test_the_box_is_that_of_what_is_drawn(shape: str, size: int) -> None:
    item = {"kind": "shape", "shape": shape, "colour": "black", "left": 30, "top": 20, "size": size}
    spec = {"width": 200, "height": 100, "items": [item]}
    dark = np.asarray(draw_scene(Scene.model_validate(spec)).convert("L")) < 128
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    drawn = (columns[0] / 200, rows[0] / 100, (columns[-1] + 1) / 200, (rows[-1] + 1) / 100)
    assert box_in_shares(item, spec) == pytest.approx(drawn, abs=0.0006)
