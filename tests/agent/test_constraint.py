"""A constrained reply is always one that can be read, and every reply that can be read may be written."""

import random
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.action_formats.api_choice import MAX_APIS, Choice, read_choice, write_choice
from journeyman.agent.constraint import MAX_NAME_BYTES, ChoiceConstraint
from journeyman.agent.question_tokens import MAX_QUESTION_CHARS
from journeyman.agent.token_bytes import Vocabulary
from journeyman.errors import ConfigError
from tests.agent.choice_tokenizers import (
    KINDS,
    NAMES,
    catalogues,
    end_of,
    names,
    questions,
    said,
    spelled,
    tokenizer_of,
)

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytestmark = pytest.mark.parametrize("kind", KINDS)
_HYPOTHESIS = settings(max_examples=40, deadline=None)


@cache
def vocabulary(kind):
    return Vocabulary.of(tokenizer_of(kind))


def constraint(kind, catalogue=NAMES):
    return ChoiceConstraint(catalogue, vocabulary(kind), end_of(kind))


def random_reply(state, rng, *, steps=100_000):
    """Tokens that a model with random logits writes; a weight for names, which few tokens begin."""
    written = []
    for _ in range(steps):
        allowed = state.allowed().tolist()
        assert allowed == sorted(set(allowed))
        assert allowed
        written.append(rng.choice(allowed))
        state.advance(written[-1])
        if state.finished:
            return written[:-1]
    raise AssertionError("no end")


@given(catalogue=catalogues, seed=st.integers(0, 2**32), share=st.floats(0, 1))
@_HYPOTHESIS
def test_any_walk_is_a_choice_from_the_catalogue(kind, catalogue, seed, share):
    rng = random.Random(seed)
    whole = constraint(kind, catalogue)
    for offered in (None, [name for name in catalogue if rng.random() < share]):
        text = said(kind, random_reply(whole.start(offered), rng))
        choice = read_choice(text)
        assert text == write_choice(choice)
        assert set(choice.apis) <= set(catalogue if offered is None else offered)
        assert len(choice.question) <= MAX_QUESTION_CHARS


def follow(state, vocabulary, end, text, tokens):
    for token in tokens:
        assert token in state.allowed(), (text, vocabulary.added(token))
        state.advance(token)
    assert state.allowed().tolist() == [end]
    state.advance(end)
    assert state.finished


def any_tokens(vocabulary, text, rng):
    """The text cut at random into tokens of the vocabulary."""
    rest = text.encode()
    while rest:
        sizes = [n for n in range(1, min(len(rest), vocabulary.longest) + 1) if vocabulary.tokens(rest[:n])]
        size = rng.choice(sizes)
        yield rng.choice(vocabulary.tokens(rest[:size]))
        rest = rest[size:]


@given(catalogue=catalogues, data=st.data(), seed=st.integers(0, 2**32))
@_HYPOTHESIS
def test_any_choice_may_be_written_in_any_tokens(kind, catalogue, data, seed):
    chosen = st.lists(st.sampled_from(catalogue), min_size=1, unique=True).map(lambda apis: Choice(apis=tuple(apis)))
    choice = data.draw(chosen | questions.map(lambda text: Choice(question=text)) | st.just(Choice(unknown=True)))
    text = write_choice(choice)
    words, end = vocabulary(kind), end_of(kind)
    for state in (constraint(kind, catalogue).start(), constraint(kind, catalogue).start(choice.apis)):
        follow(state, words, end, text, any_tokens(words, text, random.Random(seed)))
    normalizer = tokenizer_of(kind).backend_tokenizer.normalizer
    if kind == "llama" or normalizer is None or normalizer.normalize_str(text) == text:
        follow(constraint(kind, catalogue).start(), words, end, text, spelled(kind, text))


FEW = ("a", "a/b", 'x", "a', "\u6f22")


def test_what_is_allowed_is_what_begins_a_reply_and_nothing_else(kind):
    """Beside every reply there is, of some names and without questions."""
    words = vocabulary(kind)
    replies = [write_choice(Choice(apis=p)).encode() for n in range(1, 5) for p in permutations(FEW, n)]
    replies.append(write_choice(Choice(unknown=True)).encode())
    whole = constraint(kind, FEW)
    rng = random.Random(0)
    for _ in range(150):
        state, text = whole.start(), b""
        while text not in replies:
            allowed = state.allowed().tolist()
            named = {token for token in allowed if not (text + words.added(token)).startswith(b'{"q')}
            ahead = {reply[len(text) :] for reply in replies if reply.startswith(text)}
            want = {t for rest in ahead for n in range(1, len(rest) + 1) for t in words.tokens(rest[:n])}
            assert named == want
            token = rng.choice(sorted(want))
            state.advance(token)
            text += words.added(token)
        assert state.allowed().tolist() == [end_of(kind)]


