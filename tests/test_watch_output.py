"""Where a watch may write: not among the photos that it watches."""

import shutil
from pathlib import Path

import pytest
from conftest import Run
from watched import QUICK, put_some


@pytest.mark.parametrize("out", ["captures/vase", "captures/vase/upright"])
def test_an_output_folder_full_of_the_watched_photos_is_refused(run: Run, tmp_path: Path, out: str) -> None:
    put_some(tmp_path / "captures" / "vase" / "upright", 2)
    before = sorted(tmp_path.rglob("*"))
    done = run("watch", "captures", "-o", out, "--once")
    assert done.returncode == 2
    assert done.stderr.strip().endswith(
        f"The photos in {tmp_path / out} would be left out, because it is the output folder."
        " Choose another output folder with -o."
    )
    assert sorted(tmp_path.rglob("*")) == before


def test_an_output_folder_without_its_journal_is_still_one(run: Run, tmp_path: Path) -> None:
    put_some(tmp_path / "captures" / "vase", 2)
    watched = ("watch", "captures", "-o", "captures/masked", "--once", "--cutout", "transparent", *QUICK)
    assert run(*watched).returncode == 0
    shutil.rmtree(tmp_path / "captures" / "masked" / ".underside")
    again = run(*watched)
    assert again.returncode == 0, again.stderr
