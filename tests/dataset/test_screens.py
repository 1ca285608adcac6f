"""Screens as examples: slips are shown among the previous actions, and never taught."""

from pathlib import Path

from journeyman.dataset.screens import build_screens
from journeyman.recipe import load_recipe
from journeyman.schema.example import Example
from journeyman.schema.media import MediaFile
from journeyman.schema.message import messages_from_json
from journeyman.schema.screen import Episode, Grounding, ScreenStep
from journeyman.schema.verdict import Verdict
from journeyman.storage.store import Store
from tests.dataset.toys import picture

PICTURES = [picture((number, 0, 9)) for number in range(2)]


def episode() -> Episode:
    act, shots = "pyautogui.click(x=0.1000, y=0.1000)", [file.sha256 for file in PICTURES]
    slip = ScreenStep(screenshot=shots[0], action=act, element=None, instruction='Click the tab "Help".', slip=True)
    right = ScreenStep(
        screenshot=shots[1], action=act, element=None, instruction="Save it.", thought="That was wrong, so I save.",
        teacher="scripted",
    )  # fmt: skip
    return Episode(
        episode_id="e1", split="train", family="apps/form", environment="apps", task="form/fill", seed=1,
        goal="Save the form.", width=24, height=16, steps=(slip, right), reward=1, status="solved", cause="",
        actor="oracle",
    )  # fmt: skip


def test_a_slip_is_a_previous_action_of_the_next_step_and_no_example_of_its_own(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    result = build_screens(
        [store.write("groundings", [], Grounding)],
        [store.write("episodes", [episode()], Episode)],
        [store.write("media", PICTURES, MediaFile)],
        [],
        [],
        load_recipe("aguvis"),
        store=store,
    )
    (example,) = store.records(result.artifacts["kept"], Example)
    *_, user, reply = messages_from_json(example.messages_json)
    assert 'Click the tab "Help".' in user.text
    assert user.images == (PICTURES[1].sha256,)
    assert "Thought: That was wrong, so I save." in reply.text
    assert example.teacher == "scripted"
    (verdict,) = store.records(result.artifacts["dropped"], Verdict)
    assert (verdict.record_id, verdict.check) == ("e1/0", "slip")
    assert (result.counts.taken, result.counts.kept, result.counts.dropped) == (2, 1, 1)
    assert result.facts["contaminated"] == "0"


def test_every_task_is_trained_on_and_validated_on_and_no_episode_is_cut(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}")
    (step,) = episode().steps[1:]
    played = [
        episode().model_copy(
            update={"episode_id": name, "task": task, "seed": seed, "goal": name, "steps": (step, step)}
        )
        for task in ("form/fill", "form/send")
        for seed in range(60)
        for name in [f"{task}-{seed}"]
    ]
    result = build_screens(
        [store.write("groundings", [], Grounding)],
        [store.write("episodes", played, Episode)],
        [store.write("media", PICTURES, MediaFile)],
        [],
        [],
        load_recipe("aguvis"),
        store=store,
    )
    ways: dict[str, list[str]] = {}
    for example in store.records(result.artifacts["kept"], Example):
        ways.setdefault(example.query, []).append(example.split)
    assert all(way in (["train"] * 2, ["validation"] * 2) for way in ways.values())
    for task in ("form/fill", "form/send"):
        validated = sum(way[0] == "validation" for name, way in ways.items() if name.startswith(task))
        assert 0 < validated < 20
