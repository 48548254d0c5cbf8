from keras_mtl.spans import Span, are_spans, read_spans


def test_what_rows_of_spans_are():
    assert are_spans([(0, 3, "PER")]) and are_spans([{}])
    assert not any(map(are_spans, (None, [], "O", ["O"], [None], {"start": 0}, (0, 3, "PER"))))
    assert read_spans([[0, 3, "PER"]], "task 'ner'", "row 0") == (Span(0, 3, "PER"),)
