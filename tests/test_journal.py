"""The journal: what was committed is there after anything, whatever photos are called."""

import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from blob_captures import posix
from powerless import without_power

from underside.errors import OutputError
from underside.journal import Entry, Journal, JournalDamagedError, Stage, looking_into, set_aside

ENTRY = Entry(photo="vase/IMG_1.jpg", folder="vase", kin="img_1", capture="vase", pass_name="", size=5, mtime_ns=7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "out" / ".underside" / "journal.sqlite"


def test_what_is_not_committed_is_gone_and_what_is_stays(path: Path) -> None:
    with Journal(path) as journal:
        journal.add(ENTRY)
        journal.commit()
        journal.change(ENTRY.photo, stage=Stage.DONE)
    with Journal(path) as journal:
        assert journal.entry(ENTRY.photo) == ENTRY


def test_a_journal_from_before_proofs_is_read_and_taken_up(path: Path) -> None:
    with Journal(path):
        pass
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("ALTER TABLE captures DROP COLUMN proof")
    with looking_into(path) as journal:
        assert journal.proofs() == {}
    with Journal(path) as journal:
        journal.set_complete("vase", complete=True)
        journal.set_proof("vase", "no", "they do not\nbecome one object")
        assert journal.proofs() == {"vase": ("no", "they do not\nbecome one object")}
        journal.set_complete("vase", complete=False)
        assert journal.proofs() == {}


def test_a_journal_from_before_whole_stamps_is_read_and_taken_up(path: Path) -> None:
    with Journal(path) as journal:
        journal.add(replace(ENTRY, ctime_ns=3))
        journal.commit()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("ALTER TABLE photos DROP COLUMN ctime_ns")
        raw.execute("PRAGMA user_version = 1")
    with looking_into(path) as journal:
        assert journal.entry(ENTRY.photo) == ENTRY
    for ctime_ns in (0, 9):
        with Journal(path) as journal:
            assert journal.entry(ENTRY.photo) == replace(ENTRY, ctime_ns=ctime_ns)
            journal.change(ENTRY.photo, ctime_ns=9)
            journal.commit()


PHOTOS_OF_FORMAT_2 = """
DROP TABLE photos;
CREATE TABLE photos (
    photo PRIMARY KEY, folder NOT NULL, kin NOT NULL, capture NOT NULL, pass_name NOT NULL, stage TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL DEFAULT 0,
    sha256 TEXT NOT NULL, attempts INTEGER NOT NULL, reason TEXT NOT NULL, settings TEXT NOT NULL,
    verdict TEXT NOT NULL, mask_stamp TEXT NOT NULL,
    seconds REAL NOT NULL, seen_at REAL NOT NULL, done_at REAL NOT NULL, gone_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX of_folder ON photos (folder, kin);
INSERT INTO photos VALUES
    ('vase/IMG_1.jpg', 'vase', 'img_1', 'vase', '', 'settling', 5, 7, 9, '', 0, '', '', '', '', 2.5, 0, 1e9, 0);
PRAGMA user_version = 2;
"""


def test_a_journal_that_says_when_and_how_long_is_read_and_taken_up_without_that(path: Path) -> None:
    with Journal(path):
        pass
    with closing(sqlite3.connect(path)) as raw:
        raw.executescript(PHOTOS_OF_FORMAT_2)
    known, other = replace(ENTRY, ctime_ns=9), replace(ENTRY, photo="vase/IMG_2.jpg")
    with looking_into(path) as journal:
        assert journal.entry(ENTRY.photo) == known
    with Journal(path) as journal:
        journal.add(other)
        journal.commit()
    with Journal(path) as journal:
        assert list(journal.of_capture("vase")) == [known, other]


def test_a_commit_survives_a_kill(path: Path) -> None:
    script = (
        "import os, signal, sys; from pathlib import Path; from underside.journal import Entry, Journal\n"
        "journal = Journal(Path(sys.argv[1]))\n"
        "for number in range(50):\n"
        "    journal.add(Entry(photo=str(number), folder='', kin='', capture='c', pass_name=''))\n"
        "    journal.commit()\n"
        "journal.add(Entry(photo='half', folder='', kin='', capture='c', pass_name=''))\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    if sys.platform == "win32":
        pytest.skip("POSIX signals")
    done = subprocess.run([sys.executable, "-c", script, str(path)], check=False)
    assert done.returncode == -signal.SIGKILL
    with Journal(path) as journal:
        assert {entry.photo for entry in journal.of_capture("c")} == {str(number) for number in range(50)}


@pytest.mark.parametrize("photo", ["Schüssel/ä'\"; DROP TABLE photos.jpg", "a\nb.jpg", os.fsdecode(b"caf\xe9.jpg")])
def test_a_photo_may_be_called_anything(path: Path, photo: str) -> None:
    entry = replace(ENTRY, photo=photo, folder="", sha256="abc", reason=f"{photo} is cut short")
    with Journal(path) as journal:
        journal.add(entry)
        journal.change(photo, stage=Stage.READY)
        journal.commit()
        assert journal.with_content("abc") == [replace(entry, stage=Stage.READY)]
        assert list(journal.in_folder("")) == [photo]
        journal.set_complete("vase", complete=True)
        journal.set_proof("vase", "no", f"{photo} disagrees")
        assert journal.proofs() == {"vase": ("no", f"{photo} disagrees")}


def test_a_journal_is_read_while_it_is_written(path: Path) -> None:
    with Journal(path) as journal:
        journal.add(ENTRY)
        journal.commit()
        journal.change(ENTRY.photo, stage=Stage.DONE)
        with looking_into(path) as seen:
            assert [count.stage for count in seen.counts()] == [Stage.SETTLING]
        journal.commit()
        with looking_into(path) as seen:
            assert [count.stage for count in seen.counts()] == [Stage.DONE]


def test_another_process_may_ask_while_it_is_written(path: Path) -> None:
    with Journal(path) as journal:
        with Journal(path) as other:
            other.ask([(ENTRY.photo, '{"grow": 3}')])
            other.commit()
        (request,) = journal.requests()
        assert (request.photo, request.settings) == (ENTRY.photo, '{"grow": 3}')
        journal.drop(request)
        assert not journal.requests()


@pytest.mark.parametrize("content", [b"no journal at all" * 100, b"SQLite format 3\0" + bytes(5000)])
def test_what_is_no_journal_is_named_and_can_be_set_aside(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(JournalDamagedError, match="is damaged"):
        Journal(path)
    assert set_aside(path).read_bytes() == content
    with Journal(path) as journal:
        assert not journal.counts()


def test_a_journal_of_a_newer_underside_is_left_alone(path: Path) -> None:
    Journal(path).__exit__()
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA user_version = 99")
    raw.close()
    with pytest.raises(OutputError, match="newer Underside"):
        Journal(path)
    assert path.is_file()


def test_the_output_of_one_watched_folder_is_refused_to_another(path: Path, tmp_path: Path) -> None:
    with Journal(path) as journal:
        journal.of_root(str(tmp_path))
        journal.add(ENTRY)
        with pytest.raises(OutputError, match="another watched folder"):
            journal.of_root(str(tmp_path / "other"))


def test_reading_photos_that_wait_goes_by_their_age(path: Path) -> None:
    with Journal(path) as journal:
        for number in (3, 1, 2):
            journal.add(replace(ENTRY, photo=f"{number}", stage=Stage.READY, mtime_ns=number))
        oldest = [entry.photo for entry in journal.waiting("vase", "", newest_first=False, limit=2)]
        newest = [entry.photo for entry in journal.waiting("vase", "", newest_first=True, limit=2)]
    assert (oldest, newest) == (["1", "2"], ["3", "2"])


@posix
def test_a_journal_is_read_by_those_who_may_not_write_beside_it(path: Path) -> None:
    with Journal(path) as journal:
        journal.add(ENTRY)
        journal.commit()
    path.parent.chmod(0o555)
    try:
        assert seen_with_few_rights(path) == "1 photo"
    finally:
        path.parent.chmod(0o755)


@posix
def test_a_journal_that_may_not_be_read_is_said_to_be_so(path: Path) -> None:
    Journal(path).__exit__()
    path.chmod(0)
    told = seen_with_few_rights(path)
    assert told.startswith(f"Cannot use the journal {path}: you have no permission to read or write it.")


LOOKING = """
import sys
from pathlib import Path
from underside.errors import UndersideError
from underside.journal import looking_into
try:
    with looking_into(Path(sys.argv[1])) as journal:
        print(sum(each.count for each in journal.counts()), "photo")
except UndersideError as error:
    print(error)
"""


def seen_with_few_rights(path: Path) -> str:
    held = {"preexec_fn": without_power} if os.geteuid() == 0 else {}
    told = subprocess.check_output([sys.executable, "-c", LOOKING, path], text=True, **held)  # type: ignore[call-overload]
    return str(told.strip())


def test_a_journal_that_another_program_holds_is_not_called_full(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *words, **options: connect(*words, **{**options, "timeout": 0.1}))
    with Journal(path) as journal, closing(connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OutputError, match="another program holds it"):
            journal.add(ENTRY)
        other.execute("ROLLBACK")


def test_a_mistake_in_the_use_of_a_journal_does_not_condemn_it(path: Path) -> None:
    journal = Journal(path)
    journal.__exit__()
    with pytest.raises(sqlite3.ProgrammingError):
        journal.counts()
