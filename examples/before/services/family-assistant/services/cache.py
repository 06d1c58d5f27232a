"""The same question twice in an hour gets the same answer."""
import hashlib

from redis.asyncio import Redis

from config.settings import settings

redis = Redis.from_url(settings.redis_url, decode_responses=True)


def key(question: str) -> str:
    return "answer:" + hashlib.sha256(question.encode()).hexdigest()


async def get(question: str) -> str | None:
    return await redis.get(key(question))


async def put(question: str, answer: str) -> None:
    await redis.set(key(question), answer, ex=3600)
