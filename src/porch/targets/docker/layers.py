"""The stages in the middle: the system that the app runs on, and the project's own code.

Rule: the system is made before the code is looked at; whatever was made while building has no date of its own, so that
it is the same in the next build.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from porch.plan.image import ImagePlan
from porch.syntax.dockerfile import Assigned, Expr, Instruction, Step, argument, begin, copy, gap, run, word
from porch.syntax.nodes import Comment, Gap, comment

Node = Instruction | Comment | Gap

USER: Final = "10001"
"""Of user and group: a number, because Kubernetes cannot tell whether a name is root."""
STDLIB: Final = '"$(python3 -c \'import sysconfig; print(sysconfig.get_path("stdlib"))\')"'
PIP_GONE: Final = Expr(
    "rm -rf \"$(python3 -c 'import os, pip; print(os.path.dirname(pip.__path__[0]))')\"\n"
    "\"$(python3 -c 'import ensurepip; print(ensurepip.__path__[0])')\"\n"
    "/usr/bin/pip* /usr/local/bin/pip* /usr/bin/wheel /usr/local/bin/wheel /usr/share/python-wheels"
)
OF_PACKAGES: Final = Expr("find /var/lib/dpkg/info -name '*.list' -newer /packages -exec cat {} + > /packages.new")
"""Every file that came since: dpkg lists them by package (dpkg-query(1), `--listfiles`)."""
STDLIB_COMPILED: Final = Expr(
    "(python3 -m compileall -qq -f -j0 --invalidation-mode unchecked-hash\n"
    '"$(python3 -c \'import sysconfig; print(sysconfig.get_path("stdlib"))\')" || true)'
)
USER_MADE: Final = Expr(
    "groupadd --gid 10001 app && useradd --uid 10001 --gid app --no-log-init --no-create-home\n"
    "--home-dir /tmp --shell /usr/sbin/nologin app"
)


def nodes(image: ImagePlan) -> Iterator[Node]:
    """Both stages."""
    yield from _system(image)
    yield from _code(image)


def _system(image: ImagePlan) -> Iterator[Node]:
    yield gap()
    yield comment("---- The system: Debian with nginx, and nothing that installs or changes anything.")
    yield begin("base", "system")
    steps: list[Step] = [
        (Expr("touch /began"),),
        ("apt-get", "update"),
        *_with_packages(image),
        (Expr("rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/*"),),
        (PIP_GONE,),
        (Expr("find / -xdev -perm /6000 -type f -exec chmod a-s {} +"),),
        (USER_MADE,),
        *([(STDLIB_COMPILED,)] if image.bytecode.value else []),
        (Expr("find / -xdev -newer /began -exec touch -hd @0 {} + && rm /began"),),
    ]
    yield run(steps, _told(image), image.packages.setting)


def _with_packages(image: ImagePlan) -> Iterator[Step]:
    """nginx and the app's libraries; the last stage of a slim image is told which files the libraries are."""
    install = ("apt-get", "install", "--yes", "--no-install-recommends")
    if not (image.slim.value and image.packages.value):
        yield (*install, "nginx", *image.packages.value)
        return
    yield (*install, "nginx")
    yield (Expr("touch /packages"),)
    yield (*install, *image.packages.value)
    yield (OF_PACKAGES,)
    yield (Expr("mv /packages.new /packages"),)


def _told(image: ImagePlan) -> str:
    libraries = f" and the libraries that the app loads ({image.packages.reason})" if image.packages.value else ""
    compiled = (
        "The standard library comes without bytecode; compiled, each process starts half a second sooner. "
        if image.bytecode.value
        else ""
    )
    return (
        f"nginx{libraries}: Debian's stable release is pin enough, and a build with --no-cache brings its security "
        f"fixes. What could install is taken out, and no program may run as another user. {compiled}What was made here "
        "is dated 1970: the next build makes the same layer.\n"
        "hadolint ignore=DL3008"
    )


def _code(image: ImagePlan) -> Iterator[Node]:
    yield gap()
    yield comment("---- The project's own code.")
    yield begin("system", "code")
    yield copy(["/layer"], "/", "dependencies")
    yield word("WORKDIR", "/app")
    yield copy(["."], "./")
    if image.collect:
        yield run([(*_throwaway(image), *_in_venv(image))], *_collecting(image))
    yield argument("SOURCE_DATE_EPOCH", note="For builds that repeat to the byte: the time of the commit, in seconds.")
    dated = Expr('if [ -n "$SOURCE_DATE_EPOCH" ]; then find /layer -exec touch -hd "@$SOURCE_DATE_EPOCH" {} +; fi')
    steps: list[Step] = [
        (Expr("(python3 -m compileall -q -j0 --invalidation-mode unchecked-hash /app || true)"),),
        (Expr("chmod -R go-w,a+rX /app && mkdir /layer && mv /app /layer/"),),
        (dated,),
    ]
    yield run(steps, "Compiled as above; root's own, and readable for whatever user the container is given.")


def _throwaway(image: ImagePlan) -> Iterator[Assigned]:
    for name in image.secrets:
        yield Assigned(name, Expr("\"$(python3 -c 'import secrets; print(secrets.token_hex())')\""))


def _in_venv(image: ImagePlan) -> tuple[str, ...]:
    return ("/venv/bin/python", *image.collect[1:])


def _collecting(image: ImagePlan) -> tuple[str, str]:
    said = " The secret is made for this command and kept nowhere." if image.secrets else ""
    if "--settings" in image.collect:
        said += " The settings are the app's, manage.py has others; what these ask the environment for goes before it."
    return f"Static files are collected here, once for all containers, and served by nginx.{said}", ""
