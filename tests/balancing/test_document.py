from pathlib import Path

from keras_mtl.balancing import document
from keras_mtl.balancing.names import NAMES


def test_the_page_is_that_of_the_methods():
    written = Path(__file__).parents[2] / "docs" / "balancing-methods.md"
    assert written.read_text(encoding="utf-8") == document.page(), (
        "Write it anew: python -m keras_mtl.balancing.document > docs/balancing-methods.md"
    )


def test_each_method_has_its_source_and_cost():
    for name, kind in NAMES.items():
        section = document.method(name, kind)
        if name not in ("equal", "schedule"):
            assert "Source: [" in section
        assert "Cost: " in section
