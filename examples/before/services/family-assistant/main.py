"""Family Assistant: answers the family, remembers what it was told."""
import logging

import uvicorn
from fastapi import FastAPI

from api.chat import router as chat
from api.health import router as health
from api.media import router as media
from config.settings import settings

logging.basicConfig(level=settings.log_level)

app = FastAPI(title="Family Assistant", version="0.4.0")
app.include_router(health)
app.include_router(chat)
app.include_router(media)

if __name__ == "__main__":
    # 8001 unless the environment says otherwise
    uvicorn.run(app, host="0.0.0.0", port=settings.port)
