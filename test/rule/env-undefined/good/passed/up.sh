docker compose --env-file x.env up -d
