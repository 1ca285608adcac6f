import asyncio
import contextlib
import io
import json

import pytest
from PIL import Image

from journeyman.errors import ArtifactError, ConfigError, ToolError, UnknownPluginError
from journeyman.host_pool import HostPool
from journeyman.storage.cassette import Cassette
from journeyman.storage.store import Store
from journeyman.storage.tool_results import ToolResults
from journeyman.tool import Tool
from journeyman.tool_faults import FAULTS as FAULT_KINDS
from journeyman.tool_faults import ToolFaults
from journeyman.toolbox import Toolbox
from tests.tools.faulty import count
from tests.tools.folder import open_folder

FAULTY = "tests.tools.faulty"


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "job"
    root.mkdir()
    data = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(data, format="PNG")
    (root / "file_1.png").write_bytes(data.getvalue())
    return open_folder(root)


@pytest.fixture
def cassette(tmp_path):
    return Cassette(Store(f"file://{tmp_path}/store"), "shard-0")


@pytest.fixture(autouse=True)
def runs():
    count.RUNS.clear()
    return count.RUNS


def one_call(name, args, folder, *, log=None, **options):
    """Open a toolbox on the faulty shelf, make one call, close it."""

    async def go():
        async with Toolbox.open([name], **{"shelf": FAULTY, **options}) as toolbox:
            session = toolbox.session(folder)
            if log is not None:
                session.log = log
            return await session.call(name, args, {})

    return asyncio.run(go())


def test_a_call_gives_its_value_its_picture_and_a_log_entry(folder):
    log = []
    result = one_call("crop_image", ["file_1.png", 0, 0, 10, 10], folder, log=log, shelf="journeyman.tools")
    assert result.value == "crop_1.png"
    assert result.images == ("crop_1.png",)
    assert Image.open(folder.root / "crop_1.png").size == (10, 10)
    (entry,) = log
    assert (entry.tool, entry.version, entry.error) == ("crop_image", 1, "")
    assert json.loads(entry.arguments_json) == {"image": "file_1.png", "left": 0, "top": 0, "right": 10, "bottom": 10}
    assert len(entry.cassette_key) == 64


def test_a_recorded_call_is_not_run_again_and_is_bit_identical(folder, cassette, tmp_path, runs):
    first = one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay_else_record")
    written = (folder.root / "copy_1.bin").read_bytes()
    (folder.root / "copy_1.bin").unlink()

    later = Cassette(Store(f"file://{tmp_path}/store"), "another shard")
    later.preload(["shard-0"])
    again = one_call("count", ["file_1.png"], folder, cassette=later, mode="replay")
    assert again == first
    assert (folder.root / "copy_1.bin").read_bytes() == written
    assert runs == ["file_1.png"]


def test_a_replayed_file_takes_a_free_name_and_the_value_follows_it(folder, cassette):
    one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay_else_record")
    again = one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay_else_record")
    assert again.value == {"runs": 1, "names": ["copy_2.bin"]}
    assert again.images == ("copy_2.bin",)


def test_other_bytes_under_the_same_name_are_another_call(folder, cassette, runs):
    one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay_else_record")
    (folder.root / "file_1.png").write_bytes(b"changed")
    one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay_else_record")
    assert len(runs) == 2


def test_a_refusal_is_recorded_too(folder, cassette, runs):
    for _ in range(2):
        log = []
        with pytest.raises(ToolError, match="refused after 1 runs"):
            one_call("count", ["file_1.png", True], folder, cassette=cassette, mode="replay_else_record", log=log)
        assert log[0].error == "refused after 1 runs"
        assert log[0].cassette_key
    assert len(runs) == 1


def test_a_replay_never_runs_a_tool(folder, cassette, runs):
    with pytest.raises(ArtifactError, match=r"no recording of count version 1 .*file_1\.png"):
        one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay")
    assert runs == []


