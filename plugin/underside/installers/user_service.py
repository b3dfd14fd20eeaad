"""A watch as a service of one user: a systemd unit, a launchd agent or a task of Windows, with the way to start it."""

import hashlib
import os
import plistlib
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from underside.errors import OutputError, SettingsError
from underside.files import write_atomically, writing
from underside.resources import user_data_folder

__all__ = ["Service", "install", "service_for", "uninstall"]

# For example a folder on a share that is not there yet at start: try again, all day if necessary.
_AGAIN_AFTER = 30
# The shots in flight are finished first, on a slow machine, too.
_TIME_TO_END = 60

_LOOK_EVERY = 1.0

_Command = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Service:
    """What is written where, and what makes the system take notice. Commands in ``before`` may fail."""

    name: str
    path: Path
    text: str
    encoding: str = "utf-8"
    before: tuple[_Command, ...] = ()
    start: tuple[_Command, ...]
    stop: tuple[_Command, ...]
    after_removal: tuple[_Command, ...] = ()
    patience: float = 0.0
    """For how many seconds a start that fails is tried again."""
    note: str


def service_for(folder: Path, words: Sequence[str] = (), *, system: str = sys.platform) -> Service:
    """The service that watches a folder, given the words of its command line; each folder has one of its own."""
    for word in (*words, sys.executable, str(folder)):
        if not _is_text(word):
            raise SettingsError(f"{word!a} contains characters that a service file cannot hold", "Rename that folder")
    readable = re.sub(r"[^A-Za-z0-9]+", "-", folder.name).strip("-")[:40] or "folder"
    name = f"underside-{readable}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:6]}"
    command = [sys.executable, "-m", "underside", *words]
    if system == "win32":
        return _windows_task(name, folder, command)
    return _launch_agent(name, command) if system == "darwin" else _systemd_unit(name, folder, command)


def install(service: Service) -> None:
    """Write its file and start it."""
    write_atomically(service.path, service.text.encode(service.encoding))
    for command in service.before:
        _run(command)
    for command in service.start:
        problem = _run_in_time(command, service.patience)
        if problem:
            raise OutputError(
                f"The service is in {service.path}, but `{subprocess.list2cmdline(command)}` failed: {problem}",
                "Run that yourself where you are logged in",
            )


def uninstall(service: Service) -> bool:
    """Stop it and remove its file; whether there was one."""
    if not service.path.is_file():
        return False
    for command in service.stop:
        _run(command)
    with writing(service.path):
        service.path.unlink(missing_ok=True)
    for command in service.after_removal:
        _run(command)
    return True


def _run_in_time(command: _Command, patience: float) -> str:
    give_up = time.monotonic() + patience
    while (problem := _run(command)) and time.monotonic() < give_up:
        time.sleep(_LOOK_EVERY)
    return problem


def _run(command: _Command) -> str:
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = (done.stderr or done.stdout).decode(errors="replace").strip()
    return (said or f"it ended with {done.returncode}") if done.returncode else ""


def _is_text(word: str) -> bool:
    return word.isprintable()  # a name that is no Unicode is not, either


def _environment() -> dict[str, str]:
    """What changes where the engine looks."""
    return {name: os.environ[name] for name in ("UNDERSIDE_MODELS",) if name in os.environ}


# --- systemd ------------------------------------------------------------------------------------------------


def _systemd_unit(name: str, folder: Path, command: Sequence[str]) -> Service:
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    program, *words = command
    # The program's name cannot hold variables, so "$" is itself there.
    line = " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in words)])
    lines = [
        "[Unit]",
        f"Description=Underside watches {str(folder).replace('%', '%%')}",
        "",
        "[Service]",
        f"ExecStart={line}",
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in _environment().items()),
        "Restart=on-failure",
        f"RestartSec={_AGAIN_AFTER}",
        # The others end by themselves once their work is done.
        "KillMode=mixed",
        f"TimeoutStopSec={_TIME_TO_END}",
        "",
        "[Install]",
        "WantedBy=default.target",
        "",
    ]
    ours = ("systemctl", "--user")
    unit = f"{name}.service"
    return Service(
        name=name,
        path=config / "systemd" / "user" / unit,
        text="\n".join(lines),
        start=((*ours, "daemon-reload"), (*ours, "enable", unit), (*ours, "restart", unit)),
        stop=((*ours, "disable", "--now", unit),),
        after_removal=((*ours, "daemon-reload"),),
        note=(
            "It runs while you are logged in; `loginctl enable-linger` keeps it running always. "
            f"`journalctl --user -u {unit}` shows its log."
        ),
    )


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


