"""Folders and zips from the web: found where people put them, refused when they lead out or blow up."""

import os
import zipfile
from pathlib import Path

import pytest

from journeyman.benchmarks import _official_files
from journeyman.benchmarks._official_files import extension, media_file, named, open_official, parse_json
from journeyman.errors import ConfigError
from tests.benchmarks.official import noise, picture, write_folder, write_zip

FILES = {"dataset.json": b"{}", "image/a.jpg": b"abc"}


def _open(source: str | Path) -> _official_files.OfficialFiles:
    return open_official(str(source), benchmark="GTA", wanted=("dataset.json",))


@pytest.mark.parametrize("around", ["", "gta_dataset/", "data/gta_dataset/"])
def test_the_official_folder_is_found_in_a_folder_or_a_zip_around_it(tmp_path: Path, around: str) -> None:
    files = {around + name: data for name, data in FILES.items()}
    for source in (write_folder(tmp_path / "folder", files), write_zip(tmp_path / "z.zip", files)):
        found = _open(source)
        assert found.read("image/a.jpg") == b"abc"
        assert found.has("dataset.json")
        assert not found.has("image/b.jpg")


@pytest.mark.parametrize("source", ["", "  ", "/nowhere/gta_dataset"])
def test_what_is_not_there_is_named(source: str) -> None:
    with pytest.raises(ConfigError, match="official folder or the zip of it"):
        _open(source)


def test_another_folder_and_another_zip_say_what_was_looked_for(tmp_path: Path) -> None:
    for source in (
        write_folder(tmp_path / "f", {"x/readme.md": b""}),
        write_zip(tmp_path / "z.zip", {"readme.md": b""}),
    ):
        with pytest.raises(ConfigError, match=r"does not hold GTA: looked for dataset\.json"):
            _open(source)


def test_two_copies_are_not_chosen_between(tmp_path: Path) -> None:
    files = {f"{copy}/{name}": data for copy in ("old", "new") for name, data in FILES.items()}
    for source in (write_folder(tmp_path / "f", files), write_zip(tmp_path / "z.zip", files)):
        with pytest.raises(ConfigError, match="2 times"):
            _open(source)


@pytest.mark.parametrize(
    "path", ["../secret", "image/../../secret", "/etc/hostname", "a\\..\\..\\secret", "a\0b", "", "c:x"]
)
def test_no_path_leads_out_of_a_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    files = _open(write_folder(tmp_path / "gta_dataset", FILES))
    assert not files.has(path)
    with pytest.raises(ConfigError):
        files.read(path)


def test_a_link_out_of_the_folder_is_not_followed_but_a_snapshot_of_the_hub_is_read(tmp_path: Path) -> None:
    write_folder(tmp_path, {"secret": b"secret", "hub/blobs/1": b"{}", "hub/snapshots/abc/x": b""})
    snapshot = tmp_path / "hub" / "snapshots" / "abc"
    (snapshot / "dataset.json").symlink_to("../../blobs/1")
    (snapshot / "leak").symlink_to("../../../secret")
    (snapshot / "loop").symlink_to("loop")
    files = _open(snapshot)
    assert files.read("dataset.json") == b"{}"
    assert not files.has("leak")
    assert not files.has("loop")


@pytest.mark.parametrize("name", ["../evil.jpg", "/etc/evil", "a/../../evil", "a\\..\\evil"])
def test_a_zip_with_a_path_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="leads out of the zip"):
        _open(write_zip(tmp_path / "z.zip", {**FILES, name: b"x"}))


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("image/link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("dataset.json", b"{}")
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ConfigError, match="leads out of the zip"):
        _open(tmp_path / "z.zip")


def test_a_zip_bomb_is_refused_by_its_own_account(tmp_path: Path) -> None:
    bomb = b"\0" * (_official_files.MAX_FILE_BYTES + 1)
    source = write_zip(tmp_path / "z.zip", {**FILES, "bomb": bomb})
    assert Path(source).stat().st_size < len(bomb) / 500
    with pytest.raises(ConfigError, match="zip bomb"):
        _open(source)


def test_a_zip_of_very_many_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        for i in range(_official_files.MAX_ENTRIES + 1):
            archive.writestr(str(i), b"")
    with pytest.raises(ConfigError, match="50,001 files"):
        _open(tmp_path / "z.zip")


