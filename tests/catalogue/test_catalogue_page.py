"""What docs/catalogue.md shows works as it is written there."""

import re
from pathlib import Path

from journeyman.catalogue.entries import KEYS
from journeyman.catalogue.sources import read_catalogue
from journeyman.catalogue.taxonomy import read_taxonomy
from journeyman.schema.api import Ambiguity
from tests.catalogue.given import api

PAGE = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text()


def block(language: str, start: str) -> str:
    """The code that begins with ``start``."""
    return next(code for code in re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL) if code.startswith(start))


def test_the_line_of_a_file(tmp_path):
    path = tmp_path / "apis.jsonl"
    path.write_text(block("json", '{"name"'))
    (found,) = read_catalogue(str(path)).apis
    assert (found.name, found.media_in, found.media_out, found.licence) == (
        "acme/dehaze",
        ("image",),
        ("image",),
        "mit",
    )


def test_the_model_card(tmp_path):
    (tmp_path / "acme--ears.md").write_text(block("markdown", "---"))
    (found,) = read_catalogue(str(tmp_path)).apis
    assert (found.name, found.media_in) == ("acme/ears", ("audio",))
    assert found.description == ("Writes down French and German telephone calls. (language: fr, de; tags: telephone)")


def test_the_taxonomy():
    apis = [api("acme/dehaze"), api("acme/derain")]
    assert [one.function_class for one in read_taxonomy(block("json", "{\n"), apis)] == ["dehazing", "deraining"]


def test_every_key_and_every_ambiguity_is_in_a_table():
    for word in (*KEYS, *filter(None, Ambiguity.__args__)):
        assert f"`{word}`" in PAGE
