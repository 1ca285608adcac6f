"""Queries of words alone that want no tool: without them a model learns to call something always."""

from journeyman.generator import Kind

PLAIN: tuple[Kind, ...] = (
    Kind(
        name="nth_word",
        wording="word",
        brief=(
            "State a list of five to seven words between double quotes, and ask for one of them by its place in "
            "the list, with an ordinal such as third."
        ),
        num_files=0,
        tools=(),
        gold_rule="word_at_ordinal",
        weight=1,
    ),
    Kind(
        name="larger",
        wording="larger",
        brief="State two different numbers in digits, and ask which one is larger.",
        num_files=0,
        tools=(),
        gold_rule="larger_number",
        weight=1,
    ),
    Kind(
        name="sum",
        wording="sum",
        brief="State two whole numbers from 2 to 30 in digits, and ask what they add up to.",
        num_files=0,
        tools=(),
        gold_rule="sum_of_numbers",
        weight=1,
    ),
)
