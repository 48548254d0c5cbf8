"""benchmarks/tables.py: which scripts run, what becomes of what they print, and the status."""

import sys

import pytest
import tables
import transfer_accuracy

PRINTED = """| tasks | ms a call |
|---|---|
| 1 | 2.00 |
| 4 | 3,000.50 (2.00 to 4,000.00) |
goal: none"""


@pytest.fixture
def scripts(monkeypatch, tmp_path):
    """Two tables, of scripts that print one and end with status 0 and 1."""

    def script(name, status):
        path = tmp_path / name
        path.write_text(
            f"import sys\nprint({PRINTED!r})\nprint(sys.argv[1:])\nsys.exit({status})\n"
        )
        return tables.Table(name, (str(path), "--own"), "ms a call", "tasks")

    made = {"x": script("good.py", 0), "y": script("short.py", 1)}
    monkeypatch.setattr(tables, "TABLES", made)
    return made


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["tables.py", *(str(one) for one in arguments)])
    return tables.main()


def test_all_run_if_none_is_named(scripts, monkeypatch, tmp_path, capsys):
    out = tmp_path / "out"
    assert run(monkeypatch, "--out", out) == 1
    assert sorted(one.name for one in out.iterdir()) == ["x.md", "x.svg", "y.md", "y.svg"]
    assert "below a goal, or failed: y\n" in capsys.readouterr().out


def test_one_with_more_options(scripts, monkeypatch, tmp_path):
    out = tmp_path / "out"
    assert run(monkeypatch, "x", "--out", out, "--more", "--rounds 2") == 0
    text = (out / "x.md").read_text("utf-8")
    assert PRINTED in text and "['--own', '--rounds', '2']" in text and "x.svg" in text
    assert sorted(one.name for one in out.iterdir()) == ["x.md", "x.svg"]


def test_the_last_table_is_drawn_by_its_numbers():
    rows = tables.rows_of(f"| a |\n|---|\n| 0 |\n\n{PRINTED}")
    assert [row["tasks"] for row in rows] == ["1", "4"]
    assert [tables.number(row["ms a call"]) for row in rows] == [2.0, 3000.5]


def test_one_that_is_not_there(scripts, monkeypatch, capsys):
    for main, name in (
        (tables.main, "tables.py"),
        (transfer_accuracy.main, "transfer_accuracy.py"),
    ):
        monkeypatch.setattr(sys, "argv", [name, "z"])
        with pytest.raises(SystemExit):
            main()
        assert "there is no z; there are " in capsys.readouterr().err


def test_domains_if_no_work_is_named(monkeypatch):
    asked = []
    works = {name: lambda name=name: asked.append(name) or 0 for name in transfer_accuracy.WORKS}
    monkeypatch.setattr(transfer_accuracy, "WORKS", works)
    monkeypatch.setattr(sys, "argv", ["transfer_accuracy.py"])
    assert transfer_accuracy.main() == 0 and asked == ["domains"]
