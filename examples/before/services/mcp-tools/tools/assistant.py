import httpx


def ask_assistant(url: str, question: str) -> str:
    answer = httpx.post(f"{url}/chat", json={"text": question}, timeout=60)
    answer.raise_for_status()
    return answer.json()["text"]
