import asyncio, tomllib, distutils
from starlette.responses import Response
from pydantic import BaseModel
import bs4, jwt, dateutil.parser, sklearn, lgpio, httpx
from qdrant_client import QdrantClient
from opentelemetry import trace
import numpy
import requests
import anything_local
try:
    import orjson
except ImportError:
    orjson = None
