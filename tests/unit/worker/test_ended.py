"""What goes wrong after a WSGI app's whole answer."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from porch.worker.porch_worker import ended


class Answer:
    """Four bytes; then, or when it is closed, it raises."""

    def __init__(self, *parts: bytes, closing: bool = False) -> None:
        self.parts = parts
        self.closing = closing

    def __iter__(self) -> Iterator[bytes]:
        yield from self.parts
        if not self.closing:
            raise RuntimeError("after it")

    def close(self) -> None:
        """As the standard asks for."""
        if self.closing:
            raise RuntimeError("after it")


def given(answer: Any, *headers: tuple[str, str], **environ: Any) -> Any:
    """What gunicorn is given."""

    def app(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", list(headers))
        return answer

    return ended.wrap(app)(environ, lambda *_: None)


@pytest.fixture(autouse=True)
def gunicorn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that closes its connection."""
    monkeypatch.setitem(sys.modules, "gunicorn", ModuleType("gunicorn"))


@pytest.mark.parametrize("closing", [False, True])
def test_it_is_logged_and_goes_no_further(closing: bool, capsys: pytest.CaptureFixture[str]) -> None:
    """The answer told its length, and has it."""
    told = given(Answer(b"bo", b"dy", closing=closing), ("CONTENT-LENGTH", "4"))
    assert list(told) == [b"bo", b"dy"]
    told.close()
    assert capsys.readouterr().err.count("RuntimeError: after it") == 1


@pytest.mark.parametrize("headers", [(("Content-Length", "5"),), (), (("Content-Length", "many"),)])
def test_an_answer_that_breaks_off_is_broken_off(headers: tuple[tuple[str, str], ...]) -> None:
    """Its client is to know."""
    with pytest.raises(RuntimeError, match="after it"):
        list(given(Answer(b"bo", b"dy"), *headers))


def test_what_gunicorn_sends_in_its_own_way_is_left_to_it() -> None:
    """A list at once, and a file by the kernel."""
    parts, file = [b"body"], Answer()
    assert given(parts) is parts
    assert given(file, **{"wsgi.file_wrapper": Answer}) is file


def test_another_server_is_given_the_app_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs none of it, and pays for none."""
    monkeypatch.delitem(sys.modules, "gunicorn")
    assert ended.wrap(given) is given
