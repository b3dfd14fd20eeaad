"""``underside serve``: rembg's address, answered by Underside."""

import importlib
from typing import Any

import click

from underside.commands.parts.number import Number, Whole
from underside.commands.parts.options import masking_options
from underside.commands.parts.stopping import stopping_cleanly
from underside.commands.parts.terminal import say, tell
from underside.errors import SettingsError
from underside.resources import pip_install
from underside.settings import Settings

__all__ = ["serve"]

_NEEDED = ("python_multipart", "starlette", "uvicorn")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=Whole(0, 65535), default=7000, show_default=True, help="The port; 0 takes any free one.")
@click.option("--workers", type=Whole(1, 64), help="Photos at once; default: one per processor.")
@click.option(
    "--queue",
    type=Whole(0, 1024),
    default=64,
    show_default=True,
    help="Further requests that may wait; the rest are told to try again later.",
)
@click.option(
    "--max-megabytes",
    type=Number(0.001, 4000),
    default=100,
    show_default=True,
    help="Refuse larger requests.",
)
@click.option(
    "--timeout",
    type=Number(0.1, 3600),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="Time allowed for a photo to arrive, a request to wait its turn, an answer to be taken.",
)
@click.option(
    "--allow-url-host",
    "url_hosts",
    multiple=True,
    metavar="HOST[:PORT]",
    help="Fetch photos from this host when a request gives their address. Default: from none.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Web pages that may send requests, such as http://localhost:3000; * for all. Default: none.",
)
@masking_options
def serve(
    *,
    host: str,
    port: int,
    workers: int | None,
    queue: int,
    max_megabytes: float,
    timeout: float,
    url_hosts: tuple[str, ...],
    origins: tuple[str, ...],
    **settings: Any,  # noqa: ANN401 - checked by Settings
) -> None:
    """Answer GET and POST /api/remove as `rembg s` does, for programs that talk to it.

    Each photo is masked alone. The address is printed once the service accepts requests; Ctrl-C or a terminate signal
    ends it after the requests in progress.
    """
    _check_extra()
    from underside.serve.server import ServeOptions
    from underside.serve.server import serve as answer

    options = ServeOptions(
        host=host,
        port=port,
        workers=workers,
        queue=queue,
        max_megabytes=max_megabytes,
        timeout=timeout,
        url_hosts=url_hosts,
        origins=origins,
    )
    with stopping_cleanly() as stop:
        answer(Settings(**settings), options, stop=stop, tell=tell, log=say)


def _check_extra() -> None:
    for module in _NEEDED:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise SettingsError(
                f"underside serve needs {module.replace('_', '-')}, which is not installed",
                f"Install the extra: {pip_install('serve')}",
            ) from error
