#!/bin/sh
# `make demo` on a real engine, with images that images.sh made: demo.sh LABWRIGHT ENGINE, by engine.sh.
. "$(dirname "$0")/../command/tap.sh"
engine=$2
export XDG_STATE_HOME="$folder/state" ASAN_OPTIONS=detect_leaks=0
demo() {
	code=0
	sh "$here/../../examples/up.sh" "$labwright" >"$out" 2>"$err" || code=$?
}
page() {
	curl -sSk --max-time 5 --retry 20 --retry-all-errors --retry-delay 1 --resolve "$1.homelab.lan:8443:127.0.0.1" "https://$1.homelab.lan:8443$2" 2>/dev/null
}
demo
is "$engine: the overlay comes up" "$code" 0
has "$engine: all of it" "$out" '8 of 8 running, 0 with problems'
for name in n8n qdrant loki alloy grafana; do
	has "$engine: what no package has is said: $name" "$err" " $name is left out by a patch"
done
is "$engine: the assistant answers through Caddy" "$(page assistant /health)" '{"status":"ok"}'
up() {
	page prometheus '/api/v1/query?query=sum(up)' | jq -r '.data.result[0].value[1]'
}
for _ in $(seq 30); do [ "$(up)" = 4 ] && break; sleep 1; done
is "$engine: Prometheus scrapes what runs" "$(up)" 4
demo
has "$engine: once more has nothing to do" "$out" '(0 made, 0 made anew, 0 started, 0 removed)'
cd "$XDG_STATE_HOME/labwright-demo/demo" || exit 1
run exec core/postgres-0 -- psql -U postgres -d family_assistant -tAc 'SELECT count(*) FROM messages'
is "$engine: the database was made by its script" "$(cat "$out")" 0
run down --volumes --yes
is "$engine: and all goes" "$code" 0
finish
