"""A tuned (or untuned) model as the agent's controller: many conversations, one batched greedy decoder."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from journeyman.agent.begun_turn import begun_tokens, encode_prompt
from journeyman.agent.constraint import ChoiceConstraint, ConstraintState, follow_generation
from journeyman.agent.greedy_decoder import GreedyDecoder
from journeyman.agent.media_features import MediaFeatures
from journeyman.errors import ArtifactError, ConfigError, MediaError
from journeyman.model_family import Encoded, ModelFamily, load_model_family
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.message import Message
from journeyman.schema.model import Model
from journeyman.storage.features import FeatureCache
from journeyman.storage.model_files import download_model
from journeyman.storage.store import Store

logger = logging.getLogger(__name__)

GATHER_SECONDS = 0.05
"""How long an open batch waits for more conversations; a batch of sixteen takes about a second."""


@dataclass(slots=True)
class _Request:
    messages: Sequence[Message]
    media: Mapping[str, bytes]
    encoded: Encoded | None = None
    """None until the features of its files are known."""
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
        features: MediaFeatures | None = None,
        constraint: ChoiceConstraint | None = None,
    ) -> None:
        """Serve ``model``.

        Args:
            model: Of transformers.
            processor: Of the model.
            family: Its own.
            name: Who acts.
            batch_size: Conversations decoded together at most.
            max_new_tokens: Longest reply.
            max_pixels: Larger pictures are scaled down.
            min_pixels: Smaller pictures are scaled up.
            features: Of files; needed by a family with frozen encoders.
            constraint: What replies may be (constraint.py); None allows anything.

        Raises:
            ConfigError: The family has frozen encoders, and there are no ``features``.
        """
        if family.frozen_encoders is not None and features is None:
            raise ConfigError(f"model family {family.name} sees files through frozen encoders; give their features")
        self._features = features
        self._constraint = constraint
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
        constraint: Callable[[ModelFamily, Any], ChoiceConstraint] | None = None,
    ) -> AsyncIterator["LocalModelController"]:
        """Fetch a model from the store and serve it until the block ends.

        Args:
            model: Artifact with one Model row.
            store: Holds the row, the files and the features of frozen encoders.
            home: Local state; files are cached in ``models/`` below it.
            name: Who acts, as trajectories record it.
            batch_size: Conversations decoded together at most.
            max_new_tokens: Longest reply; a longer one is cut.
            max_pixels: Larger pictures are scaled down, as in training.
            min_pixels: Smaller pictures are scaled up, as in training.
            constraint: (family, processor) -> what replies may be; None allows anything.

        Raises:
            ArtifactError: The model's files are missing or were changed.
            ConfigError: The tokenizer cannot be constrained.
        """
        row, folder = await asyncio.to_thread(download_model, store, model, home)
        family = load_model_family(row.family)
        weights, processor = await asyncio.to_thread(_loaded, family, row, folder)
        encoders = family.frozen_encoders
        features = None
        if encoders is not None:
            features = MediaFeatures(FeatureCache(store, encoders.identity(processor)), encoders, processor)
        controller = cls(
            weights,
            processor,
            family,
            name=name,
            batch_size=batch_size,
            max_new_tokens=max_new_tokens,
            max_pixels=max_pixels,
            min_pixels=min_pixels,
            features=features,
            constraint=constraint(family, processor) if constraint is not None else None,
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
            if self._features is not None:
                await asyncio.to_thread(self._features.close)

    async def act(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> str:
        """The next assistant text, with its beginning where it is begun.

        Args:
            messages: The conversation so far, ending in a user turn, or in a begun reply that is gone on from.
            media: Bytes of every file the messages name, by sha256.

        Raises:
            ConfigError: The family takes no file of that kind, or one is missing or cannot be opened.
        """
        for part in (part for message in messages for part in message.media):
            if part.type not in self._family.modalities:
                raise ConfigError(
                    f"model family {self._family.name} takes no {part.type} ({part.sha256[:12]}); it takes: "
                    f"{', '.join(sorted(self._family.modalities))}"
                )
            if part.sha256 not in media:
                raise ConfigError(f"{part.type} {part.sha256[:12]} is missing; pass its bytes along")
        request = _Request(messages, media)
        if self._features is None:
            request.encoded = self._encode(messages, media)
        await self._waiting.put(request)
        return await request.reply

    async def _serve(self) -> None:
        while True:
            batch = await self._gathered()
            generated = asyncio.create_task(asyncio.to_thread(self._replies, batch))
            await asyncio.wait([generated])
            failed = generated.exception()
            for i, request in enumerate(batch):
                if request.reply.done():  # its conversation was cancelled meanwhile
                    continue
                reply = failed or generated.result()[i]
                if isinstance(reply, BaseException):
                    request.reply.set_exception(reply)
                else:
                    request.reply.set_result(reply)

    async def _gathered(self) -> list[_Request]:
        batch = [await self._waiting.get()]
        while len(batch) < self._batch_size:
            try:
                batch.append(await asyncio.wait_for(self._waiting.get(), GATHER_SECONDS))
            except TimeoutError:
                break
        return batch

    def _replies(self, batch: Sequence[_Request]) -> list[str | Exception]:
        """The reply to each request, or why it has none: one whose file is bad fails alone."""
        replies: dict[int, str | Exception] = {}
        if self._features is not None:
            replies |= self._encode_features(batch, self._features)
        ready = {i: request.encoded for i, request in enumerate(batch) if request.encoded is not None}
        if ready:
            replies |= dict(zip(ready, self._generate(list(ready.values())), strict=True))
        return [replies[i] for i in range(len(batch))]

    def _encode_features(self, batch: Sequence[_Request], features: MediaFeatures) -> dict[int, Exception]:
        """Encode the requests of ``batch`` that can be; returns why the others cannot."""
        parts = [{part.sha256: part.type for message in r.messages for part in message.media} for r in batch]
        wanted = [{s: (kind, r.media[s]) for s, kind in own.items()} for r, own in zip(batch, parts, strict=True)]
        refused: dict[int, Exception] = {}
        for i, (request, found) in enumerate(zip(batch, features.take(wanted), strict=True)):
            if isinstance(found, MediaError):
                refused[i] = found
                continue
            try:
                request.encoded = self._encode(request.messages, found)
            except ConfigError as exc:
                refused[i] = exc
        return refused

    def _encode(self, messages: Sequence[Message], media: Mapping[str, bytes]) -> Encoded:
        max_pixels, min_pixels = self._pixels
        return encode_prompt(
            messages, media, self._family, self._processor, max_pixels=max_pixels, min_pixels=min_pixels
        )

    def _generate(self, prompts: Sequence[Encoded]) -> list[str]:
        if self._decoder is None:
            written = self._generate_plainly(prompts)
        else:
            written = self._decoder.decode(prompts, self._max_new_tokens, self._states(prompts))
        # Decoded in one piece: a tokenizer may drop the blank with which the rest of a begun reply starts.
        turns = [[*begun_tokens(prompt), *tokens] for prompt, tokens in zip(prompts, written, strict=True)]
        return [self._family.decode(tokens, self._processor) for tokens in turns]

    def _states(self, prompts: Sequence[Encoded]) -> list[ConstraintState] | None:
        if self._constraint is None:
            return None
        states = [self._constraint.start() for _ in prompts]
        for state, prompt in zip(states, prompts, strict=True):
            for token in begun_tokens(prompt):
                state.advance(token)
        return states

    @torch.inference_mode()
    def _generate_plainly(self, prompts: Sequence[Encoded]) -> list[list[int]]:
        """By transformers' own loop, for models whose rows hold more than keys and values."""
        inputs = self._family.collate_prompts(prompts, self._processor)
        device, dtype = self._model.device, self._model.dtype
        inputs = {k: v.to(device) for k, v in inputs.items()}
        if "pixel_values" in inputs:
            inputs["pixel_values"] = inputs["pixel_values"].to(dtype)
        end = self._family.end_of_turn(self._processor)
        start = inputs["input_ids"].shape[1]
        states = self._states(prompts)
        if states is not None:
            inputs["prefix_allowed_tokens_fn"] = follow_generation(states, start)
        out = self._model.generate(
            **inputs,
            max_new_tokens=self._max_new_tokens,
            do_sample=False,
            eos_token_id=end,
            pad_token_id=self._processor.tokenizer.pad_token_id,
        )
        return [row[start:].tolist() for row in out]


def _loaded(family: ModelFamily, row: Model, folder: Path) -> tuple[Any, Any]:
    on_gpu = torch.cuda.is_available()
    try:
        model, processor = family.load(str(folder), "bf16" if on_gpu and row.parameters > 10**9 else "fp32")
    except OSError as exc:
        raise ArtifactError(f"model {row.model_digest[:12]} in {folder} cannot be loaded: {exc}") from exc
    model.eval()
    return (model.cuda() if on_gpu else model), processor
