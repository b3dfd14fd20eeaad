"""A question in a process of its own, which can be ended at any moment: it only reads, and writes nothing."""

import math
import os
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Protocol, TypeVar

from underside.children import begin_as_child, deaf_to_ctrl_c, spawning
from underside.errors import SettingsError, UndersideError

__all__ = ["Question", "ask_apart"]

Answer = TypeVar("Answer")
_Answer_co = TypeVar("_Answer_co", covariant=True)

_LOOK_EVERY = 0.1
# Who ends us by ending all our processes at once has told us, too, within so long.
_TOLD_WITHIN = 1.0
_NICE = 5


class Question(Protocol[_Answer_co]):
    """A function of a module; its answer is not a text, and can be sent between processes."""

    def __call__(self, out: Path, *, tell: Callable[[str], None]) -> _Answer_co:
        """``tell`` hears what is done just now."""


def ask_apart(
    question: Question[Answer],
    out: Path,
    *,
    tell: Callable[[str], None],
    stop: threading.Event,
    moot: Callable[[], bool] | None,
    seconds: float = math.inf,
) -> Answer | None:
    """Ask about an output folder; nothing where it was stopped, or where the answer has become ``moot``.

    Whoever may find it moot goes on with other work meanwhile, which goes first. Raises TimeoutError where there is no
    answer within so many seconds.
    """
    ours, theirs = spawning().Pipe(duplex=False)
    # A process that is ended at once leaves its temporary files: they go with this folder.
    with tempfile.TemporaryDirectory(prefix="underside-proof-", ignore_cleanup_errors=True) as work:
        handed = (question, out, work, moot is not None, theirs)
        process = spawning().Process(target=_ask, args=handed, name="proof", daemon=True)
        try:
            with deaf_to_ctrl_c():
                process.start()
            theirs.close()
            give_up = time.monotonic() + seconds
            while not (stop.is_set() or (moot and moot())):
                if time.monotonic() > give_up:
                    raise TimeoutError
                if not ours.poll(_LOOK_EVERY):
                    if not process.is_alive() and not ours.poll():  # on Windows the pipe may stay open without it
                        raise EOFError
                    continue
                received = ours.recv()
                if isinstance(received, str):
                    tell(received)
                elif isinstance(received, UndersideError):
                    raise received
                else:
                    answer: Answer = received
                    return answer
            return None
        except EOFError:
            if stop.wait(_TOLD_WITHIN):
                return None
            raise SettingsError(
                "The process that was proving the passes has died, perhaps for lack of memory",
                f"Run it on its own: underside prove {out}",
            ) from None
        finally:
            if process.pid is not None:
                process.kill()
                process.join()
            ours.close()


def _ask(question: Question[object], out: Path, work: str, gently: bool, answers: "Connection[object, object]") -> None:
    begin_as_child()
    tempfile.tempdir = work
    if gently and hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        answers.send(question(out, tell=answers.send))
    except UndersideError as error:
        answers.send(error)
    except Exception as error:
        told = f"Internal error while proving ({type(error).__name__}: {error})"
        answers.send(SettingsError(told, "Please report it"))
