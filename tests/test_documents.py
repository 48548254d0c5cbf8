"""The code that the documents print runs, in the order it is printed."""

import json
import re
from pathlib import Path

import pytest

from keras_mtl.data.datasets.demo import NEWSWIRE_LABELS, generate_newswire, generate_reviews
from keras_mtl.data.datasets.sources import REUTERS_LABELS

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TOPICS = dict(zip(NEWSWIRE_LABELS, REUTERS_LABELS, strict=False))
TONES = {"negative": "neg", "positive": "pos"}


def blocks(document):
    return re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.S | re.M)


def write_rows(folder, texts, labels):
    folder.mkdir(parents=True, exist_ok=True)
    rows = [{"text": t, "label": label} for t, label in zip(texts, labels, strict=True)]
    for split, part in (("train", rows[40:]), ("test", rows[:40])):
        lines = "".join(json.dumps(row) + "\n" for row in part)
        (folder / f"{split}.jsonl").write_text(lines, "utf-8")


@pytest.fixture
def small_datasets(tmp_path, monkeypatch):
    """Small made-up sets under the names of the real ones, in an empty working folder."""
    texts, tones = generate_reviews(200, seed=1)
    write_rows(tmp_path / "data" / "imdb", texts, [TONES[tone] for tone in tones])
    texts, topics = generate_newswire(340, seed=1)
    write_rows(tmp_path / "data" / "reuters", texts, [TOPICS[topic] for topic in topics])
    monkeypatch.setenv("KERAS_MTL_DATA", str(tmp_path / "data"))
    (tmp_path / "saved_models").mkdir()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("document", [d for d in DOCUMENTS if blocks(d)], ids=lambda d: d.name)
# One copper row in a plain batch of three: the first epoch of a small set warns of much.
@pytest.mark.filterwarnings("default::UserWarning")
def test_code_of_a_document_runs(document, small_datasets):
    code = "\n".join(blocks(document))
    exec(compile(code, document.name, "exec"), {"__name__": document.name})


def test_chinese_readme_has_the_code_and_pages_of_the_english_one():
    english, chinese = ROOT / "README.md", ROOT / "README.zh.md"
    assert blocks(english) == blocks(chinese)
    links = [
        set(re.findall(r"\((docs/[^)]+)\)", one.read_text("utf-8"))) for one in (english, chinese)
    ]
    assert links[0] == links[1]


def test_links_between_documents_lead_somewhere():
    for document in [*DOCUMENTS, ROOT / "README.zh.md", ROOT / "CONTRIBUTING.md"]:
        prose = re.sub(r"```.*?```|`[^`]*`", "", document.read_text("utf-8"), flags=re.S)
        for target in re.findall(r"\]\(([^)#:]+)\)", prose):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
