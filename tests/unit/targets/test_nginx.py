"""nginx.conf keeps every rule of the edge, whatever the Plan, and each rule sees what breaks it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

import nginx_rules
from decided import DEBIAN, FOLDER, WHEEL, make_facts, make_finding, plan_of
from nginx_rules import RULES, broken, read
from porch.certificates import Pair
from porch.frameworks import StaticFolder
from porch.places import Place
from porch.plan import Plan
from porch.syntax.file import File, Unwritable
from porch.targets import TARGETS, by_name, nginx, nginx_files

PLACES = {
    f"{FOLDER}/static": Place(True, folder=True),
    f"{FOLDER}/icon.ico": Place(True),
    f"{FOLDER}/index.html": Place(True),
    f"{FOLDER}/dist": Place(True, folder=True),
    f"{FOLDER}/dist/index.html": Place(True),
}
PATHS = {"path": "/upload/ body=1G timeout=10m request_buffering=false, /feed buffering=false rate=5/m"}
STATIC = {"static": {"/static/": "static", "/favicon.ico": "icon.ico", "/more/": "static"}}

FOUND = (StaticFolder("/static/", f"{FOLDER}/static", "app.py:4"),)


def plan(given: dict[str, Any] | None = None, interface: str = "wsgi", **machine: Any) -> Plan:
    """The Plan for a project with some public files."""
    return plan_of(given or {}, make_facts(PLACES, **machine), make_finding(interface=interface))


SECURE = {"tls.mode": "self-signed"}
FILES = {"tls.certificate": "tls.pem", "tls.key": "key.pem"}
FETCHED = {"tls.mode": "acme", "http.domains": "shop.org www.shop.org"}
PAIR = {(f"{FOLDER}/tls.pem", f"{FOLDER}/key.pem"): Pair(names=("shop.org", "*.shop.org"), days=80, public=True)}

PLANS: dict[str, Plan] = {
    "plain": plan(),
    "newest nginx": plan(nginx=(WHEEL,)),
    "uwsgi": plan({"server.name": "uwsgi"}),
    "asgi": plan(interface="asgi"),
    "aiohttp": plan(interface="aiohttp"),
    "static files": plan(STATIC | {"files.home_page": "index.html", "files.expires": 0}),
    "found": plan_of({}, make_facts(PLACES), make_finding(statics=FOUND)),
    "found, ASGI": plan_of({}, make_facts(PLACES), make_finding(interface="asgi", statics=FOUND)),
    "static files, newest nginx": plan(STATIC, nginx=(WHEEL,)),
    "mounted": plan({"app.mount": "/api"} | STATIC),
    "domains": plan({"http.domains": "shop.org *.shop.org", "http.listen": "80 [::]:80 unix:/run/x"}),
    "trusted": plan({"proxy.trusted": "10.0.0.0/8 fd00::/8"}, interface="asgi"),
    "trusted, newest nginx": plan({"proxy.trusted": "10.0.0.0/8"}, interface="asgi", nginx=(WHEEL,)),
    "trusted uwsgi": plan({"proxy.trusted": "10.0.0.0/8", "server.name": "uwsgi"}),
    "json": plan({"log.format": "json"}),
    "no lines": plan({"log.access": False}),
    "no limits": plan({"limits.body": 0, "server.keep_alive": 0, "limits.request_timeout": "1d"}),
    "short times": plan({"limits.request_timeout": 1, "limits.graceful_timeout": 1}),
    "paths": plan(PATHS),
    "watched": plan({"run.watch": True}, can_watch=True),
    "watched, paths, asgi": plan(PATHS | {"run.watch": True}, interface="asgi", can_watch=True),
    "paths, uwsgi": plan(PATHS | {"server.name": "uwsgi", "limits.rate": "10/s"}),
    "paths, asgi, mounted": plan(
        {"app.mount": "/api", "path": "/api/up/ rate=5/m, /api/up timeout=1s, /api/x/ rate=off", "limits.rate": "9/s"},
        interface="asgi",
    ),
    "limited": plan({"limits.rate": "10/s", "limits.connections": 20, "http.listen": "[::1]:80"}, interface="asgi"),
    "rate alone": plan({"limits.rate": "30/m", "limits.connections": 0, "server.name": "uwsgi"}),
    "long headers": plan({"limits.header": "32K", "limits.header_timeout": "1m", "limits.body_timeout": "2m"}),
    "long headers, uwsgi": plan({"limits.header": "32K", "server.name": "uwsgi"}),
    "strict": plan(STATIC | {"answers.security": "strict", "http.domains": "shop.org"}, interface="asgi"),
    "nothing added": plan(STATIC | {"answers.security": "off", "answers.compression": "off"}),
    "files compressed": plan(STATIC | {"answers.compression": "files", "files.home_page": "index.html"}),
    "tls": plan(SECURE | STATIC),
    "tls, newest nginx": plan(SECURE, nginx=(WHEEL,)),
    "tls, domains": plan(FILES | {"http.domains": "shop.org"}, pairs=PAIR, low_ports=True, interface="asgi"),
    "tls, strict, uwsgi": plan(
        FILES | STATIC | {"answers.security": "strict", "tls.hsts_subdomains": True, "server.name": "uwsgi"}, pairs=PAIR
    ),
    "acme": plan(FETCHED, low_ports=True),
    "acme, newest nginx": plan(FETCHED, nginx=(WHEEL,), low_ports=True, interface="asgi"),
    "tls, modern, alone": plan(SECURE | {"tls.profile": "modern", "tls.redirect": "off", "http.listen": "[::1]:9443"}),
    "page": plan(
        {"files.single_page": "dist", "app.routes": "/api/ /login /x/", "path": "/x/y body=1K, /api rate=5/m"}
    ),
    "page, mounted": plan(STATIC | {"files.single_page": "dist", "app.mount": "/api", "answers.compression": "files"}),
    "routes": plan({"app.routes": "/api/ /login"}, interface="asgi"),
    "dotted": plan(
        {
            "app.dotted": "/.web/ /.status /in/.x/",
            "path": "/.web/up/ body=1G rate=5/m, /in/.x/ timeout=1m, /.web/page timeout=1m",
            "limits.rate": "9/s",
        },
        interface="asgi",
    ),
    "dotted, routes": plan({"app.dotted": "/.web/", "app.routes": "/api/", "files.maintenance": "index.html"}),
    "well known": plan({"static": {"/.well-known/": "static"}}),
    "maintenance": plan({"files.maintenance": "index.html", "http.domains": "shop.org"} | STATIC),
    "maintenance, paths, watched, mounted": plan(
        {"files.maintenance": "index.html", "app.mount": "/api", "run.watch": True, "path": "/api/x rate=5/m"},
        interface="asgi",
        can_watch=True,
    ),
    "collected": plan_of(STATIC, make_facts({**PLACES, f"{FOLDER}/static/staticfiles.json": Place(True)})),
    "maintenance, tls, watched": plan(
        SECURE | {"files.maintenance": "index.html", "run.watch": True}, interface="asgi", can_watch=True
    ),
    "as root": plan({"run.user": "root"}, root=True),
    "unprivileged": plan(root=True),
}


@pytest.mark.parametrize("name", PLANS)
def test_every_rule_is_kept(name: str) -> None:
    """No rule is broken by any shape of Plan."""
    assert broken(read(PLANS[name])) == []


@pytest.mark.parametrize("name", PLANS)
def test_the_same_plan_gives_the_same_bytes(name: str) -> None:
    """Rendering twice differs in nothing, and no line is longer than a page is wide."""
    text = nginx.file(PLANS[name]).text
    assert nginx.file(PLANS[name]).text == text
    long = [line for line in text.splitlines() if len(line) > 120 and " " in line.strip().rstrip(";")]
    one_word = ("location", "map", "ssl_ciphers", "default '<!doctype")
    assert [line for line in long if not line.strip().startswith(one_word)] == []


BREAKS: list[tuple[str, str, str, str]] = [
    ("never_emitted", "plain", "server_tokens off;", "server_tokens off; resolver 8.8.8.8;"),
    ("never_emitted", "plain", "X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for"),
    ("never_emitted", "plain", "Host $host$host_port", "Host $http_host"),
    ("never_emitted", "plain", "error_log stderr warn", "error_log off"),
    ("never_emitted", "plain", "/dev/stdout combined", "/dev/stdout combined buffer=32k"),
    ("never_emitted", "plain", "next_upstream error timeout", "next_upstream error non_idempotent"),
    ("never_emitted", "plain", "location / {", 'location / { if ($host) { set $x "y"; }'),
    ("never_emitted", "static files", "location = / {", "location = / { rewrite ^ /x;"),
    ("never_emitted", "plain", "location / {", "location ~ ^/old/(.*) { return 301 /new/$1; } location / {"),
    ("never_emitted", "plain", "location / {", "location /o/ { return 301 https://x$uri; } location / {"),
    ("never_emitted", "json", "~^0 0", "~^(0) $1"),
    ("never_emitted", "json", "(?<log_uri_begin>", "("),
    ("passes_are_plain", "plain", "proxy_pass http://app;", "proxy_pass http://app/x/;"),
    ("passes_are_plain", "uwsgi", "uwsgi_pass app;", "uwsgi_pass $host;"),
    ("flags_are_said", "plain", "server_tokens off", "server_tokens on"),
    ("flags_are_said", "plain", "underscores_in_headers off", "underscores_in_headers on"),
    ("flags_are_said", "plain", "client_header_timeout 10s", "client_header_timeout 60s"),
    ("headers_stand_once", "plain", "location / {", "location / { proxy_set_header X-Own 1;"),
    ("headers_stand_once", "uwsgi", "location / {", "location / { uwsgi_param X_OWN 1;"),
    ("no_header_can_be_forged", "plain", 'Forwarded "";', "Forwarded $http_forwarded;"),
    ("no_header_can_be_forged", "plain", "X-Forwarded-Proto $scheme", "X-Forwarded-Proto $http_x_forwarded_proto"),
    ("no_header_can_be_forged", "plain", 'proxy_set_header Proxy "";', ""),
    ("no_header_can_be_forged", "plain", "X-Real-IP $remote_addr", "X-Real-IP $realip_remote_addr"),
    ("no_header_can_be_forged", "uwsgi", 'uwsgi_param HTTP_PROXY "" if_not_empty;', ""),
    ("only_websockets_upgrade", "asgi", "Upgrade $upgrade", "Upgrade $http_upgrade"),
    ("only_websockets_upgrade", "plain", "Connection $upstream_connection", "Connection upgrade"),
    ("only_websockets_upgrade", "plain", "HEAD close;", ""),
    ("only_websockets_upgrade", "asgi", "HEAD: close;", "GET: close;"),
    ("only_websockets_upgrade", "asgi", "GET:websocket:0:", "POST:websocket:0:"),
    ("only_websockets_upgrade", "plain", "proxy_http_version 1.1", "proxy_http_version 1.0"),
    ("proxies_are_named", "trusted", "set_real_ip_from fd00::/8;", "set_real_ip_from ::/0;"),
    ("proxies_are_named", "trusted", "real_ip_recursive on", "real_ip_recursive off"),
    ("proxies_are_named", "trusted", "1:https https", "~https https"),
    ("proxies_are_named", "plain", "sendfile on;", "sendfile on; real_ip_header X-Forwarded-For;"),
    ("static_files_stay_in_their_folder", "static files", "^~ /static/ {", "^~ /static {"),
    ("static_files_stay_in_their_folder", "static files", "alias /srv/app/static/;", "alias /srv/app/static;"),
    ("static_files_stay_in_their_folder", "static files", "^~ /static/ {", "^~ /static/ { try_files $uri =404;"),
    ("static_files_stay_in_their_folder", "static files", "^~ /static/", "~ /static/"),
    ("static_files_stay_in_their_folder", "static files", "disable_symlinks if_not_owner", "disable_symlinks off"),
    ("static_files_stay_in_their_folder", "static files", "|pem|", "|"),
    ("what_is_no_file_is_the_apps", "found", "error_page 404 405 = @app;", ""),
    ("what_is_no_file_is_the_apps", "found", "error_page 404 405 = @app;", "error_page 404 405 = @other;"),
    ("what_is_no_file_is_the_apps", "found", "location @app {", "location @other {"),
    ("what_is_no_file_is_the_apps", "found", "location ~ /$ {", "location ~ /none$ {"),
    ("what_is_no_file_is_the_apps", "found", "error_page 404 $error_page;", ""),
    ("only_named_folders_are_opened", "plain", "proxy_ignore_headers X-Accel-Redirect;", ""),
    ("names_with_a_hash_are_kept", "static files", "(?=[0-9]*[a-f])", ""),
    ("names_with_a_hash_are_kept", "static files", "max-age=31536000, immutable", "max-age=1"),
    ("hidden_files_are_refused", "plain", "(?!well-known/)", ""),
    ("other_hosts_are_refused", "domains", "return 421", "return 200"),
    ("other_hosts_are_refused", "domains", 'server_name "";', "server_name _;"),
    ("other_hosts_are_refused", "domains", "server_name shop.org *.shop.org;", "server_name shop.org;"),
    ("other_hosts_are_refused", "plain", " default_server", ""),
    ("health_is_told_everywhere", "plain", "= /-/porch/ready", "= /ready"),
    ("health_is_told_everywhere", "plain", "access_log off;", ""),
    ("the_app_has_two_doors", "plain", "max_fails=0", "max_fails=1"),
    ("the_app_has_two_doors", "plain", "keepalive_timeout 1s", "keepalive_timeout 75s"),
    ("the_app_has_two_doors", "uwsgi", "upstream app {", "upstream app { keepalive 32;"),
    ("timeouts_are_a_ladder", "plain", "proxy_read_timeout 32s", "proxy_read_timeout 30s"),
    ("timeouts_are_a_ladder", "short times", "next_upstream_timeout 3s", "next_upstream_timeout 10s"),
    ("timeouts_are_a_ladder", "plain", "worker_shutdown_timeout 30s", "worker_shutdown_timeout 0s"),
    ("sizes_are_the_plans", "plain", "client_max_body_size 10m", "client_max_body_size 10g"),
    ("sizes_are_the_plans", "plain", "worker_processes 2", "worker_processes auto"),
    ("all_files_are_private", "plain", "scgi_temp_path /run/porch/app/", "scgi_temp_path /tmp/"),
    ("all_files_are_private", "plain", "/dev/stdout combined", "/var/log/x combined"),
    ("users_are_named_by_root_alone", "plain", "daemon off;", "daemon off; user nobody;"),
    ("variables_exist", "plain", "X-Real-IP $remote_addr", "X-Real-IP $remote_adr"),
    ("headers_fit", "plain", "large_client_header_buffers 4 8k", "large_client_header_buffers 4 16k"),
    ("headers_fit", "uwsgi", "large_client_header_buffers 4 8k", "large_client_header_buffers 8 8k"),
    ("headers_fit", "plain", "max_headers 100;", ""),
    ("errors_have_pages", "plain", " 503 504 ", " "),
    ("errors_have_pages", "domains", "internal;", ""),
    ("errors_have_pages", "plain", "Retry-After $retry_after", "Retry-Later $retry_after"),
    ("errors_have_pages", "plain", "location / {", "location / { error_page 404 /x;"),
    ("errors_have_pages", "plain", "location / {", "location / { proxy_intercept_errors on;"),
    ("security_headers_stand_once", "plain", "X-Frame-Options SAMEORIGIN always;", "X-Frame-Options SAMEORIGIN;"),
    ("security_headers_stand_once", "plain", "location / {", "location / { add_header X-Own 1 always;"),
    ("security_headers_stand_once", "strict", "add_header Permissions-Policy $add", "add_header X-Other $add"),
    ("security_headers_stand_once", "strict", "$upstream_http_referrer_policy", "$upstream_http_x_other"),
    (
        "security_headers_stand_once",
        "nothing added",
        "location / {",
        "location / { add_header X-Frame-Options 1 always;",
    ),
    ("clients_are_limited", "limited", "limit_conn held 20", "limit_conn held 21"),
    ("clients_are_limited", "limited", "limit_req zone=rate burst=9 nodelay;", ""),
    ("clients_are_limited", "limited", "map $binary_remote_addr $client", "map $http_x_forwarded_for $client"),
    ("clients_are_limited", "paths, uwsgi", "limit_req zone=rate burst=9 nodelay;", ""),
    ("clients_are_limited", "rate alone", "limit_req_status 429", "limit_req_status 503"),
    ("clients_are_limited", "plain", "limit_conn_zone $public_client", "limit_conn_zone $client"),
    ("only_text_is_compressed", "plain", "text/csv", "text/event-stream"),
    ("only_text_is_compressed", "trusted", "gzip off;", "gzip on;"),
    ("only_text_is_compressed", "files compressed", "location / {", "location / { gzip on;"),
    ("a_single_page_stands_last", "page", "try_files $uri /index.html", "try_files $uri /x.html"),
    ("a_single_page_stands_last", "page", "expires -1", "expires 1h"),
    ("a_single_page_stands_last", "page", "disable_symlinks if_not_owner", "disable_symlinks off"),
    ("a_single_page_stands_last", "page", "py[co]?|", ""),
    ("a_single_page_stands_last", "page", "css|m?js", "css"),
    ("a_single_page_stands_last", "routes", "location / {", "location / { proxy_pass http://app;"),
    ("a_single_page_stands_last", "mounted", "location / {", "location / { root /srv; try_files $uri =404;"),
    ("hidden_files_are_refused", "dotted, routes", "location ^~ /.web/ {", "location /.web/ {"),
    ("hidden_files_are_refused", "dotted, routes", "location ^~ /.web/ {", "location ^~ /.git/ {"),
    ("hidden_files_are_refused", "dotted", "location = /.status {", "location = /.state {"),
    ("hidden_files_are_refused", "dotted", "/\\.(?!well-known/).*/", "/x"),
    ("only_routes_reach_the_app", "routes", "location /api/ {", "location /apis/ {"),
    ("only_routes_reach_the_app", "page", "location = /login {", "location = /logout {"),
    ("maintenance_stands_before_the_apps", "maintenance", "return 561", "return 500"),
    ("maintenance_stands_before_the_apps", "maintenance", "open_file_cache off", "open_file_cache max=9"),
    ("maintenance_stands_before_the_apps", "maintenance", "561 =503", "561 ="),
    ("maintenance_stands_before_the_apps", "maintenance", "Retry-After 60", "Retry-After 0"),
    ("maintenance_stands_before_the_apps", "maintenance", 'return 200 \'{"status":"maintenance"}\'', "return 503"),
    ("names_with_a_hash_are_kept", "collected", "[0-9a-f]{12}", "[0-9a-f]{8,}"),
    ("websockets_have_time", "asgi", "proxy_read_timeout 3600s", "proxy_read_timeout 32s"),
    ("websockets_have_time", "asgi", "if ($upgrade) {", "if ($host) {"),
    ("websockets_have_time", "aiohttp", "@websocket {", "/websocket {"),
    ("paths_differ_as_said", "paths", "client_max_body_size 1g", "client_max_body_size 2g"),
    ("paths_differ_as_said", "paths", "proxy_read_timeout 602s", "proxy_read_timeout 600s"),
    ("paths_differ_as_said", "paths", "location = /upload {", "location = /uploads {"),
    ("paths_differ_as_said", "paths", "proxy_request_buffering off;", ""),
    ("paths_differ_as_said", "paths", "limit_req zone=rate-1", "limit_req zone=rate-0"),
    ("paths_differ_as_said", "paths, uwsgi", "uwsgi_pass app;", "uwsgi_pass app; uwsgi_buffering off;"),
    (
        "paths_differ_as_said",
        "paths, asgi, mounted",
        "proxy_next_upstream_timeout 3s",
        "proxy_next_upstream_timeout 9s",
    ),
    ("errors_have_pages", "paths, asgi, mounted", "error_page 418 = @websocket-0;", "error_page 404 /x;"),
    ("websockets_have_time", "paths, asgi, mounted", "@websocket-0 {", "@other {"),
    ("buffering_is_said", "plain", "proxy_buffering on", "proxy_buffering off"),
    ("tls_is_the_guideline", "tls", "TLSv1.2 TLSv1.3", "TLSv1 TLSv1.2 TLSv1.3"),
    ("tls_is_the_guideline", "tls", "ssl_session_tickets off", "ssl_session_tickets on"),
    ("tls_is_the_guideline", "tls", "ssl_ciphers ", "ssl_ciphers AES128-SHA:"),
    ("tls_is_the_guideline", "tls", "8443 default_server ssl http2", "8443 default_server"),
    ("tls_is_the_guideline", "tls, domains", "ssl_reject_handshake on;", ""),
    ("tls_is_the_guideline", "tls, domains", "ssl_certificate ", "ssl_trusted_certificate "),
    ("tls_is_the_guideline", "plain", "sendfile on;", "sendfile on; ssl_session_tickets on;"),
    ("plain_http_is_led_to_https", "tls", "return 308", "return 302"),
    ("plain_http_is_led_to_https", "tls", "https://$host$https_port", "https://shop.org$https_port"),
    ("plain_http_is_led_to_https", "tls, domains", "listen 0.0.0.0:80;", "listen 0.0.0.0:81;"),
    ("plain_http_is_led_to_https", "tls", "return 421;", "return 200;"),
    ("authorities_are_answered", "acme", "location ^~ /.well-known/acme-challenge/ {", "location ^~ /.well-known/ {"),
    ("authorities_are_answered", "acme", "disable_symlinks on;", ""),
    ("authorities_are_answered", "acme", "ssl_certificate $certificate;", "ssl_certificate /x.pem;"),
    ("authorities_are_answered", "acme, newest nginx", "nginx/certificate.pem;", "nginx/$ssl_server_name.pem;"),
    ("security_headers_stand_once", "tls, domains", "add_header Strict-Transport-Security $add", "add_header X-O $add"),
    ("locations_stand_once", "plain", "location / {", "location ^~ / { return 404; } location / {"),
]


@pytest.mark.parametrize(("rule", "name", "good", "bad"), BREAKS)
def test_a_rule_that_is_broken_is_seen(rule: str, name: str, good: str, bad: str) -> None:
    """A configuration that breaks one rule is found by that rule."""
    text = nginx.file(PLANS[name]).text
    assert good in text
    found = broken(read(PLANS[name], text.replace(good, bad)))
    assert rule in {line.partition(":")[0] for line in found}


def test_every_rule_is_tried() -> None:
    """No rule is among them that nothing could break."""
    assert {rule.__name__ for rule in RULES} == {rule for rule, *_ in BREAKS}
    assert nginx_rules.RULES


PORTS = [
    ("plain", "$host$host_port", "$client_port"),
    ("newest nginx", "$host$is_request_port$request_port", "$client_port"),
    ("trusted", "$host$host_port", "$client_port"),
    ("trusted, newest nginx", "$host$is_request_port$request_port", "$client_port"),
]


@pytest.mark.parametrize(("name", "host", "port"), PORTS)
def test_the_app_is_told_the_port_that_the_client_used(name: str, host: str, port: str) -> None:
    """By the variables that this nginx has; what they hold behind a proxy is seen in the golden files."""
    told = {found.args[0]: found.args[1] for found in read(PLANS[name]).http.all("proxy_set_header")}
    assert (told["Host"], told["X-Forwarded-Host"], told["X-Forwarded-Port"]) == (host, host, port)


TARGETS_OF_PLAIN = [
    ("tls", "https://$host$https_port$request_uri"),
    ("tls, domains", "https://$host$request_uri"),
]


@pytest.mark.parametrize(("name", "target"), TARGETS_OF_PLAIN)
def test_plain_http_is_led_to_the_port_of_https(name: str, target: str) -> None:
    """To 443 without a word of it; to another port only for who wrote a port, because else a port is published."""
    known = read(PLANS[name]).servers[1]
    (answer,) = [each.all("return") for each in known.all("location") if each.args == ("/",)]
    assert answer[0].args == ("308", target)
    maps = {found.args: [(row.name, row.args) for row in found.children] for found in read(PLANS[name]).http.all("map")}
    rows = maps.get(("$http_host", "$https_port"))
    assert rows == ([("default", ("",)), ("~:[0-9]+$", (":8443",))] if "https_port" in target else None)


def test_port_80_leads_to_whatever_port_https_has() -> None:
    """Who came by port 80 wrote no port, and yet is led to the one that HTTPS is at."""
    conf = read(plan(SECURE | {"http.listen": "127.0.0.1:8443", "tls.redirect": "127.0.0.1:80"}))
    assert any("https://$host:8443$request_uri" in found.args for found in conf.every if found.name == "return")


HSTS = [
    ("tls", None),
    ("tls, domains", "max-age=63072000"),
    ("tls, strict, uwsgi", "max-age=63072000; includeSubDomains"),
]


@pytest.mark.parametrize(("name", "told"), HSTS)
def test_browsers_are_told_to_use_https_alone_where_they_trust_the_certificate(name: str, told: str | None) -> None:
    """By HTTPS and not by plain HTTP, and nothing at all with a certificate of one's own."""
    maps = {found.args: {row.name: row.args for row in found.children} for found in read(PLANS[name]).http.all("map")}
    expected = {"default": ("",), "on": (told,)} if told else None
    assert maps.get(("$https", "$hsts")) == expected


