"""What the resident process is told."""

from __future__ import annotations

from porch.runtime.launch import Launch, Mounted, Program, Recycle, from_json


def test_json_round_trip() -> None:
    """What is written as JSON is read back the same, with and without a prestart command."""
    program = Program("app", ("a", "b c"), "/srv", (("KEY", "va lue"),), "QUIT", drops=("UWSGI_",))
    at = ("/run/x/app-1-api/app.sock", "/run/x/app-api.sock", "uwsgi", "/run/x/app-1-api/failure.json")
    mounted = Mounted("/api", "uwsgi", 3, program, at[0], at[1], "uwsgi", at[3], 9.0, Recycle(7, 8), elastic=True)
    for prestart in (None, program):
        launch = Launch(
            project="/srv",
            folder="/run/x",
            generation=1,
            server="granian",
            workers=2,
            user="www-data",
            listen=("127.0.0.1:8080", "unix:/x"),
            sockets=(3, 4),
            lock=5,
            url="http://127.0.0.1:8080",
            prestart=prestart,
            app=program,
            nginx=program,
            nginx_check=("nginx", "-t"),
            socket="/run/x/app-1/app.sock",
            upstream="/run/x/app.sock",
            protocol="uwsgi",
            host="localhost",
            report="/run/x/app-1/report.json",
            draining="/run/x/draining",
            start_timeout=30.0,
            stop_timeout=35.0,
            kill_timeout=40.0,
            log_format="json",
            container=True,
            mounts=(mounted,),
        )
        assert from_json(launch.to_json()) == launch
        main, further = launch.apps
        assert main is launch
        assert (further.prefix, further.socket, further.recycle, further.folder) == (
            "/api",
            at[0],
            Recycle(7, 8),
            "/run/x",
        )