def state_behind(kind, text, catalogue=NAMES):
    state = constraint(kind, catalogue).start()
    for token in any_tokens(vocabulary(kind), text, random.Random(0)):
        state.advance(token)
    return state


def first_bytes(kind, state):
    return {vocabulary(kind).added(token)[:1] for token in state.allowed().tolist()}


def test_a_reply_ends_with_the_last_name_and_with_the_most_there_may_be(kind):
    two = ("a", "a/b")
    assert first_bytes(kind, state_behind(kind, '{"apis": ["a/b"', two)) == {b",", b"]"}
    assert first_bytes(kind, state_behind(kind, '{"apis": ["a/b", "a"', two)) == {b"]"}
    many = tuple(f"n{i}" for i in range(MAX_APIS + 6))
    full = write_choice(Choice(apis=many[:MAX_APIS])).removesuffix("]}")
    assert first_bytes(kind, state_behind(kind, full, many)) == {b"]"}


def test_a_name_that_is_used_up_cannot_be_begun_again(kind):
    assert first_bytes(
        kind, state_behind(kind, '{"apis": ["a/b-large", "a/b-large', (*FEW, "a/b-large", "a/b-large2"))
    ) == {b"2"}
    state = state_behind(kind, '{"apis": ["\u6f22", "', FEW)
    assert b"\xe6" not in first_bytes(kind, state)
    with pytest.raises(ValueError, match="cannot come next"):
        state.advance(vocabulary(kind).tokens(b"\xe6")[0])


@given(blanks=st.text(st.sampled_from(" \t\n\x1c\x85\xa0\u1680\u2003\u2028\u3000"), max_size=6), name=names)
@settings(max_examples=20, deadline=None)
def test_a_question_says_something_before_it_ends(kind, blanks, name):
    state = state_behind(kind, write_choice(Choice(question=blanks + "."))[:-3])
    ends = [t for t in state.allowed().tolist() if vocabulary(kind).added(t) in (b'"', b'"}')]
    assert not ends
    state.advance(vocabulary(kind).tokens(b"x")[0])
    assert b'"' in first_bytes(kind, state)


def test_a_question_is_no_longer_than_it_may_be(kind):
    for character in ("x", "\u6f22", "\n", "\U0001f600"):
        full = write_choice(Choice(question="." + character * (MAX_QUESTION_CHARS - 1)))
        assert first_bytes(kind, state_behind(kind, full[:-2])) == {b'"'}
        assert state_behind(kind, full).allowed().tolist() == [end_of(kind)]
        with pytest.raises(ValueError, match="cannot come next"):
            state_behind(kind, write_choice(Choice(question=character * (MAX_QUESTION_CHARS + 1))))
    blank = state_behind(kind, '{"question": "' + " " * (MAX_QUESTION_CHARS - 1))
    assert not first_bytes(kind, blank) & {b" ", b'"'}
    assert b"x" in first_bytes(kind, blank)
    with pytest.raises(ValueError, match="cannot come next"):
        state_behind(kind, '{"question": "' + " " * MAX_QUESTION_CHARS)


def test_the_end_comes_at_the_end_only(kind):
    end = end_of(kind)
    state = constraint(kind).start()
    with pytest.raises(ValueError, match=f"token {end}"):
        state.advance(end)
    assert end not in state.allowed()


def test_a_conversation_may_be_offered_no_name(kind):
    state = constraint(kind).start(())
    for token in any_tokens(vocabulary(kind), '{"apis": ', random.Random(0)):
        state.advance(token)
    assert first_bytes(kind, state) == {b'"'}


@pytest.mark.parametrize(
    ("catalogue", "says"),
    [
        (["a", "b", "a"], "'a' is twice"),
        (["unknown"], "'unknown'"),
        ([" "], "' '"),
        (["x\ud800"], "surrogate"),
        (["x" * (MAX_NAME_BYTES - 1)], f"{MAX_NAME_BYTES} is the limit"),
    ],
    ids=["twice", "unknown", "blank", "surrogate", "long"],
)
def test_a_name_that_no_reply_can_hold_is_refused(kind, catalogue, says):
    with pytest.raises(ConfigError, match=says):
        constraint(kind, catalogue)


def test_a_name_that_is_not_in_the_catalogue_cannot_be_offered(kind):
    with pytest.raises(ConfigError, match="'other' is not in the catalogue"):
        constraint(kind).start(["a", "other"])


def test_the_longest_reply_can_be_read(kind):
    wide = [f"{i:03}" + "w" * (MAX_NAME_BYTES - 5) for i in range(MAX_APIS)]
    constraint(kind, wide)
    assert read_choice(write_choice(Choice(apis=tuple(wide)))).apis == tuple(wide)
