#!/bin/sh
# check --live, place, init and metrics on a real API server: beside.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
enter_lab "$here/lab"
run up --context lab --patience 60
is 'applied' "$code" 0

# ---- drift ----
run check --live --context lab --rule repo-cluster-drift
is 'no drift after up' "$code" 0
has 'is said' "$err" '0 of 8 objects differ from the files'
put /apis/apps/v1/namespaces/core/deployments/web somebody 'apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: core}
spec: {replicas: 3, template: {spec: {containers: [{name: web, image: "example.org/web:9"}]}}}'
api DELETE /api/v1/namespaces/core/services/web >/dev/null
run check --live --context lab --rule repo-cluster-drift --format lines
has 'a field that somebody has set' "$out" 'Deployment web: spec.replicas is 3 on the cluster and 2 here; set by somebody'
has 'with the line of its object' "$out" 'apps/core.yaml:26:18: warning: Deployment web'
has 'what is not there' "$out" 'Service web: it is not on the cluster'
has 'how many' "$err" '2 of 8 objects differ'
is 'drift is a warning' "$code" 0
run check --live --context lab --rule repo-cluster-drift --fail-on warning --format json
is 'which may be what fails' "$code" 1
is 'an item of a list, in JSON' "$(jq -r '.findings[].evidence[]?.text' "$out")" 'spec.template.spec.containers[web].image is example.org/web:9 on the cluster and example.org/web:1 here; set by somebody'
run check --live --context lab --rule repo-cluster-drift --format sarif
is 'and as SARIF' "$(jq -r '.runs[0].results[].ruleId' "$out" | sort -u)" repo-cluster-drift
run adopt --context lab
is 'adopt' "$code" 0
has 'as a diff of the file' "$out" '-  replicas: 2'
has 'in the style of the file' "$out" '+        image: example.org/web:9'
has 'what has no place is counted' "$out" '1 differ where no edit of a file is certain'
for i in 1 2 3 4 5; do
	printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: more%s, namespace: core}\ndata: {k: v}\n' "$i"
done >apps/more.yaml
git add -A
run adopt --context lab
has 'what is not there has no value to take' "$out" '6 differ where no edit of a file is certain'
cp "$out" "$folder/adopted"
# Requests are counted in kinds and not in objects: the version, which kinds there are (2), and one list of each.
start_proxy
: >"$KUBE/asked"
KUBECONFIG="$KUBE/proxy" run adopt --context proxy
is 'the same by a proxy' "$(cat "$out")" "$(cat "$folder/adopted")"
"$labwright" render apps 2>/dev/null >"$folder/objects.json"
is 'with a request for each kind' "$(grep -vc readyz "$KUBE/asked")" $((3 + $(jq -r '[.items[].kind] | unique | length' "$folder/objects.json")))
is 'of fewer kinds than objects' "$(jq -r '([.items[].kind] | unique | length) < (.items | length)' "$folder/objects.json")" true
kill $proxy
# Who may get and not list is asked one by one, and knows the same.
make /apis/rbac.authorization.k8s.io/v1/clusterroles '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: getter}, rules: [{apiGroups: ["*"], resources: ["*"], verbs: [get]}]}'
make /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: getter}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: getter}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: keeper}]}'
sleep 1
run adopt --context keeper
is 'the same without the right to list' "$(cat "$out")" "$(cat "$folder/adopted")"
run adopt --context reader
is 'without any right nothing is taken over' "$(grep -c '^[-+]' "$out")" 0
git rm -qf apps/more.yaml
run adopt --context lab --write --only web
is 'adopt --write' "$(git diff --numstat | tr '\t' ' ')" '2 2 apps/core.yaml'
run check --live --context lab --worktree
has 'and they are the same' "$err" '1 of 8 objects differ'
git checkout -q -- apps
export DOCKER_HOST=unix:///nothing
run check --live
unset DOCKER_HOST
is 'no cluster is taken that nobody named' "$code" 3
has 'and how one is named is said' "$err" 'for a cluster: --context NAME'

# Of two long values what is told is where they part.
put /api/v1/namespaces/core/configmaps/web somebody "apiVersion: v1
kind: ConfigMap
metadata: {name: web, namespace: core}
data: {greeting: '$(seq -s ' ' 100) here'}"
sed -i "s/greeting: hello/greeting: '$(seq -s ' ' 100) there'/" apps/core.yaml
cp apps/core.yaml apps/again.yaml
git add -A
run check --live --context lab apps/core.yaml
has 'long values from where they part' "$out" '100 here on the cluster'
lacks 'and not from their beginning' "$out" '1 2 3 4 5 6'
run up --context lab --dry-run
lacks 'what is there twice and says the same' "$out" 'name the folder that is meant'
is 'is applied once' "$(grep -c 'core/ConfigMap/web' "$out")" 1
git rm -qf apps/again.yaml
git checkout -q HEAD -- apps 2>/dev/null || sed -i "s/greeting: .*/greeting: hello/" apps/core.yaml
git add -A

