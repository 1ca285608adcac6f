# ruff: noqa: E402 - what needs torch is imported only where torch is
"""Models with random weights reply with choices from the catalogue, and with nothing else."""

import copy
import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from transformers import CLIPImageProcessorPil, LlavaProcessor

from journeyman.action_formats.api_choice import Choice, read_choice, write_choice
from journeyman.agent.constraint import ChoiceConstraint, follow_generation
from journeyman.agent.greedy_decoder import GreedyDecoder
from journeyman.errors import ConfigError
from journeyman.model_families.llava import FAMILY as LLAVA
from journeyman.schema.message import ImagePart, Message, TextPart
from tests.model_families.llama_tokenizer import llama_tokenizer
from tests.model_families.members import MEMBERS, PICTURES, encode, member

NAMES = ("a/b", "a/b-large", 'x", "y', "\u6f22/\u00fc", *(f"lab{i % 3}/model-{i}" for i in range(20)))
OFFERED = (None, NAMES[:3], ("a/b",), (), NAMES[4:])
PACKING = sorted(name for name in MEMBERS if not name.startswith("minicpm"))
LONG = 120
"""Tokens, mostly of one byte: room for some names."""


def conversation(text, picture=None):
    shown = () if picture is None else (ImagePart(sha256=picture),)
    return (
        Message(role="system", content=(TextPart(text="choose"),)),
        Message(role="user", content=(*shown, TextPart(text=text))),
    )


CONVERSATIONS = (
    conversation("which fits", sorted(PICTURES)[0]),
    conversation("name some"),
    conversation("and this", sorted(PICTURES)[1]),
    conversation("none at all"),
    conversation("a longer one so that the rows are uneven"),
)


def prompts(name):
    return [encode(name, c, add_generation_prompt=True) for c in CONVERSATIONS]


def steered(name, seed, *, asks=False):
    """A copy of the model whose head is drawn anew, so that rows differ; random questions end late, so few ask."""
    family, model, processor = member(name)
    model = copy.deepcopy(model)
    old = model.get_output_embeddings()
    head = torch.nn.Linear(old.in_features, old.out_features)
    torch.manual_seed(seed)
    with torch.no_grad():
        head.weight.normal_()
        head.bias.zero_()
        if not asks:
            head.bias[processor.tokenizer.convert_tokens_to_ids("q")] = -1e6
    model.set_output_embeddings(head)
    return family, model, processor


@pytest.mark.parametrize("name", PACKING)
def test_any_weights_reply_with_what_their_conversation_offers(name):
    kinds = set()
    for seed in range(2):
        family, model, processor = steered(name, seed)
        constraint = ChoiceConstraint.of_family(NAMES, family, processor)
        decoder = GreedyDecoder(model, processor, family)
        states = [constraint.start(offered) for offered in OFFERED]
        replies = decoder.decode(prompts(name), LONG, states)
        alone = decoder.decode(prompts(name)[1:2], LONG, [constraint.start(OFFERED[1])])
        assert alone == replies[1:2]
        for tokens, offered in zip(replies, OFFERED, strict=True):
            if len(tokens) == LONG:  # cut, as any reply is
                continue
            choice = read_choice(family.decode(tokens, processor))
            assert set(choice.apis) <= set(NAMES if offered is None else offered)
            kinds.add("question" if choice.question else "unknown" if choice.unknown else "apis")
    assert "apis" in kinds


@pytest.mark.parametrize("name", PACKING)
def test_the_choice_is_the_likeliest_that_is_allowed(name):
    """Beside transformers' own loop with its own mask of all that is not."""
    family, model, processor = steered(name, 1, asks=True)
    constraint = ChoiceConstraint.of_family(NAMES, family, processor)
    plain = [plainly(family, model, processor, [p], [constraint.start()], 40)[0] for p in prompts(name)]
    decoder = GreedyDecoder(model, processor, family)
    states = [constraint.start() for _ in CONVERSATIONS]
    assert decoder.decode(prompts(name), 40, states) == plain
    assert len({*map(tuple, plain)}) > 1


