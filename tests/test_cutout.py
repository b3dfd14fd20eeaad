"""Cut-outs: the object's pixels are the photo's, the background is gone, and options mean what they say."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import jpeglib
import numpy as np
import pytest
import simplejpeg
from blob_captures import linux
from numpy.typing import NDArray
from photo_files import dng, picture, saved, saved16
from PIL import Image
from rich_photos import object_in_the_middle, segment, segments_of

from underside.cutout import Cutout, CutoutOptions, make_cutout, parse_background
from underside.cutout.lossless import LosslessImpossibleError, lossless_cutout
from underside.errors import PhotoError, SettingsError
from underside.metadata.segments import Segment, Segments, split
from underside.photo import decode_exact, open_photo
from underside.photo.markers import DHT, DQT, SOS

WIDTH, HEIGHT = 203, 157


def textured(width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Smooth colours and noise, so that every block has coefficients."""
    noise = np.random.default_rng(11).normal(0, 12, (height, width, 3))
    return np.clip(picture(width, height) + noise, 0, 255).astype(np.uint8)


def by_turbo(sampling: str) -> bytes:
    content: bytes = simplejpeg.encode_jpeg(textured(), quality=85, colorsubsampling=sampling)
    return content


def by_factors(across: int, down: int) -> bytes:
    """A JPEG in which so many pixels share a colour."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "photo.jpg")
        picture = jpeglib.from_spatial(textured())
        picture.samp_factor = ((down, across), (1, 1), (1, 1))
        picture.write_spatial(str(path))
        return path.read_bytes()


def grey() -> NDArray[np.uint8]:
    return np.ascontiguousarray(textured()[..., 1])


def cmyk() -> bytes:
    inks = np.dstack([textured(), 255 - grey()])
    return saved(Image.frombytes("CMYK", (WIDTH, HEIGHT), inks.tobytes()), "JPEG", quality=85)


def with_marker(content: bytes, old: bytes, new: bytes) -> bytes:
    assert content.count(old) == 1
    return content.replace(old, new)


JPEGS: dict[str, Callable[[], bytes]] = {
    "4:4:4": lambda: by_turbo("444"),
    "4:2:2": lambda: by_turbo("422"),
    "4:2:0": lambda: by_turbo("420"),
    "4:4:0": lambda: by_turbo("440"),
    "4:1:1": lambda: by_turbo("411"),
    "4:4:1": lambda: by_factors(1, 4),
    "grey": lambda: saved(grey(), "JPEG", quality=85),
    "progressive": lambda: saved(textured(), "JPEG", quality=85, progressive=True),
    "progressive 4:4:4": lambda: saved(textured(), "JPEG", quality=85, progressive=True, subsampling=0),
    "restarts": lambda: saved(textured(), "JPEG", quality=85, restart_marker_blocks=3),
    "optimised": lambda: saved(textured(), "JPEG", quality=97, optimize=True),
    "coarse": lambda: saved(textured(), "JPEG", quality=5),
    "RGB": lambda: saved(textured(), "JPEG", quality=85, keep_rgb=True, subsampling=0),
    "CMYK": cmyk,
    "YCCK": lambda: with_marker(cmyk(), b"Adobe\0d\0\0\0\0\0", b"Adobe\0d\0\0\0\0\2"),
    "one block": lambda: saved(textured(7, 5), "JPEG", quality=85),
}


def mask_for(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return object_in_the_middle(*image.size)


def decoded(content: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(content)) as image:
        return np.asarray(image)


def far_from(mask: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """The pixels that no unit of blocks with object in it reaches, the largest of which are 32 x 16."""
    return np.asarray(cv2.dilate(mask, np.ones((67, 67), np.uint8)) == 0)


@pytest.mark.parametrize("kind", JPEGS)
def test_the_object_decodes_to_the_same_pixels(kind: str) -> None:
    content = JPEGS[kind]()
    mask = mask_for(content)
    result = lossless_cutout(content, mask, (0, 0, 0))
    assert np.array_equal(decoded(result.data)[mask > 0], decoded(content)[mask > 0])
    for flags in (cv2.IMREAD_COLOR, cv2.IMREAD_GRAYSCALE):
        before, after = (cv2.imdecode(np.frombuffer(each, np.uint8), flags) for each in (content, result.data))
        assert before is not None
        assert after is not None
        assert np.array_equal(after[mask > 0], before[mask > 0])


@pytest.mark.parametrize("kind", JPEGS)
def test_blocks_with_object_in_them_are_the_cameras_own(kind: str, tmp_path: Path) -> None:
    content = JPEGS[kind]()
    mask = mask_for(content)
    before, after = tmp_path / "before.jpg", tmp_path / "after.jpg"
    before.write_bytes(content)
    after.write_bytes(lossless_cutout(content, mask, (0, 0, 0)).data)
    old, new = jpeglib.read_dct(str(before)), jpeglib.read_dct(str(after))
    assert np.array_equal(old.qt, new.qt)
    for name in ("Y", "Cb", "Cr", "K"):
        blocks, kept = getattr(old, name), getattr(new, name)
        if blocks is None:
            assert kept is None
            continue
        rows, columns = blocks.shape[:2]
        down, across = (8 * round(whole / count) for whole, count in zip(old.Y.shape[:2], (rows, columns), strict=True))
        for row in range(rows):
            for column in range(columns):
                if mask[row * down : (row + 1) * down, column * across : (column + 1) * across].any():
                    assert np.array_equal(blocks[row, column], kept[row, column])


@pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
@pytest.mark.parametrize("kind", [kind for kind in JPEGS if kind != "one block"])
def test_black_and_white_are_exact(kind: str, colour: tuple[int, int, int]) -> None:
    content = JPEGS[kind]()
    mask = mask_for(content)
    result = lossless_cutout(content, mask, colour)
    with Image.open(io.BytesIO(result.data)) as image:
        shown = np.asarray(image.convert("RGB"))[far_from(mask)]
    assert len(shown) > 1000
    assert (shown == colour).all()
    assert result.notes == ()


def test_nothing_of_the_background_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(lossless_cutout(cmyk(), np.zeros((HEIGHT, WIDTH), np.uint8), (0, 0, 0)).data)
    blocks = jpeglib.read_dct(str(path))
    for channel in (blocks.Y, blocks.Cb, blocks.Cr, blocks.K):
        assert len(np.unique(channel.reshape(-1, 64), axis=0)) == 1


@pytest.mark.parametrize("kind", ["4:2:0", "coarse", "progressive", "grey"])
def test_another_colour_is_the_nearest_that_the_file_can_hold(kind: str) -> None:
    content = JPEGS[kind]()
    mask = mask_for(content)
    wanted = (200, 30, 90)
    result = lossless_cutout(content, mask, wanted)
    with Image.open(io.BytesIO(result.data)) as image:
        shown = np.unique(np.asarray(image.convert("RGB"))[far_from(mask)], axis=0)
    assert len(shown) == 1
    assert "rather than #c81e5a" in result.notes[0]
    said = parse_background(result.notes[0].split()[3])
    assert said is not None
    assert np.abs(shown[0].astype(int) - said).max() <= 1  # decoders round the mixing of colours differently
    if kind in ("4:2:0", "progressive"):
        assert np.abs(shown[0].astype(int) - wanted).max() <= 6


def test_a_mask_of_all_or_nothing_is_no_problem() -> None:
    content = JPEGS["4:2:0"]()
    everything = np.full((HEIGHT, WIDTH), 255, np.uint8)
    assert np.array_equal(decoded(lossless_cutout(content, everything, (0, 0, 0)).data), decoded(content))
    assert not decoded(lossless_cutout(content, everything * 0, (0, 0, 0)).data).any()


def test_the_same_cut_out_has_the_same_bytes() -> None:
    content = JPEGS["4:2:0"]()
    first, second = (lossless_cutout(content, mask_for(content), (0, 0, 0)).data for _ in range(2))
    assert first == second


@pytest.mark.parametrize("end", [-2, -400, 900, 30])
def test_a_jpeg_cut_short_is_refused(end: int) -> None:
    with pytest.raises(PhotoError, match="damaged"):
        lossless_cutout(JPEGS["4:2:0"]()[:end], object_in_the_middle(WIDTH, HEIGHT), (0, 0, 0))


# What would end the whole process in the library that does the work, or be written wrong.
IMPOSSIBLE = {
    "lossless": (b"\xff\xc0", b"\xff\xc3"),
    "arithmetic": (b"\xff\xc0", b"\xff\xc9"),
    "12 bits": (b"\xff\xc0\0\x11\x08", b"\xff\xc0\0\x11\x0c"),
    "two channels": (b"\xff\xc0\0\x11", b"\xff\xc0\0\x0e"),
    "units too large": (b"\x01\x22\0", b"\x01\x44\0"),
    "damaged codes": (b"\xff\xc4\0\x1f\0\0", b"\xff\xc4\0\x1f\0\xff"),
    "no table": (b"\x01\x22\0\x02", b"\x01\x22\3\x02"),
}


@pytest.mark.parametrize("kind", IMPOSSIBLE)
def test_a_jpeg_that_cannot_be_taken_apart_is_told_from_others(kind: str) -> None:
    content = with_marker(JPEGS["4:2:0"](), *IMPOSSIBLE[kind])
    with pytest.raises(LosslessImpossibleError):
        lossless_cutout(content, object_in_the_middle(WIDTH, HEIGHT), (0, 0, 0))


def opened_cut(folder: Path, content: bytes, suffix: str = ".jpg", **options: object) -> Cutout:
    path = folder / f"photo{suffix}"
    path.write_bytes(content)
    photo = open_photo(path)
    mask = object_in_the_middle(photo.width, photo.height)
    return make_cutout(photo, mask, CutoutOptions(**options))  # type: ignore[arg-type]


def test_where_lossless_is_impossible_it_is_compressed_anew_and_said_so(tmp_path: Path) -> None:
    content = saved(textured(), "JPEG", quality=85, progressive=True)
    table = next(payload for marker, payload in segments_of(content) if marker == 0xDB)
    last = content.rindex(b"\xff\xc4")
    late = content[:last] + segment(0xDB, table) + content[last:]
    cutout = opened_cut(tmp_path, late)
    mask = object_in_the_middle(WIDTH, HEIGHT)
    assert "compressed again, because its quantisation changes" in cutout.notes[0]
    assert np.abs(decoded(cutout.data)[mask > 0].astype(int) - decoded(late)[mask > 0]).mean() < 3


@pytest.mark.parametrize(
    "damaged",
    [
        segment(0xE2, b"ICC_PROFILE\0\2\3" + bytes(200)),  # the first and the third part are missing
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\x07"),  # no such colours are known
    ],
    ids=["profile", "colours"],
)
def test_damaged_metadata_does_not_cost_a_pixel(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], damaged: bytes
) -> None:
    whole = by_turbo("420")
    content = whole[:2] + damaged + whole[2:]
    cutout = opened_cut(tmp_path, content)
    mask = object_in_the_middle(WIDTH, HEIGHT)
    assert cutout.notes == ()
    assert damaged in cutout.data
    assert np.array_equal(decoded(cutout.data)[mask > 0], decoded(content)[mask > 0])
    assert capfd.readouterr() == ("", "")


def test_colours_shared_in_a_rare_way_are_no_damage(tmp_path: Path) -> None:
    cutout = opened_cut(tmp_path, by_factors(4, 2))
    assert cutout.notes == ("It was compressed again, because its colours are coarser than its light in a rare way",)


@pytest.mark.parametrize("kind", [kind for kind in JPEGS if kind not in ("one block", "YCCK")])
def test_fast_keeps_the_cameras_tables_and_colours(kind: str, tmp_path: Path) -> None:
    content = JPEGS[kind]()
    cutout = opened_cut(tmp_path, content, mode="fast")
    with Image.open(io.BytesIO(content)) as before, Image.open(io.BytesIO(cutout.data)) as after:
        assert after.mode == before.mode
        used = [{tuple(table) for table in image.quantization.values()} for image in (before, after)]  # type: ignore[attr-defined]
        assert used[0] == used[1]
    mask = object_in_the_middle(WIDTH, HEIGHT)
    inside = cv2.erode(mask, np.ones((33, 33), np.uint8)) > 0
    assert inside.any()
    difference = decoded(cutout.data)[inside].astype(int) - decoded(content)[inside]
    assert np.abs(difference).mean() < (3 if kind == "coarse" else 1.5)
    outside = decoded(cutout.data)[far_from(mask)]
    nearly = 8 if kind == "coarse" else 0  # its steps are that large
    assert np.abs(outside.astype(int) - (255 if kind == "CMYK" else 0)).max() <= nearly


@pytest.mark.parametrize("factors", [0x11, 0x21, 0x12, 0x22])
def test_fast_keeps_colours_that_are_fine_by_unusual_factors(factors: int, tmp_path: Path) -> None:
    content = channels_apart(factors)
    inside = cv2.erode(object_in_the_middle(WIDTH, HEIGHT), np.ones((33, 33), np.uint8)) > 0
    difference = decoded(opened_cut(tmp_path, content, mode="fast").data)[inside].astype(int) - decoded(content)[inside]
    assert np.abs(difference).mean() < 1


def channels_apart(factors: int) -> bytes:
    """A JPEG with a scan for each channel, all as fine as each other, and with the same factors."""
    colours = Image.fromarray(textured()).convert("YCbCr").split()
    alone = [split(saved(channel, "JPEG", quality=85)) for channel in colours]
    frame = b"\x08" + HEIGHT.to_bytes(2, "big") + WIDTH.to_bytes(2, "big") + b"\3"
    frame += b"".join(bytes((number, factors, 0)) for number in (1, 2, 3))
    parts = [*alone[0].all_of(DQT), Segment(0xC0, frame)]
    for number, channel in enumerate(alone, start=1):
        (scan,) = channel.all_of(SOS)
        parts += [*channel.all_of(DHT), Segment(SOS, bytes((1, number, 0)) + scan.payload[3:], scan.scan)]
    return bytes(Segments(tuple(parts)))


def test_fast_keeps_tables_that_no_program_calls_a_quality(tmp_path: Path) -> None:
    tables = [[2 + at // 3 for at in range(64)], [3 + at // 2 for at in range(64)]]
    content = saved(textured(), "JPEG", qtables=tables, subsampling=1)
    cutout = opened_cut(tmp_path, content, mode="fast")
    frames = [[p for m, p in segments_of(each) if m in (0xC0, 0xDB)] for each in (content, cutout.data)]
    assert frames[0] == frames[1]


SOURCES: dict[str, Callable[[], tuple[bytes, str]]] = {
    "JPEG": lambda: (JPEGS["4:2:0"](), ".jpg"),
    "grey JPEG": lambda: (JPEGS["grey"](), ".jpg"),
    "PNG": lambda: (saved(textured(), "PNG"), ".png"),
    "grey PNG": lambda: (saved(grey(), "PNG"), ".png"),
    "palette PNG": lambda: (saved(Image.fromarray(textured()).quantize(64), "PNG"), ".png"),
    "RGBA PNG": lambda: (saved(np.dstack([textured(), grey()]), "PNG"), ".png"),
    "16-bit PNG": lambda: (saved16(deep(), ".png"), ".png"),
    "16-bit grey PNG": lambda: (saved16(np.ascontiguousarray(deep()[..., 0]), ".png"), ".png"),
    "TIFF": lambda: (saved(textured(), "TIFF"), ".tif"),
    "16-bit TIFF": lambda: (saved16(deep(), ".tif"), ".tif"),
    "CMYK TIFF": lambda: (saved(Image.fromarray(textured()).convert("CMYK"), "TIFF"), ".tif"),
    "WebP": lambda: (saved(textured(), "WEBP", quality=80), ".webp"),
}


def deep() -> NDArray[np.uint16]:
    return np.random.default_rng(5).integers(0, 65536, (HEIGHT, WIDTH, 3), np.uint16)


def result_pixels(folder: Path, cutout: Cutout) -> NDArray[np.uint8] | NDArray[np.uint16]:
    path = folder / f"result{cutout.suffix}"
    path.write_bytes(cutout.data)
    return decode_exact(open_photo(path))


@pytest.mark.parametrize("kind", ["png", "tiff"])
@pytest.mark.parametrize("source", SOURCES)
def test_a_transparent_cut_out_is_the_object_and_nothing_else(source: str, kind: str, tmp_path: Path) -> None:
    content, suffix = SOURCES[source]()
    cutout = opened_cut(tmp_path, content, suffix, background=None, format=kind)
    result = result_pixels(tmp_path, cutout)
    photo = open_photo(tmp_path / f"photo{suffix}")
    pixels, mask = decode_exact(photo), object_in_the_middle(WIDTH, HEIGHT)
    opaque = 65535 if photo.bits == 16 else 255
    assert result.shape == (HEIGHT, WIDTH, 4)
    assert result.dtype == pixels.dtype
    assert not result[mask == 0].any()
    if photo.mode == "rgba":
        assert np.array_equal(result[mask > 0], pixels[mask > 0])
        return
    assert (result[..., 3][mask > 0] == opaque).all()
    if photo.mode != "cmyk":
        colours = pixels if pixels.ndim == 3 else np.dstack([pixels] * 3)
        assert np.array_equal(result[..., :3][mask > 0], colours[mask > 0])


@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255), (80, 80, 80)])
@pytest.mark.parametrize("source", [name for name in SOURCES if "JPEG" not in name])
def test_a_cut_out_on_a_colour_stays_in_the_photos_container(
    source: str, background: tuple[int, int, int], tmp_path: Path
) -> None:
    content, suffix = SOURCES[source]()
    cutout = opened_cut(tmp_path, content, suffix, background=background)
    assert cutout.suffix == suffix
    result = result_pixels(tmp_path, cutout)
    photo = open_photo(tmp_path / f"photo{suffix}")
    pixels, mask = decode_exact(photo), object_in_the_middle(WIDTH, HEIGHT)
    if photo.mode == "rgba":
        pixels = pixels[..., :3]
    assert result.dtype == pixels.dtype
    assert np.array_equal(result[mask > 0], pixels[mask > 0])
    level = background[0] * (257 if photo.bits == 16 else 1)
    if photo.mode == "cmyk":
        light = 255 - result[mask == 0].astype(int)
        assert (light[:, :3] * light[:, 3:] // 255 == level).all()
    else:
        assert (result[mask == 0] == level).all()


@pytest.mark.parametrize("source", SOURCES)
def test_any_photo_can_be_cut_out_as_a_jpeg(source: str, tmp_path: Path) -> None:
    content, suffix = SOURCES[source]()
    cutout = opened_cut(tmp_path, content, suffix, format="jpeg", background=(255, 255, 255))
    with Image.open(io.BytesIO(cutout.data)) as image:
        shown = np.asarray(image.convert("RGB"))[far_from(object_in_the_middle(WIDTH, HEIGHT))]
    assert cutout.suffix == ".jpg"
    assert shown.min() >= 254
    assert ("Its 16 bits per channel became 8" in cutout.notes) == ("16-bit" in source)


def test_a_cut_out_too_large_for_tiff_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    width, height = 4_000, 3_000
    (tmp_path / "wide.png").write_bytes(saved(np.zeros((height, width, 3), np.uint8), "PNG"))
    # Rows that hardly deflate; the same bytes for all of them, so that they take little memory.
    rows = bytes(2**28)
    monkeypatch.setattr("underside.metadata.tiff.isal_zlib.compress", lambda *_: rows)
    photo = open_photo(tmp_path / "wide.png", max_megapixels=10_000)
    with pytest.raises(PhotoError, match="too large for a TIFF, which can have 4 GB at most"):
        make_cutout(photo, np.zeros((height, width), np.uint8), CutoutOptions(format="tiff"))


def test_of_camera_raw_there_are_no_cut_outs(tmp_path: Path) -> None:
    path = tmp_path / "photo.dng"
    path.write_bytes(dng())
    photo = open_photo(path)
    with pytest.raises(PhotoError, match="camera raw"):
        make_cutout(photo, object_in_the_middle(photo.width, photo.height), CutoutOptions())


@pytest.mark.parametrize("kind", ["4:2:0", "4:4:4", "grey", "progressive", "CMYK"])
def test_a_cropped_jpeg_begins_at_a_block_and_stays_lossless(kind: str, tmp_path: Path) -> None:
    content = JPEGS[kind]()
    cutout = opened_cut(tmp_path, content, padding=10)
    mask = object_in_the_middle(WIDTH, HEIGHT)
    left, top, width, height = cv2.boundingRect(mask)
    assert cutout.crop is not None
    begin, above, right, bottom = cutout.crop
    assert (right, bottom) == (min(WIDTH, left + width + 10), min(HEIGHT, top + height + 10))
    assert left - 26 < begin <= left - 10
    assert top - 26 < above <= top - 10
    assert begin % 8 == above % 8 == 0
    shown = decoded(cutout.data)
    assert shown.shape[:2] == (bottom - above, right - begin)
    inside = mask[above:bottom, begin:right] > 0
    assert np.array_equal(shown[inside], decoded(content)[above:bottom, begin:right][inside])


@pytest.mark.parametrize("kind", ["png", "tiff"])
@pytest.mark.parametrize("background", [(0, 0, 0), None])
def test_a_crop_has_its_padding_to_the_pixel(kind: str, background: object, tmp_path: Path) -> None:
    cutout = opened_cut(tmp_path, JPEGS["4:2:0"](), format=kind, background=background, padding=3)
    mask = object_in_the_middle(WIDTH, HEIGHT)
    left, top, width, _ = cv2.boundingRect(mask)
    assert cutout.crop == (left - 3, top - 3, left + width + 3, HEIGHT)
    assert result_pixels(tmp_path, cutout).shape[:2] == (HEIGHT - top + 3, width + 6)


def test_without_an_object_nothing_is_cropped(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(JPEGS["4:2:0"]())
    photo = open_photo(path)
    cutout = make_cutout(photo, np.zeros((HEIGHT, WIDTH), np.uint8), CutoutOptions(padding=10))
    assert cutout.crop is None
    assert decoded(cutout.data).shape == (HEIGHT, WIDTH, 3)


def test_cropping_comes_with_a_warning() -> None:
    assert "calibration" in CutoutOptions(padding=10).warnings[0]
    assert CutoutOptions().warnings == ()


@pytest.mark.parametrize(
    ("text", "background"),
    [
        ("black", (0, 0, 0)),
        ("White", (255, 255, 255)),
        ("#1e90Ff", (30, 144, 255)),
        ("30, 144,255", (30, 144, 255)),
        ("transparent", None),
    ],
)
def test_backgrounds_are_understood(text: str, background: object) -> None:
    assert parse_background(text) == background


@pytest.mark.parametrize("text", ["", "blue", "#12345", "1,2", "1,2,256", "1,2,-3", "#gggggg"])
def test_what_is_no_background_is_named(text: str) -> None:
    with pytest.raises(SettingsError, match="is not a background"):
        parse_background(text)


def test_a_transparent_jpeg_is_refused() -> None:
    with pytest.raises(SettingsError, match="cannot be transparent"):
        CutoutOptions(background=None, format="jpeg")


@linux
def test_a_lossless_cut_out_leaves_nothing_in_the_temporary_folder_even_if_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where nothing is ever put, nothing can stay behind.
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    photo = tmp_path / "a.jpg"
    photo.write_bytes(by_turbo("420"))
    cutout = make_cutout(open_photo(photo), object_in_the_middle(WIDTH, HEIGHT), CutoutOptions())
    assert not [note for note in cutout.notes if "compressed again" in note]
