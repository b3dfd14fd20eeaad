"""What the Metashape menu tells beside that masks are there: verdicts, the proof, warnings."""

import json
from dataclasses import asdict
from pathlib import Path

from metashape_host import HostProgram, change, finished, imported, part, two_poses
from PIL import Image

from underside.manifest import PUT_RIGHT, ProofRecord, Step


def judged(host: HostProgram, photos: list[Path], *, answer: str = "no") -> Path:
    """Results that a person should look at: the first mask is insufficient, the second one black, the proof is bad."""
    folder = finished(host, photos)
    first, second, *others = json.loads((folder / "capture.json").read_text(encoding="utf-8"))["shots"]
    put_right = asdict(Step(PUT_RIGHT, doubt=None, taken=True, change=0.2))
    first |= {"verdict": "insufficient", "reasons": ["a part is missing", "cut off"], "steps": [put_right]}
    second |= {"box": None, "verdict": "insufficient", "reasons": ["no object was found"]}
    with Image.open(folder / second["mask"]) as mask:
        Image.new("L", mask.size).save(folder / second["mask"])
    proof = ProofRecord(answer, ("2 shots make a model of their own. Photograph it again",), 0.1, 0, None, "0", "0")
    change(folder, shots=[first, second, *others], proof=asdict(proof), warnings=["The focal length is not known"])
    return folder


def test_masks_to_look_at_the_proof_and_warnings_are_told(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    host.chunk(*upright, *flipped)
    assert imported(host, judged(host, [*upright, *flipped])).splitlines() == [
        "4 of 4 photos have their mask.",
        "No object was found in these photos, so nothing of them is used. Correct their masks, or disable them:",
        "- upright/DSC_0002.JPG",
        "Look at these masks, which are insufficient; Underside > Check masks selects them:",
        "- upright/DSC_0001.JPG: a part is missing; cut off; put right since by what the other shots show",
        "The passes do not become one object: the proof answers no. 2 shots make a model of their own. "
        "Photograph it again.",
        "Please note:",
        "- The focal length is not known",
    ]


def test_masks_of_disabled_cameras_need_no_look(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    for camera in chunk.cameras[:2]:
        camera.enabled = False
    told = imported(host, judged(host, [*upright, *flipped]))
    assert "DSC_000" not in told
    assert "the proof answers no" in told


def test_a_chunk_of_a_capture_whose_proof_is_no_is_not_sent_on_to_be_aligned(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    for answer, said in (("no", "the proof answers no"), ("unsafe", "the proof answers unsafe")):
        host.app.folder = str(judged(host, [*upright, *flipped], answer=answer))
        told = host.app.choose("Underside/Import capture as one chunk...")
        assert said in told
        assert ("Next: Underside > Align" in told) == (answer != "no")
        assert "upright/DSC_0002.JPG" in told


def test_a_proof_that_could_not_be_asked_is_remembered_and_an_answer_is_left_to_the_results(host: HostProgram) -> None:
    tally = part("masking").Tally()
    tally.take({"event": "proof", "answer": "no", "reasons": ["They are two objects."]})
    assert tally.unproven == ""
    tally.take({"event": "proof", "answer": "", "reasons": ["The proof needs pycolmap."]})
    assert tally.unproven == "The proof needs pycolmap."


def test_masks_that_were_called_insufficient_are_selected_when_masks_are_checked(
    host: HostProgram, tmp_path: Path
) -> None:
    upright, flipped = two_poses(tmp_path)
    chunk = host.chunk(*upright, *flipped)
    folder = judged(host, [*upright, *flipped])
    host.app.folder = str(folder)
    host.app.choose("Underside/Import finished masks...")
    told = host.app.choose("Underside/Check masks")
    assert "2 of 4 photos need a look" in told
    assert "upright/DSC_0001.JPG: its mask was judged insufficient: a part is missing" in told
    assert "upright/DSC_0002.JPG: its mask keeps nearly nothing" in told
    assert [camera.selected for camera in chunk.cameras] == [True, True, False, False]
    (folder / "capture.json").write_text("{")
    told = host.app.choose("Underside/Check masks")
    assert "1 of 4 photos need a look" in told
    assert "The engine's verdicts were not checked. " in told


def test_verdicts_of_a_run_without_a_window_are_found_beside_the_project(host: HostProgram, tmp_path: Path) -> None:
    upright, flipped = two_poses(tmp_path)
    host.chunk(*upright, *flipped)
    folder = judged(host, [*upright, *flipped])
    imported(host, folder)
    usual = Path(part("views").results_beside(host.metashape.document.path, str(host.folder / "photos")))
    usual.parent.mkdir()
    folder.rename(usual)
    assert "DSC_0001.JPG: its mask was judged insufficient" in host.app.choose("Underside/Check masks")


def test_the_step_that_puts_masks_right_is_called_as_the_engine_calls_it(host: HostProgram) -> None:
    assert part("results").PUT_RIGHT == PUT_RIGHT
