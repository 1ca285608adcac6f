"""``journeyman judge``: a model's judgement of answers that no program can decide, paid once and kept whole."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import cyclopts

from journeyman.errors import ConfigError
from journeyman.judge_session import Judging, Part, Session, make_room

if TYPE_CHECKING:
    from rich.console import Console

    from journeyman.judging.calibration import Label
    from journeyman.judging.llava_bench_files import LlavaBenchQuestion
    from journeyman.schema.grade import Grade
    from journeyman.schema.judgement import Judgement

app = cyclopts.App(name="judge", help="Let a model judge answers that no program can decide.")

JUDGEMENTS = "judgements"
GRADES = "grades"


@app.command(name="llava-bench")
def llava_bench(
    folder: Path,
    answers: Path,
    *,
    against: Path | None = None,
    judge: str = "",
    endpoint: str = "",
    labels: Path | None = None,
    budget_usd: float = 5.0,
    out: Path | None = None,
) -> int:
    """Judge a model's answers to LLaVA-Bench (COCO, In-the-Wild or Tools), every one in both orders.

    Run again after it was stopped, it pays for no answer twice.

    Parameters
    ----------
    folder
        Holds qa90_questions.jsonl, qa90_reference.jsonl and coco_context_80.jsonl (COCO), or questions.jsonl,
        answers_gpt4.jsonl and context.jsonl (In-the-Wild, Tools).
    answers
        JSON lines `{"question_id": 0, "text": "..."}`, one for every question, graded beside the reference's.
    against
        Another model's answers to set them against, in place of the reference's.
    judge
        Model that judges; else the endpoint's own, or JOURNEYMAN_JUDGE_MODEL, or the teacher's.
    endpoint
        Name of the judge's endpoint, of JOURNEYMAN_ENDPOINT__NAME__URL; else the teacher's.
    labels
        JSON lines `{"item_id": "0", "label": "win"}` by people: what became of these answers; win, tie or loss.
    budget_usd
        Most US dollars this judging may cost, earlier tries of the same included.
    out
        Parquet file to write the judgements to, besides the store.
    """
    from journeyman.judging.calibration import check_labelled, read_labels
    from journeyman.judging.llava_bench_files import read_llava_bench

    session = Session(judge, endpoint, budget_usd, out)
    session.check()
    questions = read_llava_bench(folder)
    known = read_labels(labels) if labels else {}
    judging = _relative(questions, answers, known) if against is None else _pairwise(questions, answers, against, known)
    if labels:
        check_labelled([item.item_id for item in judging.parts[0].items], known)
    return session.run(judging)


@app.command(name="mm-vet")
def mm_vet(
    folder: Path,
    answers: Path,
    *,
    times: int = 1,
    judge: str = "",
    endpoint: str = "",
    budget_usd: float = 5.0,
    out: Path | None = None,
) -> int:
    """Grade a model's answers to MM-Vet by their ground truths, from 0 to 1.

    Run again after it was stopped, or for more times, it pays for no grade twice. MM-Vet's licence lets its data be
    shown only to those who accept its terms: replies and grades stay on this machine, below JOURNEYMAN_HOME.

    Parameters
    ----------
    folder
        Holds mm-vet.json.
    answers
        JSON lines `{"question_id": "v1_0", "text": "..."}`, one for every question; or a .json file of
        `{"v1_0": "..."}`, as MM-Vet's own script takes it.
    times
        How often each answer is graded; the paper's figure is of five.
    judge
        Model that judges; else the endpoint's own, or JOURNEYMAN_JUDGE_MODEL, or the teacher's.
    endpoint
        Name of the judge's endpoint, of JOURNEYMAN_ENDPOINT__NAME__URL; else the teacher's.
    budget_usd
        Most US dollars this judging may cost, earlier tries of the same included.
    out
        Parquet file to write the grades to, besides that store.
    """
    from journeyman.judging.answers import read_answers
    from journeyman.judging.mm_vet import judge_correctness, summarise_correctness
    from journeyman.judging.mm_vet_files import graded_items, read_mm_vet
    from journeyman.judging.prompt import CORRECTNESS
    from journeyman.judging.show import print_grades
    from journeyman.schema.grade import Grade

    session = Session(judge, endpoint, budget_usd, out)
    session.check()
    if times < 1:
        raise ConfigError(f"times = {times} asks nothing; give 1 or more")
    items = graded_items(read_mm_vet(folder), read_answers(answers), where=str(answers))

    def show(console: "Console", rows: "Sequence[Grade]") -> None:
        print_grades(console, summarise_correctness(rows))

    part = Part(items, lambda asked: judge_correctness(items, answers.stem, asked, times=times))
    return session.run(Judging("mm-vet", CORRECTNESS, GRADES, Grade, [part], show, gated=True))


@app.command(name="visit-bench")
def visit_bench(
    folder: Path,
    *answers: Path,
    judge: str = "",
    endpoint: str = "",
    budget_usd: float = 5.0,
    out: Path | None = None,
) -> int:
    """Match models' answers to VisIT-Bench with each other and with the reference: Elo ratings and wins.

    Run again after it was stopped, or with one model more, it pays for no match twice.

    Parameters
    ----------
    folder
        Holds the table of single-picture instructions, such as metadata.csv.
    answers
        One file a model: JSON lines `{"question_id": "0", "text": "..."}`, by the number of the row from 0. Rows whose
        reference people did not verify are not judged.
    judge
        Model that judges; else the endpoint's own, or JOURNEYMAN_JUDGE_MODEL, or the teacher's.
    endpoint
        Name of the judge's endpoint, of JOURNEYMAN_ENDPOINT__NAME__URL; else the teacher's.
    budget_usd
        Most US dollars this judging may cost, earlier tries of the same included.
    out
        Parquet file to write the judgements to, besides the store.
    """
    from journeyman.judging.answers import check_answered, read_answers
    from journeyman.judging.pairwise import PairwiseItem, judge_pairwise
    from journeyman.judging.prompt import PAIRWISE
    from journeyman.judging.show import print_facts, print_visit
    from journeyman.judging.visit_bench import meetings, summarise_visit
    from journeyman.judging.visit_bench_files import read_visit_bench
    from journeyman.schema.judgement import Judgement

    session = Session(judge, endpoint, budget_usd, out)
    session.check()
    if not answers:
        raise ConfigError("no answers are named; name one file for each model")
    asked = read_visit_bench(folder)
    named: dict[str, Mapping[str, str]] = {}
    for path in answers:
        if path.stem in named:
            raise ConfigError(f"two files are called {path.stem}; a file's name is the model's: rename one")
        named[path.stem] = read_answers(path)
        check_answered([question.question_id for question in asked], named[path.stem], where=str(path))
    verified = [question for question in asked if question.is_verified]

    def part_of(players: tuple[str, str], items: "list[PairwiseItem]") -> "Part[Judgement]":
        return Part(items, lambda judge: judge_pairwise(items, players, judge))

    def show(console: "Console", rows: "Sequence[Judgement]") -> None:
        print_visit(console, summarise_visit(rows))
        print_facts(console, {"instructions": f"{len(verified)} with a verified reference, of {len(asked)}"})

    parts = [part_of(players, items) for players, items in meetings(verified, named).items()]
    return session.run(Judging("visit-bench", PAIRWISE, JUDGEMENTS, Judgement, parts, show))


@app.command
def answers(run: str, *more: str, out: Path, benchmark: str = "", agent: str = "tuned") -> int:
    """Write the answers that an agent gave in a run, as the other commands take them.

    Parameters
    ----------
    run
        Name of a run, or the path of its note, as .journeyman/last-run.json.
    more
        Further runs with other problems of the same benchmark, written to the same file.
    out
        File to write, JSON lines; its name without the ending is the model's name in judgements.
    benchmark
        An official benchmark that the run was evaluated on; else its own problems.
    agent
        Whose answers, as `tuned`, `untuned`, `teacher` or an endpoint's name.
    """
    from rich.console import Console

    from journeyman.judging.answers import answer_lines
    from journeyman.judging.show import print_facts
    from journeyman.report.given_answers import given_answers
    from journeyman.settings import load_settings

    make_room(out)
    found = given_answers((run, *more), load_settings(), benchmark=benchmark, agent=agent)
    out.write_text(answer_lines(found.texts), encoding="utf-8")
    counted = f"{len(found.texts)}, {found.num_empty} of them empty: {agent} gave no answer"
    print_facts(Console(), {"answers": counted, "written to": str(out)})
    return 0


def _relative(
    questions: "Sequence[LlavaBenchQuestion]", answers: Path, labels: "Mapping[str, Label]"
) -> "Judging[Judgement]":
    from journeyman.judging.answers import read_answers
    from journeyman.judging.calibration import calibrate
    from journeyman.judging.llava_bench_files import relative_items
    from journeyman.judging.prompt import RELATIVE
    from journeyman.judging.relative import REFERENCE, judge_relative, summarise_relative
    from journeyman.judging.show import print_relative
    from journeyman.schema.judgement import Judgement

    items = relative_items(questions, read_answers(answers), where=str(answers))
    name = answers.name if answers.stem == REFERENCE else answers.stem

    def show(console: "Console", rows: "Sequence[Judgement]") -> None:
        result = summarise_relative(rows)
        print_relative(console, result, calibrate(result.outcomes, labels, result.judge) if labels else None)

    part = Part(items, lambda judge: judge_relative(items, name, judge))
    return Judging("llava-bench", RELATIVE, JUDGEMENTS, Judgement, [part], show)


def _pairwise(
    questions: "Sequence[LlavaBenchQuestion]", answers: Path, against: Path, labels: "Mapping[str, Label]"
) -> "Judging[Judgement]":
    from journeyman.judging.answers import read_answers
    from journeyman.judging.calibration import calibrate
    from journeyman.judging.llava_bench_files import pairwise_items, relative_items
    from journeyman.judging.pairwise import judge_pairwise, summarise_pairwise
    from journeyman.judging.prompt import PAIRWISE
    from journeyman.judging.show import print_pairwise
    from journeyman.schema.judgement import Judgement

    if answers.resolve() == against.resolve():
        raise ConfigError(f"{answers} cannot be set against itself; name another model's answers")
    one, other = (relative_items(questions, read_answers(path), where=str(path)) for path in (answers, against))
    items = pairwise_items(one, other)
    same = answers.stem == against.stem
    systems = (str(answers), str(against)) if same else (answers.stem, against.stem)

    def show(console: "Console", rows: "Sequence[Judgement]") -> None:
        result = summarise_pairwise(rows, systems[0])
        print_pairwise(console, result, calibrate(result.outcomes, labels, result.judge) if labels else None)

    part = Part(items, lambda judge: judge_pairwise(items, systems, judge))
    return Judging("llava-bench", PAIRWISE, JUDGEMENTS, Judgement, [part], show)
