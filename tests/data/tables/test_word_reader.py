"""Files of words that were changed at random load, or are one error of ours."""

import gzip
import re
import tempfile
import traceback
from pathlib import Path

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from keras_mtl.data.datasets.dataset import Dataset
from tests.data.tables.changed_files import changed, changes_with

CONLL = "-DOCSTART- O\n\n# id\n" + "café O\nRome B-LOC\n\n" * 9
WORDS = "1\tcafé\t_\tNOUN\tNN\t_\t0\troot\t_\t_\n2-3\tRoma's\t_\t_\t_\t_\t_\t_\t_\t_\n"
WORDS += "2\tRome\t_\tPROPN\t_\t_\t1\tdep\t_\t_\n3\t's\t_\tPART\tPOS\t_\t2\tdep\t_\t_\n3.1\tx"
CONLLU = ("# text = x\n# sent_id = y\n" + WORDS + "\t_" * 8 + "\n\n") * 6
FILES = {"a.conll": CONLL, "a.conll.gz": CONLL, "a.conllu": CONLLU, "a.conllu.gz": CONLLU}
CHANGES = changes_with([b"\t", b"\0", b"\xff", b"\n", b"\r", b" ", b"_", b"#", b"9", b"-"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(FILES)),
    before=CHANGES,
    after=st.one_of(st.just([]), CHANGES),
    nulls=st.sampled_from(["error", "drop", "unlabelled"]),
)
@example("a.conll.gz", [], [], "error")
@example("a.conllu.gz", [], [], "unlabelled")
def test_a_changed_file_loads_or_is_one_error_of_ours(name, before, after, nulls):
    data = changed(FILES[name].encode(), before)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(changed(gzip.compress(data) if name.endswith(".gz") else data, after))
        try:
            if "conllu" in name:
                options = {"labels": ["upos", "xpos"], "columns": ["head", "text", "id", "feats"]}
                loaded = Dataset.from_conllu("mine", file, **options, nulls=nulls)
            else:
                loaded = Dataset.from_conll("mine", file, columns={"ner": -1}, comment="# ")
        except (ValueError, FileNotFoundError) as error:
            assert re.search(r"must .*Received: ", str(error), re.S)
            frames = traceback.extract_tb(error.__traceback__)
            assert "keras_mtl" in Path(frames[-1].filename).parts
        else:
            for split in loaded.splits.values():
                for column in loaded.labels:
                    pairs = zip(split["tokens"], split[column], strict=True)
                    assert all(len(words) == len(tags) > 0 for words, tags in pairs)
