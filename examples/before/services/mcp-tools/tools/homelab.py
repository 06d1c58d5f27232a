import httpx

MEMORY = "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"


def node_memory(prometheus_url: str) -> dict[str, float]:
    answer = httpx.get(f"{prometheus_url}/api/v1/query", params={"query": MEMORY}, timeout=10)
    answer.raise_for_status()
    rows = answer.json()["data"]["result"]
    return {row["metric"]["node"]: float(row["value"][1]) for row in rows}