def test_equal_calls_at_once_run_once(folder, cassette, runs):
    async def go():
        async with Toolbox.open(["count"], shelf=FAULTY, cassette=cassette, mode="replay_else_record") as toolbox:
            folders = [open_folder(folder.root.parent / f"job{n}") for n in range(8)]
            for other in folders:
                other.root.mkdir()
                (other.root / "file_1.png").write_bytes(b"one picture")
            await asyncio.gather(*(toolbox.session(other).call("count", ["file_1.png"], {}) for other in folders))

    asyncio.run(go())
    assert len(runs) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "file: Field required"),
        (["file_9.png"], "there is no file 'file_9.png'"),
        (["../job/file_1.png"], "there is no file"),
        ([1], "valid string"),
        (["file_1.png", False, 3], "takes 2 arguments"),
    ],
)
def test_wrong_arguments_are_told_and_logged(folder, args, words):
    log = []
    with pytest.raises(ToolError, match=words):
        one_call("count", args, folder, log=log)
    assert words in log[0].error
    assert log[0].cassette_key == ""


def test_a_tool_nobody_opened_is_refused(folder):
    async def go():
        async with Toolbox.open(["count"], shelf=FAULTY) as toolbox:
            await toolbox.session(folder).call("crash", [], {})

    with pytest.raises(ToolError, match="there is no tool 'crash'; there is: count"):
        asyncio.run(go())


def test_after_a_crash_and_a_hang_the_next_call_works(folder, cassette):
    async def go():
        options = {"shelf": FAULTY, "cassette": cassette, "mode": "replay_else_record"}
        async with Toolbox.open(["crash", "hang", "chatter", "hoard"], seconds=30, **options) as toolbox:
            session = toolbox.session(folder)
            with pytest.raises(ToolError, match="crash crashed"):
                await session.call("crash", [], {})
            toolbox.seconds = 3
            with pytest.raises(ToolError, match="hang took longer than 3 s"):
                await session.call("hang", [], {})
            toolbox.seconds = 30
            with pytest.raises(ToolError, match="hoard ran out of memory"):
                await session.call("hoard", [], {})
            return await session.call("chatter", [], {}), session.log

    result, log = asyncio.run(go())
    assert result.value == "quiet"
    assert [entry.tool for entry in log] == ["crash", "hang", "hoard", "chatter"]
    assert len(cassette) == 1  # what says nothing of the call is not recorded


def test_a_cancelled_call_leaves_a_host_that_answers_the_next_one(folder):
    async def go():
        async with Toolbox.open(["hang", "chatter"], shelf=FAULTY) as toolbox:
            hung = asyncio.create_task(toolbox.session(folder).call("hang", [], {}))
            await asyncio.sleep(0.5)
            hung.cancel()
            with pytest.raises(asyncio.CancelledError):
                await hung
            return await toolbox.session(folder).call("chatter", [], {})

    assert asyncio.run(go()).value == "quiet"


def test_a_bug_in_a_tool_becomes_words_for_the_agent(folder):
    with pytest.raises(ToolError, match="raise_bug failed: KeyError"):
        one_call("raise_bug", [], folder)
    with pytest.raises(ToolError, match="give_nan failed: ValueError"):
        one_call("give_nan", [], folder)


