"""What ranks read, brought to them before they start: the dataset, or where it is, and features of its files."""

import logging
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from journeyman.errors import ConfigError
from journeyman.model_family import MediaKind, ModelFamily, load_model_family
from journeyman.plugins import plugin_names
from journeyman.schema.arrow import arrow_schema, table_to_records
from journeyman.schema.artifact import ArtifactRef
from journeyman.schema.example import Example
from journeyman.schema.message import messages_from_json
from journeyman.settings import Settings
from journeyman.storage.features import Feature, FeatureCache, File, Refusal, compute_features
from journeyman.storage.row_groups import RowGroup, RowGroups
from journeyman.storage.store import Store, parquet_bytes
from journeyman.training.config import TrainingConfig
from journeyman.training.conversations import COLUMNS, NOUNS
from journeyman.training.feature_file import FeatureWriter
from journeyman.training.initial import initial_processor
from journeyman.training.media_source import media_source, stored_media
from journeyman.training.order import refuse_other_schema
from journeyman.training.preflight import refuse_dataset

logger = logging.getLogger(__name__)

STREAMED_BYTES = 1 << 30
"""Datasets from this size on are streamed by the ranks; smaller ones are copied."""
MOST_PROCESSES = 4
"""That compute features: each holds encoders of its own."""
FILES_A_PROCESS = 512
"""Files that pay for the start of a process; fewer are computed in this one (benchmarks/bench_features.py)."""
_WORDS = tuple(name for name in Example.model_fields if name not in COLUMNS.values())
_LISTED = 5


@dataclass(frozen=True, slots=True)
class Brought:
    """What ranks are told."""

    urls: tuple[str, ...] = ()
    """Files that they stream; empty where the dataset lies in the run's folder."""
    features: str = ""
    """Identity of the encoders whose features lie in the run's folder; empty where there are none."""


@dataclass(frozen=True, slots=True)
class _Source:
    """A dataset that is trained on."""

    files: RowGroups
    name: str
    splits: tuple[str, ...] = ()
    """Rows of these splits are read; empty takes all."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A file whose features are wanted, and the first row that shows it."""

    kind: MediaKind
    row_id: str
    source: int
    group: int


def bring_data(
    store: Store, dataset: ArtifactRef, config: TrainingConfig, folder: Path, settings: Settings, *, features: Path
) -> Brought:
    """Copy the dataset into the run's folder, or name the files that ranks stream; see that its files have features.

    Files are opened only where a family has frozen encoders and the store holds no features of theirs yet. A
    family that takes no media, or sees features, has the words alone copied.

    Args:
        store: Holds the dataset and the features.
        dataset: Example rows.
        config: Of the run.
        folder: The run's.
        settings: How mixed datasets in buckets are reached.
        features: Where ranks look for features.

    Raises:
        ConfigError: Nothing can be learned from the rows, they are fewer than ranks, a file is of a kind that the
            family does not take, or frozen encoders cannot open it.
        SchemaError: It does not hold examples.
        TransientError: A process that computes features was killed; what is done is kept.
    """
    family = load_model_family(config.model_family)
    objects = store.manifest(dataset).objects
    urls = tuple(store.url_of(item.key) for item in objects)
    own = _Source(RowGroups(urls, store.storage_options), f"dataset {dataset.digest[:12]}")
    streamed = sum(item.size_bytes for item in objects) >= STREAMED_BYTES
    if not streamed:
        with_media = bool(media_source(family, config.media, None).kinds)
        table = store.table(dataset, Example) if with_media else _words(own.files)
        refuse_dataset(config, table_to_records(table, Example))
        (folder / "dataset.parquet").write_bytes(parquet_bytes(table))
    identity = ""
    if config.media != "none":
        sources = [own, *(_mixed(other.url, settings) for other in config.mixture)]
        _refuse_kinds(sources, family)
        if family.frozen_encoders is not None:
            identity = _bring_features(sources, family, config, store, features)
    return Brought(urls if streamed else (), identity)


def training_texts(store: Store, dataset: ArtifactRef) -> Iterator[str]:
    """Texts of every turn of the train split, as stored; media are not read."""
    files = RowGroups([store.url_of(item.key) for item in store.manifest(dataset).objects], store.storage_options)
    return _texts(_Source(files, "", ("train",)))


def _mixed(url: str, settings: Settings) -> _Source:
    options = settings.storage_options() if url.startswith("s3://") else None
    files = RowGroups([url], options)
    refuse_other_schema(files.schema, url)
    return _Source(files, f"dataset {url}", ("train",))


def _words(files: RowGroups) -> pa.Table:
    """All rows with no media."""
    schema = arrow_schema(Example)
    tables = [files.read(group, _WORDS) for group in files.groups]
    words = pa.concat_tables(tables) if tables else schema.empty_table().select(_WORDS)
    columns = {
        field.name: words[field.name] if field.name in _WORDS else pa.array([[]] * len(words), field.type)
        for field in schema
    }
    return pa.table(columns, schema=schema)


# kinds of media ------------------------------------------------------------------------------------


