"""The four services that an answer takes."""
import hashlib

import asyncpg
import httpx
from redis.asyncio import Redis

from assistant import settings

redis = Redis.from_url(settings.REDIS_URL, decode_responses=True)


def _key(user: str, text: str) -> str:
    return "answer:" + hashlib.sha256(f"{user}\0{text}".encode()).hexdigest()


async def cached(user: str, text: str) -> str | None:
    return await redis.get(_key(user, text))


async def cache(user: str, text: str, answer: str) -> None:
    await redis.set(_key(user, text), answer, ex=3600)


async def recall(user: str, text: str) -> list[str]:
    async with httpx.AsyncClient(timeout=30) as client:
        found = await client.post(f"{settings.MEM0_URL}/search", json={"user": user, "text": text})
        found.raise_for_status()
        return found.json()


async def remember(user: str, text: str) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        (await client.post(f"{settings.MEM0_URL}/memories", json={"user": user, "text": text})).raise_for_status()


async def complete(text: str, known: list[str]) -> str:
    body = {"model": settings.MODEL, "prompt": "\n".join([*known, text]), "stream": False}
    async with httpx.AsyncClient(timeout=120) as client:
        answer = await client.post(f"{settings.OLLAMA_URL}/api/generate", json=body)
        answer.raise_for_status()
        return answer.json()["response"]


async def log(user: str, text: str) -> None:
    connection = await asyncpg.connect(settings.DATABASE_URL)
    try:
        await connection.execute("INSERT INTO messages (who, what) VALUES ($1, $2)", user, text)
    finally:
        await connection.close()
