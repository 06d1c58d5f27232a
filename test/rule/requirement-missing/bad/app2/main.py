import yaml
from fastapi import FastAPI
from pydantic import BaseModel
