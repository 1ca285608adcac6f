"""Tools whose model or endpoint the user sets: real loading of tiny models, real HTTP over loopback."""

import base64
import io
import json

import jsonschema
import pytest
from PIL import Image

from journeyman.errors import ToolError
from journeyman.plugins import load_plugin
from journeyman.settings import load_settings
from journeyman.tool import Tool
from journeyman.tools import locate_object
from journeyman.tools._backings import mask_model
from tests.tools.folder import call
from tests.tools.loopback import reply, serving
from tests.tools.tiny_models import save_detector, save_painter, save_segmenter


@pytest.fixture
def setting(monkeypatch):
    """Set variables of a tool, e.g. ``setting("locate_object", url="http://...")``."""

    def put(tool, **values):
        for name, value in values.items():
            monkeypatch.setenv(f"JOURNEYMAN_TOOL__{tool.upper()}__{name.upper()}", value)
        load_settings.cache_clear()

    yield put
    monkeypatch.undo()
    load_settings.cache_clear()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    picture = Image.new("RGB", (120, 80), "white")
    picture.paste("red", (20, 10, 70, 60))
    picture.save(folder / "file_1.png")
    return folder


def shelf(name):
    return load_plugin("journeyman.tools", name, "TOOL", Tool)


def png(size=(30, 20), colour="blue"):
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode()


@pytest.mark.parametrize("name", ["locate_object", "generate_image", "edit_image_by_instruction"])
def test_unset_it_says_which_variables_to_set(name, setting):
    setting(name)
    tool = shelf(name)
    assert f"JOURNEYMAN_TOOL__{name.upper()}__URL or JOURNEYMAN_TOOL__{name.upper()}__MODEL" in tool.missing()
    assert tool.backing() == ""
    with pytest.raises(ToolError, match="not configured"):
        tool.run(tool.bind((), dict(tool.example)), None)


@pytest.mark.parametrize("name", ["locate_object", "generate_image", "edit_image_by_instruction", "segment_image"])
def test_what_is_set_is_part_of_its_identity_and_the_key_is_not(name, setting):
    setting(name, model="some/model", api_key="sk-secret")
    assert shelf(name).card().identity == "1 some/model"


def test_a_diffusers_model_without_diffusers_says_what_to_install(setting, monkeypatch):
    setting("generate_image", model="some/model")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "diffusers" else object())
    assert shelf("generate_image").missing() == "install diffusers: pip install diffusers"


def test_the_locating_endpoint_is_asked_as_documented(folder, setting):
    answer = reply({"boxes": [[1, 2, 30, 40], [20.4, 10, 70.2, 60]], "scores": [0.25, 0.91234]})
    with serving(answer) as (url, seen):
        setting("locate_object", url=f"{url}/find", model="owl", api_key="sk-1")
        value = call("locate_object", folder, image="file_1.png", object="red square")
    assert value == [{"box": [20, 10, 70, 60], "score": 0.912}, {"box": [1, 2, 30, 40], "score": 0.25}]
    ((path, headers, body),) = seen
    sent = json.loads(body)
    assert (path, headers["Authorization"]) == ("/find", "Bearer sk-1")
    assert (sent["object"], sent["model"]) == ("red square", "owl")
    assert Image.open(io.BytesIO(base64.b64decode(sent["image"]))).size == (120, 80)


def test_boxes_of_a_picture_that_was_reduced_are_scaled_back_and_cut_at_the_border(folder, setting):
    Image.new("RGB", (3136, 1000), "white").save(folder / "file_2.png")
    with serving(reply({"boxes": [[100, 50, 2000, 900], [5, 5, 5, 9]], "scores": [0.5, 0.4]})) as (url, seen):
        setting("locate_object", url=url)
        value = call("locate_object", folder, image="file_2.png", object="sky")
    assert value == [{"box": [200, 100, 3136, 1000], "score": 0.5}]
    assert Image.open(io.BytesIO(base64.b64decode(json.loads(seen[0][2])["image"]))).size == (1568, 500)


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {},
        {"boxes": [[1, 2, 3, 4]], "scores": []},
        {"boxes": [[1, 2, 3]], "scores": [0.5]},
        {"boxes": [[1, 2, 3, "4"]], "scores": [0.5]},
        {"boxes": [[1, 2, 3, 1e300]], "scores": [0.5]},
        {"boxes": [[1, 2, 3, int("9" * 400)]], "scores": [0.5]},
        {"boxes": [[1, 2, 3, 4]], "scores": [7]},
        {"boxes": [[1, 2, 3, 4]], "scores": [True]},
        {"boxes": None, "scores": None},
    ],
)
def test_an_answer_that_holds_no_boxes_is_refused(folder, setting, answer):
    with serving(reply(answer)) as (url, _):
        setting("locate_object", url=url)
        with pytest.raises(ToolError, match="the endpoint's answer is not boxes"):
            call("locate_object", folder, image="file_1.png", object="x")


