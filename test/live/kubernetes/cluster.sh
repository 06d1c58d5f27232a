# What the tests on a cluster begin with: `. "$(dirname "$0")/cluster.sh"`. It brings the words of tap.sh along; $here is
# this folder.
#
#   api METHOD PATH [WORD…]   asks the API server as its administrator and prints the answer
#   put PATH MANAGER YAML     makes or changes an object as somebody else than labwright
#   make PATH YAML            makes an object
#   nodes NAME:MEMORY:CPU…    makes nodes, which kwok plays, and waits until they are ready
#   enter_lab [FOLDER]        the two nodes of the story, and a copy of the folder as the repository that they are for
#   start_proxy               proxy.py as the context proxy of $KUBE/proxy; $proxy is its process
#   eventually NAME COMMAND…  passes once the command does, in 30 seconds at most
. "$(dirname "$0")/../../command/tap.sh"
export ASAN_OPTIONS=detect_leaks=0
server=https://127.0.0.1:6443

api() {
	method=$1 path=$2
	shift 2
	curl -sS --max-time 20 --cacert "$KUBE/ca.crt" --cert "$KUBE/admin.crt" --key "$KUBE/admin.key" -X "$method" "$server$path" "$@"
}

put() {
	api PATCH "$1?fieldManager=$2&force=true" -H 'Content-Type: application/apply-patch+yaml' --data-binary "$3" >"$folder/put.json"
}

make() {
	api POST "$1" -H 'Content-Type: application/yaml' --data-binary "$2" >/dev/null
}

node() {
	api POST /api/v1/nodes -H 'Content-Type: application/yaml' --data-binary "
apiVersion: v1
kind: Node
metadata: {name: $1, labels: {kubernetes.io/hostname: $1, kubernetes.io/arch: amd64}}
status:
  capacity: {cpu: '$3', memory: $2, pods: '110'}
  allocatable: {cpu: '$3', memory: $2, pods: '110'}" >/dev/null
}

nodes() {
	for each; do
		rest=${each#*:}
		node "${each%%:*}" "${rest%%:*}" "${rest#*:}"
	done
	for _ in $(seq 100); do
		ready=$(api GET /api/v1/nodes | jq '[.items[] | select(any(.status.conditions[]?; .type == "Ready" and .status == "True"))] | length')
		[ "$ready" -ge $# ] && api GET /api/v1/namespaces/default/serviceaccounts/default -f >/dev/null 2>&1 && return
		sleep 0.2
	done
	echo "# nodes do not become ready" >&2
}

eventually() {
	name=$1
	shift
	for _ in $(seq 60); do
		"$@" && { report 0 "$name"; return; }
		sleep 0.5
	done
	report 1 "$name" "not within 30 seconds: $*"
}

enter_lab() {
	nodes asuna:8Gi:4 pesubuntu:32Gi:12
	if [ $# -gt 0 ]; then cp -r "$1" lab; else mkdir lab; fi
	cd lab || exit 1
	git init -q -b main .
	git add -A
}

start_proxy() {
	python3 "$here/proxy.py" 7001 "$KUBE" 2>"$folder/proxy.log" &
	proxy=$!
	for _ in $(seq 50); do curl -sf http://127.0.0.1:7001/readyz >/dev/null && break; sleep 0.1; done
	printf 'clusters: [{name: c, cluster: {server: "http://127.0.0.1:7001"}}]\nusers: [{name: u, user: {}}]\ncontexts: [{name: proxy, context: {cluster: c, user: u}}]\n' >"$KUBE/proxy"
}
