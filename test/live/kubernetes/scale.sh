#!/bin/sh
# 1,000 nodes with 10,000 pods: how long it takes to read them, and what that needs; beside kubectl where there is one.
# scale.sh LABWRIGHT [NODES PODS], by control.sh.
. "$(dirname "$0")/cluster.sh"
nodes=${2:-1000} pods=${3:-10000}
for _ in $(seq 100); do api GET /api/v1/namespaces/default/serviceaccounts/default -f >/dev/null 2>&1 && break; sleep 0.2; done
python3 "$here/scale.py" "$nodes" "$pods" || exit 1
# A list that is asked by a field does not say how many are left: all of it, without what the objects hold.
running() {
	api GET '/api/v1/pods?fieldSelector=status.phase%3DRunning' -H 'Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1' | jq '.items | length'
}
for _ in $(seq 300); do
	[ "$(running)" -ge "$pods" ] && break
	sleep 5
done
mkdir lab
cd lab || exit 1
printf 'cluster: {context: lab}\n' >labwright.yaml

# Seconds of the clock and of a processor, and kB, of the quickest of three: measure COMMAND…; leaves the output in $out.
# Only memory is held against a limit: other work may run beside.
measure() {
	for _ in 1 2 3; do
		/usr/bin/time -f '%e %U %S %M' -o "$folder/time" "$@" >"$out" 2>"$err" || :
		tail -n 1 "$folder/time"
	done | sort -n | head -n 1 >"$folder/best"
	read -r seconds user system memory <"$folder/best"
	echo "# $(basename "$1") $2 $3: $seconds s, $(echo "$user + $system" | bc) s of a processor, $((memory / 1024)) MB"
}
measure "$labwright" status --quick --root . --format json
is 'all pods are read' "$(jq '.containers | length' "$out")" "$pods"
is 'and all nodes' "$(jq '.nodes | length' "$out")" "$nodes"
[ "$memory" -lt 204800 ]
report $? 'in 200 MB' "$((memory / 1024)) MB"
measure "$labwright" facts --live --kind phase
is 'as facts, too' "$(grep -cE '/Pod service-[0-9]+[[:space:]]phase' "$out")" "$pods"
[ "$memory" -lt 204800 ]
report $? 'in 200 MB' "$((memory / 1024)) MB"
measure "$labwright" check --live
lacks 'and checked' "$err" error:
[ "$memory" -lt 204800 ]
report $? 'in 200 MB' "$((memory / 1024)) MB"
if command -v kubectl >/dev/null; then
	measure kubectl get pods -A -o wide --context lab
fi
finish
