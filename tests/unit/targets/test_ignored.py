"""What an image is built without never holds what nginx answers from."""

from __future__ import annotations

import pytest

from decided import FOLDER, image_plan_of, make_facts, make_finding, static
from porch.places import Place
from porch.targets.docker.ignored import groups

PLACES = {
    **{f"{FOLDER}/{name}": Place(True, folder=True) for name in ("dist", "build")},
    **{f"{FOLDER}/{name}/index.html": Place(True) for name in ("dist", "build")},
}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, set[str]()),
        ({"files.single_page": "dist", "app.mount": "/api"}, {"dist"}),
        ({"files.home_page": "build/index.html"}, {"build"}),
        ({"files.maintenance": "build/index.html", "static": {"/x/": "dist"}}, {"build", "dist"}),
        ({"files.protected": {"/x/": "dist"}}, {"dist"}),
    ],
)
def test_folders_with_pages_and_files_are_in_the_image(given: dict[str, object], kept: set[str]) -> None:
    """Of the two that bundlers write, those are left out that nothing is answered from."""
    patterns = {each for _, group in groups(image_plan_of(given, make_facts(PLACES))) for each in group}
    assert {"dist", "build"} - patterns == kept


@pytest.mark.parametrize("environment", [".venv", "venv"])
def test_an_environment_is_no_part_of_an_image(environment: str) -> None:
    """Static files of an installed package are found again in the image's own environment."""
    folder = f"{FOLDER}/{environment}/lib/python3.13/site-packages/shop/static"
    facts = make_facts({folder: Place(True, folder=True)})
    plan = image_plan_of(facts=facts, finding=make_finding(statics=(static("/static/", folder),)))
    assert f"{folder}/" in {each.path for each in plan.static.value}
    assert environment in {each for _, group in groups(plan) for each in group}


@pytest.mark.parametrize(("framework", "left_out"), [("flask", True), ("django", False)])
def test_flasks_instance_folder_is_no_part_of_an_image(framework: str, left_out: bool) -> None:
    """It holds keys and databases; to other frameworks the name means nothing."""
    plan = image_plan_of(finding=make_finding(framework=framework))
    assert ("instance" in {each for _, group in groups(plan) for each in group}) == left_out
