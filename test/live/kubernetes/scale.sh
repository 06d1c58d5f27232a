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

# Seconds and MB of a command, the best of three: measure COMMAND…
measure() {
	for _ in 1 2 3; do
		/usr/bin/time -f '%e %M' -o "$folder/time" "$@" >"$out" 2>"$err" || :
		tail -n 1 "$folder/time"
	done | sort -n | head -n 1
}
measure "$labwright" status --quick --root . --format json >"$folder/own"
is 'all pods are read' "$(jq '.containers | length' "$out")" "$pods"
is 'and all nodes' "$(jq '.nodes | length' "$out")" "$nodes"
read -r seconds memory <"$folder/own"
echo "# labwright status --quick: $seconds s, $((memory / 1024)) MB"
awk "BEGIN { exit !($seconds < 3) }"
report $? 'in less than 3 seconds' "$seconds s"
[ "$memory" -lt 204800 ]
report $? 'and 200 MB' "$((memory / 1024)) MB"
if command -v kubectl >/dev/null; then
	measure kubectl --context lab get pods -A -o wide >"$folder/kubectl"
	read -r seconds memory <"$folder/kubectl"
	echo "# kubectl get pods -A -o wide: $seconds s, $((memory / 1024)) MB"
fi
finish
