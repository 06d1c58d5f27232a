import httpx

from config.settings import settings


async def complete(question: str, context: list[str], images: list[str] | None = None) -> str:
    prompt = "\n".join([*context, question])
    body = {"model": settings.model, "prompt": prompt, "stream": False, "images": images or []}
    async with httpx.AsyncClient(timeout=120) as client:
        answer = await client.post(f"{settings.ollama_url}/api/generate", json=body)
        answer.raise_for_status()
        return answer.json()["response"]


async def embed(text: str) -> list[float]:
    body = {"model": "nomic-embed-text", "prompt": text}
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(f"{settings.ollama_url}/api/embeddings", json=body)
        answer.raise_for_status()
        return answer.json()["embedding"]
