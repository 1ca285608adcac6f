"""Tokens are known by the bytes they add, in vocabularies of each kind, or the tokenizer is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journeyman.agent.constraint import ChoiceConstraint
from journeyman.agent.token_bytes import Vocabulary
from journeyman.errors import ConfigError
from tests.agent.choice_tokenizers import KINDS, spelled, tokenizer_of

pytest.importorskip("torch")
pytest.importorskip("transformers")

FIXED = sorted({*'{"apis": ["unknown", ]}', *'{"question": "\\0"}'})
"""Every character that a reply has besides names."""


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(st.characters(exclude_categories=("Cs", "Cn")), max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_bytes_of_a_texts_tokens_are_its_bytes(kind, text):
    words = Vocabulary.of(tokenizer_of(kind))
    normalizer = None if kind == "llama" else tokenizer_of(kind).backend_tokenizer.normalizer
    want = normalizer.normalize_str(text) if normalizer else text
    assert b"".join(words.added(token) for token in spelled(kind, text)).decode() == want


@pytest.mark.parametrize("kind", KINDS)
def test_control_tokens_add_nothing_and_every_byte_can_stand_alone(kind):
    tokenizer = tokenizer_of(kind)
    words = Vocabulary.of(tokenizer)
    controls = {*tokenizer.all_special_ids, *tokenizer.get_added_vocab().values()}
    assert len(controls) >= 2
    assert {words.added(token) for token in controls} == {None}
    assert all(words.tokens(bytes([byte])) for byte in range(256))
    assert words.cuts_characters
    assert [added for added, _ in words.beginning(b'"')] == sorted(
        {added for _, tokens in words.beginning(b"") for t in tokens if (added := words.added(t)).startswith(b'"')}
    )


def test_a_byte_and_a_letter_may_be_two_tokens_of_one_spelling():
    words = Vocabulary.of(tokenizer_of("llama"))
    tokenizer = tokenizer_of("llama")
    assert words.tokens(b"a") == tuple(sorted(tokenizer.convert_tokens_to_ids(["a", "<0x61>"])))


def test_a_tokenizer_that_drops_blanks_is_refused():
    from tokenizers import Tokenizer, decoders, models
    from transformers import PreTrainedTokenizerFast

    pieces = Tokenizer(models.WordPiece({"[UNK]": 0, "a": 1}, unk_token="[UNK]"))
    pieces.decoder = decoders.WordPiece()
    with pytest.raises(ConfigError, match="decodes by WordPiece"):
        Vocabulary.of(PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="[UNK]"))
    pieces.decoder = None
    with pytest.raises(ConfigError, match="decodes by nothing"):
        Vocabulary.of(PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="[UNK]"))


def vocabulary(*pieces):
    return Vocabulary(dict(enumerate(pieces)))


LETTERS = tuple(character.encode() for character in FIXED)
UMLAUT = "\u00fc".encode()


def test_a_vocabulary_of_whole_characters_spells_those_it_has():
    words = vocabulary(*LETTERS, b"x", UMLAUT)
    assert not words.cuts_characters
    state = ChoiceConstraint(["x\u00fc"], words, 99).start()
    for character in '{"apis": ["x\u00fc':
        state.advance(words.tokens(character.encode())[0])
    assert [words.added(token) for token in state.allowed().tolist()] == [b'"']
    with pytest.raises(ConfigError, match="cannot spell '\u00e4' of '\"x\u00e4\"'"):
        ChoiceConstraint(["x\u00fc", "x\u00e4"], words, 99)


def test_a_character_that_might_be_begun_and_never_finished_is_refused():
    """A token holds its first byte and none its second, as one alone or with others."""
    words = vocabulary(*LETTERS, b"x", UMLAUT, UMLAUT[:1])
    assert words.cuts_characters
    with pytest.raises(ConfigError, match="cannot spell '\u00fc'"):
        ChoiceConstraint(["x\u00fc"], words, 99)
    state = ChoiceConstraint(["x"], words, 99).start()
    for character in '{"question": "':
        state.advance(words.tokens(character.encode())[0])
    assert words.tokens(UMLAUT)[0] in state.allowed()
    assert words.tokens(UMLAUT[:1])[0] not in state.allowed()


@pytest.mark.parametrize("missing", FIXED)
def test_a_vocabulary_that_cannot_write_the_form_is_refused(missing):
    with pytest.raises(ConfigError, match="cannot spell"):
        ChoiceConstraint([], vocabulary(*(piece for piece in LETTERS if piece != missing.encode())), 99)
