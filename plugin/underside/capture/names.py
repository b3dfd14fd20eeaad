"""What the names of folders and files tell: the pose of a pass, and which photos are plates."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from pathlib import PurePosixPath

__all__ = [
    "Pose",
    "is_numbered",
    "is_pass_folder",
    "is_plate",
    "plain_words",
    "pose_of",
    "without_pose",
]


class Pose(StrEnum):
    """How the object lies on the platter during a pass."""

    UPRIGHT = "upright"
    FLIPPED = "flipped"
    SIDE = "side"
    UNKNOWN = "unknown"
    """No pose is known; the pass goes by its own name."""


# English, German, French, Spanish, Italian, Dutch, Portuguese, Polish, Czech, Swedish. Several words in one entry
# count together and before single ones. Left out are words that are more often something else: Swedish "bok" is a
# book, "turned" and "gedreht" are said of the platter, "low" and "high" of the camera.
_POSES: dict[Pose, str] = {
    Pose.UPRIGHT: """
        upright, up, top, top side, topside, above, standing, right side up, face up, this side up
        oben, obenauf, oberseite, aufrecht, stehend
        dessus, haut, debout, endroit
        arriba, encima, boca arriba, de pie
        sopra, in piedi, dritto
        boven, bovenkant, rechtop
        cima, em cima, acima, topo, em pé
        góra, pionowo
        nahoře, nahoru, vzpřímeně
        upp, uppe, ovan, ovansida, upprätt
    """,
    Pose.FLIPPED: """
        flipped, flip, inverted, upside down, upsidedown, down, bottom, bottom side, under, underside, below, beneath
        turned over, overturned, face down, other side up
        unten, unterseite, gewendet, umgedreht, umgekehrt, kopfüber, kopfueber, gestürzt, gestuerzt, auf dem kopf
        dessous, bas, retourné, retournée, renversé, renversée, inversé, inversée, envers, tête en bas
        abajo, debajo, volteado, volteada, invertido, invertida, boca abajo, del revés, al revés
        sotto, capovolto, capovolta, rovesciato, rovesciata, ribaltato, ribaltata, sottosopra
        onder, onderkant, onderzijde, omgekeerd, omgedraaid, ondersteboven
        baixo, em baixo, embaixo, abaixo, virado, virada, de cabeça para baixo
        dół, spód, odwrócony, odwrócona, odwrócone, do góry nogami
        dole, dolů, spodek, obráceně, vzhůru nohama
        ner, nere, undersida, upp och ner, upp och ned
    """,
    Pose.SIDE: """
        side, sideways, on its side, lying
        seite, seitlich, seitenlage, auf der seite, liegend
        côté, couché, couchée, sur le côté
        lado, costado, de lado, acostado, acostada, tumbado, tumbada
        lato, fianco, sdraiato, sdraiata
        zijkant, zijde, liggend
        deitado, deitada
        bokem, na boku
        sida, liggande
    """,
}
# Japanese and Chinese are written without spaces: found anywhere in a name, single characters only by themselves.
_SIGNS: dict[Pose, str] = {
    Pose.UPRIGHT: "上, 表, 表面, 正, 正立, 正放, 上面, 上側, 上向き",
    Pose.FLIPPED: "下, 裏, 裏面, 底, 倒, 逆さ, さかさま, 裏返し, 反転, 下面, 下側, 底面, 底部, 翻转, 翻轉, 倒置, 反面",
    Pose.SIDE: "横, 側, 侧, 側面, 侧面, 横倒し, 侧放, 側放",
}
_PLATES = """
    empty, plate, plates, leer, leere, leerer, leeres, leeraufnahme, leeraufnahmen, leerbild, leerbilder, vide, vides
    vacío, vacía, vacíos
    vuoto, vuota, leeg, vazio, vazia, pusty, pusta, puste, prázdný, prázdná, prázdné, prázdno, tomt
"""
# Said of folders only: a photo may well be called after what is behind the object.
_PLATE_FOLDERS = """
    background, backgrounds, hintergrund, hintergründe, fond, fonds, fondo, fondos, sfondo, achtergrond, fundo
    tło, pozadí, bakgrund
"""
_PLATE_SIGNS = frozenset(unicodedata.normalize("NFKC", sign) for sign in ("空", "空台", "背景", "空白"))
# What may stand beside a plate's word in a folder's name; "empty bottle" is an object.
_BESIDE_PLATE = """
    platter, turntable, table, plate, stage, room, set, shot, shots, photo, photos, picture, pictures, only, the, no
    teller, drehteller, raum, bild, bilder, foto, fotos, plateau, platine, plato, piatto, platform, plateforme
"""
_ORDINALS = """
    pass, run, turn, passe, passage, durchgang, durchlauf, gang, lage, tour, pasada, vuelta, passata, giro
    passagem, volta, ronde, przebieg, průchod, varv, パス, 面, 第
