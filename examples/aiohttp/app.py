"""An aiohttp app that greets, and takes uploads."""

import asyncio

from aiohttp import web

routes = web.RouteTableDef()


@routes.get("/")
async def home(request):
    return web.Response(text="hello from aiohttp")


@routes.get("/report")
async def report(request):
    await asyncio.sleep(2)
    return web.Response(text="the report")


@routes.post("/upload")
async def upload(request):
    size = 0
    async for chunk in request.content.iter_chunked(65536):
        size += len(chunk)
    return web.Response(text=str(size))


app = web.Application(client_max_size=0)
app.add_routes(routes)
app.router.add_static("/static/", "static")
