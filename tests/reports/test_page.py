import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from keras_mtl.reports import write_report
from keras_mtl.reports.page import letters
from tests.reports.made_up import NASTY, change, write_json, write_run

NAMESPACE = {"svg": "http://www.w3.org/2000/svg"}


def written(folder) -> str:
    path = write_report(folder)
    assert path == folder / "report.html"
    return path.read_text("utf-8")


def parsed(page: str) -> ElementTree.Element:
    """The page as XML, which is stricter than HTML: no element left open, no bare `&`."""
    return ElementTree.fromstring(page.strip())


def words(element: ElementTree.Element) -> str:
    return " ".join(" ".join(element.itertext()).split())


def section(page: str, name: str) -> ElementTree.Element | None:
    return parsed(page).find(f".//section[@id='{name}']")


@pytest.fixture
def folder(tmp_path):
    return write_run(tmp_path / "a run")


@pytest.mark.parametrize(("tasks", "labels"), [(1, 2), (2, 3), (16, 6), (64, 12), (2, 40)])
def test_any_number_of_tasks_and_labels(tmp_path, tasks, labels):
    page = written(write_run(tmp_path / "run", tasks, labels, epochs=4))
    root = parsed(page)
    rows = root.findall(".//section[@id='results']//tbody/tr")
    assert len(rows) == tasks
    details = root.findall(".//section[@id='tasks']/details")
    assert len(details) == tasks
    # Few are told at full length, many are folded.
    assert all(("open" in one.attrib) == (tasks <= 4) for one in details)
    # A loss and three metrics of each; the loss of many twice; the run's own.
    drawn = tasks * (4 if tasks <= 4 else 5) + (2 if tasks == 1 else 3)
    assert len(root.findall(".//figure/svg")) == drawn
    for row, one in zip(rows, details, strict=True):
        link = row.find("th/a").attrib["href"].removeprefix("#")
        assert one.find(f"div[@id='{link}']") is not None
        assert words(row.find("th")) == words(one.find("summary/span"))


def test_up_to_25_labels_are_a_matrix_more_a_list(tmp_path):
    small = section(written(write_run(tmp_path / "a", 1, 25)), "tasks")
    large = section(written(write_run(tmp_path / "b", 1, 26)), "tasks")
    cells = small.findall(".//table[@class='matrix small']/tbody/tr/td")
    assert len(cells) == 625 and "Most frequent confusions" not in words(small)
    assert "matrix" not in ElementTree.tostring(large, "unicode")
    assert "Most frequent confusions" in words(large) and "14 more labels" in words(large)


def test_ids_are_unique_and_links_lead_somewhere(tmp_path):
    root = parsed(written(write_run(tmp_path / "run", 6, 3, 2)))
    ids = [one.attrib["id"] for one in root.iter() if "id" in one.attrib]
    assert len(ids) == len(set(ids))
    links = {one.attrib["href"] for one in root.iter("a")}
    assert links and links <= {f"#{one}" for one in ids}


