"""What the manifest says; a name that is missing stops the start, and says which."""
import os

DATABASE_URL = os.environ["DATABASE_URL"]
REDIS_URL = os.environ["REDIS_URL"]
OLLAMA_URL = os.environ["OLLAMA_URL"]
MEM0_URL = os.environ["MEM0_URL"]
MODEL = os.environ["MODEL"]
