"""Memories over HTTP: the library mem0, with its vectors in Qdrant and its models in Ollama."""
import os

from fastapi import FastAPI
from mem0 import Memory
from pydantic import BaseModel

OLLAMA = os.environ["OLLAMA_URL"]

memory = Memory.from_config(
    {
        "vector_store": {
            "provider": "qdrant",
            "config": {
                "url": os.environ["QDRANT_URL"],
                "collection_name": "memories",
                "embedding_model_dims": int(os.environ["EMBEDDING_DIMENSIONS"]),
            },
        },
        "llm": {"provider": "ollama", "config": {"model": os.environ["MODEL"], "ollama_base_url": OLLAMA}},
        "embedder": {
            "provider": "ollama",
            "config": {"model": os.environ["EMBEDDING_MODEL"], "ollama_base_url": OLLAMA},
        },
    }
)
app = FastAPI(title="Memories")


class NewMemory(BaseModel):
    user: str
    text: str


class Question(BaseModel):
    user: str
    text: str
    limit: int = 5


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/memories", status_code=201)
def add(new: NewMemory) -> dict:
    """As it was said: no model decides what is worth keeping."""
    return memory.add(new.text, user_id=new.user, infer=False)


@app.post("/search")
def search(question: Question) -> list[str]:
    found = memory.search(question.text, filters={"user_id": question.user}, top_k=question.limit)
    return [row["memory"] for row in found["results"]]
