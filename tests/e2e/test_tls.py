"""HTTPS as clients see it: the certificate, what the app is told, where plain HTTP leads, and who is refused.

Rule: each client here trusts one authority and checks the name, as a browser would, unless the test is about a refusal.
"""

from __future__ import annotations

import os
import signal
import socket
import ssl
import stat
from pathlib import Path

import httpx
import pytest
from asking import ask, ask_raw, ask_tls, secured
from kinds import every, names
from ports import free_port
from story import MakeProject, Project, Site
from waiting import until

from porch.certificates import Made, making

AUTHORITY = making.authority("the tests")
NAME = "shop.test"


def place(project: Project, made: Made) -> None:
    """Put a certificate and its key into the project, as a user would."""
    project.write("cert.pem", made.certificate)
    project.write("key.pem", made.key).chmod(0o600)


def start(project: Project, *words: str) -> tuple[Site, int, str]:
    """A site with a certificate of files; its port of plain HTTP, and the authority's file."""
    trusted = project.home / "ca.pem"
    trusted.write_text(AUTHORITY.certificate)
    if not (project.folder / "cert.pem").exists():
        place(project, making.leaf(AUTHORITY, (NAME,)))
    plain = free_port()
    own = ("--tls-certificate", "cert.pem", "--tls-key", "key.pem", "--tls-redirect", f"127.0.0.1:{plain}")
    site = project.run("--server-workers", "1", "--domain", NAME, *own, *words)
    return site, plain, str(trusted)


@pytest.mark.parametrize(("interface", "server"), every(), ids=names())
def test_the_app_sees_https_on_every_server(project: MakeProject, interface: str, server: tuple[str, ...]) -> None:
    """Scheme, host, port and client are those of the client's own connection, and no header changes them."""
    made = project(f"echo_{interface}")
    site, _, trusted = start(made, "app.py:app", *server)
    forged = {"X-Forwarded-Proto": "http", "X-Forwarded-Port": "1", "X-Forwarded-For": "9.9.9.9"}
    told = ask_tls(site.port, "/x?y=1", NAME, trusting=trusted, headers=forged).json()
    assert (told["scheme"], told["host"], told["remote"]) == ("https", f"{NAME}:{site.port}", "127.0.0.1")
    if interface == "wsgi":
        assert told["port"] == str(site.port)


@pytest.fixture(scope="module")
def shop(shared_project: MakeProject) -> tuple[Site, int, str]:
    """A site with a domain and a certificate of files."""
    return start(shared_project("echo_wsgi"), "app.py:app", "--server", "granian")


def test_http2_is_spoken_and_http1_is_left(shop: tuple[Site, int, str]) -> None:
    """What the client asks for first."""
    site, _, trusted = shop
    for wanted, spoken in ((("h2", "http/1.1"), "h2"), (("http/1.1",), "http/1.1"), ((), None)):
        with secured(site.port, NAME, trusting=trusted, speaks=wanted) as connection:
            assert connection.selected_alpn_protocol() == spoken


@pytest.mark.parametrize("app", ["echo_wsgi", "echo_asgi"])
def test_a_body_that_is_too_large_has_its_page_over_http2(project: MakeProject, app: str) -> None:
    """nginx looks at the size again on the way to the page; the page was lost, or there was a 500 instead."""
    site, _, trusted = start(project(app), "app.py:app", "--limits-body", "1K")
    context = ssl.create_default_context(cafile=trusted)
    with httpx.Client(http2=True, verify=context) as client:
        address = f"https://127.0.0.1:{site.port}/"
        answer = client.post(address, content=b"x" * 50_000, headers={"Host": NAME}, extensions={"sni_hostname": NAME})
    assert (answer.http_version, answer.status_code) == ("HTTP/2", 413)
    assert "Request:" in answer.text
    assert "cycle" not in site.stderr.text


def test_plain_http_is_led_to_https_for_the_sites_name_alone(shop: tuple[Site, int, str]) -> None:
    """With the path and the query; the port as far as the client wrote one; health is told to anyone."""
    site, plain, _ = shop
    moved = ask(plain, "POST", "/a?b=1", {"Host": f"{NAME}:{plain}"})
    assert (moved.status, moved.header("Location")) == (308, f"https://{NAME}:{site.port}/a?b=1")
    assert ask(plain, "GET", "/", {"Host": NAME}).header("Location") == f"https://{NAME}/"
    assert ask(plain, "GET", "/", {"Host": "other.test"}).status == 421
    assert ask(plain, "GET", "/-/porch/ready").status == 200
    assert moved.all("Strict-Transport-Security") == []


def test_browsers_are_told_of_https_where_they_trust_the_certificate(project: MakeProject) -> None:
    """Once on every answer, errors of nginx's own too; by plain HTTP and for a certificate of one's own not at all."""
    made = project("echo_wsgi")
    # Stands in for Mozilla's list of roots: the tests' authority is one of them.
    made.write("roots/certifi.py", f"def where():\n    return {str(made.home / 'ca.pem')!r}\n")
    made.environment["PYTHONPATH"] = str(made.folder / "roots")
    place(made, making.leaf(AUTHORITY, (NAME,), days=80))
    site, plain, trusted = start(made, "app.py:app", "--server", "granian", "--limits-body", "1K")
    for path in ("/", "/-/porch/live", "/.env"):
        answer = ask_tls(site.port, path, NAME, trusting=trusted)
        assert answer.header("Strict-Transport-Security") == "max-age=63072000", (path, answer.status)
    assert ask(plain, "GET", "/", {"Host": NAME}).all("Strict-Transport-Security") == []
    assert site.stop() == 0
    del made.environment["PYTHONPATH"]
    site, _, trusted = start(made, "app.py:app", "--server", "granian")
    assert ask_tls(site.port, "/", NAME, trusting=trusted).all("Strict-Transport-Security") == []


