"""The scripted agent: recognises the world, uses the right tool, and errs at the set rate."""

import random
import re
from itertools import pairwise

from journeyman.teacher.scripted.asked import Asked
from journeyman.teacher.scripted.offered import with_offered_names
from journeyman.teacher.scripted.skills.controller import next_skill_turn
from journeyman.teacher.scripted.skills.talk import is_about_skills
from journeyman.teacher.scripted.word_solutions import Turn, solve_words
from journeyman.teacher.scripted.world import COLUMNS, FIELDS, World, make_world

_NO_ANSWER = ("took longer than", "HTTP 500")
"""What a tool that is down is told by; anything else that goes wrong is this agent's own doing."""
_MISTAKES = ("wrong tool", "broken code", "guess", "wrong answer", "wrong argument")


def next_turn(asked: Asked, mistake_rate: float) -> tuple[str, str]:
    """The assistant's text for this point of the conversation, and the label of a planted mistake or ''."""
    if is_about_skills(asked):
        return next_skill_turn(asked, mistake_rate)
    opening = next(text for role, text in asked.texts if role == "user")
    turns = _solution(opening, asked, mistake_rate)
    done, failed = _progress(asked)
    rng = random.Random(f"slip/{opening}/{asked.marks[:1]}")  # noqa: S311 - reproducible choice, no secret
    # Where the code names no file, none can be the wrong one.
    possible = _MISTAKES if _file(opening) in turns[0][1] else _MISTAKES[:-1]
    label = rng.choice(possible) if rng.random() < mistake_rate else ""
    if label:
        turns = _spoilt(turns, label, _file(opening))
    thought, code = turns[min(done, len(turns) - 1)]
    if failed:
        thought = "The tool did not answer, so I try once more."
    code = with_offered_names(code, next((text for role, text in asked.texts if role == "system"), ""))
    return f"Thought: {thought}\nCode:\n```py\n{code}\n```", label


def gave_no_answer(observed: str) -> bool:
    """Whether a tool was down, which is nobody's slip and worth another try."""
    return any(words in observed for words in _NO_ANSWER)


def _progress(asked: Asked) -> tuple[int, bool]:
    """How many turns have had their answer, and whether the last one ran into a tool that gave none."""
    done, failed = 0, False
    for (role, _), (_, answer) in pairwise(asked.texts):
        if role == "assistant":
            failed = gave_no_answer(answer)
            done += not failed
    return done, failed


def _solution(opening: str, asked: Asked, mistake_rate: float) -> list[Turn]:
    file = _file(opening)
    if asked.marks:
        kind, number = asked.marks[0]
        return _ON_PICTURE[kind](file, make_world(kind, number, mistake_rate))
    if asked.pictures:
        return _on_unknown_picture(opening, file)
    in_words = [] if "\nFiles: " in opening else solve_words(opening)
    return in_words or _on_document(opening, file)


def _file(opening: str) -> str:
    match = re.search(r"\nFiles: (\S+?)(?:,|\s|$)", opening)
    return match.group(1) if match else "file_1.txt"


def _read(what: str, variable: str, call: str, end: str) -> list[Turn]:
    return [(what, f"{variable} = {call}\nprint({variable})"), (end, f"final_answer({variable})")]


def _barcode(file: str, _world: World) -> list[Turn]:
    return _read(
        "The picture shows a barcode, so I read it.", "code", f'read_barcode("{file}")', "The barcode holds the answer."
    )


def _sign(file: str, _world: World) -> list[Turn]:
    return _read(
        "The picture shows a sign with text, so I read it.", "text", f'ocr("{file}")', "The text is the answer."
    )


def _faces(file: str, _world: World) -> list[Turn]:
    return [
        ("The picture shows people, so I count their faces.", f'faces = detect_faces("{file}")\nprint(len(faces))'),
        ("The number of faces is the answer.", "final_answer(len(faces))"),
    ]


def _colours(file: str, _world: World) -> list[Turn]:
    return [
        (
            "The picture shows coloured shapes, so I measure the colours.",
            f'colours = measure_colour("{file}")\nprint(colours)',
        ),
        ("The first colour covers most.", "final_answer(colours[0][0])"),
    ]


def _subject(file: str, _world: World) -> list[Turn]:
    return [
        ("The picture is a photograph of something, so I name it.", f'names = tag_image("{file}")\nprint(names)'),
        ("The first name fits best.", "final_answer(names[0][0])"),
    ]


