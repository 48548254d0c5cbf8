import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras_mtl.config import ConfigError
from keras_mtl.config.yaml_file import parse_yaml, read_yaml, scalar, write_scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("2020-01-01", "2020-01-01"),
        ("1:30", "1:30"),
        ("1_000", "1_000"),
        ("0x10", "0x10"),
        ("true", True),
        ("~", None),
        ("", None),
        ("007", 7),
        ("-3", -3),
        ("1e-3", 0.001),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        (".", "."),
        ("<<", "<<"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(text, value):
    assert scalar(text) == value and type(scalar(text)) is type(value)
    assert parse_yaml(f"a: {text}", "run.yaml").data == {"a": value}


def test_quotes_make_text():
    assert parse_yaml("a: '3'\nb: \"null\"\nc: |\n  4", "f").data == {
        "a": "3",
        "b": "null",
        "c": "4",
    }


def test_keys_are_text():
    assert parse_yaml("1: a\nno: b\nnull: c", "f").data == {"1": "a", "no": "b", "null": "c"}


def test_every_value_knows_its_line():
    document = parse_yaml("a: 1\n\nb:\n  c: [x,\n      {d: y}]\n", "run.yaml")
    assert document.where(("a",)) == "run.yaml, line 1"
    assert document.where(("b", "c")) == "run.yaml, line 4"
    assert document.where(("b", "c", 1, "d")) == "run.yaml, line 5"
    assert document.where(("b", "nowhere", "deep")) == "run.yaml, line 3"
    assert parse_yaml("", "run.yaml").where(("a",)) == "run.yaml"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a:\n\tb: 1", ["line 2", "tab", "spaces"]),
        ("a:\n  b: 1\n\tc: 2", ["line 3", "tab"]),
        ("a: 1\nb: 2\na: 3", ["line 3", "'a'", "line 1"]),
        ("a: [1, 2", ["line 1", "brackets"]),
        ("a: 'x", ["quote"]),
        ("a: b: c", ["line 1"]),
        ("a: 1\n---\nb: 2", ["line 2", "document"]),
        ("a: &x [*x]", ["alias"]),
        ("a: *x", ["alias 'x'"]),
        ("a: !!python/object:os.system x", ["tag"]),
        ("{[1]: 2}", ["plain keys"]),
        ("a: \x00", ["character"]),
        ("[" * 5000, ["nest"]),
        ("a: " + "9" * 5000, ["5000 digits"]),
    ],
    ids=lambda one: one[:20] if isinstance(one, str) else None,
)
def test_what_is_no_yaml_is_one_message_with_the_line(text, words):
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "run.yaml")
    assert str(caught.value).startswith("run.yaml")
    assert all(word in str(caught.value) for word in words), caught.value


def test_aliases_of_aliases_do_not_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    with pytest.raises(ConfigError, match="100,000"):
        parse_yaml("\n".join(lines), "run.yaml")


def test_a_file_that_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="keras-mtl init"):
        read_yaml(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="can be read"):
        read_yaml(tmp_path)
    (tmp_path / "latin.yaml").write_bytes("a: é".encode("latin-1"))
    with pytest.raises(ConfigError, match="byte 0xe9 at byte 3"):
        read_yaml(tmp_path / "latin.yaml")
    (tmp_path / "marked.yaml").write_bytes("\ufeffa: é".encode())
    assert read_yaml(tmp_path / "marked.yaml").data == {"a": "é"}


_SCALARS = st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=8)


@given(st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=3), max_leaves=5))
def test_what_is_written_is_read_back(value):
    text = write_scalar(value)
    # PyYAML quotes what YAML 1.1 would misread, and what it leaves plain means the same in 1.2.
    assert parse_yaml(f"a: {text}", "f").data == {"a": value}


@given(st.text(max_size=60))
def test_any_text_is_read_or_is_one_clear_error(text):
    try:
        parse_yaml(text, "run.yaml")
    except ConfigError as error:
        assert str(error).startswith("run.yaml")