"""


def plain_words(name: str) -> list[str]:
    """The words and numbers of a name, without accents, case and separators: ``ObenFoto_01`` is oben, foto, 01."""
    composed = unicodedata.normalize("NFC", name)
    spaced = re.sub(r"(?<=[a-zß-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ])", " ", composed)
    bare = "".join(each for each in unicodedata.normalize("NFKD", spaced) if not unicodedata.combining(each))
    plain = bare.casefold().translate(_STROKES)
    return re.findall(r"[^\W\d_]+|\d+", plain)


# Letters that Unicode does not take apart into a letter and its accent.
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe"})


def _phrases(text: str) -> list[tuple[str, ...]]:
    return [tuple(plain_words(phrase)) for line in text.splitlines() for phrase in line.split(",") if phrase.strip()]


_PHRASES = sorted(
    ((words, pose) for pose, text in _POSES.items() for words in _phrases(text)), key=lambda entry: -len(entry[0])
)
_SIGN_LIST = sorted(
    ((unicodedata.normalize("NFKC", sign.strip()), pose) for pose, text in _SIGNS.items() for sign in text.split(",")),
    key=lambda entry: -len(entry[0]),
)
_PLATE_WORDS = {words[0] for words in _phrases(_PLATES)}
_PLATE_FOLDER_WORDS = _PLATE_WORDS | {words[0] for words in _phrases(_PLATE_FOLDERS)}
_BESIDE_PLATE_WORDS = {words[0] for words in _phrases(_BESIDE_PLATE)}
_ORDINAL_WORDS = {words[0] for words in _phrases(_ORDINALS)}
_SIDE_WORDS = {words[0] for words, pose in _PHRASES if pose is Pose.SIDE and len(words) == 1} | {
    "cara",
    "face",
    "strona",
}


def pose_of(name: str) -> Pose:
    """The pose that a pass's name tells; of a path, the first folder that tells one.

    A name that tells two poses tells none.
    """
    for part in PurePosixPath(name).parts:
        pose, _ = _read(part)
        if pose is not Pose.UNKNOWN:
            return pose
    return Pose.UNKNOWN


def without_pose(name: str) -> str:
    """What a folder's name says besides the pose and numbers: ``amphora_unten_01`` is about an amphora."""
    _, rest = _read(name)
    return " ".join(word for word in rest if not word.isdecimal() and word not in _ORDINAL_WORDS)


def _tells_a_pose_alone(name: str, *, of: str) -> bool:
    """Whether a folder is called after a pose, or is a numbered pass, and nothing else than ``of`` beside that."""
    pose, _ = _read(name)
    told = pose is not Pose.UNKNOWN or (is_numbered(name) and len(plain_words(name)) > 1)
    return told and without_pose(name) in ("", without_pose(of))


def is_pass_folder(name: str, *, of: str, plates: bool) -> bool:
    """Whether a folder in a folder named ``of`` makes that one a capture: otherwise it is a capture of its own.

    Its name says only a pose or, with ``plates`` on, a plate.
    """
    return _tells_a_pose_alone(name, of=of) or (plates and is_plate_folder(name))


def is_numbered(name: str) -> bool:
    """Whether a pass is called by its number or letter: pass1, Durchgang 2, 01, b."""
    words = plain_words(PurePosixPath(name).name)
    counts = [word for word in words if _counts(word)]
    # "Seite 2" and "side B" are numbered; "amphora_side_01" is not.
    return len(counts) == 1 and all(word in _ORDINAL_WORDS | _SIDE_WORDS for word in words if word not in counts)


def is_plate(name: str) -> bool:
    """Whether a photo, named with its path in the capture, is called like a plate."""
    *folders, file = PurePosixPath(name).parts
    return any(is_plate_folder(folder) for folder in folders) or _is_plate_file(file)


def is_plate_folder(name: str) -> bool:
    """Whether a folder is called like one of plates."""
    if unicodedata.normalize("NFKC", name).strip() in _PLATE_SIGNS:
        return True
    words = [word for word in plain_words(name) if not word.isdecimal()]
    beside = [word for word in words if word not in _PLATE_FOLDER_WORDS]
    return len(beside) < len(words) and all(word in _BESIDE_PLATE_WORDS for word in beside)


def _is_plate_file(name: str) -> bool:
    words = plain_words(PurePosixPath(name).stem)
    # "emptyplatter1.jpg" too; a plateau or a platelet is an object.
    together = {plate + beside for plate in ("empty", "plate") for beside in _BESIDE_PLATE_WORDS}
    return bool(words) and words[0] in _PLATE_WORDS | together


@lru_cache(4096)
def _read(name: str) -> tuple[Pose, tuple[str, ...]]:
    """The pose that one part of a path tells, and its other words."""
    words = plain_words(name)
    if is_numbered(name):
        return Pose.UNKNOWN, tuple(word for word in words if word not in _SIDE_WORDS and not _counts(word))
    found: set[Pose] = set()
    there = set(words)
    for phrase, pose in _PHRASES:
        while phrase[0] in there and (at := _index(words, phrase)) is not None:
            found.add(pose)
            words = [*words[:at], *words[at + len(phrase) :]]
    for sign, pose in _signs_in(unicodedata.normalize("NFKC", name)):
        found.add(pose)
        words = [rest for word in words if (rest := word.replace(sign, ""))]
    return (found.pop() if len(found) == 1 else Pose.UNKNOWN), tuple(words)


def _index(words: list[str], phrase: Iterable[str]) -> int | None:
    wanted = list(phrase)
    return next((at for at in range(len(words)) if words[at : at + len(wanted)] == wanted), None)


def _signs_in(name: str) -> Iterator[tuple[str, Pose]]:
    """The signs that a name holds, longest ones first."""
    alone = re.split(r"[\s\d_.\-()]+", name)
    yield from ((sign, pose) for sign, pose in _SIGN_LIST if sign in alone or (len(sign) > 1 and sign in name))


def _counts(word: str) -> bool:
    return word.isdecimal() or (len(word) == 1 and word.isascii())
