"""What can be wrong with a run folder, and how a run can end early."""


class RunError(ValueError):
    """A run folder is not as it must be: there already, in use, damaged, incomplete."""


class RunInterrupted(Exception):
    """The user stopped the training; what was learned is kept."""


class RunFailed(RuntimeError):
    """A run that began well broke off; its folder holds what there was until then."""
