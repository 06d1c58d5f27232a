#!/bin/sh
# Runs a command beside a real control plane that is its own: etcd, API server, controllers and scheduler on loopback,
# kwok for the nodes, in network and mount namespaces of their own.
#
#     control.sh COMMAND [WORD…]
#
# The command gets
#   KUBECONFIG   contexts "lab" (everything is allowed), "reader" and "keeper" (users who may nothing yet), "token"
#   KUBE         folder with ca.crt, ca.key, admin.crt, admin.key; the API server is https://127.0.0.1:6443
#   KUBE_SERVER  file that holds the API server's process id; `sh control.sh --server` starts it again
#   PATH         with the programs of build.sh
# As root.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

start_server() {
	# shellcheck disable=SC2086
	setsid kube-apiserver --etcd-servers=http://127.0.0.1:2379 --bind-address=127.0.0.1 --secure-port=6443 \
		--advertise-address=127.0.0.1 --endpoint-reconciler-type=none --authorization-mode=Node,RBAC \
		--client-ca-file="$KUBE/ca.crt" --tls-cert-file="$KUBE/server.crt" --tls-private-key-file="$KUBE/server.key" \
		--kubelet-client-certificate="$KUBE/admin.crt" --kubelet-client-key="$KUBE/admin.key" \
		--service-account-key-file="$KUBE/ca.key" --service-account-signing-key-file="$KUBE/ca.key" \
		--service-account-issuer=https://kubernetes.default.svc --service-cluster-ip-range=10.96.0.0/16 \
		--watch-cache=true --enable-priority-and-fairness=true --v=1 >>"$KUBE/server.log" 2>&1 </dev/null &
	echo $! >"$KUBE/server.pid"
}

ask() {
	curl -sS --max-time 20 --cacert "$KUBE/ca.crt" --cert "$KUBE/admin.crt" --key "$KUBE/admin.key" "$@"
}

wait_for_server() {
	for _ in $(seq 600); do
		ask -f "https://127.0.0.1:6443/readyz" >/dev/null 2>&1 && return
		kill -0 "$(cat "$KUBE/server.pid")" 2>/dev/null || break
		sleep 0.1
	done
	tail -20 "$KUBE/server.log" >&2
	return 1
}

if [ "${1:-}" = --server ]; then
	start_server
	wait_for_server
	exit
