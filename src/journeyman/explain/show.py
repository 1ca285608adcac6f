"""A row in the terminal: trained and masked text in colour, pictures against the tokens that stand for them."""

import re
from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.text import Text

from journeyman.explain.check import Checked
from journeyman.explain.losses import KINDS, NOUNS, Explained, Loss
from journeyman.model_family import IGNORED, Encoded, ModelFamily
from journeyman.training.conversations import Limits, media_size

TRAINED, MASKED, PICTURE, LOST = "bold green", "dim", "bold cyan", "bold red"
LISTED_LOSSES = 4
"""Of each row of a check."""
_OFFERED = re.compile(r"^(?:- )?(\w+)\(.*$", re.MULTILINE)


def print_row(console: Console, row: Explained, family: ModelFamily, processor: Any, limits: Limits) -> None:
    """Print a row turn by turn, then its totals and what it loses.

    Args:
        console: Where to print.
        row: The row.
        family: Its model's family.
        processor: Of the model.
        limits: Under which it was encoded.
    """
    example = row.example
    console.print(Text.assemble(("row ", "bold"), example.example_id, f"   split {example.split}, {example.family}"))
    system = "\n".join(m.text for m in row.messages if m.role == "system")
    console.print(Text(f"tools offered: {', '.join(_OFFERED.findall(system)) or 'none'}"), soft_wrap=True)
    console.print(Text(f"tools called:  {', '.join(example.tools) or 'none'}"), soft_wrap=True)
    console.print(
        Text.assemble("text is ", ("trained", TRAINED), ", ", ("masked", MASKED), " or a ", ("picture", PICTURE))
    )
    if row.encoded is not None:
        _print_turns(console, row, row.encoded, family, processor)
        _print_totals(console, row, row.encoded, family, processor)
    kept, turns = row.measure.turns, len(row.messages)
    limit = f"max_tokens = {limits.max_tokens or 'none'}, too_long = {limits.too_long}"
    console.print(Text(f"turns: {kept} of {turns} are kept ({limit})"), soft_wrap=True)
    if row.mistakes:
        console.print(Text(f"turns marked as mistakes, shown and not trained: {', '.join(map(str, row.mistakes))}"))
    _print_losses(console, [(example.example_id, row.losses)], limit=len(row.losses))


def print_checked(console: Console, found: Checked) -> None:
    """Print what a check of a whole dataset found."""
    total = (
        f"{found.rows} rows: {found.tokens} tokens, {found.trained_tokens} trained, {found.pictures} pictures, "
        f"{found.mistakes} turns marked as mistakes; {found.dropped} rows dropped and {found.cut} cut for their length"
    )
    console.print(Text(total), soft_wrap=True)
    if not found.bad_rows:
        console.print(Text("no row loses a thought, an action, a picture or its stop token", style=TRAINED))
        return
    lost = ", ".join(f"{found.lost[kind]} {kind}s" for kind in KINDS if found.lost[kind])
    console.print(Text(f"{found.bad_rows} rows lose something: {lost}", style=LOST))
    _print_losses(console, found.listed, limit=LISTED_LOSSES)
    if found.bad_rows > len(found.listed):
        console.print(Text(f"and {found.bad_rows - len(found.listed)} more rows"))


def _print_losses(console: Console, rows: Iterable[tuple[str, Iterable[Loss]]], *, limit: int) -> None:
    for row_id, losses in rows:
        listed = list(losses)
        for loss in listed[:limit]:
            console.print(Text(f"row {row_id}: {loss}", style=LOST), soft_wrap=True)
        if len(listed) > limit:
            console.print(Text(f"row {row_id}: and {len(listed) - limit} more", style=LOST))


def _print_turns(console: Console, row: Explained, encoded: Encoded, family: ModelFamily, processor: Any) -> None:
    spans = dict(zip((a for a, _ in encoded.picture_spans.tolist()), range(len(row.shown)), strict=False))
    for number, (message, (start, end)) in enumerate(zip(row.messages, encoded.turn_spans.tolist(), strict=False), 1):
        trained = int((encoded.labels[start:end] != IGNORED).sum())
        marked = " (a mistake, not trained)" if message.role == "assistant" and not message.trained else ""
        console.rule(f"turn {number}, {message.role}{marked}: {end - start} tokens, {trained} trained", align="left")
        line = Text()
        for first, last in _pieces(encoded, start, end):
            if first in spans:
                line.append(_file(row, encoded, family, spans[first]), style=PICTURE)
            else:
                style = TRAINED if encoded.labels[first] != IGNORED else MASKED
                line.append(processor.tokenizer.decode(encoded.input_ids[first:last].tolist()), style=style)
        console.print(line, soft_wrap=True)


def _pieces(encoded: Encoded, start: int, end: int) -> Iterable[tuple[int, int]]:
    """Columns ``start`` to ``end`` in runs that are of one picture, all trained, or all masked."""
    ends = {b for span in encoded.picture_spans.tolist() for b in span}
    trained = encoded.labels != IGNORED
    first = start
    for column in range(start + 1, end + 1):
        if column == end or column in ends or trained[column] != trained[column - 1]:
            yield first, column
            first = column


def _file(row: Explained, encoded: Encoded, family: ModelFamily, place: int) -> str:
    part = row.shown[place]
    start, end = encoded.picture_spans[place].tolist()
    name = f"{NOUNS[part.type]} {place + 1}: {part.sha256[:12]}"
    if family.frozen_encoders is not None:
        return f"[{name}, {len(row.media[part.sha256])} bytes -> {end - start} tokens]"
    width, height = media_size(part.type, row.media[part.sha256])
    grids = encoded.grids
    patches = f", {int(grids[place].prod())} patches" if len(grids) == len(encoded.picture_spans) else ""
    return f"[{name}, {width} x {height} pixels -> {end - start} tokens{patches}]"


def _print_totals(console: Console, row: Explained, encoded: Encoded, family: ModelFamily, processor: Any) -> None:
    image_tokens = int((encoded.input_ids == family.image_token(processor)).sum())
    share = encoded.trained_tokens / max(1, len(encoded))
    console.rule(align="left")
    example = row.example
    stored = f"pictures stored with the row: {len(example.images)}"
    if example.audios or example.videos:
        stored += f", sounds: {len(example.audios)}, videos: {len(example.videos)}"
    total = (
        f"{len(encoded)} tokens: {encoded.trained_tokens} trained ({share:.0%}), {image_tokens} of "
        f"{len(encoded.picture_spans)} pictures with {len(encoded.patches)} patches; "
        f"{stored}"
    )
    console.print(Text(total), soft_wrap=True)
