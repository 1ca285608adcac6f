"""What cannot train is refused here, by name, before any rank is started and before anything is paid for."""

from collections.abc import Sequence
from pathlib import Path

from journeyman.errors import ConfigError
from journeyman.model_family import ModelFamily, load_model_family
from journeyman.schema.example import Example
from journeyman.storage.store import Store
from journeyman.tracker import load_tracker
from journeyman.training.config import TrainingConfig
from journeyman.training.conversations import of_split, refuse_untrainable
from journeyman.training.packages import refuse_missing_packages

_PROCESSOR = ("preprocessor_config.json", "processor_config.json")
_TOKENIZER = ("tokenizer.json", "tokenizer.model", "vocab.json", "tokenizer_config.json")


def refuse_what_cannot_train(config: TrainingConfig, store: Store) -> None:
    """Look at all that needs no dataset.

    Raises:
        ConfigError: A package or hostfile is missing, there is no such tracker or model family, or the base
            model's folder lacks its configuration, processor, tokenizer or control tokens.
        StorageError: The store cannot be written, or does not answer.
    """
    refuse_missing_packages(config)
    for name in config.trackers:
        load_tracker(name).refuse_missing()
    if config.hostfile and not Path(config.hostfile).is_file():
        raise ConfigError(f"hostfile {config.hostfile!r} is no file; write a line 'host slots={config.ranks}' a node")
    store.check()
    refuse_model(config, load_model_family(config.model_family))


def refuse_model(config: TrainingConfig, family: ModelFamily) -> None:
    """Look at a base model that is a folder; others are built, or known to the hub alone.

    Raises:
        ConfigError: A file or a control token is missing; names the folder, what is missing and how to get it.
    """
    folder = Path(config.base_model).expanduser()
    if not config.base_model.startswith(("/", "./", "../", "~")):
        return
    if not folder.is_dir():
        raise ConfigError(f"base_model {config.base_model!r} is no folder; give a folder, a hub name or 'tiny'")
    whole = "export model and processor with save_pretrained into one folder"
    if not (folder / "config.json").is_file():
        raise ConfigError(f"base_model {config.base_model!r} holds no config.json; {whole}")
    # Frozen encoders are named in config.json, and read pictures in ways of their own.
    if family.frozen_encoders is None and not any((folder / name).is_file() for name in _PROCESSOR):
        raise ConfigError(f"base_model {config.base_model!r} holds no processor ({' or '.join(_PROCESSOR)}); {whole}")
    if not any((folder / name).is_file() for name in _TOKENIZER):
        raise ConfigError(f"base_model {config.base_model!r} holds no tokenizer ({', '.join(_TOKENIZER)}); {whole}")
    _refuse_tokenizer(str(folder), family)


def refuse_dataset(config: TrainingConfig, rows: Sequence[Example]) -> None:
    """Look at the rows of a dataset.

    Raises:
        ConfigError: Nothing can be learned from them, or there are fewer than ranks.
    """
    refuse_untrainable(rows)
    refuse_more_ranks_than_rows(config, len(of_split(rows, "train")))


def refuse_more_ranks_than_rows(config: TrainingConfig, rows: int) -> None:
    """Each rank needs a row of its own in every step.

    Raises:
        ConfigError: There are fewer ``rows`` to train on than ranks.
    """
    if rows < config.world_size:
        raise ConfigError(
            f"ranks = {config.ranks} on nodes = {config.nodes} are {config.world_size}, but the train split has "
            f"{rows} rows; take at most {max(1, rows // config.nodes)} ranks, or more data"
        )


def _refuse_tokenizer(name: str, family: ModelFamily) -> None:
    """Have the family look its control tokens up: one that is missing would be cut into pieces, or be unknown."""
    processor = family.load_processor(name)
    tokenizer = processor.tokenizer
    for what, find in (("end of turn", family.end_of_turn), ("picture", family.image_token)):
        try:
            token = find(processor)
        except (TypeError, ValueError) as exc:
            raise ConfigError(_no_token(name, what, family)) from exc
        if token is None or token == tokenizer.unk_token_id or not 0 <= token < len(tokenizer):
            raise ConfigError(_no_token(name, what, family))


def _no_token(name: str, what: str, family: ModelFamily) -> str:
    return (
        f"the tokenizer of {name!r} has no {what} token that {family.name} knows; "
        "add it with add_special_tokens, or take the tokenizer that came with the model"
    )
