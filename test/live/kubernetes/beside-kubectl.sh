#!/bin/sh
# The same work by labwright and by kubectl, through a proxy that counts: beside-kubectl.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
command -v kubectl >/dev/null || PATH=$(sh "$here/build.sh" "${LABWRIGHT_LIVE_CACHE:-$HOME/.cache/labwright-live}" kubectl):$PATH
enter_lab "$here/../../../examples/after"
git rm -rqf --cached clusters
rm -rf clusters
start_proxy
export HOME="$folder/home" KUBECONFIG="$KUBE/proxy"
"$labwright" render production infrastructure >"$folder/all.json" 2>/dev/null

# What a command takes: seconds, requests, bytes of answers. It is run once before, so that kubectl has its discovery.
figures() {
	name=$1
	shift
	: >"$KUBE/asked"
	began=$(date +%s%N)
	"$@" >"$out" 2>"$err" || :
	ended=$(date +%s%N)
	awk -v name="$name" -v time=$(((ended - began) / 1000000)) '{ bytes += $NF } END { printf "# %-34s %6d ms %5d requests %9d bytes\n", name, time, NR, bytes }' "$KUBE/asked"
}
kubectl --context proxy get pods -A >/dev/null 2>&1
figures 'labwright up --dry-run, all new' "$labwright" up production infrastructure --context proxy --dry-run
figures 'labwright up --no-wait' "$labwright" up production infrastructure --context proxy --no-wait --no-record
has 'labwright applies all' "$out" "$(jq '.items | length' "$folder/all.json") applied"
figures 'kubectl apply --server-side' kubectl --context proxy apply --server-side --force-conflicts -f "$folder/all.json"
is 'so does kubectl' "$(grep -c serverside-applied "$out")" "$(jq '.items | length' "$folder/all.json")"
sleep 2
sed -i 's/image: redis:[0-9.a-z-]*/image: redis:7.4.9/' production/core/redis/redis.yaml
git add -A
"$labwright" render production infrastructure >"$folder/all.json" 2>/dev/null
figures 'labwright up --dry-run, one changed' "$labwright" up production infrastructure --context proxy --dry-run
has 'labwright shows what changed' "$out" 'spec.template.spec.containers'
figures 'kubectl diff --server-side' kubectl --context proxy diff --server-side --force-conflicts -f "$folder/all.json"
has 'so does kubectl' "$out" redis:7.4.9
figures 'labwright status --quick' "$labwright" status --quick --context proxy
figures 'kubectl get nodes,pods -A -o wide' kubectl --context proxy get nodes,pods -A -o wide
kill $proxy
finish
