"""The code that the documents print runs, in the order it is printed."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document):
    return re.findall(r"^```python\n(.*?)^```", document.read_text("utf-8"), re.S | re.M)


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