def test_http2_is_said_as_this_nginx_knows_it() -> None:
    """From 1.25.1 on by a directive, before by a word of `listen`."""
    older, newer = read(PLANS["tls"]), read(PLANS["tls, newest nginx"])
    assert [found.args for found in older.servers[-1].all("listen")] == [
        ("127.0.0.1:8443", "default_server", "ssl", "http2")
    ]
    assert newer.value("http2") == "on"
    assert [found.args for found in newer.servers[-1].all("listen")] == [("127.0.0.1:8443", "default_server", "ssl")]


CURVES = [((3, 0), "X25519:prime256v1:secp384r1"), ((3, 5), "X25519MLKEM768:X25519:prime256v1:secp384r1")]


@pytest.mark.parametrize(("openssl", "curves"), CURVES)
def test_curves_are_those_that_the_library_has(openssl: tuple[int, int], curves: str) -> None:
    """An unknown curve would keep nginx from starting."""
    found = replace(DEBIAN, openssl=openssl)
    assert read(plan(SECURE, nginx=(found,))).value("ssl_ecdh_curve") == curves


MODULES = [("static files", DEBIAN, 2), ("static files, newest nginx", WHEEL, 0)]


@pytest.mark.parametrize(("name", "found", "count"), MODULES)
def test_what_this_nginx_lacks_is_left_out_and_said(name: str, found: Any, count: int) -> None:
    """Precompressed files are sent where this nginx can, and else a note says that it cannot."""
    conf, text = read(PLANS[name]), nginx.file(PLANS[name]).text
    assert len([each for each in conf.every if each.name == "gzip_static"]) == count
    assert ("http_gzip_static" in found.modules) == bool(count)
    assert text.count("# This nginx lacks gzip_static, so a file.gz beside a file is not used.\n\n") == (not count)
    assert ("pcre_jit on;" in text) == ("pcre_jit" in found.modules)


