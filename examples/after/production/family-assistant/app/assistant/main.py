"""Answers the family, and remembers what it was told."""
from fastapi import FastAPI
from pydantic import BaseModel

from assistant import services

app = FastAPI(title="Family Assistant", version="0.5.0")


class Question(BaseModel):
    user: str
    text: str


class Answer(BaseModel):
    text: str
    cached: bool = False


@app.get("/health")
def health() -> dict[str, str]:
    return {"status": "ok"}


@app.post("/chat")
async def chat(question: Question) -> Answer:
    known = await services.cached(question.user, question.text)
    if known:
        return Answer(text=known, cached=True)
    memories = await services.recall(question.user, question.text)
    text = await services.complete(question.text, memories)
    await services.remember(question.user, question.text)
    await services.log(question.user, question.text)
    await services.cache(question.user, question.text, text)
    return Answer(text=text)
