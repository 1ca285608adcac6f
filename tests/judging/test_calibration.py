from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journeyman.errors import ConfigError
from journeyman.judging.calibration import UNLABELLED, Confusion, agreement_in_words, calibrate, read_labels
from journeyman.judging.judge import Judge

JUDGE = Judge("j", "pairwise", 1, "d")
LABELS = st.sampled_from(["win", "tie", "loss"])
OUTCOMES = st.sampled_from(["win", "tie", "loss", "inconsistent", "unread"])


def test_accuracy_kappa_and_confusion_of_a_small_set() -> None:
    outcomes: dict[str, Any] = {"a": "win", "b": "win", "c": "loss", "d": "unread", "e": "tie"}
    labels: dict[str, Any] = {"a": "win", "b": "loss", "c": "loss", "d": "win", "z": "win"}
    found = calibrate(outcomes, labels, JUDGE)
    assert found.agreement.accuracy == 0.5
    # By chance: win 2/4 x 2/4, loss 1/4 x 2/4.
    assert found.agreement.kappa == pytest.approx((0.5 - 0.375) / (1 - 0.375))
    assert found.agreement.n == 4
    assert found.num_not_judged == 1
    assert set(found.confusion) == {
        Confusion("win", "win", 1),
        Confusion("loss", "win", 1),
        Confusion("loss", "loss", 1),
        Confusion("win", "unread", 1),
    }
    assert agreement_in_words(found) == ("accuracy 0.500, Cohen's kappa 0.20, n = 4 labelled items, 1 more not judged")


@given(st.dictionaries(st.integers(0, 20).map(str), st.tuples(OUTCOMES, LABELS), min_size=1))
def test_the_confusion_adds_up_and_its_diagonal_is_the_accuracy(pairs: dict[str, Any]) -> None:
    outcomes, labels = ({item: pair[side] for item, pair in pairs.items()} for side in (0, 1))
    found = calibrate(outcomes, labels, JUDGE)
    assert sum(entry.num_items for entry in found.confusion) == found.agreement.n == len(pairs)
    diagonal = sum(entry.num_items for entry in found.confusion if entry.label == entry.outcome)
    assert found.agreement.accuracy == diagonal / len(pairs)


@pytest.mark.parametrize("useless", ["inconsistent", "unread"])
def test_a_judge_that_does_not_decide_agrees_with_nobody(useless: Any) -> None:
    found = calibrate({"a": useless, "b": "win"}, {"a": "win", "b": "win"}, JUDGE)
    assert found.agreement.accuracy == 0.5


def test_one_label_throughout_leaves_kappa_undefined_in_words() -> None:
    found = calibrate({"a": "win"}, {"a": "win"}, JUDGE)
    assert "kappa undefined" in agreement_in_words(found)


def test_no_labelled_set_is_said_in_words() -> None:
    assert agreement_in_words(None) == UNLABELLED
    assert "no labelled set" in UNLABELLED


def test_labels_of_other_items_are_no_calibration() -> None:
    with pytest.raises(ConfigError, match="none of 1 labelled items is among the 1 judged"):
        calibrate({"a": "win"}, {"b": "win"}, JUDGE)


def test_labels_are_read_from_lines(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"item_id": "1", "label": "win", "by": "ann"}\n\n{"item_id": "2", "label": "tie"}\n')
    assert read_labels(path) == {"1": "win", "2": "tie"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"item_id": "1", "label": "won"}', r"line 1: label: input should be 'win', 'tie' or 'loss'"),
        ('{"item_id": 1, "label": "win"}', "line 1: item_id: input should be a valid string"),
        ('{"item_id": "1", "label": "win"}\n{"item_id": "1", "label": "tie"}', "line 2: '1' is in line 1 already"),
        ('{"item_id": "1",\n', "line 1 is not JSON"),
        ("[" * 100_000, "line 1 is not JSON"),
        ("[1]", "line 1: the line: "),
        ("\n\n", "holds no line"),
    ],
    ids=["label", "type", "twice", "json", "deep", "list", "empty"],
)
def test_a_faulty_line_is_named(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text(text)
    with pytest.raises(ConfigError, match=words):
        read_labels(path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"labels\.jsonl cannot be read: No such file"):
        read_labels(tmp_path / "labels.jsonl")
    (tmp_path / "labels.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8 at byte 0"):
        read_labels(tmp_path / "labels.jsonl")
