"""``underside install service`` and its way back."""

import sys
from pathlib import Path

import click
from click.core import ParameterSource

from underside.commands.parts.options import given
from underside.commands.parts.path import PATH
from underside.commands.parts.terminal import say, tell
from underside.commands.parts.watch_settings import settings_of
from underside.commands.watch import watch
from underside.errors import ExitCode, SettingsError
from underside.installers import user_service
from underside.settings import NONE, placed

__all__ = ["install_service", "uninstall_service"]


@click.command(
    "service",
    short_help="Watch a folder from now on, also after each restart.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("folder", type=PATH)
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[OPTION OF WATCH]...")
@click.option("--user", is_flag=True, required=True, help="For this user: it runs while you are logged in.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
def install_service(*, folder: Path, options: tuple[str, ...], user: bool, yes: bool) -> ExitCode:  # noqa: ARG001
    """Watch FOLDER from now on, and again after each restart of this machine.

    Sets up `underside watch FOLDER`, with the options given here, such as -o and --layout, as a systemd unit, a
    launchd agent or a Windows task. What would be written is shown first. It runs the engine with the Python that runs
    this command: after a move or an update, run it again.
    """
    context = watch.make_context("underside watch", [str(folder), *options])
    for unfit in ("once", "events"):
        if context.params[unfit]:
            raise SettingsError(f"--{unfit} cannot be used for a service", "Leave it out")
    root = folder.resolve()
    if not root.is_dir():
        raise SettingsError(f"There is no folder {root}", "Check the path")
    settings_of(given(context))(root, "")  # a mistake in the settings is reported now, not in a log
    wanted = user_service.service_for(root, ["watch", str(root), *_words(context)])
    tell(f"{wanted.path}:")
    for line in wanted.text.splitlines():
        tell(f"    {line}" if line else "")
    for command in wanted.start:
        tell(f"then: {' '.join(command)}")
    if not (yes or _agreed()):
        tell("Nothing was written.")
        return ExitCode.NO
    user_service.install(wanted)
    tell(f"{root} is watched. {wanted.note}")
    tell(f"`underside status {context.params['output'].absolute()}` shows its progress.")
    return ExitCode.DONE


@click.command("service")
@click.argument("folder", type=PATH)
@click.option("--user", is_flag=True, required=True, help="The service of this user.")
def uninstall_service(*, folder: Path, user: bool) -> None:  # noqa: ARG001
    """Stop watching FOLDER; its masks stay."""
    root = folder.resolve()
    found = user_service.uninstall(user_service.service_for(root))
    tell(f"{root} is no longer watched by a service" if found else f"No service of yours watched {root}")


def _agreed() -> bool:
    if not sys.stdin.isatty():
        say("underside: There is no terminal to ask on; --yes writes it without asking.")
        return False
    return click.confirm("Write this and start it?", default=False)


def _words(context: click.Context) -> list[str]:
    """What was chosen, each in a word of its own, wherever it is read."""
    words = [f"--output={context.params['output'].absolute()}"]
    for option in watch.params:
        name = option.name or ""
        said = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if isinstance(option, click.Option) and said and name != "output":
            value = placed(name, context.params[name], Path.cwd())
            spoken = max(option.opts, key=len)
            words += [spoken] if value is True else [f"{spoken}={_word(each)}" for each in _several(value)]
    return words


def _several(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _word(value: object) -> str:
    if value is None:
        return NONE
    return str(value.absolute()) if isinstance(value, Path) and str(value) != NONE else str(value)
