"""Libraries of Debian that known Python packages load, or are compiled with.

Rule: only what a package's wheel does not bring itself; names are those of Debian trixie.
"""

from __future__ import annotations

from collections.abc import Mapping

RUNNING: Mapping[str, tuple[str, ...]] = {
    "cairocffi": ("libcairo2",),
    "cairosvg": ("libcairo2",),
    "django-weasyprint": ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
    "ffmpeg-python": ("ffmpeg",),
    "gdal": ("libgdal36",),
    "graphviz": ("graphviz",),
    "mysqlclient": ("libmariadb3",),
    "opencv-contrib-python": ("libgl1", "libglib2.0-0t64"),
    "opencv-python": ("libgl1", "libglib2.0-0t64"),
    "pdf2image": ("poppler-utils",),
    "psycopg": ("libpq5",),
    "psycopg-c": ("libpq5",),
    "psycopg2": ("libpq5",),
    "pycairo": ("libcairo2",),
    "pycups": ("libcups2t64",),
    "pydub": ("ffmpeg",),
    "pyenchant": ("libenchant-2-2",),
    "pylibmc": ("libmemcached11t64",),
    "pytesseract": ("tesseract-ocr",),
    "python-ldap": ("libldap2",),
    "python-magic": ("libmagic1t64",),
    "python-snappy": ("libsnappy1v5",),
    "pyvips": ("libvips42t64",),
    "pyzbar": ("libzbar0t64",),
    "weasyprint": ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0"),
}
"""Package -> what it loads or runs."""

BUILDING: Mapping[str, tuple[str, ...]] = {
    "mysqlclient": ("libmariadb-dev", "pkg-config"),
    "psycopg-c": ("libpq-dev",),
    "psycopg2": ("libpq-dev",),
    "pycairo": ("libcairo2-dev", "pkg-config"),
    "pycups": ("libcups2-dev",),
    "pylibmc": ("libmemcached-dev",),
    "python-ldap": ("libldap-dev", "libsasl2-dev"),
    "uwsgi": (),
}
"""Package that has no wheel for Linux -> what it is compiled with, beside the compiler."""

COMPILER = ("gcc", "libc6-dev")

INSTEAD: Mapping[str, str] = {"psycopg": "psycopg-binary"}
"""Package -> the one that brings the library itself."""


def running(packages: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """(Debian's package, for which of these), sorted."""
    found: dict[str, str] = {}
    for package in sorted(packages):
        if INSTEAD.get(package, "") not in packages:
            for each in RUNNING.get(package, ()):
                found.setdefault(each, package)
    return tuple(sorted(found.items()))


def building(packages: frozenset[str]) -> tuple[str, ...]:
    """Debian's packages to compile these with, sorted; none where all have wheels."""
    compiled = [each for each in packages if each in BUILDING]
    return tuple(sorted({*COMPILER, *(one for each in compiled for one in BUILDING[each])})) if compiled else ()
