"""What is in an image: its layers as `docker save` writes them.

Rule: every layer is looked at, so that a file which a later layer hides is found too.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import client, docker


@dataclass(frozen=True)
class Entry:
    """One file in a layer."""

    layer: int
    name: str
    mode: int
    uid: int
    size: int
    content: bytes


def inspected(image: str) -> dict[str, Any]:
    """What the engine knows of it."""
    found: dict[str, Any] = json.loads(docker("inspect", image).stdout)[0]
    return found


def layers(image: str) -> list[str]:
    """Digests of its layers, the base first."""
    return list(inspected(image)["RootFS"]["Layers"])


def size(image: str) -> float:
    """In MB, as `docker images` shows it."""
    return float(inspected(image)["Size"]) / 1e6


def saved(image: str, folder: Path) -> Path:
    """The file that `docker save` writes."""
    path = folder / "image.tar"
    with path.open("wb") as file:
        subprocess.run((client(), "save", image), stdout=file, check=True, timeout=120)
    return path


def compressed(path: Path) -> float:
    """In MB, after gzip."""
    return len(gzip.compress(path.read_bytes(), 6)) / 1e6


def entries(path: Path, *, own: int = 0) -> list[Entry]:
    """Every file of every layer from number `own` on."""
    found: list[Entry] = []
    with tarfile.open(path) as outer:
        manifest = json.loads(_read(outer, "manifest.json"))[0]
        for number, name in enumerate(manifest["Layers"]):
            if number < own:
                continue
            with tarfile.open(fileobj=io.BytesIO(_read(outer, name))) as inner:
                for each in inner:
                    content = inner.extractfile(each) if each.isfile() else None
                    text = content.read() if content else b""
                    found.append(Entry(number, each.name, each.mode, each.uid, each.size, text))
    return found


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None, name
    return file.read()
