from journeyman.file_reader import inspect
from journeyman.sample_files import sample_files


def test_every_sample_file_passes_the_border(tmp_path):
    facts = {path.name: inspect(path.read_bytes(), path.name) for path in sample_files(tmp_path / "new")}
    kinds = [f.kind for f in facts.values()]
    assert (kinds.count("picture"), kinds.count("document"), kinds.count("table")) == (10, 3, 2)
    assert all(name.endswith(f".{f.extension}") for name, f in facts.items())
    assert "Total due: 379.50 GBP" in facts["invoice.pdf"].text
    assert facts["iris.csv"].rows[0] == (5.1, 3.5, 1.4, 0.2, "setosa")
    assert len(facts["iris.csv"].rows) == 150
    assert facts["sales.xlsx"].columns == ("Month", "Region", "Units", "Revenue")


def test_writing_again_gives_the_same_files_and_spares_others(tmp_path):
    before = {path: path.read_bytes() for path in sample_files(tmp_path)}
    (tmp_path / "mine.txt").write_text("mine")
    assert {path: path.read_bytes() for path in sample_files(tmp_path)} == before
    assert (tmp_path / "mine.txt").read_text() == "mine"