def test_a_tool_host_has_no_secrets(folder, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    names = one_call("leak", [], folder).value
    assert "PATH" in names
    assert not [name for name in names if "KEY" in name or "TOKEN" in name]


def test_a_tool_that_is_not_ready_is_refused_with_what_to_install(folder):
    with pytest.raises(ConfigError, match="unready: install no_such_package_at_all"):
        one_call("unready", [], folder)


def test_no_cassette_twice_a_tool_and_an_unknown_tool_are_refused(folder):
    with pytest.raises(ConfigError, match="needs a cassette"):
        one_call("count", [], folder, mode="replay_else_record")
    with pytest.raises(UnknownPluginError, match="crop_image"):
        one_call("crop_imag", [], folder, shelf="journeyman.tools")

    async def twice():
        async with Toolbox.open(["count", "count"], shelf=FAULTY):
            pass

    with pytest.raises(ConfigError, match="twice"):
        asyncio.run(twice())


def test_tools_keep_their_order():
    async def go():
        async with Toolbox.open(["ocr", "calculate"]) as toolbox:
            return toolbox.tools

    tools = asyncio.run(go())
    assert [tool.name for tool in tools] == ["ocr", "calculate"]
    assert all(isinstance(tool, Tool) for tool in tools)


def test_a_search_is_another_call_when_any_file_changes(folder):
    (folder.root / "file_2.txt").write_text("The museum opened in 1962.")

    async def go():
        async with Toolbox.open(["search_corpus"]) as toolbox:
            session = toolbox.session(folder)
            first = await session.call("search_corpus", ["museum"], {})
            (folder.root / "file_3.txt").write_text("Museum tickets cost 12 euros. Museum hours vary.")
            second = await session.call("search_corpus", [], {"query": "museum"})
            return first, second, session.log

    first, second, log = asyncio.run(go())
    assert [hit["file"] for hit in first.value] == ["file_2.txt"]
    assert {hit["file"] for hit in second.value} == {"file_2.txt", "file_3.txt"}
    assert log[0].cassette_key != log[1].cassette_key
    assert log[0].arguments_json == log[1].arguments_json


def test_record_runs_every_call_and_never_overwrites(folder, cassette, tmp_path, runs):
    one_call("count", ["file_1.png"], folder, cassette=cassette, mode="record")
    assert runs == ["file_1.png"]
    with pytest.raises(ConfigError, match=r"holds 1 recordings, which are never overwritten"):
        one_call("count", ["file_1.png"], folder, cassette=cassette, mode="record")
    one_call("count", ["file_1.png"], folder, cassette=Cassette(cassette._store, "shard-1"), mode="record")
    assert len(runs) == 2


def test_a_heavy_result_is_shared_between_runs_through_the_store(folder, tmp_path):
    store = Store(f"file://{tmp_path}/store")
    options = {"mode": "replay_else_record", "results": ToolResults(store), "shelf": "journeyman.tools"}
    hosts = HostPool(1)
    try:
        first = one_call(
            "inspect_file", ["note.txt"], _noted(folder), cassette=Cassette(store, "a"), hosts=hosts, **options
        )
    finally:
        hosts.close()
    broken = HostPool(1)
    broken.call = None  # nothing may run
    again = one_call("inspect_file", ["note.txt"], folder, cassette=Cassette(store, "b"), hosts=broken, **options)
    assert again == first
    (key,) = store.keys("tool-results/")
    store.put(key, b"damaged")
    with pytest.raises(TypeError):
        one_call("inspect_file", ["note.txt"], folder, cassette=Cassette(store, "c"), hosts=broken, **options)


def _noted(folder):
    (folder.root / "note.txt").write_text("The museum opened in 1962.")
    return folder


FAULTS = ToolFaults(rate=1.0, kinds=("timeout",))


def test_a_fault_is_told_marked_and_not_recorded_and_a_replay_meets_it_again(folder, cassette):
    for mode in ("replay_else_record", "replay"):
        log = []
        with pytest.raises(ToolError, match="count took longer than 60 s"):
            one_call("count", ["file_1.png"], folder, cassette=cassette, mode=mode, faults=FAULTS, log=log)
        assert log[0].fault == "timeout"
    assert one_call("count", ["file_1.png"], folder, cassette=cassette, mode="replay").value["runs"] == 1


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_kind_of_fault_changes_what_the_agent_gets(folder, kind):
    log = []
    faults = ToolFaults(rate=1.0, kinds=(kind,))
    try:
        value = one_call("count", ["file_1.png"], folder, faults=faults, log=log).value
    except ToolError as exc:
        value = str(exc)
    assert value != {"runs": 1, "names": ["copy_1.bin"]}
    assert log[0].fault == kind


def test_a_second_try_of_a_faulty_call_is_a_new_draw(folder):
    faults = ToolFaults(rate=0.5, seed=3, kinds=("server_error",))

    async def go():
        async with Toolbox.open(["count"], shelf=FAULTY, faults=faults) as toolbox:
            session = toolbox.session(folder)
            for _ in range(40):
                with contextlib.suppress(ToolError):
                    await session.call("count", ["file_1.png"], {})
            return [bool(entry.fault) for entry in session.log]

    drawn = asyncio.run(go())
    assert 10 <= sum(drawn) <= 30


def test_several_files_of_one_name_are_numbered_in_one_row(folder):
    value = one_call("segment_image", ["file_1.png"], _two_colours(folder), shelf="journeyman.tools").value
    assert [region["mask"] for region in value[:2]] == ["mask_1.png", "mask_2.png"]


def _two_colours(folder):
    picture = Image.new("RGB", (60, 40), "red")
    picture.paste("blue", (0, 0, 30, 40))
    picture.save(folder.root / "file_1.png")
    return folder


def test_code_runs_in_a_sandbox_inside_a_tool_host(folder):
    result = one_call("python", ["print(sorted(__import__('os').listdir()))"], folder, shelf="journeyman.tools")
    assert result.value["error"] == ""
    assert "file_1.png" in result.value["output"]
