"""A FastAPI app with a path, a query, a body and a lifespan."""

from contextlib import asynccontextmanager

from fastapi import FastAPI
from pydantic import BaseModel

stock = {}


@asynccontextmanager
async def lifespan(app):
    stock["tea"] = 3
    yield
    stock.clear()


app = FastAPI(lifespan=lifespan)


class Item(BaseModel):
    name: str
    price: float


@app.get("/")
async def root():
    return {"stock": stock}


@app.get("/items/{number}")
async def item(number: int, q: str | None = None):
    return {"number": number, "q": q}


@app.post("/items", status_code=201)
def create(item: Item):
    return item
