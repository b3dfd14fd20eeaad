"""A proof in a process of its own, which can be ended at any moment: it only asks, and writes nothing."""

import os
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from underside.children import begin_as_child, deaf_to_ctrl_c, spawning
from underside.errors import SettingsError, UndersideError
from underside.flip.prove import Proof, prove

__all__ = ["prove_apart"]

_LOOK_EVERY = 0.1
# Who ends us by ending all our processes at once has told us, too, within so long.
_TOLD_WITHIN = 1.0
# Shots that come meanwhile go first.
_NICE = 5


def prove_apart(
    out: Path, *, tell: Callable[[str], None], stop: threading.Event, moot: Callable[[], bool]
) -> Proof | None:
    """Nothing where it was stopped, or where the answer is not wanted any more."""
    ours, theirs = spawning().Pipe(duplex=False)
    process = spawning().Process(target=_prove, args=(out, theirs), name="proof", daemon=True)
    try:
        with deaf_to_ctrl_c():
            process.start()
        theirs.close()
        while not (stop.is_set() or moot()):
            if not ours.poll(_LOOK_EVERY):
                continue
            match ours.recv():
                case str() as words:
                    tell(words)
                case Proof() as proof:
                    return proof
                case UndersideError() as error:
                    raise error
        return None
    except EOFError:
        if stop.wait(_TOLD_WITHIN):
            return None
        raise SettingsError(
            "The process that was to prove the passes has ended, perhaps for want of memory",
            f"Try it by itself: underside prove {out}",
        ) from None
    finally:
        if process.pid is not None:
            process.kill()
            process.join()
        ours.close()


def _prove(out: Path, answers: "Connection[object, object]") -> None:
    begin_as_child()
    if hasattr(os, "nice"):
        os.nice(_NICE)
    try:
        answers.send(prove(out, tell=answers.send))
    except UndersideError as error:
        answers.send(error)
    except Exception as error:
        told = f"Underside made a mistake of its own while proving ({type(error).__name__}: {error})"
        answers.send(SettingsError(told, "Please report it"))
