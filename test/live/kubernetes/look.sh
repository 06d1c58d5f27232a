#!/bin/sh
# status, logs, exec and explain on a real control plane with the real scheduler: look.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
enter_lab
printf 'cluster: {context: lab}\n' >labwright.yaml
cp "$here/story.yaml" story.yaml
git add -A
explain() {
	run explain "$@"
}

run up --no-wait
is 'the story is applied' "$code" 0
eventually 'the scheduler has looked at all' sh -c "[ \"\$(curl -sS --cacert $KUBE/ca.crt --cert $KUBE/admin.crt --key $KUBE/admin.key $server/api/v1/namespaces/story/pods | jq '[.items[] | select(.status.conditions[]?.type == \"PodScheduled\")] | length')\" -ge 9 ]"
sleep 2

# ---- status ----
run status
is 'what is not well is a finding' "$code" 1
has 'how much is asked of a node' "$out" '7.5 of   8.0 Gi  94%'
has 'a pod without a place' "$out" 'Pending'
has 'with the scheduler'"'"'s words' "$out" 'nodes are available'
has 'a pod that ends again and again' "$out" 'restarting 1'
has 'an image that nobody has' "$out" 'ImagePullBackOff'
has 'a Secret that is not there' "$out" 'secret "api-keys" not found'
has 'a Service without endpoints' "$out" 'Service story/api has nobody who answers for it'
has 'a claim without a volume' "$out" 'claim story/lost waits for a volume'
has 'a quota that is full' "$out" 'quota limited/small: 1 of 1 pods'

api POST /apis/autoscaling/v2/namespaces/story/horizontalpodautoscalers -H 'Content-Type: application/yaml' --data-binary '{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: ghost, namespace: story}, spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: nobody}, maxReplicas: 3, metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]}}' >/dev/null
scaler() {
	run status
	grep -q 'scaler story/ghost does not work: .*deployments.* "nobody" not found' "$out"
}
eventually 'a scaler of a Deployment that is not there' scaler
api DELETE /apis/autoscaling/v2/namespaces/story/horizontalpodautoscalers/ghost >/dev/null

# ---- status --watch ----
start_proxy
KUBECONFIG="$KUBE/proxy" "$labwright" status --watch --context proxy >"$folder/watched" 2>&1 &
watching=$!
connections() {
	ss -Htn state established '( dport = :7001 )' | awk '{ print $3 }' | sort
}
eventually 'a screen' grep -q 'nodes are available' "$folder/watched"
sleep 4
connections >"$folder/before"
: >"$KUBE/asked"
drawn=$(grep -c 'with problems' "$folder/watched")
sleep 6
[ "$(grep -c 'with problems' "$folder/watched")" -ge $((drawn + 2)) ]
report $? 'is drawn again'
is 'without asking for what has not changed' "$(grep -c 'GET /api/v1/pods?limit=500' "$KUBE/asked")" 0
connections >"$folder/after"
is 'by the connections that are there' "$(cat "$folder/after")" "$(cat "$folder/before")"
api PATCH /api/v1/namespaces/story/pods/well/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}}' >/dev/null
eventually 'what changes is shown' grep -q Evicted "$folder/watched"
kill -0 $watching
report $? 'and it goes on'
kill $watching
api PATCH /api/v1/namespaces/story/pods/well/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"phase":"Running","reason":null,"message":null}}' >/dev/null
kill $proxy

# ---- check --live ----
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KUBE/site.key" -out "$KUBE/site.crt" -subj /CN=site.example -days 5 2>/dev/null
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KUBE/long.key" -out "$KUBE/long.crt" -subj /CN=long.example -days 90 2>/dev/null
for name in site long; do
	api POST /api/v1/namespaces/story/secrets -H 'Content-Type: application/yaml' --data-binary "{apiVersion: v1, kind: Secret, metadata: {name: $name, namespace: story, annotations: {kubectl.kubernetes.io/last-applied-configuration: sw0rdf1sh}}, type: kubernetes.io/tls, data: {tls.crt: $(base64 -w0 "$KUBE/$name.crt"), tls.key: $(base64 -w0 "$KUBE/$name.key")}}" >/dev/null
