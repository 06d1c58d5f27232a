#!/bin/sh
# Wait for the database, then become the program.
set -eu
python - <<'PY'
import asyncio, os, sys, asyncpg

async def wait():
    for _ in range(30):
        try:
            await (await asyncpg.connect(os.environ["DATABASE_URL"])).close()
            return
        except OSError:
            await asyncio.sleep(2)
    sys.exit("no database after a minute")

asyncio.run(wait())
PY
exec "$@"
