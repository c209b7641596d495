"""From the launch file to the exit code.

Rule: whatever happens, what was said is written out before the end, and a fault of porch itself says that it is one.
"""

from __future__ import annotations

import asyncio
import os
import traceback
from functools import partial
from pathlib import Path

from porch.errors import Exit, Refused
from porch.runtime import notify
from porch.runtime.launch import Launch, from_json
from porch.runtime.notify import Notify
from porch.runtime.say import Voice, lost
from porch.runtime.signals import ignore_unknown
from porch.runtime.supervisor import Supervisor
from porch.runtime.writer import Writer


def supervise(path: str) -> int:
    """Supervise the instance that the file describes; returns the exit code."""
    ignore_unknown()
    launch = from_json(Path(path).read_text())
    for descriptor in (launch.lock, *launch.sockets):
        os.set_inheritable(descriptor, False)
    # Before anything is started, so that nothing inherits it.
    told = notify.from_environment(os.environ)
    output, messages = (Writer(number, partial(lost, launch.log_format)) for number in (1, 2))
    output.start()
    messages.start()
    voice = Voice(launch.log_format, messages.put)
    try:
        return asyncio.run(_supervise(launch, voice, output, told))
    except Refused as refused:
        for problem in refused.problems:
            voice.problem(problem)
        return int(refused.exit)
    except Exception:
        voice.fault(traceback.format_exc())
        return int(Exit.FAULT)
    finally:
        output.close(0.5)
        messages.close(2.0)


async def _supervise(launch: Launch, voice: Voice, output: Writer, told: Notify) -> int:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: _unexpected(voice, context))
    colour = launch.log_format == "text" and os.isatty(1) and "NO_COLOR" not in os.environ
    return await Supervisor(launch, voice, output, told, colour=colour).run()


def _unexpected(voice: Voice, context: dict[str, object]) -> None:
    message, error = str(context.get("message", "")), context.get("exception")
    if isinstance(error, OSError):
        # Such as no descriptor left to accept with; asyncio tries again.
        voice.warning(f"{message}: {error.strerror or error}")
    else:
        voice.fault("".join(traceback.format_exception(error)) if isinstance(error, BaseException) else message)