def test_a_zip_that_lies_about_a_size_is_refused_when_it_is_read(tmp_path: Path) -> None:
    source = Path(write_zip(tmp_path / "z.zip", {"dataset.json": b"{}", "image/a.jpg": b"A" * 5000}))
    data = source.read_bytes()
    real = (5000).to_bytes(4, "little")
    assert data.count(real) >= 2
    source.write_bytes(data.replace(real, (50).to_bytes(4, "little")))
    with pytest.raises(ConfigError, match="cannot be unpacked"):
        _open(source).read("image/a.jpg")


def test_broken_cut_encrypted_and_doubled_zips_are_refused(tmp_path: Path) -> None:
    whole = Path(write_zip(tmp_path / "whole.zip", {"dataset.json": b"{}", "image/a.jpg": os.urandom(5000)}))
    cut = tmp_path / "cut.zip"
    cut.write_bytes(whole.read_bytes()[:2000])
    with pytest.raises(ConfigError, match="no zip that can be read"):
        _open(cut)
    spoilt = bytearray(whole.read_bytes())
    spoilt[2000:2100] = bytes(100)
    cut.write_bytes(spoilt)
    with pytest.raises(ConfigError, match="cannot be unpacked"):
        _open(cut).read("image/a.jpg")
    locked = bytearray(Path(write_zip(tmp_path / "locked.zip", FILES)).read_bytes())
    for place in range(len(locked) - 4):
        if locked[place : place + 4] == b"PK\x01\x02":
            locked[place + 8] |= 1
    cut.write_bytes(locked)
    with pytest.raises(ConfigError, match="is encrypted"):
        _open(cut)
    with zipfile.ZipFile(cut, "w") as archive:
        archive.writestr("dataset.json", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("dataset.json", b"[]")
    with pytest.raises(ConfigError, match=r"holds 'dataset\.json' twice"):
        _open(cut)


def test_a_pointer_of_git_lfs_is_no_file(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n"
    files = {**FILES, "image/a.jpg": pointer}
    for source in (write_folder(tmp_path / "f", files), write_zip(tmp_path / "z.zip", files)):
        with pytest.raises(ConfigError, match="git lfs pull"):
            _open(source).read("image/a.jpg")


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{", "is not JSON"),
        (b'{"a": 1, "a": 2}', "'a' stands twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "is not UTF-8 at byte 0"),
        (b"[" * 200_000, "nests too deeply"),
    ],
)
def test_json_that_cannot_be_used_says_why(data: bytes, what: str) -> None:
    with pytest.raises(ConfigError, match=what):
        parse_json(data, "x.json")


def test_json_may_begin_with_a_mark() -> None:
    assert parse_json(b'\xef\xbb\xbf{"a": 1}', "x.json") == {"a": 1}


def test_a_picture_is_what_pillow_opens_whatever_its_name_says() -> None:
    def media_type(data: bytes, name: str) -> str:
        return media_file(data, name, source="s", licence="l").media_type

    assert media_type(picture(kind="PNG"), "a.jpg") == "image/png"
    assert media_type(picture(kind="WEBP"), "a") == "image/webp"
    assert media_type(b"not a picture", "a.png") == "application/octet-stream"
    assert media_type(b"<svg/>", "a.svg") == "application/octet-stream"
    assert media_type(picture(kind="PNG")[:40], "a.png") == "application/octet-stream"
    for kind in ("PNG", "JPEG", "WEBP"):
        whole = noise(kind)
        assert media_type(whole, "a") == f"image/{kind.lower()}"
        assert media_type(whole[: len(whole) // 2], "a") == "application/octet-stream"


def test_extensions_are_plain_and_lists_are_cut() -> None:
    assert [extension(path) for path in ("a/b.JPG", "b", "b.tar.gz", "b.é", "b.x y")] == [
        "jpg",
        "bin",
        "gz",
        "bin",
        "bin",
    ]
    assert named("abcdefg") == "a, b, c, d, e and 2 more"
    assert named("ab") == "a, b"


def test_a_file_over_the_limit_is_refused_in_a_folder_too(tmp_path: Path) -> None:
    source = Path(write_folder(tmp_path, FILES))
    with (source / "image" / "a.jpg").open("wb") as stream:
        stream.truncate(_official_files.MAX_FILE_BYTES + 1)
    with pytest.raises(ConfigError, match="is larger than"):
        _open(source).read("image/a.jpg")


def test_the_zip_of_a_mac_is_read_past_its_shadow_files(tmp_path: Path) -> None:
    files = {f"gta_dataset/{name}": data for name, data in FILES.items()} | {
        "__MACOSX/gta_dataset/dataset.json": b"shadow"
    }
    assert _open(write_zip(tmp_path / "z.zip", files)).read("dataset.json") == b"{}"
