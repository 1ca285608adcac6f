"""A model's card, and where the model is handed to."""

import json
import re
import sys
from types import SimpleNamespace

import pytest
import yaml

from journeyman.errors import ArtifactError, ConfigError
from journeyman.schema.example import Example
from journeyman.schema.model import Model
from journeyman.schema.record import canonical_json
from journeyman.storage import layout
from journeyman.storage.model_files import upload_model
from journeyman.storage.store import Store
from journeyman.training.card import UNKNOWN, Measured, ModelFacts, licence_of, model_card
from journeyman.training.config import LoraConfig, TrainingConfig
from journeyman.training.launch import KIND
from journeyman.training.publish import find_model, push_folder, write_card
from journeyman.training.published import PUBLISHED
from journeyman.training_commands import push_model
from tests import golden

CONFIG = TrainingConfig(
    base_model="Qwen/Qwen2-VL-7B-Instruct", lora=LoraConfig(rank=8, also_train=("merger",)), learning_rate=1e-4
)
FILES = {
    "config.json": b"{}",
    "model-00001-of-00002.safetensors": b"first",
    "model-00002-of-00002.safetensors": b"second",
    "adapter/adapter_model.safetensors": b"adapter",
}
FACTS = ModelFacts(
    evaluation=(
        Measured("tuned", "AnsAcc", 0.625, 0.5, 0.75, 80),
        Measured("untuned", "AnsAcc", 0.0125, 0.0, 0.05, 80),
    ),
    cost={"teacher": "12.40 USD", "GPU": "9.0 hours of A100-80GB"},
    picture_licences={"CC-BY-4.0": 12, "made by Journeyman": 300},
)


def example(number, teacher="gpt-9"):
    return Example(
        example_id=str(number),
        split="train" if number else "validation",
        family="text",
        query="",
        messages_json="[]",
        images=(),
        tools=(),
        answer_json='""',
        origin="synthesised",
        teacher=teacher,
    )


def model(digest="ab" * 32, dataset="cd" * 32, config=CONFIG):
    return Model(
        model_digest=digest,
        prefix=layout.model_prefix(digest),
        family=config.model_family,
        base_model=config.base_model,
        dataset_digest=dataset,
        config_json=canonical_json(config),
        steps=430,
        final_loss=0.4321,
        trained_tokens=1_234_567,
        parameters=8_291_375_616,
        trained_parameters=20_185_088,
    )


def front_matter(card):
    return yaml.safe_load(card.split("---")[1])


def test_the_card_is_the_golden_one(request):
    card = model_card(model(), [example(i) for i in range(3)], FACTS)
    golden.agrees_with_golden(card, (golden.FOLDER / "model_card.md").relative_to(golden.FOLDER), request)


def test_the_front_matter_is_what_the_hub_reads():
    found = front_matter(model_card(model(), [example(1)], FACTS))
    assert found["license"] == "apache-2.0"
    assert found["base_model"] == "Qwen/Qwen2-VL-7B-Instruct"
    assert found["pipeline_tag"] == "image-text-to-text"
    assert "lora" in found["tags"]
    local = model(config=TrainingConfig(base_model="/models/mine"))
    found = front_matter(model_card(local, [], ModelFacts()))
    assert "base_model" not in found
    assert (found["license"], found["license_name"]) == ("other", "unknown: read the base model's own card")


def test_what_is_not_known_is_said_and_a_program_is_called_a_program():
    card = model_card(model(), [example(1, teacher="scripted-1")], ModelFacts())
    assert "Not evaluated: nothing is known of how well it works." in card
    assert "Trained on data of the scripted teacher" in card
    assert "written by a program, no terms" in card
    assert "see the card of dataset `cdcdcdcdcdcd`" in card
    untuned = model_card(model(dataset=""), [], ModelFacts())
    assert "None: this model was not tuned." in untuned
    assert "dataset's text" not in untuned


def test_a_cell_cannot_break_the_table():
    card = model_card(model(), [], ModelFacts(cost={"a|b": "1\n| 2"}))
    assert "| a\\|b | 1 \\| 2 |" in card


def test_every_published_base_model_has_a_licence():
    assert UNKNOWN not in {licence_of(run.settings.base_model) for run in PUBLISHED.values()}


def test_what_sees_through_imagebind_is_not_for_commerce():
    licence = licence_of(PUBLISHED["mllm_tool/vicuna_7b"].settings.base_model)
    assert licence.identifier == "cc-by-nc-sa-4.0"
    assert "Llama 2" in licence.title
    assert licence_of("image=openai/clip + lmsys/vicuna-7b-v1.5") == UNKNOWN


@pytest.fixture
def kept(tmp_path):
    """A store with a dataset and a model trained on it."""
    folder = tmp_path / "exported"
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    store = Store(f"file://{tmp_path}/store")
    dataset = store.write("examples", [example(i) for i in range(3)], Example)
    row = model(digest=upload_model(store, folder), dataset=dataset.digest)
    store.write(KIND, [row], Model, parents=[dataset])
    return store, row


