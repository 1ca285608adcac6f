"""TRL's SFTTrainer on one case, in its own environment: ``python -m training_throughput.trl_side CASE.json``.

Its best settings on a CPU: no gradient checkpointing (its default), no logging within the run, the loss on the
assistant's tokens only, and for text its packing. Rows, tokenizer, processor and weights are those of our side.
"""

import io
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import torch
from datasets import Dataset
from PIL import Image
from transformers import AutoModelForCausalLM, AutoModelForImageTextToText, AutoTokenizer, TrainerCallback
from trl import SFTConfig, SFTTrainer

from training_throughput.case import MAX_PIXELS, MIN_PIXELS, Case, Measured

TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\\n' }}"
    "{%- if message['role'] == 'assistant' -%}"
    "{%- generation -%}{%- for part in message['content'] -%}{{ part['text'] }}{%- endfor -%}{{ '<|im_end|>' }}"
    "{%- endgeneration -%}"
    "{%- else -%}"
    "{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{%- else -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{{ '<|im_end|>' }}"
    "{%- endif -%}{{ '\\n' }}"
    "{%- endfor -%}"
)
"""The product's chat form with the assistant's spans marked, which TRL masks by."""


class Counted(SFTTrainer):  # type: ignore[misc]  # trl is untyped
    """The trainer, counting the tokens of each forward pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.real = self.computed = self.trained = 0

    def compute_loss(self, model: Any, inputs: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Count, then compute."""
        self.computed += inputs["input_ids"].numel()
        # A packed batch has no mask, and no padding.
        mask = inputs.get("attention_mask")
        self.real += inputs["input_ids"].numel() if mask is None else int(mask.sum())
        self.trained += int((inputs["labels"][:, 1:] != -100).sum())
        return super().compute_loss(model, inputs, *args, **kwargs)


class Clock(TrainerCallback):  # type: ignore[misc]
    """CPU seconds and tokens from the end of the warm-up on, data included."""

    def __init__(self, warm_up: int) -> None:
        self.warm_up = warm_up
        self.trainer: Counted
        self.start = (0.0, 0, 0, 0)

    def on_step_end(self, _args: Any, state: Any, _control: Any, **_kwargs: Any) -> None:
        """Start behind the last step of the warm-up."""
        if state.global_step == self.warm_up:
            self.start = self.now()

    def now(self) -> tuple[float, int, int, int]:
        """CPU seconds of the process; real, computed and trained tokens."""
        return time.process_time(), self.trainer.real, self.trainer.computed, self.trainer.trained


def main() -> None:
    """Run the case and say what was measured."""
    case = Case.read(Path(sys.argv[1]))
    rows = _rows(case)
    clock = Clock(case.warm_up)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Counted(
            model=_model(case),
            args=_settings(case, folder),
            train_dataset=rows,
            eval_dataset=rows.select(range(case.fixed_rows)),
            processing_class=_processor(case),
            callbacks=[clock],
        )
        clock.trainer = trainer
        loss = trainer.evaluate()["eval_loss"]
        fixed = trainer.trained
        trainer.train()
        seconds, real, computed, trained = (end - start for end, start in zip(clock.now(), clock.start, strict=True))
    Measured(
        cpu_seconds=seconds,
        real_tokens=int(real),
        computed_tokens=int(computed),
        needed_tokens=int(real),
        trained_tokens=int(trained),
        fixed_loss=loss,
        fixed_trained=fixed,
    ).say()


def _settings(case: Case, folder: str) -> SFTConfig:
    passes = -(-case.tokens_per_step // case.pack_tokens)
    return SFTConfig(
        output_dir=folder,
        use_cpu=True,
        # Its default is fp32 weights under autocast, which is slower on a CPU.
        bf16=False,
        gradient_checkpointing=False,
        packing=not case.pictures,
        eval_packing=False,
        max_length=None if case.pictures else case.pack_tokens,
        assistant_only_loss=True,
        per_device_train_batch_size=case.rows_per_pass if case.pictures else 1,
        per_device_eval_batch_size=case.fixed_rows,
        gradient_accumulation_steps=passes,
        max_steps=case.warm_up + case.steps,
        learning_rate=case.learning_rate,
        lr_scheduler_type="constant",
        logging_steps=10_000,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )


def _model(case: Case) -> Any:
    kind = AutoModelForImageTextToText if case.pictures else AutoModelForCausalLM
    dtype = torch.bfloat16 if case.precision == "bf16" else torch.float32
    return kind.from_pretrained(case.model, dtype=dtype, attn_implementation=case.attention)


def _processor(case: Case) -> Any:
    if not case.pictures:
        tokenizer = AutoTokenizer.from_pretrained(case.model)
        tokenizer.chat_template = TEMPLATE
        return tokenizer
    # AutoProcessor wants torchvision for the video part that the folder does not have.
    from journeyman.model_families.qwen_vl import load_processor

    processor = load_processor(case.model)
    processor.chat_template = processor.tokenizer.chat_template = TEMPLATE
    processor.image_processor.size = {"shortest_edge": MIN_PIXELS, "longest_edge": MAX_PIXELS}
    return processor


def _rows(case: Case) -> Dataset:
    columns = ["messages_json", "images"]
    return Dataset.from_list([_row(case, row) for row in pq.read_table(case.rows, columns=columns).to_pylist()])


def _row(case: Case, row: dict[str, Any]) -> dict[str, Any]:
    messages = [
        {
            "role": message["role"],
            "content": [{"type": part["type"], "text": part.get("text")} for part in message["content"]],
        }
        for message in json.loads(row["messages_json"])
    ]
    if not case.pictures:
        return {"messages": messages}
    return {"messages": messages, "images": [Image.open(io.BytesIO(image["bytes"])) for image in row["images"]]}


if __name__ == "__main__":
    main()