def test_plain_http_on_the_port_of_https_is_led_there(shop: tuple[Site, int, str]) -> None:
    """Who forgot the s finds the site."""
    site, _, _ = shop
    moved = ask_raw(site.port, f"GET /a HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
    assert (moved.status, moved.header("Location")) == (308, f"https://{NAME}:{site.port}/a")


@pytest.mark.parametrize("name", ["other.test", None])
def test_no_handshake_for_another_name_or_for_none(shop: tuple[Site, int, str], name: str | None) -> None:
    """Nobody is shown a certificate that is not for the name that they asked for."""
    site, _, _ = shop
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        secured(site.port, name).close()


def test_another_host_behind_the_sites_own_name_is_refused(shop: tuple[Site, int, str]) -> None:
    """The name of the handshake opens no door to another."""
    site, _, trusted = shop
    assert ask_tls(site.port, "/", NAME, trusting=trusted, headers={"Host": "other.test"}).status == 421


OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)


@pytest.mark.parametrize("version", OLD, ids=lambda each: each.name)
def test_old_versions_are_refused(shop: tuple[Site, int, str], version: ssl.TLSVersion) -> None:
    """TLS 1.2 is the oldest."""
    site, _, _ = shop
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", site.port)) as plain:
        context.wrap_socket(plain, server_hostname=NAME)


def test_the_key_lies_where_nginx_reads_it_only_while_it_does(shop: tuple[Site, int, str]) -> None:
    """The app may be the same user as nginx: it finds no key to read, and the supervisor's copy is not for it."""
    site, _, _ = shop
    run = site.project.run_folder
    assert [path.name for path in (run / "nginx").rglob("*.pem")] == []
    assert stat.S_IMODE((run / "key.pem").stat().st_mode) == 0o600
    assert (run / "key.pem").stat().st_uid == run.stat().st_uid


def test_a_dead_nginx_is_back_with_its_certificate(shop: tuple[Site, int, str]) -> None:
    """What it reads at its start is handed to it again."""
    site, _, trusted = shop
    before = site.pid_of("nginx")
    os.kill(before, signal.SIGKILL)
    until(lambda: site.find_pid("nginx") not in (None, before), "nginx is another process")
    until(lambda: site.status()["state"] == "ready", "the site is ready again")
    assert ask_tls(site.port, "/", NAME, trusting=trusted).status == 200


def test_a_renewed_certificate_is_taken_at_a_reload_and_a_broken_one_is_not(project: MakeProject) -> None:
    """The new one is served after `porch reload`; a key that is not its own is refused, and the old one goes on."""
    made = project("echo_wsgi")
    site, _, trusted = start(made, "app.py:app", "--server", "granian")
    first = _served(site, trusted)
    place(made, making.leaf(AUTHORITY, (NAME,)))
    assert made.porch("reload").code == 0
    second = _served(site, trusted)
    assert second != first
    made.write("key.pem", making.leaf(AUTHORITY, (NAME,)).key)
    refused = made.porch("reload")
    assert (refused.code, "is not that of the certificate" in refused.stderr) == (5, True)
    assert _served(site, trusted) == second


def _served(site: Site, trusted: str) -> bytes:
    """The certificate that is served, in DER."""
    with secured(site.port, NAME, trusting=trusted) as connection:
        return connection.getpeercert(binary_form=True) or b""


def test_self_signed_is_trusted_by_who_trusts_the_authority(project: MakeProject, tmp_path: Path) -> None:
    """The authority is made once and is nobody else's to read; the next instance has a certificate of the same one."""
    made = project("echo_wsgi")
    words = ("app.py:app", "--server", "granian", "--server-workers", "1", "--tls", "self-signed")
    state = tmp_path / "state"
    served: list[bytes] = []
    for _ in range(2):
        site = made.run(*words, "--tls-folder", str(state))
        trusted = str(state / "authority/ca.pem")
        assert ask_tls(site.port, "/", "127.0.0.1", trusting=trusted).status == 200
        assert ask_tls(site.port, "/", "localhost", trusting=trusted).json()["scheme"] == "https"
        assert f"trusted by who trusts {trusted}" in site.stderr.text
        with secured(site.port, "localhost") as connection:
            served.append(connection.getpeercert(binary_form=True) or b"")
        assert site.stop() == 0
    assert served[0] == served[1]
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in state.rglob("*.pem")}
    assert set(modes.values()) == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (state, *state.rglob("*")) if path.is_dir()} == {0o700}
    assert set(modes) == {"ca.pem", "key.pem", "certificate.pem"}


def test_websockets_open_by_https(project: MakeProject) -> None:
    """A browser opens them by HTTP/1.1, also where pages come by HTTP/2, and the app sees a secure one."""
    made = project("starlette_socket")
    site, _, trusted = start(made, "app.py:app", "--server", "uvicorn")
    asked = (
        f"GET /socket HTTP/1.1\r\nHost: {NAME}:{site.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    with secured(site.port, NAME, trusting=trusted, speaks=("http/1.1",)) as connection:
        connection.sendall(asked.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 101 ")


def test_a_certificate_that_cannot_be_used_is_refused_at_the_start(project: MakeProject) -> None:
    """By `check` and by `run` alike, with the cause and the fix, and before anything is started."""
    made = project("echo_wsgi")
    place(made, making.leaf(AUTHORITY, ("other.test",)))
    words = ("app.py:app", "--domain", NAME, "--tls-certificate", "cert.pem", "--tls-key", "key.pem")
    for outcome in (made.porch("check", *words), made.run_refused(*words)):
        assert outcome.code == 2
        assert "the certificate is not for shop.test, but for other.test" in outcome.stderr
