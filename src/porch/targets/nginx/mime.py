"""Content types by file name, written out because not every nginx comes with such a list.

Rule: the registered type (IANA media types), and no charset: the file says its own.
"""

from __future__ import annotations

from porch.syntax.nginx import Node, block, directive, entry

TYPES: tuple[tuple[str, str], ...] = (
    ("text/html", "html htm"),
    ("text/css", "css"),
    ("text/javascript", "js mjs"),
    ("text/plain", "txt"),
    ("text/markdown", "md"),
    ("text/csv", "csv"),
    ("text/calendar", "ics"),
    ("text/vtt", "vtt"),
    ("text/xml", "xml xsl"),
    ("application/json", "json map"),
    ("application/manifest+json", "webmanifest"),
    ("application/ld+json", "jsonld"),
    ("application/atom+xml", "atom"),
    ("application/rss+xml", "rss"),
    ("application/xhtml+xml", "xhtml"),
    ("application/wasm", "wasm"),
    ("application/pdf", "pdf"),
    ("application/zip", "zip"),
    ("application/gzip", "gz"),
    ("application/epub+zip", "epub"),
    ("application/rtf", "rtf"),
    ("application/msword", "doc"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"),
    ("image/svg+xml", "svg"),
    ("image/png", "png"),
    ("image/jpeg", "jpg jpeg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/avif", "avif"),
    ("image/vnd.microsoft.icon", "ico"),
    ("image/bmp", "bmp"),
    ("image/tiff", "tif tiff"),
    ("font/woff", "woff"),
    ("font/woff2", "woff2"),
    ("font/ttf", "ttf"),
    ("font/otf", "otf"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg oga"),
    ("audio/wav", "wav"),
    ("audio/mp4", "m4a"),
    ("video/mp4", "mp4 m4v"),
    ("video/webm", "webm"),
    ("video/ogg", "ogv"),
    ("video/quicktime", "mov"),
)


def nodes() -> list[Node]:
    """The `types` block, and what everything else is."""
    return [
        block("types", children=[entry(kind, *endings.split()) for kind, endings in TYPES]),
        directive("default_type", "application/octet-stream"),
        directive("types_hash_max_size", 2048),
    ]
