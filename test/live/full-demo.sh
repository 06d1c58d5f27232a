#!/bin/sh
# `make demo-full` on a real engine, with images that images.sh made: full-demo.sh LABWRIGHT ENGINE, by engine.sh with
# LABWRIGHT_LIVE_OVERLAY=packages-full. n8n has its tables in PostgreSQL, and Ollama answers with its model.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
code=0
sh "$here/../../examples/up.sh" "$labwright" '' packages-full >"$out" 2>"$err" || code=$?
is "$engine: the whole overlay comes up" "$code" 0
has "$engine: all of it" "$out" '10 of 10 running, 0 with problems'
cd "$XDG_STATE_HOME/labwright-demo/demo" || exit 1
run exec core/postgres-0 -- psql -U postgres -d n8n -tAc "SELECT count(*) > 20 FROM information_schema.tables WHERE table_schema = 'public'"
is "$engine: n8n has made its tables" "$(cat "$out")" t
address() {
	curl -sS --unix-socket "${DOCKER_HOST#unix://}" "http://engine/v1.41/containers/$1/json" | jq -r '[.NetworkSettings.Networks[].IPAddress][0]'
}
is "$engine: n8n answers" "$(curl -sS --max-time 60 "http://$(address demo-core-n8n):5678/healthz")" '{"status":"ok"}'
ollama=http://$(address demo-ai-stack-ollama):11434
is "$engine: Ollama has the model by the name that others ask for" "$(curl -sS --max-time 60 "$ollama/api/tags" | jq -r '[.models[].name] | join(" ")')" 'llama3.2:3b'
curl -sS --max-time 600 "$ollama/api/chat" -d '{"model": "llama3.2:3b", "stream": false, "options": {"temperature": 0, "num_predict": 40}, "messages": [{"role": "user", "content": "What is the capital of France?"}]}' >"$out"
has "$engine: and answers with it" "$out" 'Paris'
run down --volumes --yes
is "$engine: and all goes" "$code" 0
finish
