#!/usr/bin/env bash
# Models the family uses. Run after a new volume.
set -eu
OLLAMA=${OLLAMA:-http://192.168.8.105:31434}
for model in llama3.2:3b nomic-embed-text qwen2.5:7b; do
	echo "pulling $model"
	curl -fsS "$OLLAMA/api/pull" -d "{\"model\": \"$model\", \"stream\": false}"
	echo
done
curl -fsS "$OLLAMA/api/tags"
