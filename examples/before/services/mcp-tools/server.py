"""Tools that a model may call: what runs, what the family assistant knows."""
import json
import logging
import os
from pathlib import Path

from mcp.server.fastmcp import FastMCP

from tools.homelab import node_memory
from tools.assistant import ask_assistant

config = json.loads(Path("config.json").read_text())
logging.basicConfig(level=os.environ.get("LOG_LEVEL", "INFO"))

server = FastMCP("homelab", host="0.0.0.0", port=config["port"])


@server.tool()
def memory() -> dict[str, float]:
    """Memory in use on each node, as a share from 0 to 1."""
    return node_memory(config["prometheus_url"])


@server.tool()
def ask(question: str) -> str:
    """Ask the family assistant."""
    return ask_assistant(config["assistant_url"], question)


if __name__ == "__main__":
    server.run(transport="sse")