def test_a_model_with_its_card_is_found_by_its_digest_and_pushed_to_a_bucket(kept, tmp_path):
    store, row = kept
    ref, found = find_model(store, row.model_digest[:8])
    assert found == row
    folder = write_card(store, ref, tmp_path / "home", FACTS)
    target = f"memory://bucket-{row.model_digest[:8]}/models/mine"
    names = push_folder(folder, target)
    assert names[-2:] == ["config.json", "README.md"]
    bucket = Store(target)
    assert {key: bucket.get(key) for key in FILES} == FILES
    card = bucket.get("README.md").decode()
    assert f"Dataset version: `{row.dataset_digest}`" in card
    assert "| tuned | AnsAcc | 62.5 % | 50.0 to 75.0 % | 80 |" in card
    assert set(names) == {*FILES, "README.md"}


def test_a_digest_that_names_no_model_or_several_is_refused(kept):
    store, row = kept
    store.write(KIND, [row.model_copy(update={"model_digest": "ff" * 32})], Model)
    with pytest.raises(ArtifactError, match=r"model 'nothing' is not one model of .*: none match"):
        find_model(store, "nothing")
    with pytest.raises(ArtifactError, match=r"is not one model of .*: .*, ffffffffffff match"):
        find_model(store, "")


@pytest.mark.parametrize(
    ("target", "options", "words"),
    [
        ("hf://me/mine", {}, "hf://me/mine hands the model to the hub; say so with --to-hub"),
        ("hf://mine", {"to_hub": True}, "hf://mine is no repository; give hf://owner/name"),
        ("s3://bucket/mine", {"to_hub": True}, "is no place on the hub; give hf://owner/name"),
        ("ftp://mine", {}, "store 'ftp://mine' cannot be used"),
    ],
)
def test_a_target_of_another_form_is_refused_by_name(tmp_path, target, options, words):
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=re.escape(words)):
        push_folder(tmp_path, target, **options)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no config\.json"):
        push_folder(tmp_path, "memory://somewhere")


@pytest.mark.parametrize("public", [False, True])
def test_the_hub_gets_one_commit_in_a_private_repository_unless_told_otherwise(tmp_path, monkeypatch, public):
    calls = []

    class Hub:
        def create_repo(self, repo_id, **options):
            calls.append(("create_repo", repo_id, options))

        def upload_folder(self, **options):
            calls.append(("upload_folder", options.pop("repo_id"), options))

    monkeypatch.setitem(sys.modules, "huggingface_hub", SimpleNamespace(HfApi=Hub))
    (tmp_path / "config.json").write_text("{}")
    push_folder(tmp_path, "hf://me/mine", to_hub=True, public=public)
    (create, upload) = calls
    assert create == ("create_repo", "me/mine", {"repo_type": "model", "private": not public, "exist_ok": True})
    assert upload[:2] == ("upload_folder", "me/mine")
    assert upload[2]["folder_path"] == tmp_path


def test_the_hubs_client_takes_the_arguments_that_it_is_given():
    hub = pytest.importorskip("huggingface_hub")
    import inspect

    create = inspect.signature(hub.HfApi.create_repo).parameters
    upload = inspect.signature(hub.HfApi.upload_folder).parameters
    assert {"repo_id", "repo_type", "private", "exist_ok"} <= set(create)
    assert {"repo_id", "repo_type", "folder_path", "ignore_patterns", "commit_message"} <= set(upload)


def test_the_command_pushes_with_scores_and_cost(kept, tmp_path, monkeypatch, capsys):
    from journeyman import settings

    store, row = kept
    monkeypatch.setattr(
        settings, "load_settings", lambda: settings.Settings(JOURNEYMAN_STORE=store.url, JOURNEYMAN_HOME=tmp_path / "h")
    )
    estimate = {"value": 0.5, "low": 0.4, "high": 0.6, "n": 40, "denominator": 40, "method": "wilson"}
    comparison = {
        "benchmark": "held_out",
        "agents": ["tuned"],
        "problems": 40,
        "confidence": 0.9,
        "headline": ["ToolAcc"],
        "metrics": ["ToolAcc"],
        "results": [
            {"agent": "tuned", "metric": "ToolAcc", "estimate": estimate},
            {
                "agent": "tuned",
                "metric": "ToolAcc",
                "grouping": "tools",
                "group": "ocr",
                "estimate": estimate | {"n": 7},
            },
        ],
        "contrasts": [],
        "causes": {},
        "causes_by_tool": {},
        "notes": [],
        "facts": {},
        "scores": {},
    }
    scores = tmp_path / "comparison.json"
    scores.write_text(json.dumps(comparison))
    target = f"file://{tmp_path}/handed-out"
    assert push_model(row.model_digest[:10], target, evaluation=scores, cost='{"teacher": "3 USD"}') == 0
    assert f"5 files of model {row.model_digest[:12]}" in capsys.readouterr().out
    card = (tmp_path / "handed-out" / "README.md").read_text()
    assert "| tuned | ToolAcc | 50.0 % | 40.0 to 60.0 % | 40 |" in card
    assert card.count("| tuned | ToolAcc |") == 1, "groups are no scores of the model"
    assert "90% interval" in card
    assert "| teacher | 3 USD |" in card
    scores.write_text("{}")
    with pytest.raises(ConfigError, match="is no comparison that can be read"):
        push_model(row.model_digest[:10], target, evaluation=scores)