def _refuse_kinds(sources: Sequence[_Source], family: ModelFamily) -> None:
    others = [kind for kind in COLUMNS if kind not in family.modalities]
    for source in sources:
        for _, row_id, (kind, sha256) in _named(source, others):
            taking = [name for name in plugin_names("journeyman.model_families") if _takes(name, kind)]
            raise ConfigError(
                f"row {row_id} of {source.name} shows a {NOUNS[kind]} ({kind} {sha256[:12]}), which model family "
                f"{family.name} does not take; take one that does ({', '.join(taking) or 'there is none'}), or train "
                "with media = none"
            )


def _takes(name: str, kind: MediaKind) -> bool:
    return kind in load_model_family(name).modalities


def _named(source: _Source, kinds: Collection[MediaKind]) -> Iterator[tuple[int, str, tuple[MediaKind, str]]]:
    """Number of the group, row, and kind and sha256 of every media part of ``kinds`` that a row shows."""
    columns = ("example_id", "split", "messages_json")
    for number, group in enumerate(source.files.groups) if kinds else ():
        table = source.files.read(group, columns)
        # Messages are canonical JSON, in whose texts a quotation mark is escaped: few rows have to be parsed.
        mask = pa.array([False] * len(table))
        for kind in kinds:
            mask = pc.or_(mask, pc.match_substring(table["messages_json"], f'"type":"{kind}"'))
        for row in table.filter(mask).to_pylist():
            if source.splits and row["split"] not in source.splits:
                continue
            for message in messages_from_json(row["messages_json"]):
                for part in message.media:
                    if part.type in kinds:
                        yield number, row["example_id"], (part.type, part.sha256)


def _texts(source: _Source) -> Iterator[str]:
    for group in source.files.groups:
        table = source.files.read(group, ("split", "messages_json"))
        for split, text in zip(table["split"].to_pylist(), table["messages_json"].to_pylist(), strict=True):
            if split in source.splits:
                yield from (message.text for message in messages_from_json(text))


# features ------------------------------------------------------------------------------------------


def _bring_features(
    sources: Sequence[_Source], family: ModelFamily, config: TrainingConfig, store: Store, path: Path
) -> str:
    """Write the features of every file that a row shows; returns the identity of the encoders, empty without files."""
    wanted: dict[str, _Wanted] = {}
    for number, source in enumerate(sources):
        for group, row_id, (kind, sha256) in _named(source, tuple(family.modalities)):
            wanted.setdefault(sha256, _Wanted(kind, row_id, number, group))
    if not wanted:
        return ""
    assert family.frozen_encoders is not None
    texts = _texts(_Source(sources[0].files, "", ("train",)))
    processor = initial_processor(config, family, texts)
    identity = family.frozen_encoders.identity(processor)
    cache = FeatureCache(store, identity)
    missing = dict(wanted)
    refused: list[Refusal] = []
    with FeatureWriter(path) as writer:
        for sha256, data in cache.scan(wanted.keys()):
            writer.add(sha256, data)
            del missing[sha256]
        if missing:
            logger.info("features of %d of %d files are computed", len(missing), len(wanted))
        files = _files(sources, missing, refused)
        processes = min(os.cpu_count() or 1, MOST_PROCESSES, len(missing) // FILES_A_PROCESS)
        processes = processes if processes > 1 else 0
        try:
            for outcome in compute_features(cache, files, family.frozen_encoders, processor, processes=processes):
                if isinstance(outcome, Feature):
                    writer.add(outcome.sha256, outcome.data)
                else:
                    refused.append(outcome)
        finally:
            # What is done by the time something else fails is not done again.
            cache.flush()
        if refused:
            raise ConfigError(_refusal(refused, wanted))
    return identity


def _files(sources: Sequence[_Source], missing: Mapping[str, _Wanted], refused: list[Refusal]) -> Iterator[File]:
    """The files of ``missing``, read from the groups that show them; what a row has lost goes to ``refused``."""
    groups: dict[tuple[int, int], dict[str, MediaKind]] = {}
    for sha256, want in missing.items():
        groups.setdefault((want.source, want.group), {})[sha256] = want.kind
    for (source, group), kinds in sorted(groups.items()):
        files = sources[source].files
        columns = tuple(COLUMNS[kind] for kind in dict.fromkeys(kinds.values()))
        columns = tuple(name for name in columns if name in files.schema.names)
        left = dict(kinds)
        for sha256, data in _stored(files, files.groups[group], columns):
            if sha256 in left:
                yield sha256, left.pop(sha256), data
        refused += [Refusal(sha256, f"is missing from {COLUMNS[kind]}") for sha256, kind in left.items()]


def _stored(files: RowGroups, group: RowGroup, columns: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    if not columns:
        return
    table = files.read(group, columns)
    for row in range(len(table)):
        one: dict[str, Any] = {name: table[name][row].as_py() for name in columns}
        yield from stored_media(one, columns)


def _refusal(refused: Sequence[Refusal], wanted: Mapping[str, _Wanted]) -> str:
    listed = "; ".join(
        f"row {wanted[r.sha256].row_id}: {NOUNS[wanted[r.sha256].kind]} {r.sha256[:12]}: {r.reason}"
        for r in refused[:_LISTED]
    )
    more = f"; and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
    return f"{len(refused)} of {len(wanted)} files have no features: {listed}{more}; mend them or leave their rows out"
