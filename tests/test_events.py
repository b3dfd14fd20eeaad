"""The line protocol's other end: a door that goes away is noticed, in whatever way it goes."""

import socket
import struct
import subprocess
import sys

from blob_captures import posix

WAITING = """
import threading
from underside.events import when_input_closes
closed = threading.Event()
when_input_closes(closed.set)
print("waiting", flush=True)
print("closed" if closed.wait(20) else "never closed")
"""


SPAWNING = """
import subprocess, sys, threading
from underside.events import when_input_closes
closed = threading.Event()
when_input_closes(closed.set)
print(subprocess.run([sys.executable, "-c", "print(repr(open(0).read()))"],
                     stdout=subprocess.PIPE, text=True).stdout, end="", flush=True)
print("closed" if closed.wait(20) else "never closed")
"""


def test_a_process_that_is_started_meanwhile_has_nothing_of_the_door() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", SPAWNING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "''\n"
        process.stdin.close()
        assert process.stdout.read() == "closed\n"


@posix
def test_a_connection_that_is_broken_off_counts_as_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        door = socket.create_connection(server.getsockname())
        ours, _ = server.accept()
        with (
            ours,
            subprocess.Popen(
                [sys.executable, "-c", WAITING],
                stdin=ours.fileno(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process,
        ):
            assert process.stdout
            assert process.stdout.readline() == "waiting\n"
            # Without the usual farewell: the other side is told that the connection was reset.
            door.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            door.close()
            told, complaints = process.communicate(timeout=60)
    assert told == "closed\n"
    assert not complaints
