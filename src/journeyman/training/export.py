"""A trained model as a folder that ``from_pretrained`` reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from journeyman.model_family import ModelFamily

ADAPTER = "adapter"


def export_model(
    model: Any, processor: Any, folder: Path, family: ModelFamily, state: Mapping[str, Any] | None = None
) -> None:
    """Write safetensors, processor and chat template; adapters are merged, and kept in a folder beside.

    Args:
        model: The trained model, with or without adapters.
        processor: Its processor.
        folder: Created when missing.
        family: How it is saved.
        state: Weights gathered from ZeRO-3 ranks, named as in ``model``; None takes the model's own.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if hasattr(model, "merge_and_unload"):
        if state is not None:
            model = _filled(model, state)
            state = None
        model.save_pretrained(folder / ADAPTER)
        model = model.merge_and_unload()
    for config in (model.config, model.config.get_text_config()):
        config.use_cache = True
    family.save(model, processor, folder, state)


def _filled(model: Any, state: Mapping[str, Any]) -> Any:
    """A copy of a sharded model that holds all of its weights."""
    import copy

    import torch

    whole = copy.deepcopy(model)
    for name, parameter in whole.named_parameters():
        parameter.data = torch.as_tensor(state[name]).to(parameter.dtype).cpu()
    return whole