# ---- metrics, in the shape of metrics.k8s.io ----
for kind in PodMetrics:pods:Namespaced NodeMetrics:nodes:Cluster; do
	name=${kind%%:*} rest=${kind#*:}
	api POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions -H 'Content-Type: application/yaml' --data-binary "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: ${rest%%:*}.metrics.k8s.io, annotations: {api-approved.kubernetes.io: 'unapproved, a test'}}
spec:
  group: metrics.k8s.io
  scope: ${rest#*:}
  names: {plural: ${rest%%:*}, kind: $name}
  versions: [{name: v1beta1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]" >/dev/null
done
for _ in $(seq 50); do api GET /apis/metrics.k8s.io/v1beta1/pods -f >/dev/null 2>&1 && api GET /apis/metrics.k8s.io/v1beta1/nodes -f >/dev/null 2>&1 && break; sleep 0.2; done
pod=$(api GET '/api/v1/namespaces/core/pods?labelSelector=app%3Dqueue' | jq -r '.items[0].metadata.name')
put /apis/metrics.k8s.io/v1beta1/nodes/asuna test '{apiVersion: metrics.k8s.io/v1beta1, kind: NodeMetrics, metadata: {name: asuna}, usage: {cpu: 1500000000n, memory: 6Gi}}'
put "/apis/metrics.k8s.io/v1beta1/namespaces/core/pods/$pod" test "{apiVersion: metrics.k8s.io/v1beta1, kind: PodMetrics, metadata: {name: $pod, namespace: core}, timestamp: '2026-01-01T00:00:00Z', containers: [{name: queue, usage: {cpu: 250m, memory: 900Mi}}]}"
run status --context lab --format json
is 'what a node uses' "$(jq '[.nodes[] | select(.name == "asuna") | .cpuUsed, .memoryUsedBytes] | tostring' "$out")" '"[1.5,6442450944]"'
is 'what a container uses' "$(jq '[.containers[] | select(.container == "queue") | .cpu, .memoryBytes] | tostring' "$out")" '"[0.25,943718400]"'
run check --usage cluster:lab --rule request-oversized
[ "$code" -le 1 ]
report $? 'rules know it, too' "code $code"

# ---- images against the nodes that run ----
if command -v docker-registry >/dev/null; then
	mkfifo "$folder/end"
	mkdir "$folder/registry"
	python3 "$here/../../serve/images.py" "$folder/registry" lab/one:1=amd64 lab/both:1=amd64,arm64 <"$folder/end" >"$folder/port" 2>"$folder/registry.err" &
	exec 8>"$folder/end"
	for _ in $(seq 100); do [ -s "$folder/port" ] && break; sleep 0.1; done
	port=$(cat "$folder/port")
	make /api/v1/nodes '{apiVersion: v1, kind: Node, metadata: {name: berry, labels: {kubernetes.io/hostname: berry, kubernetes.io/arch: arm64}}, status: {nodeInfo: {architecture: arm64}, capacity: {cpu: "4", memory: 8Gi, pods: "110"}, allocatable: {cpu: "4", memory: 8Gi, pods: "110"}}}'
	mkdir images
	pod() { printf -- '---\napiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: core}\nspec: {nodeSelector: {kubernetes.io/hostname: %s}, containers: [{name: main, image: "127.0.0.1:%s/lab/%s"}]}\n' "$1" "$2" "$port" "$3"; }
	{ pod narrow berry one:1; pod wide berry both:1; pod there asuna one:1; pod none asuna three:1; } >images/pods.yaml
	git add -A
	api PATCH /api/v1/nodes/asuna/status -H 'Content-Type: application/merge-patch+json' -d '{"status":{"nodeInfo":{"architecture":"amd64"}}}' >/dev/null
	api PATCH /api/v1/nodes/berry/status -H 'Content-Type: application/merge-patch+json' -d '{"status":{"nodeInfo":{"architecture":"arm64"}}}' >/dev/null
	run check --live --context lab --online --rule image-arch-mismatch --rule image-missing --format lines images
	has 'an image that is not built for the node that runs' "$out" 'images/pods.yaml:5:'
	has 'which is named' "$out" berry
	is 'and an image that no registry has' "$(grep -c 'image-missing\|three:1' "$out")" 1
	is 'of four' "$(grep -c 'error:' "$out")" 2
	exec 8>&-
	git rm -rqf images
	api DELETE /api/v1/nodes/berry >/dev/null
else
	skip 'images against the nodes that run' 'docker-registry is not installed'
fi

# ---- place, init ----
run place --usage cluster:lab --format json
is 'place by the nodes of the cluster' "$(jq -r '[.nodes[] | .node // .name] | sort | join(" ")' "$out")" 'asuna pesubuntu'
run init --context lab
is 'init' "$code" 0
has 'takes the nodes of the cluster' "$out" '  pesubuntu:  # the cluster'
has 'and what they hold' "$out" 'allocatable: {cpu: 12000m, memory: 32768Mi}'
cp "$out" labwright.yaml
git add -A
run check --rule config-invalid
is 'what it writes is valid' "$code" 0
finish
