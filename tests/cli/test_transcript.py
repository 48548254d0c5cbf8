import json

from tests.cli.transcript import DOCUMENT, masked, printed
from tests.figures import exactly


def test_the_first_run_prints_what_the_document_says(tmp_path):
    found = printed(tmp_path)
    kept = DOCUMENT.read_text("utf-8")
    differing = [
        (one, other)
        for one, other in zip(masked(kept).splitlines(), masked(found).splitlines(), strict=False)
        if one != other
    ]
    exactly("lines of the transcript that are printed otherwise", differing, [])
    assert len(kept.splitlines()) == len(found.splitlines())
    # And the model has learned what is asked of it in the transcript.
    answers = [json.loads(line) for line in found.splitlines() if line.startswith('{"text"')]
    tones = [answer["predictions"]["tone"]["label"] for answer in answers]
    assert tones[0] == tones[3] == "negative" and tones[2] == "positive"
