"""VisIT-Bench: instructions of 70 families about one picture each; free text, which a judge matches in pairs."""

from journeyman.benchmark import Benchmark, ProblemSet
from journeyman.benchmarks._free_answers import (
    ANSWERED,
    NOTHING_DECIDES,
    FreeQuestion,
    answered_figure,
    free_problem,
    score_answered,
)
from journeyman.benchmarks._official_files import open_official
from journeyman.benchmarks._pictures import Pictures
from journeyman.judging.visit_bench_files import TABLES, picture_path, visit_bench_in

NAME = "visit_bench"
LICENCE = "CC BY 4.0, not for training; pictures: each row's public_images_metadata (mlfoundations/VisIT-Bench)"


def read(source: str) -> ProblemSet:
    """All single-picture instructions with their pictures, those without a verified reference included.

    Args:
        source: The folder of the repository or the zip of it: a table such as ``test/metadata.csv``, the pictures
            beside it or in ``visit_bench_images/``.

    Raises:
        ConfigError: Not there, not VisIT-Bench, a row that cannot be used, or no picture at all.
    """
    files = open_official(source, benchmark="VisIT-Bench", wanted=TABLES)
    questions = visit_bench_in(files, where=source)
    pictures = Pictures(NAME, licence=LICENCE)
    problems = tuple(
        free_problem(
            NAME,
            FreeQuestion(
                question_id=question.question_id,
                text=question.text,
                files=pictures.refs(files, picture_path(files, question), question.image),
                family=question.category,
                grouping="family",
                gold={
                    "reference": question.reference,
                    "caption": question.caption,
                    "is_verified": question.is_verified,
                },
            ),
        )
        for question in questions
    )
    pictures.require_some(["visit_bench_images/", "the table's own folder"])
    verified = sum(question.is_verified for question in questions)
    facts = {
        "instructions": f"{len(problems)}; the paper has 592, the Hub's table 574",
        "verified references": f"{verified}; others are asked and not judged, as officially",
        **pictures.facts(),
    }
    return ProblemSet(problems, pictures.media, facts)


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="VisIT-Bench (arXiv:2308.06595): free answers to instructions about one picture",
    read=read,
    score=score_answered,
    right=NOTHING_DECIDES,
    figures=(answered_figure("visit-bench"),),
    headline=(ANSWERED,),
)
