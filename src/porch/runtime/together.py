"""Several things done side by side, none of which outlives the block that began them.

Rule: whatever ends the block, an error or a stop included, what has not ended by then is cancelled and waited for.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@asynccontextmanager
async def together(*works: Coroutine[Any, Any, T]) -> AsyncGenerator[tuple[asyncio.Task[T], ...], None]:
    """Begin all of them; the block waits for those that it needs."""
    tasks = tuple(asyncio.ensure_future(work) for work in works)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
