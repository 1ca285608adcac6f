from typing import Any

import pytest
from prefect.states import Failed

from journeyman.errors import ConfigError, TransientError
from tasks.policies import cached, is_transient, part_of, pointed_to, stage

RESULT = {
    "stage": "queries",
    "artifacts": {"kept": {"kind": "drafts", "key": "k", "digest": "d1", "rows": 3}},
    "counts": {"taken": 3, "kept": 3, "dropped": 0, "failed": 0},
    "spend": {"calls": 4, "replayed": 0},
}
RECIPE = {"generation": {"seed": 0, "queries": 10}, "training": {"learning_rate": 0.1}}


def key(name: str, *, version: int = 1, reads: tuple[str, ...] = (), **inputs: Any) -> str:
    found = cached(name, version=version, reads=reads).compute_key(None, inputs, {})  # type: ignore[arg-type]
    assert found is not None
    return found


def test_two_stages_with_equal_arguments_share_no_entry() -> None:
    assert key("write-files", drafts=RESULT) != key("verify-queries", drafts=RESULT)


def test_a_new_version_is_a_new_entry() -> None:
    assert key("write-files", version=1, drafts=RESULT) != key("write-files", version=2, drafts=RESULT)


def test_what_a_resumed_run_paid_does_not_change_the_key() -> None:
    resumed = RESULT | {"spend": {"calls": 0, "replayed": 4}}
    assert key("write-files", drafts=RESULT) == key("write-files", drafts=resumed)


def test_another_artifact_changes_the_key_also_inside_a_list() -> None:
    other = RESULT | {"artifacts": {"kept": RESULT["artifacts"]["kept"] | {"digest": "d2"}}}  # type: ignore[index]
    assert key("build", drafts=[RESULT]) != key("build", drafts=[other])


@pytest.mark.parametrize(
    ("section", "changed", "expected"),
    [("training", {"learning_rate": 0.2}, True), ("generation", {"seed": 1, "queries": 10}, False)],
    ids=["a part it does not read", "a part it reads"],
)
def test_only_the_parts_of_the_recipe_that_a_stage_reads_enter_its_key(
    section: str, changed: dict[str, Any], expected: bool
) -> None:
    reads = ("generation.seed",)
    same = key("write-queries", reads=reads, recipe=RECIPE) == key(
        "write-queries", reads=reads, recipe=RECIPE | {section: changed}
    )
    assert same is expected


def test_the_label_of_a_shard_is_not_part_of_the_key() -> None:
    assert key("write-files", drafts=RESULT, shard_name="a") == key("write-files", drafts=RESULT, shard_name="b")


def test_a_policy_that_reads_what_no_recipe_has_is_an_error() -> None:
    with pytest.raises(KeyError):
        part_of(RECIPE, "generation.sede")


def test_plugins_enter_the_key_with_their_versions() -> None:
    own = {"signature": "", "description": "", "summary": "", "licence": ""}
    recipe = {"tools": ["calculate"], "own_tool_cards": [{"name": "mine", "identity": "sha256:1", **own}]}
    (name, version), mine = part_of(recipe, "tools")
    assert name == "calculate"
    assert version.isdigit()
    assert mine == ["mine", "sha256:1"]


def test_plain_values_stay_as_they_are() -> None:
    assert pointed_to({"a": [1, "x", None]}) == {"a": [1, "x", None]}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TransientError("store does not answer"), True),
        (ConfigError("no such recipe"), False),
        (ValueError("bug"), False),
    ],
    ids=["transient", "named refusal", "bug"],
)
def test_only_what_may_pass_by_itself_is_tried_again(error: Exception, expected: bool) -> None:
    assert is_transient(_declared, None, Failed(data=error)) is expected  # type: ignore[arg-type]


def test_a_stage_keeps_its_result_as_plain_json() -> None:
    assert _declared.persist_result is True
    assert _declared.result_serializer.object_decoder is None  # type: ignore[union-attr]


@stage("toy", version=1, timeout_seconds=1, run_name="toy")
def _declared() -> dict[str, Any]:
    return {}
