"""The road of the data is the layout: imports, file lengths, asserts, documented names."""

import ast
import inspect
from pathlib import Path
from types import ModuleType

import pytest

import keras_mtl
from tests.conftest import LONGEST

PACKAGE = Path(__file__).resolve().parents[1] / "keras_mtl"
# A module imports only from those before it; a file and a folder of one name are one place.
ROAD = (
    "files",
    "devices",
    "missing",
    "names",
    "spans",
    "heads",
    "tasks",
    "data",
    "trunks",
    "balancing",
    "training",
    "model",
    "analysis",
    "export",
    "transfer",
    "serving",
    "config",
    "reports",
    "runs",
    "cli",
)
EXEMPT = ("__init__", "version")
LONGEST_FILE = 300


def dotted_imports(source: str, module: str, is_package: bool) -> list[tuple[int, str]]:
    """Line and absolute name of every import in `source`, those inside functions included."""
    parents = module.split(".") if is_package else module.split(".")[:-1]
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = parents[: len(parents) - node.level + 1] if node.level else []
            start = ".".join(base + ([node.module] if node.module else []))
            found += [(node.lineno, f"{start}.{alias.name}") for alias in node.names]
    return found


def import_violations(source: str, module: str, is_package: bool = False) -> list[str]:
    """What in the source of `module` (as in `keras_mtl.data.mixture`) imports against the road."""
    place = module.split(".")[1]
    if place not in ROAD:
        return [f"{module}: `{place}` is not in the layout. Give it a place in ROAD."]
    allowed = (*ROAD[: ROAD.index(place) + 1], "version")
    violations = []
    for line, name in dotted_imports(source, module, is_package):
        package, _, rest = name.partition(".")
        target = rest.partition(".")[0]
        if package == "keras_mtl" and target not in allowed:
            violations.append(
                f"{module}, line {line}: imports `{name}`; `{place}` comes before it or "
                f"may not import the package as a whole. Import from: {', '.join(allowed)}."
            )
    return violations


def assert_lines(source: str) -> list[int]:
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def undocumented(module: ModuleType) -> list[str]:
    """The modules, classes and functions `module` exports (modules followed) with no text."""
    missing = []
    for name in module.__all__:
        value = getattr(module, name)
        if inspect.ismodule(value) and hasattr(value, "__all__"):
            missing += undocumented(value)
        if inspect.ismodule(value) or inspect.isclass(value) or inspect.isroutine(value):
            # Not `inspect.getdoc`, which takes a base class's text for the class's own;
            # and a dataclass without a docstring is given its signature for one.
            text = vars(value).get("__doc__") if inspect.isclass(value) else value.__doc__
            if not text or text.startswith(f"{name}("):
                missing.append(f"{module.__name__}.{name}")
    return missing


def source_files() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def dotted_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", source_files(), ids=dotted_name)
def test_file_keeps_to_the_layout(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    lines = source.count("\n")
    assert lines <= LONGEST_FILE, f"{path.name} has {lines} lines: it is two files."
    assert not assert_lines(source), "Raise ValueError or TypeError: `python -O` drops asserts."
    if path.parent != PACKAGE or path.stem not in EXEMPT:
        assert not import_violations(source, dotted_name(path), path.stem == "__init__")


def test_every_public_name_is_documented() -> None:
    if not hasattr(keras_mtl, "__all__"):
        pytest.skip("keras_mtl has no __all__ yet")
    assert undocumented(keras_mtl) == []


@pytest.mark.parametrize(
    "source",
    [
        "from keras_mtl.model import MultiTaskModel",
        "import keras_mtl.model",
        "from keras_mtl import model",
        "from keras_mtl import MultiTaskModel",
        "import keras_mtl",
        "from keras_mtl import *",
        "from ..model import MultiTaskModel",
        "from .. import model",
        "def f():\n    if True:\n        from ..model import MultiTaskModel",
    ],
)
def test_an_import_against_the_road_is_found(source: str) -> None:
    assert len(import_violations(source, "keras_mtl.data.mixture")) == 1


@pytest.mark.parametrize(
    "source",
    [
        "from keras_mtl.tasks import Task",
        "from keras_mtl.version import __version__",
        "from keras_mtl.data.cleaning import clean",
        "from ..heads import pooling",
        "from .cleaning import clean",
        "from . import cleaning",
        "import numpy as np\nfrom keras import ops",
    ],
)
def test_an_import_along_the_road_passes(source: str) -> None:
    assert import_violations(source, "keras_mtl.data.mixture") == []


def test_relative_imports_of_a_folder_start_in_the_folder() -> None:
    source = "from .model import layers"
    assert import_violations(source, "keras_mtl.data", is_package=True) == []
    assert len(import_violations(source, "keras_mtl.data", is_package=False)) == 1


def test_a_module_outside_the_layout_is_found() -> None:
    assert "not in the layout" in import_violations("", "keras_mtl.helpers")[0]


def test_an_assert_is_found() -> None:
    assert assert_lines("def f(x):\n    assert x") == [2]


def test_an_undocumented_name_is_found() -> None:
    class Base:
        """A text that the class below does not inherit here."""

    class Silent(Base):
        pass

    module = ModuleType("made_up")
    public = {"Base": Base, "Silent": Silent, "LABELS": ("no", "yes")}
    vars(module).update(public, __all__=list(public))
    assert undocumented(module) == ["made_up.Silent"]


def test_the_files_that_begin_first_are_there():
    there = {path.name for path in Path(__file__).parent.rglob("test_*.py")}
    assert set(LONGEST) <= there
