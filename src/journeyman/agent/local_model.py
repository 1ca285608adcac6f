"""A tuned (or untuned) model as the agent's controller: many conversations, one batched greedy decoder."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from journeyman.agent.greedy_decoder import GreedyDecoder
from journeyman.errors import ArtifactError
from journeyman.model_family import Encoded, ModelFamily, load_model_family
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.message import Message
from journeyman.schema.model import Model
from journeyman.storage.model_files import download_model
from journeyman.storage.store import Store

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
"""How long an open batch waits for more conversations; a batch of sixteen takes about a second."""


@dataclass(slots=True)
class _Request:
    encoded: Encoded
    reply: asyncio.Future[str] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class LocalModelController:
    """Greedy decoding in one worker thread; requests that wait at the same time go through the model together."""

    def __init__(
        self,
        model: Any,
        processor: Any,
        family: ModelFamily,
        *,
        name: str,
        batch_size: int,
        max_new_tokens: int,
        max_pixels: int,
        min_pixels: int,
    ) -> None:
        self._model = model
        self._processor = processor
        self._family = family
        self._name = name
        self._batch_size = batch_size
        self._max_new_tokens = max_new_tokens
        self._pixels = (max_pixels, min_pixels)
        self._decoder = GreedyDecoder(model, processor, family) if family.packs else None
        self._waiting: asyncio.Queue[_Request] = asyncio.Queue()

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        model: ArtifactRef,
        store: Store,
        home: Path,
        *,
        name: str,
        batch_size: int,
        max_new_tokens: int,
        max_pixels: int,
        min_pixels: int,
    ) -> AsyncIterator["LocalModelController"]:
        """Fetch a model from the store and serve it until the block ends.

        Args:
            model: Artifact with one Model row.
            store: Holds the row and the files.
            home: Local state; files are cached in ``models/`` below it.
            name: Who acts, as trajectories record it.
            batch_size: Conversations decoded together at most.
            max_new_tokens: Longest reply; a longer one is cut.
            max_pixels: Larger pictures are scaled down, as in training.
            min_pixels: Smaller pictures are scaled up, as in training.

        Raises:
            ArtifactError: The model's files are missing or were changed.
        """
        row, folder = await asyncio.to_thread(download_model, store, model, home)
        family = load_model_family(row.family)
        weights, processor = await asyncio.to_thread(_loaded, family, row, folder)
        controller = cls(
            weights,
            processor,
            family,
            name=name,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            max_pixels=max_pixels,
            min_pixels=min_pixels,
        )
        async with controller.serving():
            yield controller

    @property
    def name(self) -> str:
        """Who acts."""
        return self._name

    def tokens_of(self, text: str) -> int:
        """Tokens of a text that the model wrote."""
        return len(self._processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        """Answer requests until the block ends."""
        server = asyncio.create_task(self._serve(), name=f"local-model-{self._name}")
        try:
            yield
        finally:
            server.cancel()
            await asyncio.gather(server, return_exceptions=True)

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """The next assistant text.

        Args:
            messages: The conversation so far, ending in a user turn.
            media: Bytes of every picture the messages name, by sha256.
        """
        max_pixels, min_pixels = self._pixels
        encoded = self._family.encode(
            messages,
            media,
            self._processor,
            add_generation_prompt=True,
            max_pixels=max_pixels,
            min_pixels=min_pixels,
        )
        request = _Request(encoded)
        await self._waiting.put(request)
        return await request.reply

    async def _serve(self) -> None:
        while True:
            batch = await self._gathered()
            generated = asyncio.create_task(asyncio.to_thread(self._generate, [request.encoded for request in batch]))
            await asyncio.wait([generated])
            failed = generated.exception()
            for i, request in enumerate(batch):
                if request.reply.done():  # its conversation was cancelled meanwhile
                    continue
                if failed is not None:
                    request.reply.set_exception(failed)
                else:
                    request.reply.set_result(generated.result()[i])

    async def _gathered(self) -> list[_Request]:
        batch = [await self._waiting.get()]
        while len(batch) < self._batch_size:
            try:
                batch.append(await asyncio.wait_for(self._waiting.get(), GATHER_SECONDS))
            except TimeoutError:
                break
        return batch

    def _generate(self, prompts: Sequence[Encoded]) -> list[str]:
        if self._decoder is None:
            return self._generate_plainly(prompts)
        turns = self._decoder.decode(prompts, self._max_new_tokens)
        return [self._family.decode(tokens, self._processor) for tokens in turns]

    @torch.inference_mode()
    def _generate_plainly(self, prompts: Sequence[Encoded]) -> list[str]:
        """By transformers' own loop, for models whose rows hold more than keys and values."""
        inputs = self._family.collate_prompts(prompts, self._processor)
        device, dtype = self._model.device, self._model.dtype
        inputs = {k: v.to(device) for k, v in inputs.items()}
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(dtype)
        end = self._family.end_of_turn(self._processor)
        out = self._model.generate(
            **inputs,
            max_new_tokens=self._max_new_tokens,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=self._processor.tokenizer.pad_token_id,
        )
        start = inputs["input_ids"].shape[1]
        return [self._family.decode(row[start:].tolist(), self._processor) for row in out]


def _loaded(family: ModelFamily, row: Model, folder: Path) -> tuple[Any, Any]:
    on_gpu = torch.cuda.is_available()
    try:
        model, processor = family.load(str(folder), "bf16" if on_gpu and row.parameters > 10**9 else "fp32")
    except OSError as exc:
        raise ArtifactError(f"model {row.model_digest[:12]} in {folder} cannot be loaded: {exc}") from exc
    model.eval()
    return (model.cuda() if on_gpu else model), processor