class Fetches(HTMLParser):
    """What a browser would fetch or run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base", "video", "image"):
            self.found.append(tag)
        for name, value in attrs:
            fetches = name in ("src", "srcset", "href", "xlink:href", "action", "poster", "data")
            if (fetches and not value.startswith("#")) or name.startswith("on"):
                self.found.append(f"{tag} {name}={value}")
            if name == "style" and "url(" in value:
                self.found.append(value)


def test_nothing_is_fetched_and_nothing_runs(folder):
    page = written(folder)
    reader = Fetches()
    reader.feed(page)
    assert reader.found == []
    styles = re.findall(r"<style>(.*?)</style>", page, re.S)
    assert len(styles) == 1 and not re.search(r"url\(|@import|expression", styles[0])


def test_texts_of_users_are_texts(folder):
    page = written(folder)
    assert "<script" not in page and "<b>bold" not in page
    shown = words(parsed(page))
    for text in (NASTY[0], NASTY[3], NASTY[5]):
        assert text in shown
    # What XML has no letter for is shown as a sign.
    assert "nul ␀ escape ␛[31m bell ␇ delete � half a letter � line" in shown


@pytest.mark.parametrize("nasty", NASTY)
def test_names_of_users_are_texts(folder, nasty):
    run = json.loads((folder / "run.json").read_text("utf-8"))
    run["tasks"][0].update(name=nasty, kind=nasty, data=[nasty], labels=[nasty, "b"])
    write_json(folder / "run.json", {**run, "status": nasty, "error": nasty, "backend": nasty})
    for name in ("data.json", "evaluation.json"):
        text = (folder / name).read_text("utf-8")
        for old in ('"negative"', '"sentiment"', '"sentiment_rows"'):
            text = text.replace(old, json.dumps(nasty))
        (folder / name).write_text(text, "utf-8")
    metrics = (folder / "metrics.jsonl").read_text("utf-8")
    fresh = json.dumps(nasty)[1:-1]
    (folder / "metrics.jsonl").write_text(metrics.replace("sentiment", fresh), "utf-8")
    (folder / "config.yaml").write_bytes(nasty.encode("utf-8", "surrogatepass"))
    page = written(folder)
    reader = Fetches()
    reader.feed(page)
    assert reader.found == [] and parsed(page) is not None
    assert len(parsed(page).findall(".//figure/svg")) == 11
    shown = words(parsed(page))
    assert shown.count(" ".join(letters(nasty).split())) >= 10


def test_the_same_files_give_the_same_page(folder, tmp_path):
    first = write_report(folder).read_bytes()
    assert write_report(folder).read_bytes() == first
    copy = write_run(tmp_path / "other" / "a run")
    assert write_report(str(copy)).read_bytes() == first


@pytest.mark.parametrize("name", ["config.yaml", "metrics.jsonl", "data.json", "evaluation.json"])
def test_any_other_file_may_be_missing(folder, name):
    (folder / name).unlink()
    page = written(folder)
    gone = {"metrics.jsonl": "curves", "data.json": "data"}.get(name)
    for one in ("results", "curves", "tasks", "data", "run"):
        assert (section(page, one) is None) == (one == gone)
    if name == "evaluation.json":
        assert "not evaluated (no evaluation.json)" in page
        assert "On validation, at epoch 5" in words(section(page, "results"))
    elif name != "metrics.jsonl":
        assert f"Not in the run folder: {name}." in page or name == "evaluation.json"


def test_run_json_alone(tmp_path):
    write_json(tmp_path / "run.json", {"format": 1, "tasks": []})
    page = written(tmp_path)
    assert "unknown" in page and section(page, "tasks") is None


def test_a_run_interrupted_in_its_first_epoch(folder):
    change(folder / "run.json", status="interrupted", ended=None, best=None, seconds={})
    (folder / "metrics.jsonl").write_text("", "utf-8")
    (folder / "evaluation.json").unlink()
    page = written(folder)
    assert "No epoch was finished" in page
    assert parsed(page).find(".//h1/span").attrib["class"] == "status interrupted"
    assert section(page, "curves") is None and section(page, "tasks") is None
    assert section(page, "data") is not None


def test_one_epoch_has_figures_and_no_curves(tmp_path):
    page = written(write_run(tmp_path / "run", epochs=1))
    assert section(page, "curves") is None and "<svg" not in page
    assert len(section(page, "tasks").findall("details")) == 2


def test_values_that_are_not_finite_are_dashes(folder):
    lines = (folder / "metrics.jsonl").read_text("utf-8").splitlines()
    for number, bad in ((3, "NaN"), (4, "null"), (5, "Infinity")):
        lines[number] = re.sub(r'("sentiment_loss": )[\d.]+', rf"\1{bad}", lines[number])
    lines = [re.sub(r'("val_topic_\w+": )[\d.]+', r"\1null", line) for line in lines]
    (folder / "metrics.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    evaluation = (folder / "evaluation.json").read_text("utf-8")
    evaluation = re.sub(r'("topic_loss": )[\d.]+', r"\1NaN", evaluation)
    (folder / "evaluation.json").write_text(evaluation, "utf-8")
    page = written(folder)
    assert not re.search(r"\b(nan|inf|None)\b", page)
    assert "–" in words(section(page, "results").findall(".//tbody/tr")[1])


def test_other_kinds_of_tasks_have_other_tables(folder):
    run = json.loads((folder / "run.json").read_text("utf-8"))
    run["tasks"][0].update(kind="Score", metrics=["loss", "mean_squared_error"])
    run["tasks"][0].pop("labels")
    write_json(folder / "run.json", run)
    evaluation = json.loads((folder / "evaluation.json").read_text("utf-8"))
    review = evaluation["splits"]["test"]["tasks"]["sentiment"]
    review.update(
        table={"columns": ["part", "error"], "rows": [["low", 0.25], ["high", None]]},
        matrix=None,
        confusions=[],
    )
    for example in review["examples"]:
        example.update(probability=None, predicted_probability=None)
    write_json(folder / "evaluation.json", evaluation)
    shown = words(section(written(folder), "tasks").find("details"))
    assert "part error low 0.250 high –" in shown and "score" in shown


def test_a_page_that_cannot_be_written_leaves_the_old_one(folder, monkeypatch):
    path = write_report(folder)
    path.write_text("old", "utf-8")
    monkeypatch.setattr("os.replace", _refuse)
    with pytest.raises(OSError, match="no room"):
        write_report(folder)
    assert path.read_text("utf-8") == "old"
    assert not list(folder.glob(".report*"))


def _refuse(*_paths: Path) -> None:
    raise OSError("no room")


def test_a_damaged_file_leaves_the_old_page(folder):
    path = write_report(folder)
    before = path.read_bytes()
    (folder / "data.json").write_text("{", "utf-8")
    with pytest.raises(ValueError, match="data.json"):
        write_report(folder)
    assert path.read_bytes() == before
