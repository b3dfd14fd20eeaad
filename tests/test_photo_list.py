"""Photos named in a file: long lists, odd names, passes that folders do not tell."""

import shutil
from pathlib import Path

from conftest import DEMO, Run, shots

FAST = ("--effort", "fast")


def photos_in(folder: Path, *names: str) -> list[Path]:
    sources = sorted((DEMO / "upright").glob("*.JPG"))
    paths = [folder / name for name in names]
    for path, source in zip(paths, sources, strict=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)
    return paths


def test_photos_come_from_a_list_and_others_beside_them_stay_out(run: Run, tmp_path: Path) -> None:
    first, _, third = photos_in(tmp_path / "größe 1", "a.JPG", "b.JPG", "in/c.JPG")
    listed = tmp_path / "list.txt"
    listed.write_bytes(f"\ufeff{first}\r\n{third}\r\n".encode())
    done = run("mask", "--list", listed, "-o", "out", *FAST)
    assert done.returncode == 0, done.stderr
    assert sorted(shots(tmp_path / "out")) == ["a.JPG", "in/c.JPG"]
    assert (tmp_path / "out" / "masks" / "in" / "c.JPG.png").is_file()


def test_a_list_may_tell_the_passes(run: Run, tmp_path: Path) -> None:
    first, second, below = photos_in(tmp_path / "photos", "a.JPG", "b.JPG", "in/a.JPG")
    listed = tmp_path / "list.txt"
    listed.write_text(f"oben\t{first}\nside two\t{second}\n{below}\n", encoding="utf-8")
    done = run("mask", "--list", listed, "-o", "out", *FAST)
    assert done.returncode == 0, done.stderr
    passes = {photo: shot["pass_name"] for photo, shot in shots(tmp_path / "out").items()}
    assert passes == {"a.JPG": "oben", "b.JPG": "side two", "in/a.JPG": "in"}


def test_a_list_that_cannot_be_meant_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("\n", encoding="utf-8")
    for words, said in (
        (("--list", tmp_path / "none.txt"), "cannot be read"),
        (("--list", empty), "There are no photos in the list"),
        (("--list", empty, tmp_path), "exclude each other"),
        ((), "Name a folder, photos, or a list"),
    ):
        done = run("mask", *words, "-o", "out")
        assert done.returncode == 2
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 1
