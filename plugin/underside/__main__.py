"""The command line's one way in and one way out: every failure becomes a line and an exit code here."""

# ruff: noqa: E402

import signal

# While the rest is being loaded nobody can catch Ctrl-C: it ends the process without a traceback.
signal.signal(signal.SIGINT, signal.SIG_DFL)

import sys
import traceback
from pathlib import Path
from typing import NoReturn

import click

from underside.commands import underside
from underside.commands.parts.terminal import hold_standard_streams, let_go_of_standard_streams, say
from underside.errors import ExitCode, UndersideError

__all__ = ["main"]

# The help as an exception, since click 8.2.
_NO_ARGUMENTS = getattr(click.exceptions, "NoArgsIsHelpError", ())


def main() -> NoReturn:
    """Run the command line and end the process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    hold_standard_streams()
    code = _run()
    let_go_of_standard_streams()
    sys.exit(code)


def _run() -> int:
    try:
        result = underside.main(prog_name="underside", standalone_mode=False)
    except UndersideError as error:
        _say(str(error))
        return error.exit_code
    except _NO_ARGUMENTS as error:
        click.echo(error.format_message(), err=True)
        return ExitCode.COULD_NOT_RUN
    except click.Abort:
        _say("Interrupted.")
        return ExitCode.INTERRUPTED
    except click.UsageError as error:
        where = _command_of(error)
        what = error.format_message().rstrip(".")
        _say(f"{what}{'' if what.endswith('?') else '.'} See {where} --help.")
        return ExitCode.COULD_NOT_RUN
    except click.ClickException as error:
        _say(error.format_message())
        return ExitCode.COULD_NOT_RUN
    except BrokenPipeError:  # the reader of our output has left
        return ExitCode.COULD_NOT_RUN
    except OSError as error:
        _say(_of_the_system(error))
        return ExitCode.COULD_NOT_RUN
    except Exception as error:
        _say(_of_our_own(error))
        return ExitCode.COULD_NOT_RUN
    return result if isinstance(result, int) else ExitCode.DONE


def _command_of(error: click.UsageError) -> str:
    """Click does not say of which command an option lacks its value."""
    if error.ctx:
        return error.ctx.command_path
    named = [word for word in sys.argv[1:2] if word in underside.list_commands(click.Context(underside))]
    return " ".join(["underside", *named])


def _of_the_system(error: OSError) -> str:
    """Paths are looked at in many places, and any may be locked, too long, or on a disk that is gone."""
    if error.filename is None:
        return _of_our_own(error)
    return f"Cannot use {error.filename}: {error.strerror}. Check the path, its disk and your permissions."


def _of_our_own(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    told = f"{type(error).__name__}: {error} ({Path(place.filename).name}, line {place.lineno})"
    return f"Internal error: {told}. Please report it."


def _say(line: str) -> None:
    say(f"underside: {' '.join(line.split())}")


if __name__ == "__main__":
    main()
