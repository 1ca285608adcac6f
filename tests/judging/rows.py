"""Judgements as they are stored, without a judge."""

from collections.abc import Iterable
from typing import Any

from journeyman.metrics.llava_bench import Scores
from journeyman.metrics.visit_bench import Winner
from journeyman.schema.judgement import Judgement


def judgement(item_id: str, shown: tuple[str, str], reading: Scores | Winner | None, **changes: Any) -> Judgement:
    """A relative judgement for scores or None, a pairwise one for a verdict; ``changes`` win."""
    scores = reading if isinstance(reading, Scores) else None
    reply = "none" if reading is None else f"{scores.first!r} {scores.second!r}" if scores else str(reading)
    fields: dict[str, Any] = {
        "item_id": item_id,
        "category": "",
        "kind": "pairwise" if isinstance(reading, str) else "relative",
        "shown_first": shown[0],
        "shown_second": shown[1],
        "judge_model": "j",
        "prompt_version": 1,
        "prompt_digest": "d",
        "request_digest": f"{item_id} {shown[0]}",
        "status": "unread" if reading is None else "read",
        "score_first": scores.first if scores else None,
        "score_second": scores.second if scores else None,
        "verdict": reading if isinstance(reading, str) else None,
        "reply": reply,
        "problem": "no reading" if reading is None else "",
    }
    return Judgement(**(fields | changes))


def both(
    items: Iterable[tuple[Any, Any]], names: tuple[str, str], kind: str, categories: Iterable[str] = ()
) -> list[Judgement]:
    """Both orders of each item, whose readings are given as (as named, swapped)."""
    named = list(categories)
    return [
        judgement(f"i{n}", shown, reading, kind=kind, category=named[n % len(named)] if named else "")
        for n, readings in enumerate(items)
        for shown, reading in zip((names, names[::-1]), readings, strict=True)
    ]
