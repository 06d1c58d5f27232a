import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    port: int
    log_level: str
    database_url: str
    redis_url: str
    qdrant_url: str
    ollama_url: str
    model: str
    jwt_secret: str


settings = Settings(
    port=int(os.environ.get("PORT", "8001")),
    log_level=os.environ.get("LOG_LEVEL", "INFO"),
    database_url=os.environ["DATABASE_URL"],
    redis_url=os.environ.get("REDIS_URL", "redis://redis:6379/0"),
    qdrant_url=os.environ.get("QDRANT_URL", "http://qdrant:6333"),
    ollama_url=os.environ.get("OLLAMA_URL", "http://ollama:11434"),
    model=os.environ.get("MODEL", "llama3.2:3b"),
    jwt_secret=os.environ["JWT_SECRET"],
)
