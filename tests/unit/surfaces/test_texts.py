"""The interface's words: all there, in use, and with the fields that the code fills."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

import medqa.surfaces
from medqa.surfaces.languages import LANGUAGES
from medqa.surfaces.markup import environment
from medqa.surfaces.texts import Texts, load_texts

FOLDER = Path(medqa.surfaces.__file__).parent
CODE = "\n".join(path.read_text(encoding="utf-8") for path in [*FOLDER.glob("*.py"), *FOLDER.glob("templates/*.html")])


def test_every_text_is_used() -> None:
    unused = [
        f"{section}.{name}"
        for section, field in Texts.model_fields.items()
        if hasattr(field.annotation, "model_fields")
        for name in field.annotation.model_fields  # type: ignore[union-attr]
        if not re.search(rf"\.{name}\b", CODE)
    ]
    assert unused == []


@pytest.mark.parametrize("name", sorted(environment().list_templates(extensions=["html"])))
def test_every_template_compiles_and_marks_nothing_safe(name: str) -> None:
    environment().get_template(name)
    source = files("medqa.surfaces").joinpath("templates", name).read_text(encoding="utf-8")
    assert "|safe" not in source.replace(" ", "")
    assert "autoescape" not in source


def test_no_text_is_empty() -> None:
    def leaves(value: object) -> list[str]:
        return [leaf for inner in value.values() for leaf in leaves(inner)] if isinstance(value, dict) else [str(value)]

    for language in LANGUAGES:
        assert all(leaf.strip() for leaf in leaves(load_texts(language).model_dump()))


def test_the_interface_is_wholly_in_spanish_with_the_same_fields_to_fill() -> None:
    english = tomllib.loads((FOLDER / "texts.toml").read_text(encoding="utf-8"))
    spanish = tomllib.loads((FOLDER / "texts.es.toml").read_text(encoding="utf-8"))
    assert set(english) == set(spanish)
    for section, texts in spanish.items():
        assert set(texts) == set(english[section]), section
        for name, text in texts.items():
            assert fields(str(text)) == fields(str(english[section][name])), f"{section}.{name}"


def fields(text: str) -> set[str]:
    return set(re.findall(r"\{\w+\}", text))


def test_styles_scripts_and_templates_name_no_other_host() -> None:
    for path in [*FOLDER.glob("static/*"), *FOLDER.glob("templates/*")]:
        if path.suffix not in (".css", ".js", ".svg", ".html"):
            continue
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|//[a-z]+\.", text), path.name