def test_a_mounted_app_gets_its_prefix_and_nothing_else() -> None:
    """Prefix and what is below it lead to the app, all else is 404."""
    site = read(PLANS["mounted"]).servers[-1]
    answers = {each.args: [child.name for child in each.children] for each in site.all("location")}
    assert answers["/api/",] == answers["=", "/api"] == ["proxy_pass"]
    assert answers["/",] == ["return"]


def test_json_lines_always_parse() -> None:
    """Values are escaped for JSON, and a status that is no number is made one."""
    conf = read(PLANS["json"])
    (form,) = conf.http.all("log_format")
    assert form.args[:2] == ("json", "escape=json")
    line = "".join(form.args[2:])
    assert line.startswith('{"time":"$log_second$log_fraction$log_zone",')
    assert line.endswith('"request_id":"$request_id"}')
    assert '"status":$log_status' in line
    assert '"app_s":$log_app_s,' in line


def test_a_value_that_nginx_cannot_hold_names_its_setting() -> None:
    """A folder with a dollar in its name is refused with the setting that it comes from."""
    facts = make_facts({f"{FOLDER}/a$b": Place(True, folder=True)})
    with pytest.raises(Unwritable) as refused:
        nginx.file(plan_of({"static": {"/s/": "a$b"}}, facts))
    assert refused.value.setting == "static"


