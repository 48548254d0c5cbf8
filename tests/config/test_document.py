from pathlib import Path

import yaml

from keras_mtl.config import document, kinds, load_config


def test_the_page_is_that_of_the_schema():
    page = Path(__file__).parents[2] / "docs" / "run-files.md"
    assert page.read_text("utf-8") == document.page(), (
        "Write it anew: python -m keras_mtl.config.document > docs/run-files.md"
    )


def test_the_page_names_every_key_of_every_kind():
    page = document.page()
    for table in (kinds.DATA, kinds.TASKS, kinds.TOKENIZERS, kinds.TRUNKS):
        for one in table.values():
            assert all(f"| `{key}` |" in page for key in one.keys)


def test_the_run_file_on_the_page_is_one():
    text = document.page().split("```yaml\n")[1].split("```")[0]
    config = load_config(yaml.safe_load(text))
    assert list(config.tasks) == ["tone", "topic"] and config.training.epochs == 3
