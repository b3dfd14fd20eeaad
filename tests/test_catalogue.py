"""The catalogue: entries that can be relied on, and files that are the ones they should be."""

import hashlib
import json
import os
import re
from dataclasses import fields
from pathlib import Path

import pytest
from tiny_networks import brightness

from underside import resources
from underside.catalogue import Model, Recipe, Weights, load_catalogue
from underside.catalogue.pins import check_file, check_licence, remember_licence
from underside.errors import ModelError

FACTS = '[toy]\ntitle = "Toy"\nlicence = "MIT"\ncommercial = true\nfile = "toy.onnx"\n'


pytestmark = pytest.mark.usefixtures("models")


def own_entry(models: Path, facts: str) -> Model:
    (models / "catalogue.toml").write_text(facts, encoding="utf-8")
    return load_catalogue().find("toy")


@pytest.mark.parametrize("model", load_catalogue().models.values(), ids=lambda model: str(model.name))
def test_every_entry_says_what_a_person_must_know(model: Model) -> None:
    assert model.title
    assert model.licence
    assert model.source
    assert model.recipe.size is not None
    assert all(deviation > 0 for deviation in model.recipe.std)
    for weights in model.weights:
        assert re.fullmatch("(?:[0-9a-f]{32})?", weights.md5)
        assert re.fullmatch("(?:[0-9a-f]{64})?", weights.sha256)
        assert weights.url.startswith("https://") == weights.fetchable
        assert weights.size_mb > 0 or not weights.fetchable


def test_all_models_that_were_promised_are_known() -> None:
    promised = (
        "turntable u2netp u2net u2net_human_seg silueta isnet-general-use birefnet-general "
        "birefnet-general-lite birefnet-hr birefnet-512 birefnet-dis birefnet-hrsod birefnet-massive "
        "birefnet-cod ben2 inspyrenet rmbg-1.4 rmbg-2.0"
    )
    catalogue = load_catalogue()
    assert all(catalogue.find(name) for name in promised.split())


def test_the_page_on_models_knows_every_model_and_every_key() -> None:
    page = (Path(__file__).parents[1] / "docs" / "models.md").read_text(encoding="utf-8")
    models = load_catalogue().models.values()
    keys = [field.name for kind in (Model, Recipe, Weights) for field in fields(kind)]
    for word in [*(model.name for model in models), *keys, "variants"]:
        is_told = f"`{word}`" in page or word in ("name", "weights", "recipe")
        assert is_told, f"docs/models.md does not tell of {word}"


def test_models_for_people_clothes_and_drawings_are_marked() -> None:
    refused = {model.name for model in load_catalogue().models.values() if model.refused}
    assert refused == {"u2net_human_seg", "u2net_cloth_seg", "isnet-anime", "birefnet-portrait"}


def test_non_commercial_models_are_marked() -> None:
    marked = {model.name for model in load_catalogue().models.values() if not model.commercial}
    assert marked == {"bria-rmbg", "rmbg-1.4"}


def test_the_embedded_files_are_the_published_ones() -> None:
    model = load_catalogue().find("turntable")
    for weights in model.weights:
        path, sha256 = check_file(model, weights)
        assert path.parent == resources.models_folder()
        assert sha256 == hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256


def test_using_the_embedded_model_writes_nothing(models: Path) -> None:
    model = load_catalogue().find("turntable")
    check_file(model, model.weights[0])
    assert list(models.iterdir()) == []


def test_a_name_that_is_nearly_right_gets_a_hint() -> None:
    with pytest.raises(ModelError) as unknown:
        load_catalogue().find("birefnet-genral")
    assert "Did you mean birefnet-general" in unknown.value.remedy


def test_an_entry_of_the_users_own_replaces_one_of_ours(models: Path) -> None:
    (models / "catalogue.toml").write_text(FACTS.replace("toy", "u2netp"))
    assert load_catalogue().find("u2netp").title == "Toy"


