"""An aiohttp app with one greeting, one slow answer and one upload."""

import asyncio

from aiohttp import web


async def handle(request):
    return web.Response(text="hello from aiohttp")


async def slow(request):
    print("slow begins", flush=True)
    await asyncio.sleep(2)
    return web.Response(text="slow ends")


async def upload(request):
    size = 0
    async for chunk in request.content.iter_chunked(65536):
        size += len(chunk)
    return web.Response(text=str(size))


app = web.Application()
app.add_routes([web.get("/", handle), web.get("/slow", slow), web.post("/upload", upload)])

if __name__ == "__main__":
    web.run_app(app)
