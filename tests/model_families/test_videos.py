# ruff: noqa: E402 - what needs torch is imported only where torch is
"""A video among picture tokens is, to a Qwen-VL model, the video of its own path; who takes none says so."""

import copy

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("av")

from journeyman.errors import ConfigError, MediaError
from journeyman.media_reader import frame_size, read_frames
from journeyman.model_families._qwen_pictures import FRAMES
from journeyman.training.config import TrainingConfig
from journeyman.training.initial import prepare_for_training
from journeyman.training.loss import TokenLoss
from tests.model_families.media import jpg, mp4, turn, wav
from tests.model_families.members import MEMBERS, PIXELS, member

QWENS = ("qwen2", "qwen2_5", "qwen3")


def encoded(name, *parts, **options):
    family, _, processor = member(name)
    media = {}
    messages = [turn("user", *parts, media=media), turn("assistant", "a few words")]
    return family.encode(messages, media, processor, **({"add_generation_prompt": False} | PIXELS | options))


def stock_patches(name, data):
    """Pixels and grid as transformers' own video processor makes them, written out here since it wants torchvision."""
    _, _, processor = member(name)
    own = processor.image_processor
    frames = []
    for frame in read_frames(data, "video", FRAMES):
        size = {"shortest_edge": PIXELS["min_pixels"], "longest_edge": PIXELS["max_pixels"]}
        resized = own(images=[frame], do_rescale=False, do_normalize=False, size=size, return_tensors="np")
        _, rows, columns = resized["image_grid_thw"][0]
        merge, side = own.merge_size, own.patch_size
        cells = resized["pixel_values"].reshape(rows // merge, columns // merge, merge, merge, 3, 2, side, side)
        pixels = cells[:, :, :, :, :, 0].transpose(4, 0, 2, 5, 1, 3, 6).reshape(3, rows * side, columns * side)
        frames.append(pixels.round())
    mean, std = (np.asarray(x)[:, None, None] for x in (own.image_mean, own.image_std))
    video = (np.stack(frames) / 255 - mean) / std
    # As Qwen2VLVideoProcessor._preprocess.
    view = video.reshape(len(video) // 2, 2, 3, rows // merge, merge, side, columns // merge, merge, side).transpose(
        0, 3, 6, 4, 7, 2, 1, 5, 8
    )
    flat = view.reshape(len(video) // 2 * rows * columns, -1)
    return torch.tensor(flat, dtype=torch.float32), torch.tensor([[len(video) // 2, rows, columns]])


@pytest.mark.parametrize("name", QWENS)
def test_a_video_is_what_the_models_own_path_makes_of_it(name):
    family, model, processor = member(name)
    one = encoded(name, "look", ("video", mp4()), "and at", ("image", jpg()))
    pixels, grid = stock_patches(name, mp4())
    videos = int(grid.prod())
    batch = family.collate([[one]], processor)
    assert torch.allclose(batch["pixel_values"][:videos], pixels, atol=1e-5)
    token = family.image_token(processor)
    video_token = processor.tokenizer.convert_tokens_to_ids("<|video_pad|>")
    ids = batch["input_ids"].clone()
    stands = (ids[0] == token).nonzero()[: videos // 4, 0]
    ids[0, stands] = video_token
    kinds = (ids == token).long() + 2 * (ids == video_token).long()
    picture = {"pixel_values": batch["pixel_values"][videos:], "image_grid_thw": batch["image_grid_thw"][-1:]}
    inputs = {"input_ids": ids, "mm_token_type_ids": kinds, "video_grid_thw": grid, **picture}
    seconds = {"second_per_grid_ts": [0.25]} if name == "qwen2_5" else {}  # its positions advance 4 a second
    positions, _ = model.model.get_rope_index(**{k: v for k, v in inputs.items() if k != "pixel_values"}, **seconds)
    assert (positions[:, 0].numpy() == one.position_ids).all()
    with torch.no_grad():
        want = model(**inputs, pixel_values_videos=pixels, position_ids=positions).logits
        got = model(**{k: batch[k] for k in ("input_ids", "position_ids", "pixel_values", "image_grid_thw")}).logits
        prompt = family.collate_prompts([one], processor)
        plain = model(**prompt).logits
    assert torch.allclose(got, want, atol=1e-5)
    assert torch.allclose(plain, want, atol=1e-5)


@pytest.mark.parametrize("name", QWENS)
def test_motion_is_seen(name):
    still, moving = encoded(name, ("video", mp4(0))), encoded(name, ("video", mp4(4)))
    assert still.input_ids.tolist() == moving.input_ids.tolist()
    half = still.patches.reshape(len(still.patches), 3, 2, -1)
    assert np.abs(half[:, :, 0].astype(int) - half[:, :, 1]).mean() < 4
    half = moving.patches.reshape(len(moving.patches), 3, 2, -1)
    assert np.abs(half[:, :, 0].astype(int) - half[:, :, 1]).mean() > 20


@pytest.mark.parametrize("name", QWENS)
@pytest.mark.parametrize(
    ("kind", "data"),
    [("video", mp4()), ("video", mp4(4, 320, 64)), ("video", mp4(1, 64, 240)), ("image", jpg()), ("image", jpg(45))],
    ids=["small", "wide", "tall", "picture", "another picture"],
)
def test_the_size_is_told_without_decoding(name, kind, data):
    family, _, processor = member(name)
    one = encoded(name, (kind, data))
    (start, end), *_ = one.picture_spans.tolist()
    size = family.media_size(kind, frame_size(data, "file"), processor, **PIXELS)
    assert size == (end - start, len(one.patches))


@pytest.mark.parametrize("name", QWENS)
def test_a_row_with_a_video_has_the_loss_it_has_alone(name):
    family, model, processor = member(name)
    module = TokenLoss(prepare_for_training(copy.deepcopy(model), TrainingConfig(), family)).eval()
    rows = [encoded(name, ("video", mp4()), "what moves?"), encoded(name, "no file"), encoded(name, ("image", jpg()))]
    with torch.no_grad():
        alone = sum(float(module(family.collate([[one]], processor))) for one in rows)
        for arranged in ([rows], [[one] for one in rows]):
            assert float(module(family.collate(arranged, processor))) == pytest.approx(alone, rel=1e-5)


@pytest.mark.parametrize("name", sorted(MEMBERS))
def test_a_kind_that_a_family_does_not_take_is_refused_with_what_it_takes(name):
    family, _, processor = member(name)
    for kind, data in (("audio", wav()), ("video", mp4())):
        if kind in family.modalities:
            continue
        takes = " and ".join(sorted(family.modalities))
        with pytest.raises(ConfigError, match=f"takes {takes}, and the conversation has a"):
            encoded(name, (kind, data))
    if family.media_size:
        with pytest.raises(ConfigError, match="not audio"):
            family.media_size("audio", (0, 0), processor, **PIXELS)


def test_a_video_that_is_none_is_named():
    with pytest.raises(MediaError, match=r"video .* is a picture"):
        encoded("qwen2", ("video", jpg()))


def test_a_short_video_repeats_its_last_frame():
    one = encoded("qwen2", ("video", mp4(4, frames=3)))
    assert one.grids[0][0] == FRAMES // 2
    pairs = one.patches.reshape(2, -1, 3, 2, 14 * 14)  # frames 1 and 2, then 3 and 3
    assert (pairs[1, :, :, 0] == pairs[1, :, :, 1]).all()
    assert (pairs[0, :, :, 0] != pairs[0, :, :, 1]).any()