def test_lines_remember_their_setting() -> None:
    """Each line that comes from a setting says so, by its key."""
    file = nginx.file(PLANS["static files"])
    assert [text.strip() for _, text in file.lines_of("limits.body")] == ["client_max_body_size 10m;"]
    assert [text.strip() for _, text in file.lines_of("files.expires")] == ["expires -1;"] * 3


def test_targets_are_found_by_their_name() -> None:
    """Every target has a name of its own, renders files, and another name is none."""
    assert [target.name for target in TARGETS] == [
        *("nginx", "gunicorn", "uwsgi", "docker", "compose", "supervisord", "systemd", "kubernetes")
    ]
    assert by_name("nginx") is TARGETS[0]
    assert by_name("apache") is None
    assert [file.path for file in nginx_files(PLANS["plain"])] == ["nginx.conf"]
    assert written(TARGETS[2].files(PLANS["uwsgi"])) == ["uwsgi.ini"]
    gunicorn = plan({"server.name": "gunicorn"})
    assert written(TARGETS[1].files(gunicorn)) == ["gunicorn.conf.py"]
    assert written(TARGETS[5].files(gunicorn)) == ["supervisord.conf", "nginx.conf", "gunicorn.conf.py"]


def written(files: list[File]) -> list[str]:
    """Names of what is rendered; beside a server's own file the wrapper is copied."""
    copied = [file.path for file in files if file.aside]
    assert {"wrapper/porch_worker/begin.py", "wrapper/porch_worker/wsgi.py"} <= set(copied)
    return [file.path for file in files if not file.aside]


