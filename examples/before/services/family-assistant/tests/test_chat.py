import httpx


def test_health():
    """Against the compose stack: docker/dev/docker-compose.yml"""
    answer = httpx.get("http://localhost:8001/health")
    assert answer.json() == {"status": "ok"}
