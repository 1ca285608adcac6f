"""The ablations of docs/screens.md are overrides that load, and train on the rows that the table says."""

import json
import re
from itertools import islice
from pathlib import Path

import pytest

from journeyman.recipe import load_recipe
from journeyman.schema.message import messages_from_json
from journeyman.training.order import Rows
from journeyman.training.stages import plan_stages
from journeyman.training.views import row_view
from tests.training.screen_rows import looked_at, screen_file, step

PAGE = (Path(__file__).parents[2] / "docs" / "screens.md").read_text()
TABLE = PAGE.partition("## Ablations\n")[2].partition("\n## ")[0]
VARIANTS = {
    name: (json.loads(overrides), [re.findall("`(.+?)`", stage) for stage in trained.split(", then ")])
    for name, overrides, trained in re.findall(r"^\| ([^|]+?) \| `(.*?)` \| (.*?) \|$", TABLE, re.MULTILINE)
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return screen_file(tmp_path_factory.mktemp("ablations"))


def families_seen(dataset, stage):
    rows = Rows([dataset], split="train", families=stage.families, share=stage.share, view=row_view(stage.training))
    ids = [ref.row_id for ref in islice(rows.shuffled(0), rows.rows)]
    rows.close()
    return sorted({"grounding" if row_id.startswith("p") else "planning" for row_id in ids})


def test_the_table_has_all_variants():
    assert list(VARIANTS) == [
        "both stages in order", "joint", "without grounding", "without planning", "without monologue",
    ]  # fmt: skip


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_an_override_loads_and_its_stages_select_the_rows_that_the_table_says(dataset, name):
    overrides, expected = VARIANTS[name]
    stages = plan_stages("d", load_recipe("aguvis", overrides).training, 1)
    assert [families_seen(dataset, stage) for stage in stages] == expected


def test_no_two_variants_share_a_checkpoint_but_where_their_first_stage_is_the_same():
    planned = {name: plan_stages("d", load_recipe("aguvis", o).training, 1) for name, (o, _) in VARIANTS.items()}
    assert len({stages[-1].run for stages in planned.values()}) == len(VARIANTS)
    assert planned["without planning"][0].run == planned["both stages in order"][0].run


def test_without_the_monologue_steps_are_told_by_their_command_alone():
    overrides, _ = VARIANTS["without monologue"]
    view = row_view(load_recipe("aguvis", overrides).training)
    told = messages_from_json(looked_at(view, step("s")))
    assert told[-1].text == "pyautogui.click(x=0.2500, y=0.7500)"
