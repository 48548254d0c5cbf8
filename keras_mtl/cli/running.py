"""Running a command: its errors as one message and an exit status."""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Mapping
from typing import Any

import click
import keras

from keras_mtl.cli import commands
from keras_mtl.runs.errors import RunError, RunFailed
from keras_mtl.training import CheckpointError, SelfCheckError, StateError

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
# Why a run broke off, where the words say it all: labels, the disk, what is to be gone on from.
_IN_WORDS = (SelfCheckError, CheckpointError, StateError, RunError)


def run_command(name: str, options: Mapping[str, Any]) -> int:
    """Run a command and tell how it ended.

    Bad input is one message without a traceback. A run that fails shows one, since the mistake
    may be in a user's own class, unless a self-check ended it, a full disk or a damaged state.

    Args:
        name: The command.
        options: Its arguments.

    Returns:
        The exit status.
    """
    warnings.showwarning = _show_warning
    try:
        return int(getattr(commands, name)(**options))
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of the output has gone, as `head` does; nothing more to tell it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except RunFailed as error:
        if not isinstance(error.__cause__, _IN_WORDS):
            click.echo(traceback.format_exc().rstrip(), err=True)
        click.echo(f"Error: {error}", err=True)
        return FAILED
    except (ValueError, OSError) as error:
        click.echo(f"Error: {error}", err=True)
        return BAD_INPUT
    except Exception:
        click.echo(traceback.format_exc().rstrip(), err=True)
        return FAILED


def find_devices() -> list[str]:
    """Start the backend's devices, which is when drivers complain of a GPU that is not there."""
    return [str(device) for device in keras.distribution.list_devices()]


def _show_warning(message: Warning | str, *_: Any, **__: Any) -> None:
    with contextlib.suppress(BrokenPipeError):  # Nobody listens; no reason to fail a run.
        click.echo(f"Warning: {message}", err=True)