@pytest.mark.parametrize("name", sorted(set(MEMBERS) - set(PACKING)))
def test_models_that_transformers_decodes_are_constrained_too(name):
    family, model, processor = steered(name, 0)
    constraint = ChoiceConstraint.of_family(NAMES, family, processor)
    rows = prompts(name)[:3]
    for offered in ((None, NAMES[:3], NAMES[4:]), (("a/b",), (), None)):
        replies = plainly(family, model, processor, rows, [constraint.start(names) for names in offered], LONG)
        for tokens, names in zip(replies, offered, strict=True):
            if len(tokens) < LONG:
                choice = read_choice(family.decode(tokens, processor))
                assert set(choice.apis) <= set(NAMES if names is None else names)
    assert min(map(len, replies)) < LONG


def plainly(family, model, processor, rows, states, longest):
    """Tokens up to the end of each turn, by ``generate``."""
    batch = family.collate_prompts(rows, processor)
    columns = batch["input_ids"].shape[1]
    end = family.end_of_turn(processor)
    out = model.generate(
        **batch,
        max_new_tokens=longest,
        do_sample=False,
        eos_token_id=end,
        pad_token_id=processor.tokenizer.pad_token_id,
        prefix_allowed_tokens_fn=follow_generation(states, columns),
    )
    turns = [row[columns:].tolist() for row in out]
    return [turn[: turn.index(end)] if end in turn else turn for turn in turns]


def test_a_reply_is_cut_where_the_tokens_end():
    family, model, processor = steered("qwen2", 0, asks=True)
    constraint = ChoiceConstraint.of_family(NAMES, family, processor)
    decoder = GreedyDecoder(model, processor, family)
    whole = decoder.decode(prompts("qwen2"), LONG, [constraint.start() for _ in CONVERSATIONS])
    for longest in (1, 9):
        cut = decoder.decode(prompts("qwen2"), longest, [constraint.start() for _ in CONVERSATIONS])
        assert cut == [tokens[:longest] for tokens in whole]


def test_without_a_constraint_nothing_changes():
    family, model, processor = member("qwen2")
    decoder = GreedyDecoder(copy.deepcopy(model), processor, family)
    before = decoder.decode(prompts("qwen2"), 20)
    constraint = ChoiceConstraint.of_family(NAMES, family, processor)
    constrained = decoder.decode(prompts("qwen2"), 20, [constraint.start() for _ in CONVERSATIONS])
    assert constrained != before
    assert decoder.decode(prompts("qwen2"), 20) == before


def trained_tokens(family, processor, text):
    turns = [*conversation("x"), Message(role="assistant", content=(TextPart(text=text),))]
    encoded = family.encode(turns, {}, processor, add_generation_prompt=False, max_pixels=1, min_pixels=1)
    return encoded.labels[encoded.labels >= 0].tolist()


@pytest.fixture(scope="module")
def vicuna():
    """A processor in the manner of llava-1.5, whose replies begin with a blank."""
    pictures = CLIPImageProcessorPil(size={"shortest_edge": 56}, crop_size={"height": 56, "width": 56})
    strategy = "default"
    return LlavaProcessor(
        pictures,
        llama_tokenizer(),
        patch_size=14,
        vision_feature_select_strategy=strategy,
        num_additional_image_tokens=1,
    )


@pytest.mark.parametrize("name", [*sorted(MEMBERS), "vicuna"])
def test_what_a_family_trains_is_allowed_token_by_token(name, vicuna):
    family, processor = (LLAVA, vicuna) if name == "vicuna" else (member(name)[0], member(name)[2])
    constraint = ChoiceConstraint.of_family(NAMES, family, processor)
    for choice in (Choice(apis=NAMES[:6]), Choice(unknown=True), Choice(question="Which? \u6f22\n")):
        state = constraint.start()
        tokens = trained_tokens(family, processor, write_choice(choice))
        for token in tokens:
            assert token in state.allowed()
            state.advance(token)
        assert state.finished
        assert read_choice(family.decode(tokens, processor)) == choice


def test_a_family_that_spells_otherwise_is_refused():
    family, _, processor = member("qwen2")

    def encode_little(*messages, **options):
        encoded = family.encode(*messages, **options)
        return dataclasses.replace(encoded, labels=np.full_like(encoded.labels, 300))

    with pytest.raises(ConfigError, match="replies of a qwen_vl model cannot be constrained"):
        ChoiceConstraint.of_family(NAMES, dataclasses.replace(family, encode=encode_little), processor)
