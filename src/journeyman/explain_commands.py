"""``journeyman explain``: one row as its model takes it, or a whole dataset checked for what it loses."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from journeyman.errors import ConfigError

if TYPE_CHECKING:
    from journeyman.model_family import ModelFamily
    from journeyman.storage.row_groups import RowGroups
    from journeyman.training.config import TrainingConfig


def explain(
    dataset: str,
    row: str = "",
    *,
    model: str = "tiny",
    family: str = "qwen_vl",
    check: bool = False,
    max_pixels: int | None = None,
    min_pixels: int | None = None,
    max_tokens: int = 0,
    too_long: Literal["drop", "cut"] = "drop",
    pairs_per_sample: int = 0,
    level: Literal["", "l0", "l1", "l2", "l3"] = "",
    decimals: int = 4,
) -> int:
    """Show what a model is trained on: trained and masked text, pictures against their tokens, what is cut.

    Parameters
    ----------
    dataset
        Digest of a published dataset, or a path or s3:// URL of its folder or of one Parquet file.
    row
        Its example_id, or its number from 0.
    model
        Folder or hub name of the model, or the name of one that its family builds, as tiny.
    family
        The model's family.
    check
        Go through all rows instead; exit code 1 when one loses a thought, an action, a picture or a stop token.
    max_pixels
        Largest area of a picture; left out, training's own default.
    min_pixels
        Smallest area of a picture; left out, training's own default.
    max_tokens
        Longest conversation; 0 takes any.
    too_long
        What becomes of longer ones.
    pairs_per_sample
        Most pairs of a screen in one sample, as training.views cuts them; 0 shows them as they are stored.
    level
        How much of a step's monologue is learnt, as training.views draws it; left out, all that is stored.
    decimals
        Places of coordinates, as in training.views.
    """
    from pydantic import ValidationError
    from rich.console import Console

    from journeyman.explain.check import check_dataset
    from journeyman.explain.losses import explain_row
    from journeyman.explain.rows import find_row, open_dataset, samples_of
    from journeyman.explain.show import print_checked, print_row
    from journeyman.model_family import load_model_family
    from journeyman.settings import load_settings
    from journeyman.training.config import TrainingConfig, ViewsConfig
    from journeyman.training.conversations import limits
    from journeyman.training.views import row_view

    if not check and not row:
        raise ConfigError("name a row to show, by example_id or number, or give --check to go through all rows")
    defaults = TrainingConfig()
    levels = {level: 1.0} if level else {}
    try:
        config = TrainingConfig(
            model_family=family,
            base_model=model,
            max_pixels=max_pixels or defaults.max_pixels,
            min_pixels=min_pixels or defaults.min_pixels,
            max_tokens=max_tokens,
            too_long=too_long,
            views=ViewsConfig(pairs_per_sample=pairs_per_sample, levels=levels, decimals=decimals),
        )
    except ValidationError as exc:
        fault = exc.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise ConfigError(f"{where} = {fault['input']!r}: {fault['msg']}" if where else fault["msg"]) from exc
    view = row_view(config)
    files = open_dataset(dataset, load_settings())
    plugin = load_model_family(family)
    processor = _processor(config, plugin, files)
    console = Console()
    if not check:
        for sample in samples_of(find_row(files, row), view):
            explained = explain_row(sample, plugin, processor, limits(config))
            print_row(console, explained, plugin, processor, limits(config))
        return 0
    checked = check_dataset(files, plugin, processor, limits(config), view)
    print_checked(console, checked)
    return int(checked.bad_rows > 0)


def _processor(config: "TrainingConfig", family: "ModelFamily", files: "RowGroups") -> Any:
    from journeyman.explain.rows import texts
    from journeyman.schema.message import messages_from_json
    from journeyman.training.initial import TINY, initial_model

    if config.base_model in (TINY, *family.builds):
        corpus = (message.text for text in texts(files) for message in messages_from_json(text))
        return initial_model(config, family, corpus)[1]
    return family.load_processor(str(Path(config.base_model).expanduser()))
