"""The layouts: one entry for each program, and adding a program is adding an entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum

from underside.errors import SettingsError

__all__ = [
    "HOW_TO",
    "IMAGES",
    "LAYOUTS",
    "MASKS",
    "OWN",
    "Form",
    "Layout",
    "Photos",
    "WithoutMask",
    "check_layout_names",
    "find",
]

IMAGES = "images"
"""The folder of the photos, in a layout that brings them along."""
MASKS = "masks"
"""The folder of the masks, where they do not lie beside the photos."""
HOW_TO = "HOW-TO.txt"
"""Written last: where it stands, the layout is whole."""


class Photos(Enum):
    """Whether the photos are part of the layout, as hard links or copies."""

    STAY = "the program finds them where they are"
    COME_IF_RENAMED = "they come along once names in one flat folder would meet"
    COME = "the masks are found by where the photos lie"


class WithoutMask(StrEnum):
    """What a program does about a missing mask."""

    TAKEN_WHOLE = "uses the whole of a photo without a mask"
    LEFT_OUT = "leaves out a photo without a mask"
    REFUSED = "stops at a photo without a mask"


class Form(Enum):
    """What a paint program may make of a mask, which has one channel of 8 bits, hard, and no tags."""

    COLOURS = "colours, also by a palette"
    ALPHA = "an alpha channel, whose colours count"
    DEEP = "16 bits"
    TAGGED = "an EXIF orientation, which does not turn it"
    SOFT = "greys, which are cut hard"


@dataclass(frozen=True)
class Layout:
    """What one program wants; left out is what Underside's own masks are: white object, stored grid."""

    name: str
    program: str
    mask: str
    """A mask's file name: ``{name}`` is the photo's file name, ``{stem}`` the same without its suffix."""
    how_to: str
    """What to type or to click; ``{folder}`` is the layout's folder, ``{capture}`` that of the photos.

    ``{templates}`` are the masks of each folder, with ``{filename}`` for the photo's name without its suffix.
    """
    masks: str = MASKS
    """The name of the masks' folder: ``IMAGES`` puts them beside the photos."""
    photos: Photos = Photos.STAY
    flat: bool = False
    """The program looks into one folder only: no sub-folders for the passes."""
    upright: bool = False
    """The program turns photos by their EXIF orientation before it compares them with masks."""
    inverted: bool = False
    """White is what the program throws away."""
    cut_out: bool = False
    """Not a mask beside the photo but the photo itself, its background transparent."""
    spaces: bool = True
    """The program reads names with spaces."""
    whole_photos: bool = False
    """The program finds features in whole photos: masks serve its later steps."""
    scales: bool = False
    """The program fits a mask of another size to the photo."""
    also: tuple[str, ...] = ()
    """Other mask names that the program reads."""
    reads: frozenset[Form] = frozenset()
    """Other forms of a mask that the program is known to read rightly."""
    without_mask: WithoutMask = WithoutMask.TAKEN_WHOLE
    check_once: str = ""
    """What could not be confirmed, as a sentence that says what to look at."""

    @property
    def folders(self) -> tuple[str, ...]:
        """All that Underside makes in the layout's folder; what lies beside them is the program's."""
        return tuple(dict.fromkeys((IMAGES, MASKS, self.masks)))


OWN = Layout(
    name="masks",
    program="Underside",
    mask="{name}.png",
    how_to="",
    without_mask=WithoutMask.LEFT_OUT,
    reads=frozenset(Form),
)
"""The masks as they lie in an output folder, from which all layouts are made."""