@pytest.mark.parametrize("name", ["locate_object", "generate_image", "edit_image_by_instruction"])
def test_an_endpoint_that_fails_is_named(folder, setting, name):
    with serving(reply({"error": "no memory"}, status=500)) as (url, _):
        setting(name, url=url)
        with pytest.raises(ToolError, match=r"HTTP 500.*no memory"):
            call(name, folder, **shelf(name).example)


def test_a_picture_is_asked_for_and_comes_inline(folder, setting):
    with serving(reply({"data": [{"b64_json": png((30, 20))}]})) as (url, seen):
        setting("generate_image", url=f"{url}/v1/", model="painter", api_key="sk-1")
        name = call("generate_image", folder, prompt="a blue flag")
    assert Image.open(folder / name).size == (30, 20)
    ((path, headers, body),) = seen
    assert (path, headers["Authorization"]) == ("/v1/images/generations", "Bearer sk-1")
    assert json.loads(body) == {"prompt": "a blue flag", "n": 1, "model": "painter", "response_format": "b64_json"}


def test_models_that_refuse_the_format_are_not_told_it(folder, setting):
    with serving(reply({"data": [{"b64_json": png()}]})) as (url, seen):
        setting("generate_image", url=url, model="gpt-image-1")
        call("generate_image", folder, prompt="a blue flag")
    assert "response_format" not in json.loads(seen[0][2])


def test_an_edit_is_sent_as_a_form_with_the_picture(folder, setting):
    with serving(reply({"data": [{"b64_json": png((64, 48))}]})) as (url, seen):
        setting("edit_image_by_instruction", url=f"{url}/v1", model="painter")
        name = call("edit_image_by_instruction", folder, image="file_1.png", instruction="make it blue ü")
    assert Image.open(folder / name).size == (64, 48)
    ((path, headers, body),) = seen
    assert path == "/v1/images/edits"
    from email import message_from_bytes

    form = message_from_bytes(f"Content-Type: {headers['Content-Type']}\r\n\r\n".encode() + body)
    fields = {part.get_param("name", header="Content-Disposition"): part for part in form.get_payload()}
    assert fields["prompt"].get_payload(decode=True).decode() == "make it blue ü"
    assert fields["model"].get_payload(decode=True) == b"painter"
    assert fields["image"].get_filename() == "image.png"
    assert Image.open(io.BytesIO(fields["image"].get_payload(decode=True))).size == (120, 80)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"data": [{"url": "http://127.0.0.1:1/secret"}]}, "an address, which is not opened"),
        ({"data": []}, "no data"),
        ({"data": ["x"]}, "no data"),
        ([], "no data"),
        ({"data": [{"b64_json": 5}]}, "no data"),
        ({"data": [{"b64_json": "%%%"}]}, "no base64"),
        ({"data": [{"b64_json": "ü"}]}, "no base64"),
        ({"data": [{"b64_json": base64.b64encode(b"<svg/>").decode()}]}, "is not a picture"),
        ({"data": [{"b64_json": png()[:60]}]}, "picture is"),
        ({"data": [{"b64_json": png((9000, 9000))}]}, "limit is 40,000,000 pixels"),
    ],
)
@pytest.mark.parametrize("name", ["generate_image", "edit_image_by_instruction"])
def test_an_answer_without_a_usable_picture_is_refused(folder, setting, name, answer, words):
    with serving(reply(answer)) as (url, _):
        setting(name, url=url)
        with pytest.raises(ToolError, match=words):
            call(name, folder, **shelf(name).example)
    assert [path.name for path in folder.iterdir()] == ["file_1.png"]


