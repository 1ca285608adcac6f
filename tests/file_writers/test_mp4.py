import io
import json
from itertools import pairwise
from typing import get_args

import numpy as np
import pytest

from journeyman.errors import SchemaError
from journeyman.file_writer import write_file
from journeyman.file_writers._clip import Clip, Direction, Motion
from journeyman.file_writers._frames import draw_frames
from journeyman.schema.query import FileSpec

av = pytest.importorskip("av", reason="mp4 files are written with av, of journeyman[tools]")

SCENE = {
    "width": 112,
    "height": 80,
    "items": [{"kind": "photograph", "name": "coffee", "left": 0, "top": 0, "width": 112, "height": 80}],
}
MOVER = {"shape": "circle", "colour": "#00ff00", "size": 20, "direction": "right"}


def mp4(**fields: object) -> bytes:
    spec = json.dumps({"scene": SCENE, **fields})
    return write_file(FileSpec(name="file_1.mp4", writer="mp4", spec_json=spec))


def shown(data: bytes) -> np.ndarray:
    """Frames as a player sees them, shape (frames, height, width, 3)."""
    with av.open(io.BytesIO(data)) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]).astype(float)


def change(frames: np.ndarray) -> np.ndarray:
    """Mean change from each frame to the next."""
    return np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))


def shift(one: np.ndarray, other: np.ndarray) -> int:
    """Columns by which what is on ``one`` lies further left on ``other``."""

    def distance(columns: int) -> float:
        left, right = (
            one[:, max(0, columns) : 112 + min(0, columns)],
            other[:, max(0, -columns) : 112 - max(0, columns)],
        )
        return float(np.abs(left - right).mean())

    return min(range(-40, 41), key=distance)


def mover_path(direction: str, frames: int = 16) -> np.ndarray:
    """Middle of the green mover in every frame, shape (frames, 2), x first."""
    plain = {"width": 112, "height": 80, "background": "white"}
    clip = Clip.model_validate({"scene": plain, "frames": frames, "mover": {**MOVER, "direction": direction}})
    path = []
    for frame in draw_frames(clip):
        rows, columns = (np.asarray(frame)[..., 0] < 100).nonzero()
        path.append((columns.mean(), rows.mean()))
    return np.array(path)


@pytest.mark.parametrize(("frames", "rate"), [(2, 1), (16, 8), (64, 30)])
def test_a_clip_has_its_frames_at_its_rate(frames, rate):
    data = mp4(frames=frames, rate=rate)
    assert shown(data).shape == (frames, 80, 112, 3)
    with av.open(io.BytesIO(data)) as container:
        assert container.streams.video[0].average_rate == rate
        assert container.duration / 1e6 == pytest.approx(frames / rate, abs=0.01)
        assert not container.streams.audio


@pytest.mark.parametrize("motion", get_args(Motion))
def test_equal_clips_give_equal_bytes_and_each_motion_its_own(motion):
    data = mp4(motion=motion)
    assert mp4(motion=motion) == data
    assert all(mp4(motion=other) != data for other in get_args(Motion) if other != motion)


def test_what_was_drawn_is_what_is_shown():
    drawn = np.stack([np.asarray(f, float) for f in draw_frames(Clip.model_validate({"scene": SCENE}))])
    assert np.abs(shown(mp4()) - drawn).mean() < 4


def test_a_still_clip_stands_still():
    assert change(shown(mp4())).max() < 1


@pytest.mark.parametrize(("motion", "sign"), [("pan_right", 1), ("pan_left", -1)])
def test_a_pan_moves_the_scene_the_other_way(motion, sign):
    frames = shown(mp4(motion=motion))
    assert sign * shift(frames[0], frames[5]) == pytest.approx(5 / 15 * 0.3 * 112, abs=2)
    assert change(frames).min() > 3


def test_a_zoom_in_ends_where_a_zoom_out_begins():
    closer, away = shown(mp4(motion="zoom_in")), shown(mp4(motion="zoom_out"))
    assert np.abs(closer - away[::-1]).mean() < 4
    assert np.abs(closer[0] - shown(mp4())[0]).mean() < 6
    half = np.asarray(closer[0][20:60, 28:84]).repeat(2, axis=0).repeat(2, axis=1)
    assert np.abs(closer[-1] - half).mean() < 12 < np.abs(closer[-1] - closer[0]).mean()