_ALL = (
    Layout(
        name="plain",
        program="A program that pairs files by name",
        mask="{stem}.png",
        how_to=('Take the masks from "{folder}/masks": the same sub-folders and names as the photos, ending in .png.'),
    ),
    Layout(
        name="metashape",
        program="Metashape",
        mask="{stem}_mask.png",
        reads=frozenset({Form.COLOURS}),
        how_to=(
            "File > Import > Import Masks, Method: From File, Operation: Replacement, and as template "
            "{templates}: each applied to the photos of its own folder only, because {filename} does not tell "
            "folders apart. Then Align Photos with Apply masks to: Key points."
        ),
    ),
    Layout(
        name="meshroom",
        program="Meshroom",
        mask="{stem}.png",
        flat=True,
        photos=Photos.COME_IF_RENAMED,
        how_to=(
            'In FeatureExtraction set Masks Folder to "{folder}/masks" and Mask Extension to png; in '
            "PrepareDenseScene add the same folder to Masks Folders. (The Underside node inside Meshroom "
            "needs none of this: it names masks by view.)"
        ),
    ),
    Layout(
        name="colmap",
        program="COLMAP",
        mask="{name}.png",
        also=("{stem}.png",),
        reads=frozenset({Form.COLOURS, Form.ALPHA, Form.DEEP, Form.TAGGED}),
        without_mask=WithoutMask.LEFT_OUT,
        how_to=(
            'colmap feature_extractor --database_path database.db --image_path "{capture}" '
            '--ImageReader.mask_path "{folder}/masks". COLMAP uses masks for features only, not in its '
            "dense steps."
        ),
    ),
    Layout(
        name="opendronemap",
        program="OpenDroneMap",
        mask="{stem}_mask.png",
        also=("{stem}_mask.PNG", "{stem}_mask.jpg", "{stem}_mask.JPG", "{stem}_mask.tif", "{stem}_mask.bmp"),
        masks=IMAGES,
        photos=Photos.COME,
        flat=True,
        upright=True,
        spaces=False,
        whole_photos=True,
        how_to=(
            'docker run -ti --rm -v "{folder}":/datasets/code opendronemap/odm --project-path /datasets: '
            "the photos and their masks lie in images, found without an option. They serve the dense "
            "steps; features are found in whole photos."
        ),
    ),
    Layout(
        name="opensfm",
        program="OpenSfM",
        mask="{name}.png",
        photos=Photos.COME,
        flat=True,
        upright=True,
        scales=True,
        how_to='bin/opensfm_run_all "{folder}": images and masks are found without an option.',
    ),
    Layout(
        name="realityscan",
        program="RealityScan (RealityCapture)",
        mask="{name}.mask.png",
        masks=IMAGES,
        photos=Photos.COME,
        flat=True,
        how_to=(
            'Workflow > Add Imagery > Folder: "{folder}/images", photos and masks together; then tick '
            "Enable masks in the settings of alignment, meshing and texturing."
        ),
        check_once=(
            "One help page of the program calls the white part used, another one masked: look at the mask "
            "layer of one photo before the first run"
        ),
    ),
    Layout(
        name="openmvs",
        program="OpenMVS",
        mask="{stem}.mask.png",
        flat=True,
        photos=Photos.COME_IF_RENAMED,
        scales=True,
        reads=frozenset({Form.DEEP}),
        how_to=(
            'DensifyPointCloud scene.mvs --mask-path "{folder}/masks" --ignore-mask-label 0, and the same '
            "two options for TextureMesh: without the label OpenMVS silently ignores all masks."
        ),
        check_once=(
            "OpenMVS looks for the name and the pixels of the undistorted photo: these masks fit only where "
            "undistortion kept the names and hardly moved the pixels"
        ),
    ),
    Layout(
        name="openmvg",
        program="OpenMVG",
        mask="{stem}_mask.png",
        masks=IMAGES,
        photos=Photos.COME,
        flat=True,
        how_to=(
            'openMVG_main_SfMInit_ImageListing -i "{folder}/images" -o matches, then '
            "openMVG_main_ComputeFeatures -i matches/sfm_data.json -o matches: the masks are found without "
            "an option."
        ),
    ),
    Layout(
        name="nerfstudio",
        program="nerfstudio",
        mask="{stem}.png",
        photos=Photos.COME,
        without_mask=WithoutMask.REFUSED,
        how_to=(
            'ns-train splatfacto --data "{folder}" colmap --images-path images --masks-path masks '
            "--colmap-path sparse/0, once COLMAP has put its model of the images folder there."
        ),
    ),
    Layout(
        name="instant-ngp",
        program="instant-ngp",
        mask="dynamic_mask_{stem}.png",
        masks=IMAGES,
        photos=Photos.COME,
        flat=True,
        inverted=True,
        how_to=(
            "Make transforms.json from the photos alone (COLMAP would take these masks for photos), put it "
            'into "{folder}" with every file_path as images/NAME, and start instant-ngp "{folder}": the '
            "masks are found without an option."
        ),
    ),
    Layout(
        name="gaussian-splatting",
        program="3D Gaussian Splatting",
        mask="{stem}.png",
        masks=IMAGES,
        flat=True,
        cut_out=True,
        without_mask=WithoutMask.LEFT_OUT,
        how_to=(
            'Run COLMAP on "{folder}/images" with --ImageReader.camera_model SIMPLE_PINHOLE (its names '
            "must be these, and undistorting would drop the transparency), put the model into "
            '"{folder}/sparse/0", then python train.py -s "{folder}".'
        ),
    ),
    Layout(
        name="micmac",
        program="MicMac",
        mask="{stem}_Masq.tif",
        masks=IMAGES,
        photos=Photos.COME,
        flat=True,
        without_mask=WithoutMask.REFUSED,
        how_to=(
            'In "{folder}/images", after Tapioca: mm3d HomolFilterMasq ".*JPG" PostPlan=_Masq, with the '
            "pattern of your photos; it writes the tie points that are left to HomolMasqFiltered."
        ),
        check_once=(
            "That white is the part MicMac uses, and that it reads 8-bit masks, is its custom but was not "
            "confirmed: compare the tie points of one pair before and after"
        ),
    ),
)

LAYOUTS = {layout.name: layout for layout in _ALL}


def find(name: str) -> Layout:
    """The layout of that name."""
    check_layout_names([name])
    return LAYOUTS[name]


def check_layout_names(names: Iterable[str]) -> None:
    """Refuse names that no layout has."""
    for name in names:
        if name not in LAYOUTS:
            raise SettingsError(f"There is no layout called {name}", f"Choose from {', '.join(LAYOUTS)}")
