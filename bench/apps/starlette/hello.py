"""The ASGI app that every contender serves: one route, one line of text."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def hello(_request):
    return PlainTextResponse("Hello Starlette!")


app = Starlette(routes=[Route("/", hello)])
