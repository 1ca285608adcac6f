"""Read a catalogue, whichever of the sources that recipes name it is."""

from importlib import resources
from pathlib import Path

from journeyman.catalogue.entries import CatalogueRead, Dropped, Entry, take_entries
from journeyman.catalogue.model_cards import card_entries
from journeyman.catalogue.tables import array_entries, line_entries, read_json, read_table_text
from journeyman.catalogue.tools import SHELF_SOURCE, own_entries, shelf_entries
from journeyman.errors import ConfigError

__all__ = ["EMBEDDED", "CatalogueRead", "Dropped", "read_catalogue"]

EMBEDDED = "embedded"
_EMBEDDED_FILE = "embedded.jsonl"
_FORMS = (
    f"{EMBEDDED!r}, {SHELF_SOURCE!r}, a folder of model cards, a .json or .jsonl file of APIs, an mcpServers .json, "
    "or a .py file of tools"
)


def read_catalogue(source: str) -> CatalogueRead:
    """The APIs of ``source``, and what was dropped of it and why.

    Args:
        source: As ``CatalogueConfig.source`` says.

    Raises:
        ConfigError: There is no such source, it is not of its form, or nothing of it can be used.
    """
    if source == EMBEDDED:
        return take_entries(line_entries(_embedded_text(), EMBEDDED), where="the embedded catalogue")
    if source == SHELF_SOURCE:
        return take_entries(shelf_entries(), where="the shelf")
    path = Path(source)
    if path.is_dir():
        # Filled while the cards are read, so it is whole when they are.
        no_cards: list[Dropped] = []
        entries = list(card_entries(path, no_cards))
        return take_entries(entries, no_cards, where=source)
    if path.suffix == ".jsonl":
        return take_entries(line_entries(read_table_text(path), path.name), where=source)
    if path.suffix == ".json":
        return take_entries(_json_entries(path), where=source)
    if path.suffix == ".py":
        return take_entries(own_entries(path), where=source)
    raise ConfigError(f"{source!r} is no catalogue; there is {_FORMS}")


def _embedded_text() -> str:
    try:
        return (resources.files("journeyman.catalogue") / _EMBEDDED_FILE).read_text(encoding="utf-8")
    except FileNotFoundError as exc:
        raise ConfigError(f"{_EMBEDDED_FILE} is not in the installed package; install journeyman anew") from exc


def _json_entries(path: Path) -> list[Entry]:
    content = read_json(read_table_text(path), where=str(path))
    if isinstance(content, list):
        return list(array_entries(content, path))
    if isinstance(content, dict) and "mcpServers" in content:
        return list(own_entries(path))
    raise ConfigError(f"{path} is neither an array of APIs nor an mcpServers configuration")