def _part(file: str, world: World) -> list[Turn]:
    box = "0, 0, w, h // 2" if world.half == "upper" else "0, h // 2, w, h"
    crop = f'from PIL import Image\nw, h = Image.open("{file}").size\npart = crop_image("{file}", {box})\nprint(part)'
    return [
        (f"I cut out the {world.half} half first.", crop),
        ("Now I read the text in the part.", "text = ocr(part)\nprint(text)"),
        ("The text is the answer.", "final_answer(text)"),
    ]


def _price(file: str, world: World) -> list[Turn]:
    return [("The picture shows a price, so I read it.", f'price = ocr("{file}")\nprint(price)'), *_times(world)]


def _price_part(file: str, world: World) -> list[Turn]:
    cut, *_ = _part(file, world)
    return [cut, ("Now I read the price in the part.", "price = ocr(part)\nprint(price)"), *_times(world)]


def _times(world: World) -> list[Turn]:
    return [
        (f"I multiply the price by {world.count}.", f'total = calculate(f"{{price}} * {world.count}")\nprint(total)'),
        ("The total is the answer.", "final_answer(total)"),
    ]


def _price_pair(file: str, _world: World) -> list[Turn]:
    other = file.replace("_1.", "_2.")
    return [
        ("Each picture shows a price, so I read the first.", f'first = ocr("{file}")\nprint(first)'),
        ("Now I read the second.", f'second = ocr("{other}")\nprint(second)'),
        ("I add up the two prices.", 'total = calculate(f"{first} + {second}")\nprint(total)'),
        ("The total is the answer.", "final_answer(total)"),
    ]


def _on_unknown_picture(opening: str, file: str) -> list[Turn]:
    words = opening.lower()
    if "colour" in words:
        return _colours(file, make_world("colours", 0, 0.0))
    if "face" in words:
        return _faces(file, make_world("faces", 0, 0.0))
    if "written" in words:
        return _sign(file, make_world("sign", 0, 0.0))
    return _subject(file, make_world("barcode", 0, 0.0))


def _on_document(opening: str, file: str) -> list[Turn]:
    task = opening.split("\nFiles:", maxsplit=1)[0]
    if file.endswith((".csv", ".xlsx")):
        return _on_table(task, file)
    project = re.search(r"Project (\w+)", task)
    if project:
        name = project.group(1)
        find = f'import re\nfinal_answer(re.search(r"Project {name} is in (\\w+)", str(hits)).group(1))'
        return [
            (f"I search the documents for Project {name}.", f'hits = search_corpus("Project {name}")\nprint(hits[0])'),
            ("The passage states the place.", find),
        ]
    read = ("I read the document first.", f'text = inspect_file("{file}")\nprint(text)')
    field = next((name for name in FIELDS if name.lower() in task.lower()), "")
    if field:
        find = f'import re\nfinal_answer(re.search(r"{field}: (.+)", text).group(1).strip())'
        return [read, (f"The document states the {field}.", find)]
    return [read, ("The first line is the title.", "final_answer(text.strip().splitlines()[0].strip('# '))")]


def _on_table(task: str, file: str) -> list[Turn]:
    quoted = re.search(r'"([^"]+)"', task)
    column = quoted.group(1) if quoted else next((name for name in (*COLUMNS, "Profit") if name in task), COLUMNS[0])
    reader = "read_csv" if file.endswith(".csv") else "read_excel"
    load = f'import pandas as pd\nrows = pd.{reader}("{file}")\n'
    if re.search(r"highest|largest", task):
        value = f'rows.iloc[rows["{column}"].idxmax(), 0]'
        thought = f"I take the row with the highest {column}."
    else:
        value, thought = f'rows["{column}"].sum()', f"I add up the {column} column."
    look = ("I look at the table first.", f'table = inspect_file("{file}")\nprint(table)')
    return [look, (thought, f"{load}final_answer({value})")]


def _spoilt(turns: list[Turn], label: str, file: str) -> list[Turn]:
    thought, code = turns[0]
    last_thought, last = turns[-1]
    match label:
        case "wrong tool":
            other = "measure_colour" if "measure_colour" not in code else "ocr"
            return [(thought, f'found = {other}("{file}")\nprint(found)'), (last_thought, "final_answer(str(found))")]
        case "broken code":
            return [(thought, f"{code}\nprint("), *turns]
        case "guess":
            return [("I can tell without looking.", 'final_answer("unknown")')]
        case "wrong argument":
            return [(thought, code.replace(file, "file_9.png")), *turns]
        case _:
            return [*turns[:-1], (last_thought, last.replace("final_answer(", "final_answer('about ' + str(", 1) + ")")]


_ON_PICTURE = {
    "barcode": _barcode,
    "sign": _sign,
    "faces": _faces,
    "colours": _colours,
    "subject": _subject,
    "part": _part,
    "price": _price,
    "price_part": _price_part,
    "price_pair": _price_pair,
}
