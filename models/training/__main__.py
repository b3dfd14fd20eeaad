"""The training's commands: ``python -m training render | train | evaluate | export | plot``."""

import argparse
import os
import sys
from importlib import import_module

from training.errors import TrainingError

_COMMANDS = {
    "render": "a set of photos with their truth, to look at, to judge by or to calibrate with",
    "train": "a run, or as much of it as the minutes allow",
    "evaluate": "how good a network is, on held-out scenes and on captures",
    "export": "from a run to the files that the engine reads",
    "plot": "a picture of how a run went",
}
_PACKAGES = ("torch", "onnx", "onnxruntime", "cv2", "numpy")


def main(words: list[str] | None = None) -> int:
    """Run a command; gives the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m training", description="The open training of the embedded network."
    )
    parsers = parser.add_subparsers(dest="command", required=True, metavar="command")
    given = sys.argv[1:] if words is None else words
    # onnxruntime tells its maker of this machine as soon as it is imported.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    for name, meaning in _COMMANDS.items():
        command = parsers.add_parser(name, help=meaning, description=f"{name}: {meaning}.")
        # Only the command that is asked for is loaded: one that needs no torch runs without it.
        if name in given[:1]:
            try:
                import_module(f"training.commands.{name}").add_options(command)
            except ModuleNotFoundError as error:
                return _failed(_missing(error))
    options = parser.parse_args(given)
    try:
        options.run(options)
    except TrainingError as error:
        return _failed(error)
    except ModuleNotFoundError as error:
        return _failed(_missing(error))
    except KeyboardInterrupt:
        return 130
    return 0


def _missing(error: ModuleNotFoundError) -> TrainingError:
    name = (error.name or "").split(".")[0]
    if name not in _PACKAGES:
        raise error
    return TrainingError(f"{name} is not installed", "pip install 'underside[train]'")


def _failed(error: TrainingError) -> int:
    sys.stderr.write(f"error: {error}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
