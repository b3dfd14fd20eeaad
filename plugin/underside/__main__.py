"""The command line's one way in and one way out: every failure becomes a line and an exit code here."""

import os
import sys
from typing import NoReturn

import click

from underside.commands import underside
from underside.errors import ExitCode, UndersideError

__all__ = ["main"]


def main() -> NoReturn:
    """Run the command line and end the process."""
    sys.exit(_run())


def _run() -> int:
    try:
        result = underside.main(prog_name="underside", standalone_mode=False)
    except UndersideError as error:
        _say(str(error))
        return error.exit_code
    except click.Abort:
        _say("Interrupted.")
        return ExitCode.INTERRUPTED
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "underside"
        _say(f"{error.format_message().rstrip('.')}. See {where} --help.")
        return ExitCode.COULD_NOT_RUN
    except click.ClickException as error:
        _say(error.format_message())
        return ExitCode.COULD_NOT_RUN
    except BrokenPipeError:
        # The reader of our output has left (such as `| head`): nothing more to say, and no traceback at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.COULD_NOT_RUN
    return result if isinstance(result, int) else ExitCode.DONE


def _say(line: str) -> None:
    click.echo(f"underside: {' '.join(line.split())}", err=True)


if __name__ == "__main__":
    main()