def test_a_broken_save_is_shown_only_where_somebody_watches() -> None:
    """Without `run.watch`, and in files that are kept, nginx knows nothing of the page."""
    watching = PLANS["watched"]
    assert "broken" not in nginx.file(PLANS["plain"]).text
    assert "broken" not in nginx.file(replace(watching, run=replace(watching.run, generation=0, kept="/srv"))).text
    text = nginx.file(watching).text
    assert '"127.0.0.1 GET navigate"' in text
    assert "error_page 560 =500 /-/porch/broken.html;" in text
    assert text.count("if (-f $broken_save)") == 1


def test_a_path_with_limits_of_its_own_shows_it_too() -> None:
    """It is a location of its own; with a rate it says error pages again, which drop all that it does not say."""
    text = nginx.file(PLANS["watched, paths, asgi"]).text
    assert text.count("if (-f $broken_save)") == 4
    assert text.count("error_page 560 =500 /-/porch/broken.html;") == 2


def test_files_at_a_well_known_url_are_answered() -> None:
    """They are hidden nowhere else; what is hidden below them stays so."""
    site = read(PLANS["well known"]).servers[-1]
    (folder,) = [each for each in site.all("location") if each.args == ("^~", "/.well-known/")]
    refused = [each.args[1] for each in folder.all("location") if each.all("return")]
    found = [any(re.search(each, f"/.well-known/{name}") for each in refused) for name in ("assetlinks.json", ".env")]
    assert found == [False, True]
