"""LLaVA-Bench (COCO, In-the-Wild, Tools): free text about pictures, which a judge grades beside GPT-4's."""

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
from journeyman.judging.llava_bench_files import WANTED, llava_bench_in, picture_path

NAME = "llava_bench"
LICENCE = "the pictures' own (COCO, or liuhaotian/llava-bench-in-the-wild)"


def read(source: str) -> ProblemSet:
    """The questions with their pictures.

    Args:
        source: The folder or zip of one of the three. Pictures lie in ``images/``, COCO's also in ``val2014/`` under
            either of their names.

    Raises:
        ConfigError: Not there, not LLaVA-Bench, a question that cannot be used, or no picture at all.
    """
    files = open_official(source, benchmark="LLaVA-Bench", wanted=WANTED)
    questions = llava_bench_in(files, where=source)
    pictures = Pictures(NAME, licence=LICENCE)
    problems = tuple(
        free_problem(
            NAME,
            FreeQuestion(
                question_id=question.question_id,
                text=question.text,
                files=pictures.refs(files, picture_path(files, question), question.image),
                family=question.category,
                grouping="category",
                gold={"reference": question.reference, "context": question.context},
            ),
        )
        for question in questions
    )
    pictures.require_some(["images/", "val2014/ (COCO)"])
    published = "COCO has 90 about 30 pictures, In-the-Wild 60 about 24, Tools 44"
    return ProblemSet(problems, pictures.media, {"questions": f"{len(problems)}; {published}", **pictures.facts()})


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="LLaVA-Bench (arXiv:2304.08485; Tools: arXiv:2311.05437): free answers about pictures",
    read=read,
    score=score_answered,
    right=NOTHING_DECIDES,
    figures=(answered_figure("llava-bench"),),
    headline=(ANSWERED,),
    groupings=("category",),
)