def test_a_shaken_camera_goes_both_ways():
    frames = shown(mp4(motion="shake"))
    shifts = [shift(a, b) for a, b in pairwise(frames)]
    assert max(shifts) > 3
    assert min(shifts) < -3


def test_flicker_alternates_the_light():
    light = shown(mp4(motion="flicker")).mean(axis=(1, 2, 3))
    assert light[1::2] == pytest.approx(0.45 * light[::2], rel=0.1)


@pytest.mark.parametrize(("frames", "cuts"), [(16, [3, 7, 11]), (2, [0])])
def test_cuts_are_sudden_and_few(frames, cuts):
    changes = change(shown(mp4(motion="cuts", frames=frames)))
    assert np.flatnonzero(changes > 20).tolist() == cuts
    assert np.delete(changes, cuts).max(initial=0) < 2


@pytest.mark.parametrize(
    ("direction", "way"), [("right", (92, 0)), ("left", (-92, 0)), ("down", (0, 60)), ("up", (0, -60))]
)
def test_a_mover_goes_its_way(direction, way):
    path = mover_path(direction)
    assert path[-1] - path[0] == pytest.approx(np.array(way), abs=0.5)
    steps = np.diff(path, axis=0) @ np.sign(way)
    assert (steps > 0).all()


def test_a_circling_mover_comes_back_and_a_bouncing_one_turns():
    circle = mover_path("circle")
    assert circle[0] == pytest.approx(circle[-1], abs=0.5)
    assert np.ptp(circle, axis=0) == pytest.approx([92, 60], abs=4)
    ways = np.sign(np.diff(mover_path("bounce"), axis=0))
    assert {-1.0, 1.0} <= set(ways[:, 0])
    assert {-1.0, 1.0} <= set(ways[:, 1])


def test_movers_of_two_directions_never_have_the_same_path():
    paths = [mover_path(direction) for direction in get_args(Direction)]
    assert all(np.abs(a - b).mean() > 3 for n, a in enumerate(paths) for b in paths[n + 1 :])


def test_a_treatment_is_done_to_every_frame_and_rain_falls():
    edges = shown(mp4(scene={**SCENE, "treatment": "edges"}, mover=MOVER))
    assert (edges.max(axis=3) - edges.min(axis=3)).mean() < 3
    assert change(edges).mean() > 1
    assert change(shown(mp4(scene={**SCENE, "treatment": "rain"}))).min() > 3


def test_a_build_without_h264_writes_mpeg4(monkeypatch):
    with_h264 = shown(mp4(motion="pan_left"))
    monkeypatch.setattr(av, "codecs_available", frozenset())
    data = mp4(motion="pan_left")
    assert mp4(motion="pan_left") == data
    with av.open(io.BytesIO(data)) as container:
        assert container.streams.video[0].codec_context.name == "mpeg4"
    assert np.abs(shown(data) - with_h264).mean() < 5


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"frames": 1}, "greater than or equal to 2"),
        ({"frames": 65}, "less than or equal to 64"),
        ({"rate": 0}, "greater than or equal to 1"),
        ({"motion": "spin"}, "motion"),
        ({"scene": {"width": 111, "height": 80}}, "111x80 pixels has an odd side"),
        ({"scene": {"width": 642, "height": 80}}, "the limit is 640 a side"),
        ({"mover": {**MOVER, "size": 41}}, "give it at most 40"),
        ({"mover": {**MOVER, "direction": "away"}}, "direction"),
        ({"scene": {"width": 32, "height": 32, "items": SCENE["items"]}}, "leaves the picture of 32x32"),
    ],
)
def test_a_clip_that_cannot_be_made_says_why(fields, reason):
    with pytest.raises(SchemaError, match=reason):
        mp4(**fields)


def test_a_clip_reads_back_from_its_text():
    clip = Clip.model_validate({"scene": {**SCENE, "treatment": "haze"}, "mover": MOVER, "motion": "cuts"})
    assert Clip.model_validate_json(clip.model_dump_json()) == clip
