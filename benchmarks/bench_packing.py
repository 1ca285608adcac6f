"""Grounding packing: supervised pairs a CPU-second with up to 8 pairs behind a picture, against one.

Both sides in one run, on the same screen of 1280 x 800 with 8 named buttons: stored as the screen dataset stores it,
through Parquet, view, loader and collation into forward and backward passes of the tiny Qwen2-VL. No step moves the
weights, so that both sides' losses are of one model: they differ by what a later pair sees of those before it.

Figure to reach: 4 times, at the recipe's own pictures (46 x 26 tokens of 28 x 28 pixels, as in Aguvis). A second part
shows pictures of the size that fits two cores: words weigh more beside them, and packing gains less. One thread; the
vision encoder is frozen, as in the recipe.
"""

import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pyarrow.parquet as pq
import torch
from PIL import Image, ImageDraw

from journeyman.action_formats.pyautogui_call import Click, ScreenTurn
from journeyman.agent.screen_prompt import grounding_conversation
from journeyman.model_family import load_model_family
from journeyman.schema.arrow import records_to_table
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import messages_to_json
from journeyman.schema.record import sha256_hex
from journeyman.training.config import TrainingConfig
from journeyman.training.conversations import Encoder, Limits, corpus
from journeyman.training.initial import prepare_for_training
from journeyman.training.loader import Loader
from journeyman.training.loss import TokenLoss
from journeyman.training.order import Mixture, Rows
from journeyman.training.packing import Packing
from journeyman.training.views import GROUNDING, RowView

SIZE = (1280, 800)
PAIRS = 8
WORDS = (
    "Save",
    "Open",
    "Close",
    "Search",
    "Reply",
    "Archive",
    "Delete",
    "Print",
    "Share",
    "Export",
    "Rename",
    "Filter",
)
LARGE, SMALL = 46 * 26 * 28 * 28, 71_680
EPOCHS: Mapping[tuple[int, int], int] = {(LARGE, 1): 1, (LARGE, PAIRS): 3, (SMALL, 1): 4, (SMALL, PAIRS): 12}
"""(max_pixels, pairs a sample) -> times that every pair is trained on."""
PACK_TOKENS = 2048
MARK = 4.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What some passes came to."""

    pairs: int
    passes: int
    cpu_seconds: float
    """Of all threads: reading, encoding, forward, backward."""
    seconds: float
    waited: float
    """Of ``seconds``, those in which a pass waited for data."""
    loss: float
    """Summed over the replies, in nats."""

    @property
    def rate(self) -> float:
        """Pairs a CPU-second."""
        return self.pairs / self.cpu_seconds

    @property
    def loss_a_pair(self) -> float:
        """In nats."""
        return self.loss / self.pairs


def main(*, quick: bool) -> None:
    """Print pairs a second and loss of both sides, at both sizes."""
    torch.set_num_threads(1)
    examples = [_screen()]
    family = load_model_family("qwen_vl")
    model, processor = family.build_tiny(corpus(examples), 0)
    model = TokenLoss(prepare_for_training(model, TrainingConfig(freeze=("vision",)), family)).train()
    with tempfile.TemporaryDirectory(prefix="bench-packing-") as name:
        path = str(Path(name) / "train.parquet")
        pq.write_table(records_to_table(examples, Example), path)
        for max_pixels in (SMALL,) if quick else (LARGE, SMALL):
            alone, packed = (_measure(path, most, max_pixels, family, model, processor) for most in (1, PAIRS))
            reach = f" (to reach: {MARK})" if max_pixels == LARGE else ""
            print(f"\npictures of at most {max_pixels:,} pixels")
            for most, run in ((1, alone), (PAIRS, packed)):
                print(
                    f"{most} a sample: {run.rate:6.2f} pairs a CPU-second, {run.pairs / run.seconds:6.2f} a second "
                    f"({run.pairs} pairs in {run.passes} passes, {run.waited / run.seconds:.0%} waiting for data), "
                    f"loss {run.loss_a_pair:.4f} nats a pair",
                    flush=True,
                )
            difference = packed.loss_a_pair / alone.loss_a_pair - 1
            print(f"ratio {packed.rate / alone.rate:.2f}{reach}; loss a pair differs by {difference:+.2%}", flush=True)


def _measure(path: str, most: int, max_pixels: int, family: Any, model: TokenLoss, processor: Any) -> Measured:
    warm, loader = (_loader(path, most, max_pixels, family, processor) for _ in range(2))
    # Another loader warms up, so that what is measured, and its loss, begins with the first pair of an epoch.
    for batch in next(warm.steps(warm.start)).batches:
        model(batch.inputs).backward()
    warm.close()
    end = family.end_of_turn(processor)
    wanted = PAIRS * EPOCHS[max_pixels, most]
    pairs = passes = 0
    loss = 0.0
    cpu, wall = time.process_time(), time.monotonic()
    for step in loader.steps(loader.start):
        for batch in step.batches:
            model.zero_grad()
            found = model(batch.inputs)
            found.backward()
            loss += found.item()
            # A reply is trained up to the end of its turn, which comes once a pair.
            pairs += int((batch.inputs["targets"] == end).sum())
            passes += 1
        if pairs >= wanted:
            break
    done = Measured(pairs, passes, time.process_time() - cpu, time.monotonic() - wall, loader.waited, loss)
    loader.close()
    return done


def _loader(path: str, most: int, max_pixels: int, family: Any, processor: Any) -> Loader:
    return Loader(
        Mixture([Rows([path], split="train", view=RowView(most))], [1.0]),
        Encoder(family, processor, Limits(max_pixels, 56 * 56)),
        Packing(PACK_TOKENS, PACK_TOKENS, 1, share_prefix=True),
        lambda rows, prefix: family.collate(rows, processor, prefix=prefix),
        rank=0,
    )


def _screen() -> Example:
    """A page of named buttons, always the same."""
    rng = random.Random("packing")
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    asked = []
    for place, word in enumerate(rng.sample(WORDS, PAIRS)):
        left, top = 80 + 300 * (place % 4) + rng.randrange(60), 120 + 320 * (place // 4) + rng.randrange(160)
        draw.rounded_rectangle((left, top, left + 140, top + 44), 8, fill=(230, 235, 245), outline="black")
        draw.text((left + 40, top + 14), word, "black")
        command = Click(round((left + 70) / SIZE[0], 4), round((top + 22) / SIZE[1], 4))
        asked.append((f"the button {word}", ScreenTurn(command)))
    out = io.BytesIO()
    image.save(out, "PNG")
    digest = sha256_hex(out.getvalue())
    return Example(
        example_id="screen",
        split="train",
        family=GROUNDING,
        query="",
        messages_json=messages_to_json(grounding_conversation(digest, asked)),
        images=(EmbeddedImage(bytes=out.getvalue(), path=f"{digest}.png"),),
        tools=(),
        answer_json='""',
        origin="generated",
        teacher="",
    )


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
