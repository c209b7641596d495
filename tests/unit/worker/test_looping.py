"""What an app is told whose import wants an event loop of its own, or one that is not there yet."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from porch.worker.porch_worker.load import raised


async def _nothing() -> None:
    """What an app would do at its start."""


def _run(job: Coroutine[Any, Any, None], how: Callable[[Coroutine[Any, Any, None]], object]) -> RuntimeError:
    with pytest.raises(RuntimeError) as caught:
        how(job)
    job.close()
    return caught.value


async def _inside() -> list[RuntimeError]:
    loop = asyncio.get_running_loop()
    return [_run(_nothing(), asyncio.run), _run(_nothing(), loop.run_until_complete)]


def test_a_loop_that_runs_already_is_told_with_another_server() -> None:
    """As where uvicorn imports an app that runs something to its end."""
    for error in asyncio.run(_inside()):
        fix = raised(error, "the module", "when it was imported").fix
        assert fix.startswith("this server imports the app inside its event loop")
        assert "--server granian" in fix


def test_a_loop_that_does_not_run_yet_is_told() -> None:
    """As where an app makes a session of aiohttp's in a module."""
    with pytest.raises(RuntimeError) as caught:
        asyncio.get_running_loop()
    fix = raised(caught.value, "the module", "when it was imported").fix
    assert fix.startswith("the app is imported before an event loop runs")


def test_another_error_is_the_apps() -> None:
    """What speaks of no event loop is not guessed at."""
    assert raised(RuntimeError("no running engine"), "it", "now").fix.startswith("correct the app")
    assert raised(ValueError("no running event loop"), "it", "now").fix.startswith("correct the app")