done
api POST /api/v1/namespaces/story/secrets -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: Secret, metadata: {name: only-there, namespace: story}, data: {password: c3cwcmRmMXNo}}' >/dev/null
api POST /apis/networking.k8s.io/v1/ingressclasses -H 'Content-Type: application/yaml' --data-binary '{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: edge}, spec: {controller: example.org/edge}}' >/dev/null
cat >routes.yaml <<'END'
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: site, namespace: story}
spec:
  ingressClassName: edge
  tls: [{hosts: [site.example], secretName: site}, {hosts: [long.example], secretName: long}]
  rules:
  - {host: site.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}
  - {host: long.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}}
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: other}
spec: {controller: example.org/other}
---
apiVersion: v1
kind: Pod
metadata: {name: late, namespace: story}
spec:
  containers: [{name: late, image: "example.org/late:1", envFrom: [{secretRef: {name: only-there}}]}]
END
git add -A
run check --rule ingress-class-missing
is 'a class that no file makes is an error' "$code" 1
run check --live --rule ingress-class-missing --format lines
is 'unless the cluster has it' "$code" 0
has 'which is a note' "$out" 'routes.yaml:5:21: info: Ingress site needs IngressClass edge, which only the cluster has'
run check --live --rule ref-config-missing --format lines
has 'so is a Secret that was made by hand' "$out" 'Pod late needs Secret only-there, which only the cluster has'
run check --live --rule pod-failing --format lines
has 'an image that is not to be had, at its line' "$out" "story.yaml:$(grep -n mem0-api story.yaml | cut -d: -f1):44: error: Pod noimage does not run: ImagePullBackOff of story/noimage/noimage"
has 'a Secret that is not there, at the reference' "$out" "story.yaml:$(grep -n 'envFrom.*api-keys' story.yaml | cut -d: -f1):34: error: Pod unset does not run: CreateContainerConfigError"
has 'a crash, with its code' "$out" 'CrashLoopBackOff of story/crash/crash: it ended with 1; restarts: 7'
has 'a pod without a node, in the words of the scheduler' "$out" 'Pod big does not run: Unschedulable of story/big: 0/2 nodes are available'
lacks 'a pod that runs is not told' "$out" 'Pod well'
# A chart that k3s brings along is in no file, and is known all the same.
api POST /apis/apiextensions.k8s.io/v1/customresourcedefinitions -H 'Content-Type: application/yaml' --data-binary '{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, metadata: {name: helmcharts.helm.cattle.io}, spec: {group: helm.cattle.io, scope: Namespaced, names: {plural: helmcharts, kind: HelmChart}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}]}}' >/dev/null
for _ in $(seq 50); do api GET /apis/helm.cattle.io/v1/helmcharts -f >/dev/null 2>&1 && break; sleep 0.2; done
api POST /apis/helm.cattle.io/v1/namespaces/kube-system/helmcharts -H 'Content-Type: application/yaml' --data-binary '{apiVersion: helm.cattle.io/v1, kind: HelmChart, metadata: {name: traefik}, spec: {chart: "https://%{KUBERNETES_API}%/static/charts/traefik.tgz"}}' >/dev/null
api POST /api/v1/namespaces/kube-system/pods -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: Pod, metadata: {name: traefik-1, labels: {app.kubernetes.io/instance: traefik-kube-system}, annotations: {labwright.test/fate: crash}}, spec: {containers: [{name: traefik, image: "example.org/traefik:1"}]}}' >/dev/null
eventually 'what no file makes is told as that, with its chart' sh -c "'$labwright' check --live --rule pod-failing 2>&1 >/dev/null | grep -qF 'kube-system/traefik-1 (of HelmChart traefik)'"
api DELETE /api/v1/namespaces/kube-system/pods/traefik-1 >/dev/null
run check --live --rule pvc-unhealthy --format json
is 'a claim without a volume' "$(jq -r '.findings[].message' "$out" | cut -c1-30)" 'claim story/lost is Pending: n'
run check --live --rule cert-expiring --format lines
is 'certificates in Secrets are not read unasked' "$(cat "$out")" ''
has 'but counted' "$err" '2 certificates in Secrets are not looked at, since their keys would come along: --tls-secrets'
run check --live --tls-secrets --rule cert-expiring --format lines
has 'a certificate that ends in five days' "$out" 'warning: certificate story/site ends on'
lacks 'and none that has time' "$out" story/long
run check --live --tls-secrets --format sarif --fail-on never
is 'all of it as SARIF' "$(jq -r '.runs[0].results[].ruleId' "$out" | grep -cE '^(pod-failing|pvc-unhealthy|cert-expiring)$')" 9
run facts --live
has 'rows of the cluster' "$out" 'Pod crash/state crash	restarts	7'
has 'objects of it by the reader of files' "$out" 'StatefulSet qdrant/pod/container qdrant	image	example.org/qdrant:1'
has 'a Secret by its name' "$out" 'Secret only-there'
lacks 'and never by its value' "$out" c3cwcmRmMXNo
lacks 'nor by what kubectl keeps of it' "$out" sw0rdf1sh
lacks 'nor by its key' "$out" "$(sed -n 3p "$KUBE/site.key" | cut -c1-30)"
git rm -qf routes.yaml

