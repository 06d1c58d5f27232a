import uuid

import asyncpg
from qdrant_client import AsyncQdrantClient
from qdrant_client.models import PointStruct

from config.settings import settings
from services import llm

COLLECTION = "family"
qdrant = AsyncQdrantClient(url=settings.qdrant_url)


async def recall(text: str) -> list[str]:
    found = await qdrant.query_points(COLLECTION, query=await llm.embed(text), limit=5)
    return [point.payload["text"] for point in found.points]


async def store(user: str, text: str) -> None:
    point = PointStruct(id=str(uuid.uuid4()), vector=await llm.embed(text), payload={"text": text})
    await qdrant.upsert(COLLECTION, points=[point])
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute("INSERT INTO messages (who, what) VALUES ($1, $2)", user, text)
    finally:
        await connection.close()
