"""Let Meshroom find our nodes by its environment variables, and the nodes our engine by a record of the user's own."""

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

from underside import __version__
from underside.errors import OutputError, SettingsError
from underside.files import write_atomically, writing
from underside.resources import meshroom_nodes_folder, user_data_folder

__all__ = ["Shell", "forget", "lines", "record", "record_path", "startup_file", "usual_shell", "variables", "write"]

_BEGIN, _END = "# >>> Underside's nodes for Meshroom >>>", "# <<< Underside's nodes for Meshroom <<<"
# Never from one beginning over another: what lies behind one whose end is gone may be a person's.
_LINES = rf"(?:(?!{re.escape(_BEGIN)}|{re.escape(_END)}).*\n)*"
_BLOCK = re.compile(rf"\n?{re.escape(_BEGIN)}\n{_LINES}{re.escape(_END)}(?:\n|\Z)")


class Shell(StrEnum):
    """What reads the lines."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"
    SH = "sh"
    POWERSHELL = "powershell"


def usual_shell() -> Shell:
    """The user's, on this system."""
    if sys.platform == "win32":
        return Shell.POWERSHELL
    name = Path(os.environ.get("SHELL", "")).name
    return Shell(name) if name in ("bash", "zsh", "fish") else Shell.SH


def variables(*, as_nodes: bool) -> Mapping[str, Path]:
    """What Meshroom must have in its environment: the plugin, or its nodes and templates without one."""
    root = meshroom_nodes_folder()
    if os.pathsep in str(root):
        raise SettingsError(
            f"Meshroom cannot be pointed to {root}: {os.pathsep!r} in a path separates paths",
            "Install Underside in a folder without it",
        )
    if not as_nodes:
        return {"MESHROOM_PLUGINS_PATH": root}
    return dict.fromkeys(("MESHROOM_NODES_PATH", "MESHROOM_PIPELINE_TEMPLATES_PATH"), root / "meshroom")


def lines(found: Mapping[str, Path], shell: Shell) -> list[str]:
    """The lines that set the variables in a shell; what they already hold stays."""
    return [_line(name, str(path), shell) for name, path in found.items()]


def _line(name: str, path: str, shell: Shell) -> str:
    if shell is Shell.POWERSHELL:
        quoted = path.replace("'", "''")
        joined = f"(@('{quoted}') + @($env:{name} -split ';' | ? {{ $_ -and $_ -ne '{quoted}' }})) -join ';'"
        return f"[Environment]::SetEnvironmentVariable('{name}', ({joined}), 'User')"
    if shell is Shell.FISH:
        quoted = "'" + path.replace("\\", "\\\\").replace("'", "\\'") + "'"
        return f"set -gx --path {name} {quoted} ${name}"
    return f'export {name}={shlex.quote(path)}"${{{name}:+:${name}}}"'


def startup_file(shell: Shell) -> Path:
    """What the shell reads when it starts."""
    home = Path.home()
    if shell is Shell.FISH:
        return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "fish" / "conf.d" / "underside.fish"
    return home / {Shell.BASH: ".bashrc", Shell.ZSH: ".zshrc"}.get(shell, ".profile")


def write(found: Mapping[str, Path], shell: Shell) -> str:
    """Put it where the shell, or Windows, will read it; says where that is."""
    if shell is Shell.POWERSHELL:
        _write_to_windows(found)
        return "your Windows environment"
    file = startup_file(shell)
    block = "\n".join(["", _BEGIN, *lines(found, shell), _END, ""])
    before = _without_block(_text(file))
    _replace(file, before + ("\n" if before and not before.endswith("\n") else "") + block)
    return str(file)


def record_path() -> Path:
    """The nodes look for the engine there; their own ``engine.py`` says the same."""
    return user_data_folder() / "underside" / "meshroom.json"


def record() -> Path:
    """Write down the interpreter that runs this."""
    content = {"python": sys.executable, "version": __version__}
    path = record_path()
    try:
        write_atomically(path, json.dumps(content, indent=1).encode())
    except OutputError as error:
        raise OutputError(error.what, f"Make it writable, or set UNDERSIDE_PYTHON to {sys.executable}") from error
    return path


def forget() -> list[str]:
    """Take out what ``record`` and ``write`` have put anywhere; says from where."""
    gone: list[str] = []
    path = record_path()
    if path.is_file():
        with writing(path):
            path.unlink()
        gone.append(str(path))
    for shell in (each for each in Shell if each is not Shell.POWERSHELL):
        file = startup_file(shell)
        text = _text(file)
        if _BEGIN in text and str(file) not in gone:
            _replace(file, _without_block(text))
            gone.append(str(file))
    if sys.platform == "win32" and _forget_in_windows():
        gone.append("your Windows environment")
    return gone


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode(errors="surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise OutputError(f"Cannot read {file}: {error.strerror}", "Add the lines yourself, without --write") from error


def _without_block(text: str) -> str:
    return _BLOCK.sub("", text)


def _replace(file: Path, text: str) -> None:
    # A start file may be a link into a folder of them, and nobody else's to read.
    real = file.resolve()
    try:
        mode = real.stat().st_mode if real.exists() else None
        if not text:
            real.unlink(missing_ok=True)
            return
        write_atomically(real, text.encode(errors="surrogateescape"))
        if mode is not None:
            real.chmod(mode)
    except (OSError, OutputError) as error:
        what = error.what if isinstance(error, OutputError) else f"Cannot write {real}: {error.strerror}"
        raise OutputError(what, "Add the lines yourself, without --write") from error


if sys.platform == "win32":
    import ctypes
    import winreg

    def _write_to_windows(found: Mapping[str, Path]) -> None:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, "Environment", 0, winreg.KEY_ALL_ACCESS) as key:
            for name, path in found.items():
                others = [each for each in _of_user(key, name) if each != str(path)]
                winreg.SetValueEx(key, name, 0, winreg.REG_EXPAND_SZ, ";".join([str(path), *others]))
        _tell_windows()

    def _forget_in_windows() -> bool:
        was_there = False
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, "Environment", 0, winreg.KEY_ALL_ACCESS) as key:
            for found in (variables(as_nodes=False), variables(as_nodes=True)):
                for name, path in found.items():
                    before = _of_user(key, name)
                    others = [each for each in before if each != str(path)]
                    was_there = was_there or others != before
                    if others:
                        winreg.SetValueEx(key, name, 0, winreg.REG_EXPAND_SZ, ";".join(others))
                    elif before:
                        winreg.DeleteValue(key, name)
        _tell_windows()
        return was_there

    def _tell_windows() -> None:
        """Programs that are started from now on get what is written; without this, those after the next logon."""
        everybody, settings_changed, not_if_hung, milliseconds = 0xFFFF, 0x1A, 2, 2000
        ctypes.windll.user32.SendMessageTimeoutW(
            everybody, settings_changed, 0, "Environment", not_if_hung, milliseconds, None
        )

    def _of_user(key: winreg.HKEYType, name: str) -> list[str]:
        with suppress(FileNotFoundError):
            return [each for each in str(winreg.QueryValueEx(key, name)[0]).split(";") if each]
        return []

else:

    def _write_to_windows(_found: Mapping[str, Path]) -> None:
        raise SettingsError("--write for PowerShell works on Windows only", "Choose another --shell")
