"""What a run did, as one page to look at."""

from keras_mtl.reports.page import write_report
from keras_mtl.reports.reviews import review_json
from keras_mtl.reports.run_files import FORMAT

__all__ = [
    "FORMAT",
    "review_json",
    "write_report",
]