# --- launchd ------------------------------------------------------------------------------------------------


def _launch_agent(name: str, command: Sequence[str]) -> Service:
    path = Path.home() / "Library" / "LaunchAgents" / f"{name}.plist"
    facts = {
        "Label": name,
        "ProgramArguments": list(command),
        "EnvironmentVariables": _environment(),
        "RunAtLoad": True,
        "KeepAlive": {"SuccessfulExit": False},
        "ThrottleInterval": _AGAIN_AFTER,
        "ExitTimeOut": _TIME_TO_END,
        # Otherwise it is slowed down like an indexer.
        "ProcessType": "Interactive",
    }
    domain = f"gui/{getattr(os, 'getuid', int)()}"
    return Service(
        name=name,
        path=path,
        text=plistlib.dumps(facts).decode(),
        before=(("launchctl", "bootout", f"{domain}/{name}"),),
        start=(("launchctl", "bootstrap", domain, str(path)),),
        stop=(("launchctl", "bootout", f"{domain}/{name}"),),
        # It refuses the new one for as long as the old one has not ended.
        patience=_TIME_TO_END,
        note=(
            "It runs while you are logged in. macOS may ask whether Python may read that folder: "
            "see Privacy & Security, Files and Folders."
        ),
    )


# --- Windows ------------------------------------------------------------------------------------------------

_TASK = "http://schemas.microsoft.com/windows/2004/02/mit/task"


def _windows_task(name: str, folder: Path, command: Sequence[str]) -> Service:
    user = "\\".join(os.environ.get(each, "") for each in ("USERDOMAIN", "USERNAME")).strip("\\")
    program = Path(command[0])
    # The same without a window of its own.
    silent = program.with_name("pythonw.exe")
    root = ET.Element("Task", version="1.4", xmlns=_TASK)
    _add(root, "RegistrationInfo", Description=f"Underside watches {folder}")
    _add(ET.SubElement(root, "Triggers"), "LogonTrigger", Enabled="true", UserId=user)
    principal = _add(ET.SubElement(root, "Principals"), "Principal", UserId=user, LogonType="InteractiveToken")
    principal.set("id", "Author")
    settings = _add(
        root,
        "Settings",
        MultipleInstancesPolicy="IgnoreNew",
        DisallowStartIfOnBatteries="false",
        StopIfGoingOnBatteries="false",
        StartWhenAvailable="true",
        ExecutionTimeLimit="PT0S",
        Priority="5",  # as any program; a task's own would be below that
    )
    _add(settings, "RestartOnFailure", Interval="PT1M", Count="999")
    actions = ET.SubElement(root, "Actions", Context="Author")
    arguments = subprocess.list2cmdline(command[1:])
    _add(actions, "Exec", Command=str(silent if silent.is_file() else program), Arguments=arguments)
    ET.indent(root)
    path = user_data_folder() / "underside" / "services" / f"{name}.xml"
    return Service(
        name=name,
        path=path,
        text=f'<?xml version="1.0" encoding="UTF-16"?>\n{ET.tostring(root, encoding="unicode")}\n',
        encoding="utf-16",
        before=(("schtasks", "/End", "/TN", name),),
        start=(("schtasks", "/Create", "/TN", name, "/XML", str(path), "/F"), ("schtasks", "/Run", "/TN", name)),
        stop=(("schtasks", "/End", "/TN", name), ("schtasks", "/Delete", "/TN", name, "/F")),
        note="It runs while you are logged in; Task Scheduler shows it.",
    )


def _add(parent: ET.Element, tag: str, **texts: str) -> ET.Element:
    element = ET.SubElement(parent, tag)
    for name, text in texts.items():
        ET.SubElement(element, name).text = text
    return element
