"""Write docs/commands.md, the reference of all commands, from their own help texts."""

from pathlib import Path

import click

from underside.commands import underside

PAGE = Path(__file__).with_name("commands.md")


def page() -> str:
    """The whole page."""
    context = click.Context(underside, info_name="underside", terminal_width=100, **underside.context_settings)
    parts = [
        "# Commands\n\nWritten from the commands' own help by `python docs/write_commands.py`; a test holds it true.\n"
    ]
    parts += [_section(context, name) for name in underside.list_commands(context)]
    return "\n".join(parts)


def _section(parent: click.Context, name: str) -> str:
    command = underside.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent, max_content_width=100, terminal_width=100)
    text = f"## underside {name}\n\n```\n{command.get_help(context)}\n```\n"
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            assert inner is not None
            deeper = click.Context(inner, info_name=below, parent=context, max_content_width=100, terminal_width=100)
            text += f"\n### underside {name} {below}\n\n```\n{inner.get_help(deeper)}\n```\n"
    return text


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