# ---- explain ----
explain qdrant
is 'explain' "$code" 0
has 'Pending by a volume: the scheduler first' "$out" 'the scheduler'
has 'the pod is meant for one machine, the bytes are on the other' "$out" 'the pod is meant for pesubuntu, which does not hold the bytes of claim qdrant: volume qdrant is on kubernetes.io/hostname=asuna'
has 'with the line of the manifest' "$out" 'story.yaml:'
explain big
has 'Pending by memory, node by node' "$out" 'node asuna has 0.5 Gi of memory free, and 64.0 Gi are asked'
explain tainted
has 'Pending by labels' "$out" 'is not zone=attic, which the pod'
explain waits
has 'Pending by a claim without a volume' "$out" 'storage class by-hand makes no volumes by itself'
explain crash
has 'a crash: the code' "$out" 'ended with 1'
has 'and the last words of the container before' "$out" "ModuleNotFoundError: No module named 'models.multimodal'"
explain noimage
has 'an image' "$out" 'cannot get the image example.org/mem0-api:latest'
explain unset
has 'a Secret' "$out" 'Secret api-keys is not in namespace story, and no file of the repository makes it'
explain Service/api
has 'a Service: which labels' "$out" 'no pod of namespace story has the labels app=api'
has 'and which are there' "$out" 'has app=api-server instead'
explain limited/many
has 'a quota' "$out" 'quota small allows 1 pods, and 1 are used'
explain PersistentVolumeClaim/lost
has 'a claim' "$out" 'claim lost is Pending'
api POST /api/v1/namespaces -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: Namespace, metadata: {name: going}}' >/dev/null
api POST /api/v1/namespaces/going/configmaps -H 'Content-Type: application/yaml' --data-binary '{apiVersion: v1, kind: ConfigMap, metadata: {name: held, finalizers: [example.org/hold]}}' >/dev/null
api DELETE /api/v1/namespaces/going >/dev/null
eventually 'a finalizer that hangs' sh -c "'$labwright' explain ConfigMap/held | grep -qF 'the finalizer example.org/hold holds it'"
eventually 'the namespace knows what is left' sh -c "'$labwright' explain Namespace/going | grep -qF 'example.org/hold'"
api PATCH /api/v1/namespaces/going/configmaps/held -H 'Content-Type: application/merge-patch+json' -d '{"metadata":{"finalizers":null}}' >/dev/null
make /api/v1/namespaces/story/services '{apiVersion: v1, kind: Service, metadata: {name: closed}, spec: {selector: {app: api-server}, ports: [{port: 80, targetPort: metrics}]}}'
make /apis/networking.k8s.io/v1/namespaces/story/networkpolicies '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: shut}, spec: {podSelector: {matchLabels: {app: api-server}}, policyTypes: [Ingress]}}'
explain Service/closed
has 'a port that nobody has' "$out" 'it sends to port metrics, which no container of pod server has'
has 'a policy that lets nothing in' "$out" 'NetworkPolicy shut lets nothing in to its pods'
api DELETE /apis/networking.k8s.io/v1/namespaces/story/networkpolicies/shut >/dev/null
make /apis/networking.k8s.io/v1/namespaces/story/networkpolicies '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: narrow}, spec: {podSelector: {matchExpressions: [{key: app, operator: In, values: [api-server]}]}, policyTypes: [Ingress], ingress: [{from: [{podSelector: {matchLabels: {app: frontend}}}], ports: [{port: 9000}]}]}}'
make /api/v1/namespaces/story/services '{apiVersion: v1, kind: Service, metadata: {name: narrowed}, spec: {selector: {app: api-server}, ports: [{port: 80, targetPort: 8080}]}}'
explain Service/narrowed
has 'whom a policy lets in' "$out" 'NetworkPolicy narrow lets in to its pods only pods with app=frontend of its namespace, to port 9000'
has 'the port that it forgets' "$out" 'no rule lets anybody in to port 8080, where the Service sends to'
has 'and the labels that nobody has' "$out" 'no pod of namespace story has the labels app=frontend that NetworkPolicy narrow lets in'
make /apis/networking.k8s.io/v1/namespaces/story/networkpolicies '{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: wide}, spec: {podSelector: {}, policyTypes: [Ingress], ingress: [{}]}}'
explain Service/narrowed
lacks 'one that lets all in opens what another closes' "$out" NetworkPolicy
make /api/v1/namespaces '{apiVersion: v1, kind: Namespace, metadata: {name: hooked, labels: {hooked: "yes"}}}'
make /apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations '{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingWebhookConfiguration, metadata: {name: gone}, webhooks: [{name: pods.gone.example.org, admissionReviewVersions: [v1], sideEffects: None, failurePolicy: Fail, timeoutSeconds: 1, namespaceSelector: {matchLabels: {hooked: "yes"}}, rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}], clientConfig: {service: {name: policy, namespace: hooked}}}]}'
make /apis/apps/v1/namespaces/hooked/deployments '{apiVersion: apps/v1, kind: Deployment, metadata: {name: app}, spec: {selector: {matchLabels: {app: app}}, template: {metadata: {labels: {app: app}}, spec: {containers: [{name: app, image: "example.org/app:1"}]}}}}'
eventually 'a webhook that does not answer' sh -c "'$labwright' explain hooked/app | grep -qF 'an admission webhook is asked at Service hooked/policy, which does not exist'"
api PATCH /api/v1/namespaces/story/pods/well/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"phase":"Failed","reason":"Evicted","message":"The node was low on resource: memory."}}' >/dev/null
explain well
has 'a pod that was evicted' "$out" 'story/well is Evicted'
has 'and why' "$out" 'The node was low on resource: memory.'
api PATCH /api/v1/namespaces/story/pods/well/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"phase":"Running","reason":null,"message":null}}' >/dev/null
api PATCH /api/v1/nodes/asuna/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"conditions":[{"type":"DiskPressure","status":"True","reason":"KubeletHasDiskPressure","message":"kubelet has disk pressure"}]}}' >/dev/null
run status
has 'a node without room on its disk' "$out" 'DiskPressure: kubelet has disk pressure'
explain Node/asuna
has 'is explained' "$out" 'free its disk on asuna'
api PATCH /api/v1/nodes/asuna/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"conditions":[{"type":"DiskPressure","status":"False"}]}}' >/dev/null
explain nobody-at-all
is 'an unknown name is a wrong word' "$code" 2

