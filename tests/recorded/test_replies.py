"""The files themselves: each says where it is known from, and only what the public model of the service allows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

FILES = sorted((Path(__file__).parent / "replies").glob("*.json"))
SOURCE = r"(?:seen:(?:[0-9]{4}-[0-9]{2}-)?|guide:|api:)[A-Za-z0-9-]+"


@pytest.fixture(scope="session")
def model() -> ServiceModel:
    """The public model, as botocore ships it."""
    return ServiceModel(Loader().load_service_model("cognito-idp", "service-2"), "cognito-idp")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_file_says_what_it_is_and_where_it_is_known_from(file: Path) -> None:
    story = json.loads(file.read_text())

    assert story.keys() == {"what", "source", "recorded", "replies"}
    assert story["what"].endswith(".")
    assert all(re.fullmatch(SOURCE, source) for source in story["source"].split(", "))
    assert story["recorded"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_reply_has_the_members_of_the_model_and_no_others(file: Path, model: ServiceModel) -> None:
    for reply in json.loads(file.read_text())["replies"]:
        operation = model.operation_model(reply["operation"])

        if reply["status"] == 200:
            assert strangers(reply["body"], operation.output_shape) == []
        else:
            assert reply["body"]["__type"] in {shape.name for shape in operation.error_shapes}


def strangers(value: Any, shape: Shape) -> list[str]:
    """Return the members of a value that its shape doesn't have; tokens are written as claims, which are texts."""
    if shape.type_name == "structure":
        return [
            stranger
            for name, member in value.items()
            for stranger in (
                strangers(member, shape.members[name]) if name in shape.members else [f"{shape.name}.{name}"]
            )
        ]
    if shape.type_name == "list":
        return [stranger for item in value for stranger in strangers(item, shape.member)]
    return []