fi
[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP a control plane of its own needs root"; exit 0; }
cache=${LABWRIGHT_LIVE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/labwright-live}
if [ -z "${LABWRIGHT_IN_NAMESPACE:-}" ]; then
	programs=$(sh "$here/build.sh" "$cache") || { echo "cannot build Kubernetes in $cache" >&2; exit 77; }
	LABWRIGHT_IN_NAMESPACE=$programs exec unshare -mn --propagation private sh "$0" "$@"
fi

PATH=$LABWRIGHT_IN_NAMESPACE:$PATH
KUBE=$(mktemp -d /tmp/labwright-kube.XXXXXX)
KUBECONFIG=$KUBE/config KUBE_SERVER=$KUBE/server.pid
export PATH KUBE KUBECONFIG KUBE_SERVER
ip link set lo up
pids=
finish() {
	code=$?
	trap - EXIT
	trap '' INT TERM
	for pid in $pids $(cat "$KUBE/server.pid" 2>/dev/null || :); do kill -TERM "$pid" 2>/dev/null || :; done
	sleep 0.3
	for pid in $pids $(cat "$KUBE/server.pid" 2>/dev/null || :); do kill -KILL "$pid" 2>/dev/null || :; done
	[ -z "${KUBE_KEEP:-}" ] && rm -rf "$KUBE"
	exit $code
}
trap finish EXIT
trap 'exit 130' INT TERM

# ---- certificates ----
certificate() { # FILE SUBJECT [NAMES]
	openssl req -newkey rsa:2048 -nodes -keyout "$KUBE/$1.key" -subj "$2" -out "$KUBE/$1.csr" 2>/dev/null
	printf 'extendedKeyUsage=clientAuth,serverAuth\n%s\n' "${3:+subjectAltName=$3}" >"$KUBE/$1.ext"
	openssl x509 -req -in "$KUBE/$1.csr" -CA "$KUBE/ca.crt" -CAkey "$KUBE/ca.key" -CAcreateserial -days 2 \
		-extfile "$KUBE/$1.ext" -out "$KUBE/$1.crt" 2>/dev/null
}
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KUBE/ca.key" -out "$KUBE/ca.crt" -subj /CN=lab -days 2 2>/dev/null
certificate server /CN=kube-apiserver IP:127.0.0.1,DNS:localhost,DNS:lab.example
certificate admin /O=system:masters/CN=admin
certificate reader /CN=reader
certificate keeper /CN=keeper
data() { base64 -w0 "$KUBE/$1"; }
{
	cat <<-END
		apiVersion: v1
		kind: Config
		current-context: nobody
		clusters:
		- name: lab
		  cluster:
		    server: https://127.0.0.1:6443
		    certificate-authority-data: $(data ca.crt)
		contexts:
		- {name: lab, context: {cluster: lab, user: admin}}
		- {name: reader, context: {cluster: lab, user: reader}}
		- {name: keeper, context: {cluster: lab, user: keeper}}
		users:
	END
	for user in admin reader keeper; do
		printf -- '- name: %s\n  user:\n    client-certificate-data: %s\n    client-key: %s.key\n' \
			$user "$(data $user.crt)" $user
	done
} >"$KUBE/config"

# ---- programs ----
etcd --data-dir "$KUBE/etcd" --unsafe-no-fsync --listen-client-urls http://127.0.0.1:2379 \
	--advertise-client-urls http://127.0.0.1:2379 --listen-peer-urls http://127.0.0.1:2380 \
	--initial-advertise-peer-urls http://127.0.0.1:2380 --initial-cluster default=http://127.0.0.1:2380 \
	--log-level error >"$KUBE/etcd.log" 2>&1 &
pids=$!
start_server
wait_for_server
sed 's/^current-context: .*/current-context: lab/' "$KUBE/config" >"$KUBE/admin"
kube-controller-manager --kubeconfig "$KUBE/admin" --bind-address 127.0.0.1 --use-service-account-credentials \
	--service-account-private-key-file="$KUBE/ca.key" --root-ca-file="$KUBE/ca.crt" --leader-elect=false \
	--node-monitor-grace-period="${KUBE_NODE_GRACE:-40s}" --kube-api-qps=300 --kube-api-burst=400 >"$KUBE/controllers.log" 2>&1 &
pids="$pids $!"
kube-scheduler --kubeconfig "$KUBE/admin" --bind-address 127.0.0.1 --leader-elect=false --kube-api-qps=300 \
	--kube-api-burst=400 >"$KUBE/scheduler.log" 2>&1 &
pids="$pids $!"
stages=$LABWRIGHT_IN_NAMESPACE/kustomize/stage
cat "$stages"/node/fast/node-*.yaml >"$KUBE/stages.yaml"
for stage in "$stages"/pod/fast/pod-complete.yaml "$stages"/pod/fast/pod-delete.yaml "$here"/stages/*.yaml; do
	[ -f "$stage" ] && { echo ---; cat "$stage"; } >>"$KUBE/stages.yaml"
done
# Commands run beside kwok, and logs are these files, as container runtimes write them.
printf '2026-01-01T00:00:00.000000000Z stdout F %s\n' 'listening on 8080' 'request served' >"$KUBE/pod.log"
printf '2026-01-01T00:00:00.000000000Z stderr F %s\n' 'Traceback (most recent call last):' \
	"ModuleNotFoundError: No module named 'models.multimodal'" >"$KUBE/previous.log"
cat >>"$KUBE/stages.yaml" <<END
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: all}
spec: {execs: [{local: {workDir: $KUBE}}]}
---
apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: all}
spec: {logs: [{logsFile: $KUBE/pod.log, previousLogsFile: $KUBE/previous.log, follow: false}]}
END
kwok --kubeconfig "$KUBE/admin" --manage-all-nodes=true --node-lease-duration-seconds=40 --config "$KUBE/stages.yaml" \
	--node-ip 127.0.0.1 --node-port 10247 --server-address 127.0.0.1:10247 --tls-cert-file "$KUBE/server.crt" \
	--tls-private-key-file "$KUBE/server.key" >"$KUBE/kwok.log" 2>&1 &
echo $! >"$KUBE/kwok.pid"
pids="$pids $!"
"$@"
