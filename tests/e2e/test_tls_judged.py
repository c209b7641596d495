"""sslyze judges the handshake by Mozilla's guideline, as it judges sites of the internet.

Rule: it trusts the tests' own authority; all else is what it would say of any site. The newest sslyze brings guideline
5.7; what 6.0 says stands here, and is handed to it as a configuration of one's own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from story import MakeProject
from test_tls import AUTHORITY, NAME, place, start

from porch.certificates import making
from porch.facts import find_nginx

JUDGE = Path(sys.prefix, "judges/bin/sslyze")
NGINXES = {".".join(map(str, found.version)): found.binary for found in find_nginx("auto")}

# Guideline 6.0: without DHE, which 5.7 still allows, and with the curve that a quantum computer would not open.
SUITES = [f"TLS_ECDHE_{key}_WITH_{suite}" for key in ("ECDSA", "RSA") for suite in (
    "AES_128_GCM_SHA256", "AES_256_GCM_SHA384", "CHACHA20_POLY1305_SHA256"
)]  # fmt: skip
SIGNATURES = ["ecdsa-with-SHA256", "ecdsa-with-SHA384", "ecdsa-with-SHA512"]
MODERN = {
    "certificate_curves": ["prime256v1", "secp384r1"],
    "certificate_signatures": SIGNATURES,
    "certificate_types": ["ecdsa"],
    "ciphers": {"caddy": [], "go": [], "iana": [], "openssl": []},
    "ciphersuites": ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"],
    "dh_param_size": None,
    "ecdh_param_size": 256,
    "hsts_min_age": 63072000,
    "maximum_certificate_lifespan": 90,
    "ocsp_staple": True,
    "recommended_certificate_lifespan": 90,
    "rsa_key_size": None,
    "server_preferred_order": False,
    "tls_curves": ["X25519MLKEM768", "X25519", "prime256v1", "secp384r1"],
    "tls_versions": ["TLSv1.3"],
}
INTERMEDIATE = MODERN | {
    "certificate_signatures": ["sha256WithRSAEncryption", *SIGNATURES],
    "certificate_types": ["ecdsa", "rsa"],
    "ciphers": {"caddy": SUITES, "go": SUITES, "iana": SUITES, "openssl": []},
    "dh_param_size": 2048,
    "maximum_certificate_lifespan": 366,
    "rsa_key_size": 2048,
    "tls_versions": ["TLSv1.2", "TLSv1.3"],
}
NEWEST = {"modern": MODERN, "intermediate": INTERMEDIATE}


@pytest.mark.parametrize("profile", ["intermediate", "modern"])
@pytest.mark.parametrize("version", NGINXES)
def test_the_guideline_is_kept(project: MakeProject, version: str, profile: str) -> None:
    """Mozilla's guideline of that name, on both nginxs: compliant; and by the stricter one, intermediate is not."""
    made = project("echo_wsgi")
    place(made, making.leaf(AUTHORITY, (NAME,), days=80))
    words = ("--nginx-binary", NGINXES[version], "--tls-profile", profile)
    site, _, trusted = start(made, "app.py:app", "--server", "granian", *words)
    newest = {name: made.write(f"{name}.json", json.dumps(told)) for name, told in NEWEST.items()}
    assert "OK - Compliant." in judged(f"--mozilla_config={profile}", site.port, trusted)
    assert "OK - Compliant." in judged(f"--custom_tls_config={newest[profile]}", site.port, trusted)
    if profile == "intermediate":
        assert "FAILED - Not compliant." in judged("--mozilla_config=modern", site.port, trusted)
        assert "FAILED - Not compliant." in judged(f"--custom_tls_config={newest['modern']}", site.port, trusted)


def judged(by: str, port: int, trusted: str) -> str:
    """What sslyze says."""
    words = (str(JUDGE), by, f"--certinfo_ca_file={trusted}", f"{NAME}:{port}{{127.0.0.1}}")
    return subprocess.run(words, capture_output=True, text=True, timeout=120, check=False).stdout
