"""A trained model as a folder that ``from_pretrained`` reads."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from journeyman.model_family import ModelFamily

ADAPTER = "adapter"


def export_model(
    model: Any,
    processor: Any,
    folder: Path,
    family: ModelFamily,
    state: Mapping[str, Any] | None = None,
    *,
    whole_base: Callable[[], Any] | None = None,
) -> None:
    """Write safetensors, processor, chat template and generation settings; adapters are merged, and kept beside.

    Args:
        model: The trained model, with or without adapters.
        processor: Its processor.
        folder: Created when missing. Adapters come in its folder ``adapter``, as peft reads them, with the weights
            that were trained whole beside them (``lora.also_train``).
        family: How it is saved.
        state: Weights gathered from ZeRO-3 ranks, named as in ``model``; None takes the model's own.
        whole_base: Gives the base model unquantised. Adapters trained over 4-bit weights are merged into it: merged
            into the 4-bit weights they would be rounded to four bits too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if hasattr(model, "merge_and_unload"):
        if state is not None:
            model = _filled(model, state)
            state = None
        model.save_pretrained(folder / ADAPTER)
        if whole_base is not None:
            import peft

            model = peft.PeftModel.from_pretrained(whole_base(), folder / ADAPTER)
        model = model.merge_and_unload()
    for config in (model.config, model.config.get_text_config()):
        config.use_cache = True
    _set_generation(model, processor, family)
    family.save(model, processor, folder, state)


def _set_generation(model: Any, processor: Any, family: ModelFamily) -> None:
    """Have plain ``generate`` stop where the agent's turns end."""
    settings = model.generation_config
    ends = settings.eos_token_id
    known = [] if ends is None else [ends] if isinstance(ends, int) else list(ends)
    settings.eos_token_id = list(dict.fromkeys((family.end_of_turn(processor), *known)))
    if settings.pad_token_id is None:
        settings.pad_token_id = processor.tokenizer.pad_token_id


def _filled(model: Any, state: Mapping[str, Any]) -> Any:
    """A copy of a sharded model that holds all of its weights."""
    import copy

    import torch

    whole = copy.deepcopy(model)
    for name, parameter in whole.named_parameters():
        parameter.data = torch.as_tensor(state[name]).to(parameter.dtype).cpu()
    return whole
