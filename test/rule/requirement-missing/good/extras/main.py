import yaml, dotenv, httpx, websockets
from fastapi import FastAPI
import uvicorn
uvicorn.run("main:app")
