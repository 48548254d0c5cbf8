"""Files that are changed at random."""

from hypothesis import strategies as st


def changes_with(inserted):
    """Lists of some changes; what is inserted is one of these."""
    kinds = st.sampled_from(["flip", "cut", "insert", "drop"])
    return st.lists(st.tuples(kinds, st.integers(0, 10**6), st.sampled_from(inserted)), max_size=4)


def changed(data, changes):
    for kind, place, inserted in changes:
        at = place % (len(data) + 1)
        if kind == "flip" and at < len(data):
            data = data[:at] + bytes([data[at] ^ (1 << place % 8)]) + data[at + 1 :]
        elif kind == "cut":
            data = data[:at]
        elif kind == "insert":
            data = data[:at] + inserted + data[at:]
        elif kind == "drop":
            rows = data.split(b"\n")
            data = b"\n".join(rows[: place % len(rows)] + rows[place % len(rows) + 1 :])
    return data