@pytest.mark.parametrize("prompt", ["", "x" * 2001])
def test_a_prompt_has_a_length(folder, setting, prompt):
    setting("generate_image", url="http://127.0.0.1:1")
    with pytest.raises(ToolError, match="prompt"):
        call("generate_image", folder, prompt=prompt)


def test_a_detector_from_a_folder_answers(folder, tmp_path, setting, monkeypatch):
    pytest.importorskip("transformers")
    setting("locate_object", model=save_detector(tmp_path / "owl"))
    monkeypatch.setattr(locate_object, "LEAST_SCORE", 0.0)  # random weights are sure of nothing
    value = call("locate_object", folder, image="file_1.png", object="red square")
    jsonschema.validate(value, shelf("locate_object").result_schema())
    assert value
    assert value == call("locate_object", folder, image="file_1.png", object="red square")
    for found in value:
        left, top, right, bottom = found["box"]
        assert 0 <= left < right <= 120
        assert 0 <= top < bottom <= 80


def test_a_segmenter_from_a_folder_answers_behind_the_same_name(folder, tmp_path, setting, monkeypatch):
    pytest.importorskip("transformers")
    setting("segment_image", model=save_segmenter(tmp_path / "sam"))
    monkeypatch.setattr(mask_model, "LEAST_STABILITY", 0.2)  # random weights are not stable
    for arguments in ({}, {"box": [15, 5, 75, 65]}):
        value = call("segment_image", folder, image="file_1.png", **arguments)
        jsonschema.validate(value, shelf("segment_image").result_schema())
        assert value
        assert Image.open(folder / value[0]["mask"]).size == (120, 80)


@pytest.mark.parametrize("name", ["locate_object", "segment_image"])
def test_warming_up_loads_the_model_that_the_first_call_uses(tmp_path, setting, name):
    pytest.importorskip("transformers")
    save, module, loader = {
        "locate_object": (save_detector, locate_object, "_detector"),
        "segment_image": (save_segmenter, mask_model, "_network"),
    }[name]
    model = save(tmp_path / "model")
    setting(name, model=model)
    shelf(name).warm_up()
    hits = getattr(module, loader).cache_info().hits
    getattr(module, loader)(model)
    assert getattr(module, loader).cache_info().hits == hits + 1


@pytest.mark.parametrize("name", ["locate_object", "segment_image", "generate_image", "edit_image_by_instruction"])
def test_warming_up_without_a_model_does_nothing(setting, name):
    setting(name)
    assert shelf(name).warm_up() is None


@pytest.mark.parametrize("name", ["locate_object", "segment_image"])
def test_warming_up_a_model_that_is_not_there_leaves_the_refusal_to_the_call(tmp_path, setting, name):
    pytest.importorskip("transformers")
    setting(name, model=str(tmp_path))
    assert shelf(name).warm_up() is None


@pytest.mark.parametrize("name", ["locate_object", "segment_image"])
def test_a_model_that_is_not_there_is_named_with_the_way_to_get_it(folder, tmp_path, setting, name):
    pytest.importorskip("transformers")
    empty = tmp_path / "empty"
    empty.mkdir()
    setting(name, model=str(empty))
    with pytest.raises(ToolError, match=r"empty' cannot be loaded: .*hf download"):
        call(name, folder, **shelf(name).example)


def test_a_painter_from_a_folder_draws_the_same_picture_twice(folder, tmp_path, setting):
    pytest.importorskip("diffusers")
    setting("generate_image", model=save_painter(tmp_path / "sd", instructed=False))
    first, second = ((folder / call("generate_image", folder, prompt="red square")).read_bytes() for _ in range(2))
    assert first == second


def test_an_instructed_painter_from_a_folder_changes_a_picture(folder, tmp_path, setting):
    pytest.importorskip("diffusers")
    setting("edit_image_by_instruction", model=save_painter(tmp_path / "ip2p", instructed=True))
    name = call("edit_image_by_instruction", folder, image="file_1.png", instruction="make it blue")
    assert Image.open(folder / name).mode == "RGB"
