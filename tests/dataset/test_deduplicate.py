from hypothesis import given
from hypothesis import strategies as st

from journeyman.dataset.deduplicate import duplicates, similarity, word_grams
from tests.dataset.toys import query

LONG = "please tell me which of the many things that are drawn on the attached picture is the largest one of them all"


def test_case_and_punctuation_do_not_make_a_new_query() -> None:
    same = query(1).files
    texts = ("What is it?", "what is IT", "What was it?")
    found = duplicates([query(n, text=t, files=same) for n, t in enumerate(texts)], near_duplicate=0.9)
    assert found == {"q0001": "same text and files"}


def test_a_small_change_of_a_long_text_is_near_enough() -> None:
    same = query(1).files
    pair = [query(1, text=LONG, files=same), query(2, text=f"{LONG} now", files=same)]
    assert duplicates(pair, near_duplicate=0.9) == {"q0002": "nearly the same text over the same files"}
    assert duplicates(pair, near_duplicate=0.99) == {}


def test_the_same_question_about_another_file_is_another_problem() -> None:
    assert duplicates([query(1, text=LONG), query(2, text=LONG)], near_duplicate=0.9) == {}


@given(st.permutations([query(n, text=LONG + " x" * (n % 3), files=()) for n in range(8)]))
def test_the_outcome_does_not_depend_on_order(queries) -> None:
    assert duplicates(queries, near_duplicate=0.9) == duplicates(
        sorted(queries, key=lambda q: q.query_id), near_duplicate=0.9
    )


@given(st.text(), st.text())
def test_similarity_is_symmetric_and_one_for_equals(left: str, right: str) -> None:
    a, b = word_grams(left), word_grams(right)
    assert similarity(a, b) == similarity(b, a)
    assert similarity(a, a) == 1
