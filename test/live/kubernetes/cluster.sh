# What the tests on a cluster begin with, after tap.sh: `. "$here/cluster.sh"`.
#
#   api METHOD PATH [WORD…]   asks the API server as its administrator and prints the answer
#   nodes NAME:MEMORY:CPU…    makes nodes, which kwok plays, and waits until they are ready
#   eventually NAME COMMAND…  passes once the command does, in 30 seconds at most
export ASAN_OPTIONS=detect_leaks=0
server=https://127.0.0.1:6443

api() {
	method=$1 path=$2
	shift 2
	curl -sS --max-time 20 --cacert "$KUBE/ca.crt" --cert "$KUBE/admin.crt" --key "$KUBE/admin.key" -X "$method" "$server$path" "$@"
}

# Makes or changes the object of a path as somebody else than labwright: put PATH MANAGER YAML
put() {
	api PATCH "$1?fieldManager=$2&force=true" -H 'Content-Type: application/apply-patch+yaml' --data-binary "$3" >"$folder/put.json"
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