# ---- logs, exec ----
run logs well
has 'logs' "$out" 'request served'
run logs well --previous --grep Error
has 'of the container before, by a pattern' "$out" 'ModuleNotFoundError'
lacks 'and no other lines' "$out" 'Traceback'
run exec well -- sh -c 'echo out; echo err >&2'
is 'exec' "$code" 0
is 'gives the output' "$(cat "$out")" out
is 'and the errors' "$(cat "$err")" err
printf 'one\ntwo\nthree\n' | timeout 20 "$labwright" exec well -- head -n 2 >"$folder/lines" 2>&1
is 'takes standard input' "$(tr '\n' ' ' <"$folder/lines")" 'one two '
run exec well -- no-such-program
[ "$code" -ne 0 ]
report $? 'a program that is not there' "code $code"
run exec noimage -- true
is 'a container that does not run' "$code" 2

# ---- rights ----
run status --context reader
has 'without rights it is said what is missing' "$err" 'User "reader" cannot list'
api POST /apis/rbac.authorization.k8s.io/v1/clusterroles -H 'Content-Type: application/yaml' --data-binary "@$here/../../../examples/rbac/read.yaml" >"$folder/role.json"
is 'the role that is shipped' "$(jq -r .metadata.name "$folder/role.json")" labwright-read
api POST /apis/rbac.authorization.k8s.io/v1/clusterrolebindings -H 'Content-Type: application/yaml' --data-binary '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: reader}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labwright-read}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]}' >/dev/null
sleep 1
run status --context reader --format json
is 'is enough to look' "$code" 1
is 'at every pod' "$(jq '.containers | length' "$out")" "$(api GET /api/v1/pods | jq '[.items[].spec.containers[]] | length')"
run check --live --context reader --rule pod-failing
is 'and to check what runs' "$code" 1
has 'what may not be read is said' "$err" 'what this user may not read of the cluster is not looked at: secrets'
printf 'apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: again, namespace: story}\nspec: {tls: [{hosts: [site.example], secretName: site}], defaultBackend: {service: {name: api, port: {number: 80}}}}\n' >again.yaml
git add -A
run check --live --tls-secrets --context reader --rule cert-expiring
lacks 'certificates are not among it' "$out" story/site
make /apis/rbac.authorization.k8s.io/v1/clusterroles "$(cat "$here/../../../examples/rbac/certificates.yaml")"
make /apis/rbac.authorization.k8s.io/v1/clusterrolebindings '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: reader-certificates}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labwright-certificates}, subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: reader}]}'
sleep 1
run check --live --tls-secrets --context reader --rule cert-expiring --format lines
has 'unless a role of its own gives them' "$out" 'warning: certificate story/site ends on'
api DELETE /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/reader-certificates >/dev/null
git rm -qf again.yaml
# No value of a Secret is asked for by anything that looks: a proxy sees in which form each is.
start_proxy
: >"$KUBE/asked"
for words in 'status' 'facts --live' 'check --live' 'explain qdrant' 'explain Secret/only-there' 'place --usage cluster:proxy' 'init' 'adopt'; do
	# shellcheck disable=SC2086
	KUBECONFIG="$KUBE/proxy" run $words $(case $words in place*) ;; *) echo --context proxy ;; esac)
	[ "$code" -le 1 ] || is "$words" "$code" 0
