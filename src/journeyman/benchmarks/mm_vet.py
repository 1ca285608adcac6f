"""MM-Vet: questions about pictures that want up to six capabilities at once; free text, which a judge grades.

Its licence lets the data be shown only to people who accept its terms: they stay on this machine.
"""

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
from journeyman.judging.mm_vet_files import QUESTIONS, mm_vet_in, picture_path
from journeyman.metrics.mm_vet import NUM_PICTURES, NUM_QUESTIONS, combination

NAME = "mm_vet"
LICENCE = "gated: non-commercial research, shared only with those who accept its terms (yuweihao/MM-Vet)"


def read(source: str) -> ProblemSet:
    """The questions with their pictures.

    Args:
        source: The folder that ``mm-vet.zip`` unpacks to, with ``mm-vet.json`` and ``images/``, or the zip.

    Raises:
        ConfigError: Not there, not MM-Vet, a question that cannot be used, or no picture at all.
    """
    files = open_official(source, benchmark="MM-Vet", wanted=[QUESTIONS])
    questions = mm_vet_in(files, where=source)
    pictures = Pictures(NAME, licence=LICENCE)
    problems = tuple(
        free_problem(
            NAME,
            FreeQuestion(
                question_id=question.question_id,
                text=question.text,
                files=pictures.refs(files, picture_path(files, question), question.image),
                family=combination(question.capabilities),
                grouping="capabilities",
                gold={"truth": question.truth, "capabilities": question.capabilities},
            ),
        )
        for question in questions
    )
    pictures.require_some(["images/"])
    facts = {"questions": f"{len(problems)} of the published {NUM_QUESTIONS}", **pictures.facts()}
    facts["pictures"] += f" of the published {NUM_PICTURES}"
    return ProblemSet(problems, pictures.media, facts)


BENCHMARK = Benchmark(
    name=NAME,
    version=1,
    summary="MM-Vet (arXiv:2308.02490): free answers that want several capabilities; data of yuweihao/MM-Vet",
    read=read,
    score=score_answered,
    right=NOTHING_DECIDES,
    figures=(answered_figure("mm-vet", published=NUM_QUESTIONS),),
    headline=(ANSWERED,),
    groupings=("capabilities",),
    gated=True,
)
