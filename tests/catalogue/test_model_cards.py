"""Model cards as the hub has them, and as somebody writes them who means harm."""

import time

import pytest

from journeyman.catalogue.entries import Dropped
from journeyman.catalogue.model_cards import CARD_BYTES, card_entries, card_entry

CARD = """---
license: mit
language:
- no
- fr
tags:
- audio
- automatic-speech-recognition
- robust
pipeline_tag: automatic-speech-recognition
library_name: transformers
datasets: [common_voice]
---

<!-- Provide a quick summary
of what the model does. -->

# Model Card for a Listener

[![badge](https://example.org/a.svg)](https://example.org)

| a | table |
|---|---|

[More Information Needed]

A **speech** model by [the makers](https://example.org/makers)
that writes down `French`.

## Use

```python
pipe = pipeline("automatic-speech-recognition")
pipe("a.wav")
```

Later words.
"""


def test_a_card_says_all_that_an_api_is():
    assert card_entry(CARD, "owner--listener.md") == {
        "name": "owner/listener",
        "domain": "automatic-speech-recognition",
        "call": 'pipeline("automatic-speech-recognition", model="owner/listener")',
        "example": 'pipe = pipeline("automatic-speech-recognition")\npipe("a.wav")',
        "description": "A speech model by the makers that writes down French. (language: no, fr; tags: audio, robust)",
        "licence": "mit",
        "media_in": None,
        "media_out": None,
    }


@pytest.mark.parametrize(
    ("front", "where", "name"),
    [
        ("", "owner--model.md", "owner/model"),
        ("", "owner--model--v2.md", "owner/model--v2"),
        ("", "owner/model/README.md", "owner/model"),
        ("", "deep/owner/model/readme.md", "owner/model"),
        ("", "owner--model/README.md", "owner/model"),
        ("", "owner/model.md", "model"),
        ("model_id: said/so", "owner--model.md", "said/so"),
        ("name: said", "owner--model.md", "said"),
        ("model-index:\n- name: indexed", "owner--model.md", "owner/model"),
        ("model-index:\n- name: indexed", "card.md", "indexed"),
        ("model-index: [null]", "card.md", "card"),
        ("model_id: null", "card.md", "card"),
    ],
    ids=lambda value: str(value)[:30] or "nothing",
)
def test_the_name_is_what_the_card_says_or_its_path_tells(front, where, name):
    assert card_entry(f"---\ntags: [a]\n{front}\n---\nText.", where)["name"] == name


@pytest.mark.parametrize(
    ("body", "description"),
    [
        ("# Title\n\nFirst words.\n\nSecond.", "First words."),
        ("```\ncode first\n```\nThen words.", "Then words."),
        ("~~~\n```\nno end of code", ""),
        ("<div align=center>\n<img src=a>\n</div>\n\nWords.", "Words."),
        ("> quoted\n\n- list\n\n---\n\nWords\r\nin two lines.", "Words in two lines."),
        ("<!-- open\n\nWords.", ""),
        ("12.5 %\n\nWords.", "Words."),
        ("", ""),
        ("# Only a title", ""),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_the_description_is_the_first_paragraph_of_prose(body, description):
    assert card_entry(f"---\nlicense: mit\n---\n{body}", "a.md")["description"] == description


def test_a_long_paragraph_is_cut_at_a_word():
    said = card_entry("---\nlicense: mit\n---\n" + "word " * 5000, "a.md")["description"]
    assert said.endswith("word ...")
    assert 1990 < len(said) < 2010


def test_a_card_without_a_pipeline_tag_takes_the_first_tag_that_is_a_task():
    entry = card_entry("---\ntags: [pytorch, summarization, translation]\n---\nWords.", "a.md")
    assert (entry["domain"], entry["call"]) == ("summarization", "")
    assert entry["description"] == "Words. (tags: pytorch, translation)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("Words.", "no YAML front matter"),
        ("---\nlicense: mit\nWords.", "front matter has no end"),
        ("---\n---\nWords.", "front matter is no mapping"),
        ("---\n- a\n---\nWords.", "front matter is no mapping"),
        ("---\na: [\n---\nWords.", "front matter is no YAML"),
        ("---\na: \x07\n---\nWords.", "front matter is no YAML"),
        ("---\na: &x [1]\nb: [*x, *x]\n---\nWords.", "front matter has aliases"),
        (f"---\na: {'[' * 5000}{']' * 5000}\n---\nWords.", "front matter is nested too deep"),
        ("---\n? [a]\n: b\n---\nWords.", "front matter is no YAML"),
        ("---\na: !!python/object/apply:os.getcwd []\n---\nWords.", "no name at all"),
        (b"---\na: b\n---\n\xff", "card is not UTF-8"),
        (b" " * (CARD_BYTES + 1), f"card is larger than {CARD_BYTES:,} bytes"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_is_no_card_is_dropped_by_its_path(tmp_path, content, reason):
    path = tmp_path / "sub" / "a.md"
    path.parent.mkdir()
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    dropped: list[Dropped] = []
    entries = list(card_entries(tmp_path, dropped))
    if reason == "no name at all":  # a tag of Python's is read as the plain value under it
        assert [entry.given["name"] for entry in entries] == ["a"]
        return
    assert entries == []
    assert [(one.name, one.reason) for one in dropped] == [("sub/a.md", reason)]


@pytest.mark.parametrize("piece", ["<!--", "[", "[a](", "<", "**", "```\n", "!["], ids=repr)
def test_a_card_of_nothing_but_markup_takes_no_long_time(piece):
    started = time.process_time()
    card_entry("---\nlicense: mit\n---\nWords. " + piece * (CARD_BYTES // len(piece)), "a.md")
    assert time.process_time() - started < 2
