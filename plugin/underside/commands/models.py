"""``underside models``: what is known, what is here; fetch one that is asked for."""

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from underside import resources
from underside.catalogue import Model, load_catalogue
from underside.catalogue.fetch import address_of, fetch
from underside.catalogue.pins import is_here, path_of
from underside.commands.parts.terminal import tell

__all__ = ["models"]

_ROW = "{:<22} {:<15} {:>6}  {:<17} {}"


@click.group(invoke_without_command=True)
@click.pass_context
def models(context: click.Context) -> None:
    """List the known models, and which of them are on this machine."""
    if context.invoked_subcommand is None:
        _print_list()


@models.command("fetch", short_help="Fetch a model, check it, and keep it.")
@click.argument("name")
@click.option("--accept-licence", is_flag=True, help="Accept the licence of a non-commercial model.")
def fetch_command(*, name: str, accept_licence: bool) -> None:
    """Fetch the model NAME, check it, and keep it in your folder of models.

    UNDERSIDE_MODELS overrides the folder. UNDERSIDE_MODELS_MIRROR gives the address of another place with the
    same files, HTTPS_PROXY a proxy. An interrupted download resumes where it stopped.
    """
    model = load_catalogue().find(name)
    tell(f"{model.name}: {model.title}. {_size(model)}; licence: {model.licence}.")
    if model.refused:
        tell(f"Not a model for objects: {model.refused}.")
    if model.fetchable and not is_here(model):
        tell(f"From {' and '.join(address_of(weights) for weights in model.weights)}")
    with Progress(
        TextColumn(model.name),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(model.name, total=None, visible=False)

        def show(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total or None, visible=True)

        fetch(model, accept_licence=accept_licence, progress=show)
    tell(f"Installed and checked: {' and '.join(str(path_of(model, weights)) for weights in model.weights)}")


def _print_list() -> None:
    known = load_catalogue().models.values()
    tell(_ROW.format("model", "on this machine", "MB", "licence", "what it is"))
    for model in known:
        size = f"{model.size_mb:.0f}" if model.size_mb else "?"
        what = f"{model.title} [not for objects]" if model.refused else model.title
        tell(_ROW.format(model.name, _state(model), size, _licence(model), what))
    tell("")
    tell("(!) Not for commercial use: fetched with --accept-licence only.")
    tell(f"Your folder of models: {resources.user_models_folder()}")
    tell("Fetch one with `underside models fetch NAME`; use it with `underside mask --model NAME`.")


def _state(model: Model) -> str:
    if model.embedded:
        return "built in"
    if is_here(model):
        return "installed"
    return "can be fetched" if model.fetchable else "get it yourself"


def _licence(model: Model) -> str:
    # What follows explains; the page of each model's source has the whole text.
    name = model.licence.replace(";", " ").split()[0]
    return name if model.commercial else f"{name} (!)"


def _size(model: Model) -> str:
    return f"About {model.size_mb:.1f} MB" if model.size_mb else "Size unknown"
