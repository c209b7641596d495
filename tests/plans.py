"""Plans for tests: every decision has a sensible value, and a test says only what it is about.

Rule: `make_plan(server__name="uwsgi", run__folder="/run/x")`: part and field, joined by two underscores; a value is
wrapped into a decision where the Plan holds one.
"""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass, replace
from typing import Any

from porch.plan import (
    AnswersPlan,
    AppPlan,
    ClientsPlan,
    FilesPlan,
    HttpPlan,
    LimitsPlan,
    LogPlan,
    NginxPlan,
    Plan,
    ServerPlan,
    SystemdPlan,
)
from porch.plan.chosen import Chosen
from porch.plan.run import RunPlan
from porch.plan.tls import TlsPlan


def chosen(setting: str, value: Any, reason: str = "as the test has it", origin: str = "default") -> Chosen[Any]:
    """One decision."""
    return Chosen(setting, value, origin, reason)


def make_plan(**overrides: Any) -> Plan:
    """A Plan for a WSGI app on gunicorn, changed as told; a `Chosen` given as value stays as it is."""
    plan = _plain()
    for name, value in overrides.items():
        part, _, field = name.partition("__")
        if not field:
            plan = replace(plan, **{part: _as_before(getattr(plan, part), value)})
            continue
        inner = getattr(plan, part)
        assert is_dataclass(inner), f"{part} has no fields"
        assert field in {each.name for each in fields(inner)}, f"{part} has no {field}"
        plan = replace(plan, **{part: replace(inner, **{field: _as_before(getattr(inner, field), value)})})  # type: ignore[type-var]
    return plan


def _as_before(before: object, value: Any) -> Any:
    if isinstance(before, Chosen) and not isinstance(value, Chosen):
        return replace(before, value=value)
    return value


def _plain() -> Plan:
    return Plan(
        app=AppPlan(
            folder="/srv/shop",
            import_from="/srv/shop",
            target=chosen("app.target", "shop:app"),
            interface=chosen("app.interface", "wsgi"),
            framework="flask",
            evidence=("shop.py:3 app = Flask(__name__)",),
            python=chosen("app.python", sys.executable),
            mount=chosen("app.mount", ""),
            routes=chosen("app.routes", ()),
            dotted=chosen("app.dotted", ()),
            health=chosen("app.health", ""),
            prestart=chosen("app.prestart", ()),
            prestart_on_reload=chosen("app.prestart_on_reload", False),
            prestart_lock=chosen("app.prestart_lock", ""),
        ),
        server=ServerPlan(
            name=chosen("server.name", "gunicorn"),
            version="27.0.1",
            protocol="http",
            workers=chosen("server.workers", 2, "2 cores"),
            min_workers=chosen("server.min_workers", 0),
            threads=chosen("server.threads", 4),
            worker_class=chosen("server.worker_class", "gthread"),
            keep_alive=chosen("server.keep_alive", 75),
            idle=chosen("server.keep_alive", 4),
            backlog=chosen("server.backlog", 2048),
            recycle_requests=chosen("server.recycle_requests", 0),
            recycle_memory=chosen("server.recycle_memory", 0),
            config=chosen("server.config", ""),
            args=chosen("server.args", ()),
            websockets=False,
        ),
        nginx=NginxPlan(
            binary=chosen("nginx.binary", "/usr/sbin/nginx"),
            version=(1, 22, 1),
            modules=("http_realip", "http_stub_status", "http_v2"),
            counts_headers=False,
            workers=chosen("nginx.workers", 2),
            connections=chosen("nginx.connections", 4096),
            open_files=chosen("nginx.open_files", 8192),
            resolvers=chosen("nginx.resolvers", ()),
        ),
        http=HttpPlan(
            listen=chosen("http.listen", ("127.0.0.1:8080",)),
            passed=(),
            domains=chosen("http.domains", ()),
        ),
        tls=TlsPlan(
            mode=chosen("tls.mode", "off"),
            certificate=chosen("tls.certificate", ""),
            key=chosen("tls.key", ""),
            names=(),
            redirect=chosen("tls.redirect", ()),
            profile=chosen("tls.profile", "intermediate"),
            hsts=chosen("tls.hsts", 0),
            hsts_subdomains=chosen("tls.hsts_subdomains", False),
            folder=chosen("tls.folder", "/var/lib/porch"),
            acme_directory=chosen("tls.acme_directory", "https://acme.test/directory"),
            acme_email=chosen("tls.acme_email", ""),
            acme_roots=chosen("tls.acme_roots", ""),
        ),
        static=chosen("static", ()),
        files=FilesPlan(
            home_page=chosen("files.home_page", ""),
            maintenance=chosen("files.maintenance", ""),
            single_page=chosen("files.single_page", ""),
            found=chosen("files.found", True),
            hashed=chosen("files.hashed", True),
            protected=chosen("files.protected", ()),
            expires=chosen("files.expires", 3600),
        ),
        limits=LimitsPlan(
            body=chosen("limits.body", 10 * 1024**2),
            request=chosen("limits.request_timeout", 30),
            read=chosen("limits.request_timeout", 32),
            graceful=chosen("limits.graceful_timeout", 30),
            stop=chosen("limits.graceful_timeout", 35),
            kill=chosen("limits.graceful_timeout", 40),
            start=chosen("limits.start_timeout", 60),
            websocket=chosen("limits.websocket_idle", 3600),
        ),
        clients=ClientsPlan(
            header=chosen("limits.header", 8192),
            header_timeout=chosen("limits.header_timeout", 10),
            body_timeout=chosen("limits.body_timeout", 10),
            connections=chosen("limits.connections", 256),
            private_counted=False,
            rate=chosen("limits.rate", ""),
        ),
        paths=chosen("path", ()),
        answers=AnswersPlan(
            security=chosen("answers.security", "safe"), compression=chosen("answers.compression", "all")
        ),
        trusted=chosen("proxy.trusted", ()),
        log=LogPlan(
            format=chosen("log.format", "text"), level=chosen("log.level", "info"), access=chosen("log.access", True)
        ),
        run=RunPlan(
            folder=chosen("run.dir", "/run/shop"),
            user=chosen("run.user", ""),
            root=False,
            container=False,
            watch=chosen("run.watch", False),
            drain_delay=chosen("run.drain_delay", 0),
            part=chosen("run.part", "all"),
            address=chosen("run.address", "app:8000"),
        ),
        processes=chosen("process", ()),
        systemd=SystemdPlan(
            name=chosen("systemd.name", "shop"),
            command=("/srv/shop/.venv/bin/porch",),
            words=(),
            user="ada",
            folder=chosen("run.dir", "/run/shop"),
            memory=chosen("systemd.memory", 0),
            writable=chosen("systemd.writable", ()),
            home="",
            tmp="",
        ),
        mounts=chosen("mounts", ()),
        warnings=(),
    )
