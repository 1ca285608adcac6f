from journeyman.report.samples import of_many_kinds


def test_every_kind_comes_once_before_any_comes_twice() -> None:
    assert of_many_kinds(["a1", "a2", "a3", "b1", "c1"], lambda item: item[0], 4) == ["a1", "b1", "c1", "a2"]


def test_no_more_are_chosen_than_there_are() -> None:
    assert of_many_kinds(["a1"], lambda item: item[0], 4) == ["a1"]
    assert of_many_kinds([], lambda item: item, 4) == []
    assert of_many_kinds(["a1", "b1"], lambda item: item[0], 0) == []
