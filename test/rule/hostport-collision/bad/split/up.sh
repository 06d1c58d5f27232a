docker compose -f docker-compose.yml -f docker-compose.two.yml up -d
