"""Finding a dataset of TensorFlow Datasets by its name, and preparing it where that is needed.

The package is slow to import and brings TensorFlow along, so it is imported inside functions.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from keras_mtl.data.datasets.label_space import listed, nearest
from keras_mtl.data.tables.text_files import FilePath

# Where TensorFlow Datasets looks if no folder is given.
USUAL_PLACE = "$TFDS_DATA_DIR or ~/tensorflow_datasets"


def prepared_builder(name: str, data_dir: FilePath | None, download: bool) -> Any:
    """Return the builder of a dataset whose files are there.

    Args:
        name: As TensorFlow Datasets writes it, such as `"glue/mrpc:2.0.0"`.
        data_dir: The folder of prepared datasets, or `None` for the usual one.
        download: Whether to download and prepare what is not there.

    Raises:
        ValueError: If the name is none, or no such configuration or version is known.
        FileNotFoundError: If the dataset is not there and cannot be downloaded or prepared.
        ImportError: If preparing it needs a package that is not installed.
    """
    folder = None if data_dir is None else str(Path(os.path.expanduser(data_dir)))
    builder = _known(name, folder)
    if builder.is_prepared():
        return builder
    if not download:
        raise _not_there(name, builder, "nothing there, with download=False")
    try:
        builder.download_and_prepare()
    except ImportError as error:
        raise ImportError(
            f"Every package that preparing dataset {name!r} takes must be installed. Received: "
            f"{error}. Install it: pip install {error.name or '<package>'}"
        ) from error
    # Each builder reads its sources in its own way, and fails with errors of its own.
    except Exception as error:
        raise _not_there(name, builder, f"nothing there, and {_reason(error)}") from error
    return builder


def _known(name: str, folder: str | None) -> Any:
    import tensorflow_datasets as tfds

    if not isinstance(name, str):
        raise ValueError(
            "`name` of Dataset.from_tfds must be the name of a dataset, such as 'ag_news_subset' "
            f"or 'glue/mrpc:2.0.0'. Received: name={name!r}. Write it as a string."
        )
    try:
        return tfds.builder(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError as error:
        raise _unknown(name, folder) from error
    except (ValueError, AssertionError) as error:
        raise ValueError(
            f"`name` of Dataset.from_tfds must be <dataset>, <dataset>/<configuration> or either "
            f"with :<version>, as TensorFlow Datasets knows them. Received: name={name!r} "
            f"({_reason(error)}). {_near_configuration(name)}Look it up at "
            "https://www.tensorflow.org/datasets/catalog."
        ) from error
    # Names with a namespace, such as huggingface:..., are looked up in the network.
    except Exception as error:
        raise FileNotFoundError(
            f"Dataset {name!r} must be found by TensorFlow Datasets. Received: {_reason(error)}. "
            f"Put its files below {folder or USUAL_PLACE}, or try again with a connection."
        ) from error


def _near_configuration(name: str) -> str:
    import tensorflow_datasets as tfds

    base, _, configuration = name.partition(":")[0].partition("/")
    try:
        return nearest(configuration, tfds.builder_cls(base).builder_configs)
    except ValueError:  # No name of a dataset at all.
        return ""


def _unknown(name: str, folder: str | None) -> FileNotFoundError:
    import tensorflow_datasets as tfds

    base = name.partition(":")[0].partition("/")[0]
    place = Path(folder or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()
    prepared = {file.parent.relative_to(place) for file in place.glob("**/dataset_info.json")}
    here = sorted(str(path) for path in prepared if path.parts[0] == base)
    known = {*tfds.list_builders(with_community_datasets=False)} | {p.parts[0] for p in prepared}
    hint = f"Prepared there: {listed(here)}. " if here else nearest(base, sorted(known))
    return FileNotFoundError(
        f"Dataset {name!r} must be in the catalogue of TensorFlow Datasets, or prepared in "
        f"'{place}'. Received: a name found in neither. {hint}Put the prepared files into "
        f"'{place / base}/<configuration, if any>/<version>' and pass data_dir='{place}'."
    )


def _not_there(name: str, builder: Any, received: str) -> FileNotFoundError:
    return FileNotFoundError(
        f"Dataset {name!r} must be prepared in '{builder.data_path}'. Received: {received}. "
        "Prepare it on a machine with a connection (tfds build, or this call), put the files "
        "into that folder, or pass the `data_dir` that has them."
    )


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else f"{text[:300]}..."
