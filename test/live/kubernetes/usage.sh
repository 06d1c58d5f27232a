#!/bin/sh
# What is used, where no metrics-server says it: by kubelets' summaries, and by a real Prometheus in the cluster; usage.sh
# LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
enter_lab "$here/lab"
cat >apps/store.yaml <<'END'
apiVersion: v1
kind: PersistentVolume
metadata: {name: store}
spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], storageClassName: "", hostPath: {path: /srv/store}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: store, namespace: core}
spec: {accessModes: [ReadWriteOnce], storageClassName: "", volumeName: store, resources: {requests: {storage: 1Gi}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: core}
spec:
  serviceName: store
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      nodeSelector: {kubernetes.io/hostname: asuna}
      containers:
      - name: store
        image: example.org/store:1
        resources: {requests: {memory: 64Mi}, limits: {memory: 64Mi}}
        volumeMounts: [{name: data, mountPath: /data}]
      volumes: [{name: data, persistentVolumeClaim: {claimName: store}}]
END
printf 'cluster: {context: lab}\n' >labwright.yaml
git add -A
run up --patience 60
is 'applied' "$code" 0
run status --format json
is 'nobody says what is used' "$(jq '[.nodes[].memoryUsedBytes // 0] | add' "$out")" 0

# ---- kubelets ----
# The API server leads nobody to its own loopback.
ip link add lab type bridge
ip address add 10.77.0.1/24 dev lab
ip link set lab up
python3 "$here/kubelet.py" 10251 asuna 2>"$folder/kubelet.log" &
kubelet=$!
api PATCH /api/v1/nodes/asuna/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"addresses":[{"type":"InternalIP","address":"10.77.0.1"}],"daemonEndpoints":{"kubeletEndpoint":{"Port":10251}}}}' >/dev/null
for _ in $(seq 50); do api GET /api/v1/nodes/asuna/proxy/stats/summary -f >/dev/null 2>&1 && break; sleep 0.2; done
run status --format json
is 'a kubelet says what its node uses' "$(jq -c '[.nodes[] | select(.name == "asuna") | .cpuUsed, .memoryUsedBytes]' "$out")" '[0.05,3221225472]'
is 'and what a container uses' "$(jq '.containers[] | select(.container == "store") | .memoryBytes' "$out")" $((62 << 20))
run check --live --rule memory-near-limit --rule volume-filling --format lines
has 'a container near its limit' "$out" 'apps/store.yaml:24:'
has 'a volume that is nearly full' "$out" "apps/store.yaml:8:18: warning: the volume of store is 93 % full [volume-filling]"
put /apis/rbac.authorization.k8s.io/v1/clusterroles/labwright-read test "$(cat "$here/../../../examples/rbac/read.yaml")"
put /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/reader test '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: reader}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labwright-read}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]}'
sleep 1
run check --live --context reader --rule volume-filling
is 'who may only look is not told, and not stopped' "$code" 0
kill $kubelet
if ! command -v prometheus >/dev/null; then
	skip 'a Prometheus in the cluster' 'apt-get install prometheus'
	finish
	exit
fi

# ---- Prometheus ----
# A week of a container that asks for 4 Gi and uses 100 Mi: written into its database by its own tool.
now=$(date +%s)
pod=$(api GET '/api/v1/namespaces/core/pods?labelSelector=app%3Dqueue' | jq -r '.items[0].metadata.name')
awk -v now="$now" -v pod="$pod" 'BEGIN {
	labels = "{namespace=\"core\",pod=\"" pod "\",container=\"queue\"}"
	print "# TYPE container_memory_working_set_bytes gauge"
	for (at = now - 8 * 86400; at <= now; at += 300) print "container_memory_working_set_bytes" labels, 100 * 1048576 + at % 7, at
	print "# TYPE container_cpu_usage_seconds counter"
	for (at = now - 8 * 86400; at <= now; at += 300) print "container_cpu_usage_seconds_total" labels, (at - now + 8 * 86400) * 0.02, at
	print "# EOF"
}' >"$folder/series"
promtool tsdb create-blocks-from openmetrics "$folder/series" "$folder/tsdb" >"$folder/promtool.log" 2>&1
report $? 'a week of samples' "$(tail -3 "$folder/promtool.log")"
printf 'global: {scrape_interval: 1m}\n' >"$folder/prometheus.yml"
prometheus --config.file="$folder/prometheus.yml" --storage.tsdb.path="$folder/tsdb" --storage.tsdb.retention.time=90d \
	--web.listen-address=10.77.0.1:9090 >"$folder/prometheus.log" 2>&1 &
prometheus=$!
for _ in $(seq 100); do curl -sf http://10.77.0.1:9090/-/ready >/dev/null && break; sleep 0.2; done
# Behind the API server it has to be a pod, by the address that kwok would have given it.
api POST /api/v1/namespaces/default/pods -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: Pod, metadata: {name: prometheus, labels: {app.kubernetes.io/name: prometheus}}, spec: {containers: [{name: prometheus, image: "example.org/prometheus:1", ports: [{name: http, containerPort: 9090}]}]}}' >/dev/null
api POST /api/v1/namespaces/default/services -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: Service, metadata: {name: prometheus, labels: {app.kubernetes.io/name: prometheus}}, spec: {selector: {app.kubernetes.io/name: prometheus}, ports: [{name: http, port: 80, targetPort: http}]}}' >/dev/null
eventually 'its pod runs' sh -c "curl -sS --cacert $KUBE/ca.crt --cert $KUBE/admin.crt --key $KUBE/admin.key $server/api/v1/namespaces/default/pods/prometheus | jq -e '.status.podIP' >/dev/null"
api PATCH /api/v1/namespaces/default/pods/prometheus/status -H 'Content-Type: application/merge-patch+json' -d '{"status":{"podIP":"10.77.0.1","podIPs":[{"ip":"10.77.0.1"}]}}' >/dev/null
for _ in $(seq 50); do api GET '/api/v1/namespaces/default/services/prometheus:80/proxy/-/ready' -f >/dev/null 2>&1 && break; sleep 0.2; done
run facts --live --kind typical
has 'what a container usually used, of a week' "$out" 'typical	memory=10485760'
run check --live --rule request-oversized --format lines
has 'a request that is too large' "$out" 'queue'
has 'by the samples of a week' "$out" 'in 7 days'
kill $prometheus
finish
