"""README.md of a finished model: what it was trained on and how, what that cost, how it scores, whose terms bind it."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from journeyman.schema.example import Example
from journeyman.schema.model import Model
from journeyman.training.config import TrainingConfig

SCRIPTED = "scripted"


@dataclass(frozen=True, slots=True)
class Licence:
    """Terms of a base model's weights."""

    identifier: str
    """As the hub names it; ``other`` where it has no name."""
    title: str
    source: str


_APACHE = "apache-2.0"
BASE_LICENCES: Mapping[str, Licence] = {
    "small": Licence(_APACHE, "Apache-2.0", "SmolLM2-135M-Instruct and PP-OCR, both under it"),
    "Qwen/Qwen2-VL-2B-Instruct": Licence(_APACHE, "Apache-2.0", "its model card"),
    "Qwen/Qwen2-VL-7B-Instruct": Licence(_APACHE, "Apache-2.0", "its model card"),
    "Qwen/Qwen2-VL-72B": Licence("other", "Tongyi Qianwen licence agreement", "its model card"),
    "Qwen/Qwen2-VL-72B-Instruct": Licence("other", "Tongyi Qianwen licence agreement", "its model card"),
    "openbmb/MiniCPM-V-2_6": Licence("other", "MiniCPM model licence", "its model card"),
    "lmsys/vicuna-7b-v1.3": Licence("other", "LLaMA licence, not commercial", "its model card"),
    "lmsys/vicuna-13b-v1.3": Licence("other", "LLaMA licence, not commercial", "its model card"),
    "lmsys/vicuna-7b-v1.5": Licence("llama2", "Llama 2 community licence", "its model card"),
    "lmsys/vicuna-13b-v1.5": Licence("llama2", "Llama 2 community licence", "its model card"),
    "llava-hf/llava-1.5-7b-hf": Licence("llama2", "Llama 2 community licence", "its model card"),
    "llava-hf/llava-1.5-13b-hf": Licence("llama2", "Llama 2 community licence", "its model card"),
}
"""Base model -> its licence, where we know it."""
_BUILT = Licence(_APACHE, "Apache-2.0", "random weights, made by Journeyman")
UNKNOWN = Licence("other", "unknown: read the base model's own card", "not known to Journeyman")


def licence_of(base_model: str) -> Licence:
    """Terms of a base model's weights, as far as they are known here; ImageBind's bind whatever sees through it."""
    *encoders, language = base_model.split(" + ")
    if encoders and all("imagebind:" in encoder for encoder in encoders):
        title = f"CC BY-NC-SA 4.0 (ImageBind), and: {licence_of(language).title}"
        return Licence("cc-by-nc-sa-4.0", title, "ImageBind's repository, and the language model's card")
    return _BUILT if base_model.startswith("tiny") else BASE_LICENCES.get(base_model, UNKNOWN)


@dataclass(frozen=True, slots=True)
class Measured:
    """One metric of one agent on held-out problems."""

    agent: str
    metric: str
    value: float
    """0 to 1."""
    low: float
    high: float
    problems: int
    """The denominator; a failed run is among them."""


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What the card says that the model's row and dataset do not."""

    evaluation: Sequence[Measured] = ()
    confidence: float = 0.95
    """Of the intervals."""
    cost: Mapping[str, str] = field(default_factory=dict)
    """What was paid for -> how much, in words."""
    picture_licences: Mapping[str, int] = field(default_factory=dict)
    """Licence -> pictures of the dataset under it."""


def model_card(model: Model, examples: Sequence[Example], facts: ModelFacts) -> str:
    """The card as markdown with the hub's front matter; free of dates, so that equal models have equal cards.

    Args:
        model: The model's row.
        examples: The dataset it was trained on; empty for an untuned model.
        facts: Evaluation, cost, licences of pictures.
    """
    config = TrainingConfig.model_validate_json(model.config_json)
    licence = licence_of(model.base_model)
    teachers = sorted({example.teacher for example in examples})
    lines = [
        *_front_matter(model, config, licence),
        f"# {model.base_model} tuned to use tools",
        "",
        *_warning(teachers),
        *_blindness(config),
        "## Data",
        "",
        *_data(model, examples, teachers),
        "## Training",
        "",
        *_training(model, config),
        "## Cost",
        "",
        *(_table(("what", "cost"), facts.cost) if facts.cost else ["Not stated.", ""]),
        "## Evaluation",
        "",
        *_evaluation(facts),
        "## Licences, from the weights to the data",
        "",
        *_licences(model, licence, teachers, facts),
        "## Load",
        "",
        *_loading(config),
        f"Model digest: `{model.model_digest}`",
        "",
    ]
    return "\n".join(lines)


