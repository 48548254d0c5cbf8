"""Settings of all tests."""

import hypothesis

# The same examples on every machine, however slow it is.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")
