"""The service described for programs: OpenAPI, with rembg's paths and fields."""

from typing import Any

from underside import __version__
from underside.serve.fields import FIELDS, IN_QUERY_TOO, Field

__all__ = ["openapi"]

_TYPES = {"text": "string", "truth": "boolean", "whole": "integer"}
_FILE = {"type": "string", "format": "binary", "title": "File", "description": "The photo."}
_URL = {"type": "string", "title": "Url", "description": "The photo's address; its host must be allowed."}


def openapi() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Underside",
            "description": "Masks and cut-outs of objects, in place of rembg.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
            "version": __version__,
        },
        "paths": {"/api/remove": {"get": _get(), "post": _post()}},
        "components": {"schemas": {"Refused": _refused(), "Photo": _form()}},
    }


def _get() -> dict[str, Any]:
    url = {"name": "url", "in": "query", "required": True, "schema": _URL, "description": _URL["description"]}
    return {
        "summary": "Remove the background of a photo at an address",
        "operationId": "get_index_api_remove_get",
        "parameters": [url, *(_parameter(field) for field in FIELDS)],
        "responses": _responses(),
    }


def _post() -> dict[str, Any]:
    form = {"multipart/form-data": {"schema": {"$ref": "#/components/schemas/Photo"}}}
    return {
        "summary": "Remove the background of an uploaded photo",
        "operationId": "post_index_api_remove_post",
        "parameters": [_parameter(field) for field in FIELDS if field.name in IN_QUERY_TOO],
        "requestBody": {"required": True, "content": form},
        "responses": _responses(),
    }


def _form() -> dict[str, Any]:
    fields = {field.name: _schema(field) for field in FIELDS}
    return {"type": "object", "title": "Photo", "required": ["file"], "properties": {"file": _FILE, **fields}}


def _parameter(field: Field) -> dict[str, Any]:
    return {
        "name": field.name,
        "in": "query",
        "required": False,
        "schema": _schema(field),
        "description": field.says,
    }


def _schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES[field.kind], "title": field.name.title(), "description": field.says}
    if field.default is not None:
        schema["default"] = field.default
    if field.kind == "whole":
        schema["minimum"] = 0
    if field.most is not None:
        schema["maximum"] = field.most
    return schema


def _responses() -> dict[str, Any]:
    said = {"application/json": {"schema": {"$ref": "#/components/schemas/Refused"}}}
    refusals = {
        "400": "Not a photo, not a colour, not an installed model, or not an address to fetch from",
        "403": "The web page that asks is not allowed to",
        "408": "The photo did not arrive in time",
        "413": "The photo's file is too large",
        "421": "The service was asked by a name that is not its own",
        "422": "A field is missing or not valid",
        "429": "The service is busy; ask again",
        "503": "The request waited too long for its turn, or there is no memory or room for it",
    }
    picture = {"image/png": {"schema": {"type": "string", "format": "binary"}}}
    answers = {"200": {"description": "The cut-out (RGBA), or the mask (8-bit grey)", "content": picture}}
    return answers | {status: {"description": why, "content": said} for status, why in refusals.items()}


def _refused() -> dict[str, Any]:
    problem = {"type": "object", "required": ["loc", "msg", "type"]}
    detail = {"anyOf": [{"type": "string"}, {"type": "array", "items": problem}], "title": "Detail"}
    return {"type": "object", "title": "Refused", "properties": {"detail": detail}}
