"""What an image is built without never holds what nginx answers from."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from decided import FOLDER, image_plan_of, make_facts, make_finding, static
from porch.places import Place
from porch.targets.docker.ignored import groups

FOLDERS = ("dist", "build", "frontend/dist", "frontend/node_modules/htmx")
PLACES = {
    **{f"{FOLDER}/{name}": Place(True, folder=True) for name in FOLDERS},
    **{f"{FOLDER}/{name}/index.html": Place(True) for name in ("dist", "build")},
}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({}, set[str]()),
        ({"static": {"/x/": "frontend/dist"}}, set[str]()),
        ({"files.single_page": "dist", "app.mount": "/api"}, {"dist"}),
        ({"files.home_page": "build/index.html"}, {"build"}),
        ({"files.maintenance": "build/index.html", "static": {"/x/": "dist"}}, {"build", "dist"}),
        ({"files.protected": {"/x/": "dist"}}, {"dist"}),
        ({"static": {"/x/": "frontend/node_modules/htmx"}}, {"**/node_modules"}),
    ],
)
def test_folders_with_pages_and_files_are_in_the_image(given: dict[str, object], kept: set[str]) -> None:
    """Of those that bundlers write, at any depth, those are left out that nothing is answered from."""
    patterns = {each for _, group in groups(image_plan_of(given, make_facts(PLACES))) for each in group}
    assert {"dist", "build", "**/node_modules"} - patterns == kept


@pytest.mark.parametrize(
    "name",
    [
        ".git-credentials", ".secrets.toml", "secrets.yaml", ".vault-token", "terraform.tfstate.backup", "prod.tfvars",
        "client_secret_1.json", "shop-service-account.json", "ops/htpasswd", "kubeconfig", "auth.json", "ada.ppk",
        "release.keystore", "ada.asc", ".env~", "env.prod", "db.sqlite3.old", "db.bak", "dump.sql", "all.sql.gz",
        ".bash_history", ".python_history", "api/.venv", "env/lib/python3.13/site-packages", "web/node_modules",
        "secrets", "deploy/secrets", ".my.cnf", ".s3cfg", ".boto", ".dockercfg",
    ],
)  # fmt: skip
def test_what_a_project_is_likely_to_hold_of_secrets_and_data_stays_out(name: str) -> None:
    """By the names that tools write them under."""
    last = name.rpartition("/")[2]
    patterns = {each.removeprefix("**/") for _, group in groups(image_plan_of()) for each in group}
    assert any(fnmatchcase(last, each) or fnmatchcase(name, each) for each in patterns)


@pytest.mark.parametrize(
    "name",
    [
        "schema.sql",
        "authors.json",
        "environment.py",
        "secrets.py",
        "shop/secrets",
        "env.prod.js",
        "historical.py",
        "settings.toml",
        "db.py",
        "env",
    ],
)
def test_what_an_app_runs_with_is_in_the_image(name: str) -> None:
    """Code, and files that an app reads, have names that are much like those of secrets."""
    patterns = {each.removeprefix("**/") for _, group in groups(image_plan_of()) for each in group}
    assert not any(fnmatchcase(name, each) for each in patterns)


@pytest.mark.parametrize("environment", [".venv", "venv"])
def test_an_environment_is_no_part_of_an_image(environment: str) -> None:
    """Static files of an installed package are found again in the image's own environment."""
    folder = f"{FOLDER}/{environment}/lib/python3.13/site-packages/shop/static"
    facts = make_facts({folder: Place(True, folder=True)})
    plan = image_plan_of(facts=facts, finding=make_finding(statics=(static("/static/", folder),)))
    assert f"{folder}/" in {each.path for each in plan.static.value}
    assert f"**/{environment}" in {each for _, group in groups(plan) for each in group}


@pytest.mark.parametrize(("framework", "left_out"), [("flask", True), ("django", False)])
def test_flasks_instance_folder_is_no_part_of_an_image(framework: str, left_out: bool) -> None:
    """It holds keys and databases; to other frameworks the name means nothing."""
    plan = image_plan_of(finding=make_finding(framework=framework))
    assert ("instance" in {each for _, group in groups(plan) for each in group}) == left_out
