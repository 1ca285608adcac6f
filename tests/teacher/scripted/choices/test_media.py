"""Files show what they are said to show, can be written, differ by number, and keep something back."""

import io
import itertools
import json
from collections import defaultdict
from typing import Any

import pytest
from PIL import Image

from journeyman.file_writer import load_file_writer, write_file
from journeyman.photographs import photograph_bytes
from journeyman.schema.query import FileSpec
from journeyman.teacher.scripted.choices import pictures
from journeyman.teacher.scripted.choices.knowledge import KNOWN_BY_NAME, LANGUAGES, WISH_BY_KEY
from journeyman.teacher.scripted.choices.media import WRITERS, make_any_media, make_media, make_plain_media
from journeyman.teacher.scripted.choices.shown import shown_contents
from journeyman.teacher.scripted.choices.sounds import SENTENCES_SHOWN, sentences
from tests.teacher.scripted.choices.asking import NUMBERS

CONTENTS = sorted(
    {
        (known.wish, content)
        for known in KNOWN_BY_NAME.values()
        if WISH_BY_KEY[known.wish].modality != "text"
        for content in known.contents
    }
)
IDS = ["-".join(pair).replace(" ", "-") for pair in CONTENTS]
TRAINING = range(300)
HELD_OUT = range(500_000, 500_300)


def _writer(wish: str) -> str:
    return WRITERS[WISH_BY_KEY[wish].modality]


def _values(spec: Any, key: str) -> set[Any]:
    """Everything under ``key``, at any depth."""
    if isinstance(spec, list):
        return set().union(*(_values(one, key) for one in spec))
    if not isinstance(spec, dict):
        return set()
    own = {spec[key]} if isinstance(spec.get(key), str) else set()
    return own.union(*(_values(one, key) for one in spec.values()))


@pytest.mark.parametrize(("wish", "content"), CONTENTS, ids=IDS)
def test_a_file_shows_its_content_and_no_other_of_the_wish(wish: str, content: str) -> None:
    for number in (*range(30), *range(500_000, 500_030)):
        media = json.loads(make_media(wish, content, number)) | {"writer": _writer(wish)}
        assert shown_contents(wish, media) == {content}


@pytest.mark.parametrize(("wish", "content"), CONTENTS, ids=IDS)
def test_specs_are_valid_and_the_file_can_be_written(wish: str, content: str) -> None:
    writer = load_file_writer(_writer(wish))
    for number in NUMBERS:
        text = make_media(wish, content, number)
        writer.spec.model_validate_json(text)
        assert text == make_media(wish, content, number)
    name = f"file_1.{writer.extension}"
    assert write_file(FileSpec(name=name, writer=writer.name, spec_json=make_media(wish, content, 500_001)))


@pytest.mark.parametrize(("wish", "content"), CONTENTS, ids=IDS)
def test_no_two_numbers_have_the_same_file(wish: str, content: str) -> None:
    specs = [json.loads(make_media(wish, content, number)) for number in (*TRAINING, *HELD_OUT)]
    for spec in specs:
        spec.pop("seed", None)  # a clean recording does not depend on it
    assert len({json.dumps(spec, sort_keys=True) for spec in specs}) == len(specs)


@pytest.mark.parametrize("wish", ["restore", "guided", "repair", "steady"])
def test_what_is_drawn_for_a_number_is_alike_whatever_the_content(wish: str) -> None:
    """Files of a pair differ in what decides and in little else."""
    specs: dict[int, list[str]] = defaultdict(list)
    for (_, content), number in itertools.product([c for c in CONTENTS if c[0] == wish and c[1] != "figure"], NUMBERS):
        spec = json.loads(make_media(wish, content, number))
        for changed in ("treatment", "damage", "motion"):
            spec.pop(changed, None)
        spec.get("scene", {}).pop("treatment", None)
        specs[number].append(json.dumps(spec, sort_keys=True))
    assert all(len(set(alike)) == 1 for alike in specs.values())


def test_some_photographs_and_sentences_are_for_held_out_files_alone() -> None:
    kept_back = {*pictures.KEPT_BACK, "hubble_deep_field", "page"}
    said_last = {text for one in sentences()[SENTENCES_SHOWN:] for text in one.values()}
    shown: dict[str, set[str]] = {"training": set(), "held out": set()}
    for wish, content in CONTENTS:
        for kind, numbers in (("training", TRAINING), ("held out", HELD_OUT)):
            specs = [json.loads(make_media(wish, content, number)) for number in numbers]
            found = _values(specs, "name") | _values(specs, "text")
            shown[kind] |= found
            if WISH_BY_KEY[wish].modality != "audio" or wish == "spoken":
                assert (
                    wish == "label"
                    or content in ("figure", "chart")
                    or (kind == "training") != bool(found & (kept_back | said_last))
                ), (wish, content)
    assert not shown["training"] & (kept_back | said_last)
    assert shown["held out"] >= kept_back


def test_a_sentence_is_said_in_every_language() -> None:
    bank = sentences()
    assert len(bank) >= SENTENCES_SHOWN + 4
    assert all(set(one) == set(LANGUAGES) for one in bank)
    assert len({text for one in bank for text in one.values()}) == len(bank) * len(LANGUAGES)


def test_sizes_are_those_of_the_photographs() -> None:
    for name, size in pictures.SIZES.items():
        with Image.open(io.BytesIO(photograph_bytes(name))) as photograph:
            assert photograph.size == size, name


@pytest.mark.parametrize("modality", ["image", "audio", "video"])
def test_plain_files_and_any_files_are_valid_and_vary(modality: Any) -> None:
    writer = load_file_writer(WRITERS[modality])
    plain = [make_plain_media(modality, number, salt) for number in range(20) for salt in range(2)]
    others = [make_any_media(modality, number) for number in range(20)]
    for text in (*plain, *others):
        writer.spec.model_validate_json(text)
    assert len(set(plain)) == len(plain)
    assert len(set(others)) == len(others)
