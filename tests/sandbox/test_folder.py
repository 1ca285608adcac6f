import os

import pytest

from journeyman.errors import ToolError
from journeyman.sandbox.folder import SessionFolder
from journeyman.sandbox.limits import Limits


@pytest.fixture
def folder(tmp_path):
    return SessionFolder.create(tmp_path, Limits(file_bytes=100, folder_bytes=150))


def test_what_is_put_is_read_by_name_by_dot_and_by_job_path(folder):
    folder.put("file_1.txt", b"data")
    assert {folder.read(name) for name in ("file_1.txt", "./file_1.txt", "/job/file_1.txt")} == {b"data"}


def test_a_taken_name_is_refused_for_inputs_and_numbered_for_results(folder):
    folder.put("a.txt", b"1")
    with pytest.raises(ToolError, match="already"):
        folder.put("a.txt", b"2")
    assert [folder.write("a.txt", b"2"), folder.write("a.txt", b"3")] == ["a_2.txt", "a_3.txt"]
    assert folder.read("a.txt") == b"1"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/passwd", "", ".", "/job", "/job/../etc/passwd", "a\0b"])
def test_names_outside_are_refused(folder, name):
    with pytest.raises(ToolError):
        folder.read(name)
    with pytest.raises(ToolError):
        folder.write(name, b"")


def test_files_in_directories_are_read_and_listed_but_not_written(folder):
    (folder.root / "out").mkdir()
    (folder.root / "out" / "b.txt").write_bytes(b"b")
    folder.put("a.txt", b"a")
    assert folder.read("out/b.txt") == b"b"
    assert folder.names() == ("a.txt", "out/b.txt")
    with pytest.raises(ToolError, match="directories"):
        folder.write("out/c.txt", b"")


def test_links_are_neither_read_nor_written_through_nor_listed(folder, tmp_path):
    target = tmp_path / "host.txt"
    target.write_bytes(b"host")
    (folder.root / "link.txt").symlink_to(target)
    (folder.root / "up").symlink_to(tmp_path)
    for name in ("link.txt", "up/host.txt"):
        with pytest.raises(ToolError, match="link"):
            folder.read(name)
    assert folder.write("link.txt", b"mine") == "link_2.txt"
    assert target.read_bytes() == b"host"
    assert folder.names() == ("link_2.txt",)


def test_pipes_and_directories_are_no_files(folder):
    os.mkfifo(folder.root / "pipe")
    (folder.root / "dir").mkdir()
    for name in ("pipe", "dir"):
        with pytest.raises(ToolError, match="plain file"):
            folder.read(name)


def test_a_missing_file_is_named(folder):
    with pytest.raises(ToolError, match=r"no file 'x\.png'"):
        folder.read("x.png")


def test_sizes_are_bounded_per_file_and_per_folder(folder):
    with pytest.raises(ToolError, match="a file may hold 100"):
        folder.put("a", b"x" * 101)
    folder.put("a", b"x" * 100)
    with pytest.raises(ToolError, match="the folder may hold 150"):
        folder.write("b", b"x" * 51)
    assert folder.size_bytes() == 100
    (folder.root / "c").write_bytes(b"x" * 101)
    with pytest.raises(ToolError, match="larger than 100"):
        folder.read("c")


def test_removing_takes_locked_directories_and_deep_nesting_with_it(folder):
    deep = folder.root
    for _ in range(3):
        deep = deep / "d"
        deep.mkdir()
    deep.chmod(0)
    directory = os.open(folder.root, os.O_RDONLY)
    for _ in range(1100):
        os.mkdir("n", dir_fd=directory)
        inner = os.open("n", os.O_RDONLY, dir_fd=directory)
        os.close(directory)
        directory = inner
    os.close(directory)
    folder.remove()
    assert not folder.root.exists()
    folder.remove()
