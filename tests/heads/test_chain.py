"""The random field against the sum over all paths, written out."""

import itertools

import numpy as np
import pytest
from keras import ops

from keras_mtl.heads import chain
from keras_mtl.heads.chain import NEVER, BestPath
from tests.compiled import compiled
from tests.figures import at_most, exactly

pytestmark = pytest.mark.any_backend

WORDS, TAGS = 5, 3
# Once for all fields: run eagerly, each call would compile its loop anew.
chain_losses, best_path, tag_probabilities, best_layer = map(
    compiled, (chain.chain_losses, chain.best_path, chain.tag_probabilities, BestPath())
)


class Field:
    """A random field over rows of 5, 3, 1, 5 and 0 words, small enough to list its paths."""

    lengths = (5, 3, 1, 5, 0)

    def __init__(self, seed: int, forbidden: bool) -> None:
        random = np.random.default_rng(seed)
        self.emissions = random.normal(0, 2, (len(self.lengths), WORDS, TAGS)).astype("float32")
        self.transitions = random.normal(0, 2, (TAGS, TAGS)).astype("float32")
        if forbidden:
            self.transitions[0, 2] = NEVER
        self.words = np.arange(WORDS) < np.array(self.lengths)[:, None]
        self.tags = random.integers(0, TAGS, (len(self.lengths), WORDS)).astype("int32")
        self.tags[3, [1, 2]] = -1  # Not known.
        if forbidden:  # What does not occur has no finite cost.
            self.tags[self.tags == 2] = 1

    @property
    def scores(self):
        arrays = {"emissions": self.emissions, "words": self.words, "transitions": self.transitions}
        return {name: ops.convert_to_tensor(array) for name, array in arrays.items()}

    def paths(self, row):
        """All paths of a row, and what each is worth, in float64."""
        paths = list(itertools.product(range(TAGS), repeat=self.lengths[row]))
        worth = [
            sum(float(self.emissions[row, place, tag]) for place, tag in enumerate(path))
            + sum(float(self.transitions[pair]) for pair in itertools.pairwise(path))
            for path in paths
        ]
        return paths, np.array(worth)


@pytest.fixture(params=itertools.product(range(3), (False, True)), ids=str)
def field(request):
    return Field(*request.param)


def test_losses_add_up_to_the_likelihood_of_the_known_tags(field):
    losses = ops.convert_to_numpy(chain_losses(**field.scores, tags=field.tags))
    assert losses.shape == field.tags.shape
    assert not losses[~field.words].any() and not losses[field.tags < 0].any()
    for row in range(len(losses)):
        paths, worth = field.paths(row)
        fits = [
            all(tag in (-1, own) for tag, own in zip(field.tags[row], path, strict=False))
            for path in paths
        ]
        expected = np.log(np.exp(worth).sum()) - np.log(np.exp(worth[fits]).sum())
        apart = abs(float(losses[row].sum()) - expected)
        at_most(f"loss of row {row} from that over all paths", apart, 1e-4)


def test_a_loss_is_that_of_a_tag_given_those_before(field):
    """Summed over all tags of a word, with those before it fixed, the probabilities make 1."""
    for place in range(WORDS):
        total = np.zeros(len(field.tags))
        for tag in range(TAGS):
            tags = field.tags.copy()
            tags[:, place], tags[:, place + 1 :] = tag, -1
            losses = ops.convert_to_numpy(chain_losses(**field.scores, tags=tags))
            total += np.exp(-losses[:, place])
        np.testing.assert_allclose(total[field.words[:, place]], 1.0, atol=1e-4)


def test_probabilities_are_shares_of_all_paths(field):
    found = ops.convert_to_numpy(tag_probabilities(**field.scores))
    for row, length in enumerate(field.lengths):
        paths, worth = field.paths(row)
        share = np.exp(worth - np.log(np.exp(worth).sum()))
        for place, tag in itertools.product(range(length), range(TAGS)):
            expected = sum(share[n] for n, path in enumerate(paths) if path[place] == tag)
            assert found[row, place, tag] == pytest.approx(expected, abs=1e-5)


def test_the_best_path_is_the_one_worth_most(field):
    found = ops.convert_to_numpy(best_path(**field.scores))
    layer = ops.convert_to_numpy(best_layer(field.scores))
    for row, length in enumerate(field.lengths):
        paths, worth = field.paths(row)
        path = tuple(found[row, :length].tolist())
        exactly(f"best path of row {row}", path, paths[int(worth.argmax())])
        assert tuple(layer[row, :length].argmax(axis=-1)) == paths[int(worth.argmax())]
        assert ((layer[row, :length] > 0).sum(axis=-1) == 1).all()


def test_padding_further_changes_nothing(field):
    wider = field.scores
    wider["emissions"] = ops.pad(wider["emissions"], [[0, 0], [0, 4], [0, 0]], constant_values=9.0)
    wider["words"] = ops.pad(wider["words"], [[0, 0], [0, 4]])
    tags = np.pad(field.tags, [(0, 0), (0, 4)], constant_values=1)
    losses = ops.convert_to_numpy(chain_losses(**wider, tags=tags))
    expected = ops.convert_to_numpy(chain_losses(**field.scores, tags=field.tags))
    np.testing.assert_allclose(losses[:, :WORDS], expected, atol=1e-6)
    assert not losses[:, WORDS:].any()
    np.testing.assert_array_equal(
        ops.convert_to_numpy(best_path(**wider))[:, :WORDS][field.words],
        ops.convert_to_numpy(best_path(**field.scores))[field.words],
    )


def test_scores_may_be_large():
    """What overflows an exponential does not overflow here."""
    field = Field(0, forbidden=False)
    field.emissions *= 200.0
    losses = ops.convert_to_numpy(chain_losses(**field.scores, tags=field.tags))
    assert np.isfinite(losses).all()
    for row in range(len(losses) - 1):
        if (field.tags[row] < 0).any():
            continue
        paths, worth = field.paths(row)
        own = worth[paths.index(tuple(field.tags[row, : field.lengths[row]].tolist()))]
        expected = np.logaddexp.reduce(worth) - own
        assert losses[row].sum() == pytest.approx(expected, rel=1e-4, abs=1e-3)
