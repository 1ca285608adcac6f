"""Toy problems as a dataset on disk, in as many files and row groups as a test wants."""

from functools import lru_cache

import pyarrow as pa
import pyarrow.parquet as pq

from journeyman.model_family import load_model_family
from journeyman.schema.arrow import records_to_table
from journeyman.schema.example import EmbeddedImage, Example
from journeyman.schema.message import messages_to_json
from journeyman.training.conversations import corpus
from tests.training.toy_conversations import problems


@lru_cache(maxsize=1)
def tiny():
    """(family, processor) of a tiny Qwen2-VL whose tokenizer knows the toys' words."""
    family = load_model_family("qwen_vl")
    return family, family.build_tiny(corpus(examples(16)), 0)[1]


def example(problem, row_id, split="train", **changes):
    made = Example(
        example_id=str(row_id),
        split=split,
        family=problem.kind,
        query="",
        messages_json=messages_to_json(problem.messages),
        images=tuple(EmbeddedImage(bytes=d, path=f"{s}.png") for s, d in problem.media.items()),
        tools=(problem.tool,),
        answer_json='""',
        origin="synthesised",
        teacher="toy",
    )
    return made.model_copy(update=changes)


def examples(count, *, seed=0, split="train", start=0):
    return [example(p, start + i, split) for i, p in enumerate(problems(count, seed=seed))]


def written(folder, rows, *, group_rows=10, name="part.parquet"):
    """Path of a Parquet file of ``rows``."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(records_to_table(rows, Example), folder / name, row_group_size=group_rows, compression="zstd")
    return str(folder / name)


def bare(count, *, split="train", start=0):
    """Many small rows, made quickly: for what looks at order alone."""
    template = examples(1)[0]
    columns = {
        name: [value] * count for name, value in template.model_copy(update={"split": split}).model_dump().items()
    }
    columns["example_id"] = [str(start + i) for i in range(count)]
    return pa.Table.from_pydict(columns, schema=records_to_table([template], Example).schema)


def write_table(folder, table, *, group_rows=10, name="part.parquet"):
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / name, row_group_size=group_rows, compression="zstd")
    return str(folder / name)