done
kill $proxy
is 'Secrets are asked for' "$(grep -c '/secrets' "$KUBE/asked" | grep -vcx 0)" 1
is 'and only their metadata' "$(grep '/secrets' "$KUBE/asked" | grep -v 'as=PartialObjectMetadata')" ''
run explain qdrant --context reader
has 'and to explain' "$out" 'which does not hold the bytes'
run up --context reader
has 'and to see that nothing differs' "$out" '0 of 19 objects to do'
sed 's,example.org/well:1,example.org/well:2,' "$here/story.yaml" >story.yaml
git add -A
run up --context reader
is 'and not to apply' "$code" 3
has 'which is said of the object' "$out" 'User "reader" cannot patch resource "pods"'
cp "$here/story.yaml" story.yaml
git add -A
is 'nor to read Secrets' "$(curl -sS --cacert "$KUBE/ca.crt" --cert "$KUBE/reader.crt" --key "$KUBE/reader.key" "$server/api/v1/secrets" | jq .code)" 403

# ---- a node that is lost ----
kill -STOP "$(cat "$KUBE/kwok.pid")"
api PATCH /api/v1/nodes/pesubuntu/status -H 'Content-Type: application/strategic-merge-patch+json' -d '{"status":{"conditions":[{"type":"Ready","status":"Unknown","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."}]}}' >/dev/null
eventually 'pods of a lost node are not well' sh -c "'$labwright' status | grep -qF 'not ready: Kubelet stopped'"
explain Node/pesubuntu
has 'explain says since when' "$out" 'node pesubuntu is not ready since'
kill -CONT "$(cat "$KUBE/kwok.pid")"
finish
