"""The aiohttp app that every contender serves: the article's own greeting."""

from aiohttp import web


async def handle(_request):
    return web.Response(text="hello from aiohttp")


app = web.Application()
app.add_routes([web.get("/", handle)])