def test_an_entry_of_the_users_own_may_have_a_name_that_one_of_ours_goes_by_too(models: Path) -> None:
    (models / "catalogue.toml").write_text(FACTS.replace("toy", "ben2"))
    assert load_catalogue().find("ben2").title == "Toy"
    assert load_catalogue().find("ben2-base").title != "Toy"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (FACTS + "sizes = [320, 320]", "unknown key sizes. Perhaps size was meant"),
        (FACTS + "size = [320]", "size cannot be [320]"),
        (FACTS + "size = -1", "size cannot be -1"),
        (FACTS + "size = [0, 320]", "greater than 0"),
        (FACTS + "std = [1, 0, 1]", "greater than 0"),
        (FACTS + 'variants = "toy.onnx"', "variants is not a list of files"),
        (FACTS + 'variants = [{ kind = "int8" }]', "lacks 'file'"),
        (FACTS + "std = [1, 1, true]", "std cannot be [1, 1, True]"),
        (FACTS + 'activation = "relu"', "activation cannot be 'relu'"),
        (FACTS + "embedded = true", "is not part of Underside"),
        (FACTS + 'name = "other"', "unknown key name"),
        (FACTS.replace("toy.onnx", "../toy.onnx"), "is not a plain file name"),
        (FACTS.replace("toy.onnx", "..\\\\toy.onnx"), "is not a plain file name"),
        (FACTS.replace("toy.onnx", ""), "is not a plain file name"),
        (FACTS.replace('licence = "MIT"\n', ""), "lacks 'licence'"),
        (FACTS.replace('file = "toy.onnx"\n', ""), "lacks 'file'"),
        ('title = "Toy"', "title is outside any model"),
        ("[toy", "is not TOML"),
    ],
)
def test_a_mistake_in_an_entry_is_one_clear_line(models: Path, facts: str, why: str) -> None:
    with pytest.raises(ModelError) as wrong:
        own_entry(models, facts)
    assert why in str(wrong.value)
    assert str(models / "catalogue.toml") in str(wrong.value)


def test_a_file_is_hashed_once_and_then_known_by_size_and_time(models: Path) -> None:
    model = own_entry(models, FACTS)
    path = models / "toy.onnx"
    path.write_bytes(b"one network")
    first = check_file(model, model.weights[0])
    found = path.stat()
    path.write_bytes(b"two network")
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert check_file(model, model.weights[0]) == first


def test_a_file_that_was_changed_is_refused(models: Path) -> None:
    model = own_entry(models, FACTS)
    path = models / "toy.onnx"
    path.write_bytes(b"one network")
    check_file(model, model.weights[0])
    path.write_bytes(b"another network")
    with pytest.raises(ModelError, match="has changed since it was checked"):
        check_file(model, model.weights[0])


def test_a_file_that_was_only_copied_anew_is_fine(models: Path) -> None:
    model = own_entry(models, FACTS)
    path = models / "toy.onnx"
    path.write_bytes(b"one network")
    first = check_file(model, model.weights[0])
    os.utime(path, ns=(1, 1))
    assert check_file(model, model.weights[0]) == first
    assert json.loads((models / "pins.json").read_text())["files"]["toy.onnx"]["mtime_ns"] == 1


@pytest.mark.parametrize("published", ['md5 = "00"', 'sha256 = "00"'])
def test_a_file_that_is_not_the_published_one_is_refused(models: Path, published: str) -> None:
    model = own_entry(models, FACTS + published)
    (models / "toy.onnx").write_bytes(b"one network")
    with pytest.raises(ModelError, match="is not the file that was published"):
        check_file(model, model.weights[0])
    assert not (models / "pins.json").exists()


@pytest.mark.parametrize("content", ["{", '{"files": {"toy.onnx": {"sha256": "1"}}, "licences": []}'])
def test_a_damaged_record_of_pins_says_what_to_do(models: Path, content: str) -> None:
    model = own_entry(models, FACTS)
    brightness(models / "toy.onnx")
    (models / "pins.json").write_text(content)
    with pytest.raises(ModelError, match="Delete it"):
        check_file(model, model.weights[0])


def test_a_licence_is_accepted_once() -> None:
    model = load_catalogue().find("bria-rmbg")
    with pytest.raises(ModelError, match="--accept-licence"):
        check_licence(model, accepted=False)
    remember_licence(model)
    check_licence(model, accepted=False)


def test_the_users_folder_follows_the_system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("UNDERSIDE_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    monkeypatch.setattr("sys.platform", "linux")
    assert resources.user_models_folder() == tmp_path / "xdg" / "underside" / "models"
    monkeypatch.setenv("UNDERSIDE_MODELS", "~/mine")
    assert resources.user_models_folder() == Path.home() / "mine"


def test_the_demo_photos_are_where_the_package_is() -> None:
    assert {"upright", "flipped", "empty"} <= {path.name for path in resources.demo_folder().iterdir()}
