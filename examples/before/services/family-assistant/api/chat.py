from fastapi import APIRouter

from models.message import Answer, Question
from services import cache, llm, memory

router = APIRouter()


@router.post("/chat")
async def chat(question: Question) -> Answer:
    known = await cache.get(question.text)
    if known:
        return Answer(text=known, cached=True)
    context = await memory.recall(question.text)
    text = await llm.complete(question.text, context)
    await memory.store(question.user, question.text)
    await cache.put(question.text, text)
    return Answer(text=text)
