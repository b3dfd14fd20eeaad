"""The Metashape menu and its engine: absent, broken, another one, stopped, and how long it takes to start."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import processor_seconds
from metashape_host import HostProgram, finished, part, started, trouble, two_poses

from underside import __version__
from underside.settings import Settings

shell_scripts = pytest.mark.skipif(os.name != "posix", reason="shell scripts stand in for interpreters")


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HostProgram]:
    monkeypatch.delenv("UNDERSIDE_PYTHON", raising=False)
    with started(tmp_path) as host:
        yield host


def record(host: HostProgram, **facts: object) -> None:
    path = host.scripts / "underside_metashape" / "engine.json"
    content = {"python": sys.executable, "version": __version__, **facts}
    path.write_text(json.dumps(content), encoding="utf-8")


def test_the_engine_that_is_installed_answers(host: HostProgram) -> None:
    engine = part("record").find_engine()
    assert (engine.python, engine.version) == (sys.executable, __version__)


@shell_scripts
def test_an_interpreter_in_a_folder_with_odd_characters_is_found(host: HostProgram, tmp_path: Path) -> None:
    odd = tmp_path / "Ünder side" / "python"
    odd.parent.mkdir()
    odd.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
    odd.chmod(0o755)
    record(host, python=str(odd))
    assert part("record").find_engine().python == str(odd)


def test_a_variable_that_names_the_interpreter_wins(host: HostProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    record(host, python="/nowhere/recorded")
    monkeypatch.setenv("UNDERSIDE_PYTHON", f'"{sys.executable}"')
    assert part("record").find_engine().python == sys.executable
    monkeypatch.setenv("UNDERSIDE_PYTHON", "/nowhere/python")
    with pytest.raises(trouble(), match="there is no /nowhere/python, which UNDERSIDE_PYTHON names"):
        part("record").find_engine()
    monkeypatch.setenv("UNDERSIDE_PYTHON", sys.executable)
    record(host, version="99.1.0")
    with pytest.raises(trouble(), match=r"to Underside 99\.1\.0, but its engine is now"):
        part("record").find_engine()


def test_a_missing_or_broken_record_says_what_to_do(host: HostProgram) -> None:
    path = host.scripts / "underside_metashape" / "engine.json"
    for content, said in ((b"{", "cannot be read"), (b'{"version": "1"}', "cannot be read"), (None, "was not found")):
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(trouble(), match=said) as raised:
            part("record").find_engine()
        assert "underside install metashape" in str(raised.value)
        path.touch()


@shell_scripts
def test_an_interpreter_that_is_gone_or_no_underside_says_what_to_do(host: HostProgram, tmp_path: Path) -> None:
    for name, text, said in (
        ("none", None, "is missing"),
        ("not executable", "", "does not start"),
        ("other", "#!/bin/sh\necho 'No module named underside' >&2\nexit 1\n", "No module named underside"),
        ("silent", "#!/bin/sh\n", "There is no working Underside"),
    ):
        python = tmp_path / name
        if text is not None:
            python.write_text(text)
            python.chmod(0o755 if text else 0o644)
        record(host, python=str(python))
        with pytest.raises(trouble(), match=said) as raised:
            part("record").find_engine()
        assert "underside install metashape" in str(raised.value)


def test_an_engine_of_another_version_is_refused(host: HostProgram) -> None:
    record(host, version="99.1.0")
    with pytest.raises(trouble(), match=r"belongs to Underside 99\.1\.0, but its engine is now") as raised:
        part("record").find_engine()
    assert "underside install metashape" in str(raised.value)


def test_metashapes_own_python_variables_do_not_reach_the_engine(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONHOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "metashape-pro"))
    libraries = [str(tmp_path / "metashape-pro" / "lib"), "/usr/local/cuda/lib64"]
    monkeypatch.setenv("LD_LIBRARY_PATH", os.pathsep.join(libraries))
    environment = part("record").own_environment()
    assert not {"PYTHONHOME", "PYTHONPATH"} & set(environment)
    assert environment["LD_LIBRARY_PATH"] == "/usr/local/cuda/lib64"
    assert part("record").find_engine().version == __version__


def test_a_model_that_is_missing_is_told_as_the_engine_tells_it(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    chunk = host.chunk(*upright)
    views, _ = part("views").views_of(host.metashape, chunk)
    masking = part("masking")
    wish = masking.Wish(str(tmp_path / "out"), model="no-such-model")
    run = masking.begin(part("record").find_engine(), views, wish)
    tally = masking.Tally()
    while not run.ended:
        list(map(tally.take, run.events(wait=0.1)))
    with pytest.raises(trouble(), match="no-such-model"):
        masking.check_end(run, tally)
    run.kill()


def test_a_results_folder_that_cannot_be_written_is_refused_before_any_work(host: HostProgram, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(trouble(), match="Choose another folder for the results"):
        part("masking").make_folder(str(tmp_path / "file" / "out"))


def test_a_project_that_is_not_saved_has_no_place_for_masks(host: HostProgram) -> None:
    with pytest.raises(trouble(), match="Save the project first"):
        part("views").results_beside("", "/photos")


def test_photos_of_several_drives_are_refused_in_words(host: HostProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(part("views").os, "path", __import__("ntpath"))
    with pytest.raises(trouble(), match="several drives"):
        part("views").common_folder(["C:/photos/a.jpg", "D:/photos/b.jpg"])


def test_results_of_a_newer_underside_or_none_or_broken_ones_say_what_to_do(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    folder = finished(host, upright)
    read = part("results").read_results
    for content, said in (
        ('{"format": 9}', "newer Underside"),
        ('{"format": 1}', "cannot be read"),
        ('{"format": 1, "capture": "/", "plates": [], "shots": [3]}', "cannot be read"),
        ("[]", "cannot be read"),
    ):
        (folder / "capture.json").write_text(content)
        with pytest.raises(trouble(), match=said):
            read(str(folder))
    (folder / "capture.json").unlink()
    with pytest.raises(trouble(), match="holds no results"):
        read(str(folder))


def test_the_engine_stops_cleanly_when_asked_and_keeps_what_is_done(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path, 6)
    chunk = host.chunk(*upright, *flipped)
    views, _ = part("views").views_of(host.metashape, chunk)
    masking = part("masking")
    run = masking.begin(part("record").find_engine(), views, masking.Wish(str(tmp_path / "out"), effort="fast"))
    tally = masking.Tally()
    while not run.ended:
        for event in run.events(wait=0.05):
            tally.take(event)
            if tally.done == 1:
                run.stop()
    with pytest.raises(trouble(), match=r"Stopped\. .* masks are finished and kept"):
        masking.check_end(run, tally)
    run.kill()
    assert 0 < len(list((tmp_path / "out" / "masks").rglob("*.png"))) < 12


def test_an_engine_that_dies_is_told_and_its_list_of_photos_goes(
    host: HostProgram, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    upright, _ = two_poses(tmp_path, 1)
    views, _ = part("views").views_of(host.metashape, host.chunk(*upright))
    masking = part("masking")
    run = masking.begin(part("record").find_engine(), views, masking.Wish(str(tmp_path / "out")))
    assert list(tmp_path.glob("underside-*.txt"))
    run._process.kill()
    while not run.ended:
        run.events(wait=0.05)
    run.kill()
    with pytest.raises(trouble(), match="ended unexpectedly"):
        masking.check_end(run, masking.Tally())
    assert not list(tmp_path.glob("underside-*.txt"))


def test_the_engine_starts_in_time(host: HostProgram, tmp_path: Path) -> None:
    upright, _ = two_poses(tmp_path, 1)
    views, _ = part("views").views_of(host.metashape, host.chunk(*upright))
    masking = part("masking")
    with processor_seconds() as cost:
        run = masking.begin(part("record").find_engine(), views, masking.Wish(str(tmp_path / "out")))
        tally = masking.Tally()
        while not tally.total:
            list(map(tally.take, run.events(wait=0.05)))
        run.kill()
    # Aimed at is 1.5 s; a processor that others use, too, is slower.
    assert cost[0] < 4


def test_the_menus_efforts_and_model_are_the_engines_own(host: HostProgram) -> None:
    masking = part("masking")
    efforts = Settings.__dataclass_fields__["effort"].metadata["option"].choices
    assert set(masking.EFFORTS) == set(efforts)
    assert (masking.MODEL, masking.EFFORTS[0]) == (Settings().model, Settings().effort)
