"""The settings of what `porch render kubernetes` writes.

Rule: as in `settings`: a name and a default are typed here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from porch import values as v
from porch.records import dataclass
from porch.spec import setting
from porch.values import Kind


def _matching(pattern: str, sentence: str) -> Callable[[object], str]:
    def parse(raw: object) -> str:
        if not isinstance(raw, str) or not re.fullmatch(pattern, raw):
            raise ValueError(f'"{raw}" {sentence}')
        return raw

    return parse


_LABEL = r"[a-z]([a-z0-9-]{0,51}[a-z0-9])?"
_IMAGE = r"[a-z0-9]([A-Za-z0-9._:/-]*[A-Za-z0-9])?(@sha256:[0-9a-f]{64})?"
_TEXT = {"type": "string"}

LABEL = Kind(
    "name in Kubernetes",
    _matching(rf"({_LABEL})?", "is no name for Kubernetes; write small letters, figures and -, 53 at most"),
    schema=_TEXT,
)
PLACED = Kind(
    "name, or namespace/name",
    _matching(rf"({_LABEL}/)?{_LABEL}", "is no name for Kubernetes; write it as gateway, or namespace/gateway"),
    schema=_TEXT,
)
IMAGE = Kind(
    "image",
    _matching(rf"({_IMAGE})?", "is no image; write it as registry/name:tag"),
    schema=_TEXT,
)
HOST = Kind("domain name", lambda raw: str(next(iter(v.DOMAINS.parse(raw)), "")), schema=_TEXT)


@dataclass(frozen=True, slots=True)
class Kubernetes:
    """What `porch render kubernetes` describes; nothing here changes an instance that runs."""

    name: str = setting(LABEL, "", "Name of everything; the project's when left out.", example="store")
    namespace: str = setting(LABEL, "", "Namespace of everything; as the name when left out.", example="shops")
    image: str = setting(
        IMAGE, "", "Image that is run, as the cluster pulls it.", example="registry.example.org/shop:1.2"
    )
    shape: str = setting(
        v.choice("single", "sidecar"),
        "single",
        "`single`: nginx and the app in one container, as `docker run` would start it; `sidecar`: in two containers "
        "of one pod, both from the same image.",
        example="sidecar",
    )
    replicas: int = setting(v.count(1, 1000), 2, "Pods that there are at least.", example="3")
    max_replicas: int = setting(
        v.count(0, 10000), 0, "Pods that there are at most, under load; 0 is four times as many.", example="20"
    )
    cpus: float = setting(
        v.ratio(0.1, 512),
        1.0,
        "CPU time of a pod's app, in cores; its workers are counted for it.",
        example="2",
    )
    memory: int = setting(
        v.size_between(64 * 1024**2, 1024**4),
        512 * 1024**2,
        "Memory of a pod's app; its workers are counted for it.",
        example="1G",
    )
    route: str = setting(
        v.choice("ingress", "gateway", "none"),
        "ingress",
        "What leads requests from outside to the pods: an Ingress, an HTTPRoute of the Gateway API, or nothing.",
        example="gateway",
    )
    host: str = setting(
        HOST, "", "Name of the site; the first of `http.domains` when left out, else any host.", example="example.org"
    )
    tls_secret: str = setting(
        LABEL, "", "Secret with the certificate of the Ingress; a Gateway has its own.", example="shop-tls"
    )
    gateway: str = setting(PLACED, "gateway", "Gateway that the HTTPRoute belongs to.", example="infra/gateway")
