import helpers
from fastapi import FastAPI
from api import chat
from api.media import router

app = FastAPI()