def _front_matter(model: Model, config: TrainingConfig, licence: Licence) -> list[str]:
    named = [f"license_name: {json.dumps(licence.title)}"] if licence.identifier == "other" else []
    on_hub = [f"base_model: {model.base_model}"] if _is_hub_name(model.base_model) else []
    return [
        "---",
        f"license: {licence.identifier}",
        *named,
        *on_hub,
        "library_name: transformers",
        "pipeline_tag: image-text-to-text",
        "tags:",
        "- tool-use",
        "- agent",
        *(["- lora"] if config.lora else []),
        "---",
        "",
    ]


def _is_hub_name(base_model: str) -> bool:
    owner, _, name = base_model.partition("/")
    return bool(owner and name) and "/" not in name and not owner.startswith((".", "~"))


def _warning(teachers: Sequence[str]) -> list[str]:
    if not any(SCRIPTED in name for name in teachers):
        return []
    return [
        "> **Trained on data of the scripted teacher**, a program, not a language model.",
        "> It shows that the pipeline works; it says nothing about what a paid model's data teach.",
        "",
    ]


def _blindness(config: TrainingConfig) -> list[str]:
    if config.media != "none":
        return []
    return [
        "> **Trained without media**: pictures, sounds and videos were left out of every conversation.",
        "> It is the blind twin of a model that saw them, made to tell what words alone can do.",
        "",
    ]


def _data(model: Model, examples: Sequence[Example], teachers: Sequence[str]) -> list[str]:
    if not model.dataset_digest:
        return ["None: this model was not tuned.", ""]
    return [
        f"Dataset version: `{model.dataset_digest}`. Teacher: {', '.join(f'`{t}`' for t in teachers) or 'not known'}.",
        "",
        *_table(("split", "examples"), Counter(example.split for example in examples)),
        *_table(("origin of the files", "examples"), Counter(example.origin for example in examples)),
    ]


def _training(model: Model, config: TrainingConfig) -> list[str]:
    changed = config.model_dump(mode="json", exclude_defaults=True)
    return [
        *_table(
            ("", "count"),
            {
                "optimizer steps": model.steps,
                "tokens in the loss": model.trained_tokens,
                "parameters": model.parameters,
                "parameters trained": model.trained_parameters,
                "loss at the end, nats a token": f"{model.final_loss:.4f}" if model.steps else "-",
            },
        ),
        "Settings that are not Journeyman's defaults:",
        "",
        "```json",
        json.dumps(changed, indent=2, sort_keys=True),
        "```",
        "",
    ]


def _evaluation(facts: ModelFacts) -> list[str]:
    if not facts.evaluation:
        return ["Not evaluated: nothing is known of how well it works.", ""]
    rows = [
        f"| {_cell(m.agent)} | {_cell(m.metric)} | {100 * m.value:.1f} % | "
        f"{100 * m.low:.1f} to {100 * m.high:.1f} % | {m.problems:,} |"
        for m in facts.evaluation
    ]
    return [
        "On held-out problems; a failed run is a wrong answer and stays in the denominator.",
        "",
        f"| agent | metric | value | {facts.confidence:.0%} interval | problems |",
        "|---|---|---|---|---|",
        *rows,
        "",
    ]


def _licences(model: Model, licence: Licence, teachers: Sequence[str], facts: ModelFacts) -> list[str]:
    chain = {f"1. base model `{model.base_model}`": f"{licence.title} ({licence.source})"}
    if model.dataset_digest:
        terms = "terms of its provider for what it writes"
        chain["2. dataset's text"] = "; ".join(
            f"`{t}`: " + ("written by a program, no terms" if SCRIPTED in t else terms) for t in teachers
        )
        chain["3. dataset's pictures"] = (
            "; ".join(f"{name}: {n:,}" for name, n in sorted(facts.picture_licences.items()))
            or f"see the card of dataset `{model.dataset_digest[:12]}`"
        )
    return [
        *_table(("part", "terms"), chain),
        "All of them bind who uses this model; the strictest one decides.",
        "",
    ]


def _loading(config: TrainingConfig) -> list[str]:
    adapter = "Its adapters alone, for the base model, are in `adapter/` (`peft.PeftModel.from_pretrained`)."
    return [
        "```python",
        "from transformers import AutoModelForImageTextToText, AutoProcessor",
        "",
        'model = AutoModelForImageTextToText.from_pretrained(folder, dtype="auto")',
        "processor = AutoProcessor.from_pretrained(folder)  # needs torchvision for some families",
        "```",
        "",
        *([adapter, ""] if config.lora else []),
    ]


def _table(head: tuple[str, str], rows: Mapping[str, object]) -> list[str]:
    body = [f"| {_cell(name)} | {_cell(value)} |" for name, value in rows.items()]
    return [f"| {head[0]} | {head[1]} |", "|---|---|", *(body or ["| none | |"]), ""]


def _cell(value: object) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    # A user's own words may hold a bar or a line break, which would end the cell.
    return " ".join(text.split()).replace("|", "\\|")
