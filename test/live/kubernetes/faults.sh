#!/bin/sh
# Servers that are away, busy or slow, streams that are cut, credentials that end: faults.sh LABWRIGHT, by control.sh.
. "$(dirname "$0")/cluster.sh"
enter_lab "$here/lab"
start_proxy

# A kubeconfig in the file of a name: kubeconfig NAME CLUSTER USER, both as YAML flow maps.
kubeconfig() {
	printf 'clusters: [{name: c, cluster: %s}]\nusers: [{name: u, user: %s}]\ncontexts: [{name: %s, context: {cluster: c, user: u}}]\n' \
		"$2" "$3" "$1" >"$KUBE/$1"
}
authority=$(base64 -w0 "$KUBE/ca.crt")
lab="{server: $server, certificate-authority-data: $authority}"
me='{client-certificate: admin.crt, client-key: admin.key}'
by_proxy() {
	run "$@" --context proxy --kubeconfig "$KUBE/proxy"
}
fault() {
	printf '%s\n' "$@" >"$KUBE/faults"
	: >"$KUBE/asked"
}
seconds() {
	date +%s
}

by_proxy up --patience 60
is 'by a proxy that does nothing' "$code" 0

# ---- busy, slow, cut ----
fault '{"match": "GET /api/v1/pods", "status": 429, "after": 1, "times": 2}'
began=$(seconds)
by_proxy status --quick
is 'a server that is busy is asked again' "$code" 0
[ $(($(seconds) - began)) -ge 2 ]
report $? 'when it says so' "after $(($(seconds) - began)) s"
fault '{"match": "GET /api/v1/pods", "status": 500, "times": 1}'
by_proxy status --quick
is 'one answer of 500 is no reason to stop' "$code" 0
fault '{"match": "GET /api/v1/pods", "status": 500}'
by_proxy status --quick
is 'a server that cannot is an error' "$code" 3
has 'with its words' "$err" 'the proxy says so'
fault '{"match": "GET /api/v1/pods", "cut": 900, "times": 1}'
by_proxy status --quick
is 'a list that is cut is asked again' "$code" 0
has 'and is whole' "$out" '3 of 3 running'
fault '{"match": "GET /api/v1/pods", "cut": 900}'
by_proxy status --quick
is 'one that is always cut is an error and no shorter list' "$code" 3
fault '{"match": "GET /api/v1/pods", "rate": 4000}'
by_proxy status --quick
has 'a slow one is waited for' "$out" '3 of 3 running'

# ---- watches ----
image() {
	sed -i "s,example.org/web:[0-9]*,example.org/web:$1," apps/core.yaml
	git add -A
}
is_image() {
	is "$1" "$(api GET /apis/apps/v1/namespaces/core/deployments/web | jq -r '.spec.template.spec.containers[0].image')" "example.org/web:$2"
}
image 2
fault '{"match": "watch=true", "cut": 300}'
by_proxy up --patience 60
is 'watches that are cut again and again' "$code" 0
is_image 'do not hold up' 2
image 3
fault '{"match": "watch=true", "expired": true, "times": 3}'
by_proxy up --patience 60
is 'a version that is too old is listed anew' "$code" 0
is_image 'and goes on' 3
image 31
now=$(api GET '/api/v1/namespaces/core/configmaps?limit=1' | jq -r .metadata.resourceVersion)
fault "{\"match\": \"deployments.*watch=true\", \"bookmark\": \"$now\", \"times\": 1}"
by_proxy up --patience 60
is 'a watch that is ended after a bookmark' "$code" 0
# It is told of when it ends, which it may do as late as its seconds are over.
eventually 'goes on from there' grep -q "deployments.*watch=true.*resourceVersion=$now " "$KUBE/asked"
is_image 'with all that came' 31
image 4
fault '{"match": "PATCH .*configmaps", "status": 503, "times": 3}' '{"match": "PATCH .*deployments", "status": 500, "times": 1}'
by_proxy up --patience 60
is 'writes are made again' "$code" 0
is_image 'which can be done twice' 4
fault

# ---- the server goes away in the middle ----
: >apps/many.yaml
for i in $(seq 150); do
	printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: m%s, namespace: core}\ndata: {k: v}\n' "$i" >>apps/many.yaml
done
image 5
"$labwright" up --context lab --patience 120 >"$folder/up.out" 2>"$folder/up.err" &
up=$!
for _ in $(seq 200); do
	[ "$(api GET /api/v1/namespaces/core/configmaps?limit=500 2>/dev/null | jq '.items | length' 2>/dev/null)" -gt 10 ] 2>/dev/null && break
	sleep 0.02
done
kill -KILL "$(cat "$KUBE_SERVER")"
sleep 2
kill -0 $up 2>/dev/null
report $? 'up waits for the server' "it ended: $(cat "$folder/up.err")"
sh "$here/control.sh" --server
code=0
wait $up || code=$?
is 'and goes on when it is back' "$code" 0
is 'with all objects made' "$(api GET '/api/v1/namespaces/core/configmaps?limit=1000' | jq '[.items[] | select(.metadata.name | startswith("m"))] | length')" 150
is_image 'and the workloads' 5
cp "$folder/up.err" "$err"
lacks 'without a word of an error' "$err" error

# ---- and in the middle of watches ----
# A pod that nobody can place until its node comes: `up` watches for it, and so does a screen.
cat >apps/waits.yaml <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: waits, namespace: core}
spec:
  selector: {matchLabels: {app: waits}}
  template:
    metadata: {labels: {app: waits}}
    spec: {schedulingGates: [{name: labwright.test/gate}], containers: [{name: waits, image: example.org/waits:1}]}
END
git add -A
"$labwright" up --context lab --patience 120 >"$folder/up.out" 2>"$folder/up.err" &
up=$!
"$labwright" status --watch --context lab >"$folder/watched" 2>&1 &
watching=$!
eventually 'up waits for a pod' sh -c "grep -q 'core/Deployment/waits .* s ' '$folder/up.out'"
eventually 'which a screen shows' grep -q waits "$folder/watched"
kill -KILL "$(cat "$KUBE_SERVER")"
sleep 3
sh "$here/control.sh" --server
kill -0 $up && kill -0 $watching
report $? 'neither ends with the server' "$(cat "$folder/up.err"; tail -3 "$folder/watched")"
has 'the screen says that it has lost it' "$folder/watched" 'it is asked again and again'
: >"$folder/watched"
pod=$(api GET '/api/v1/namespaces/core/pods?labelSelector=app%3Dwaits' | jq -r '.items[0].metadata.name')
api PATCH "/api/v1/namespaces/core/pods/$pod" -H 'Content-Type: application/json-patch+json' -d '[{"op": "remove", "path": "/spec/schedulingGates"}]' >/dev/null
code=0
wait $up || code=$?
is 'up sees by a new watch that it is ready' "$code" 0
eventually 'and so does the screen' grep -q '0 with problems' "$folder/watched"
kill $watching
image 6
kill -KILL "$(cat "$KUBE_SERVER")"
began=$(seconds)
run status --context lab
is 'who only looks is told at once' "$code" 3
has 'that nobody answers' "$err" "cannot reach $server (context lab)"
[ $(($(seconds) - began)) -le 5 ]
report $? 'within seconds' "after $(($(seconds) - began)) s"
sh "$here/control.sh" --server

# ---- who we are ----
segment() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
key_id=$(openssl rsa -in "$KUBE/ca.key" -pubout -outform DER 2>/dev/null | openssl dgst -sha256 -binary | segment)
token_until() {
	head=$(printf '{"alg":"RS256","kid":"%s"}' "$key_id" | segment)
	body=$(printf '{"iss":"https://kubernetes.default.svc","aud":["https://kubernetes.default.svc"],"sub":"system:serviceaccount:default:default","iat":1700000000,"nbf":1700000000,"exp":%s,"kubernetes.io":{"namespace":"default","serviceaccount":{"name":"default","uid":"%s"}}}' "$1" "$(api GET /api/v1/namespaces/default/serviceaccounts/default | jq -r .metadata.uid)" | segment)
	printf '%s.%s.%s' "$head" "$body" "$(printf '%s.%s' "$head" "$body" | openssl dgst -sha256 -sign "$KUBE/ca.key" -binary | segment)"
}
put /apis/rbac.authorization.k8s.io/v1/clusterroles/labwright-read test "$(cat "$here/../../../examples/rbac/read.yaml")"
put /apis/rbac.authorization.k8s.io/v1/clusterrolebindings/pod test '{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: pod}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: labwright-read}, subjects: [{kind: ServiceAccount, name: default, namespace: default}]}'
sleep 1
good=$(token_until $(($(date +%s) + 3600)))
old=$(token_until 1750000000)
kubeconfig good "$lab" "{token: $good}"
run status --context good --kubeconfig "$KUBE/good"
is 'a token' "$code" 0
kubeconfig old "$lab" "{token: $old}"
run status --context old --kubeconfig "$KUBE/old"
is 'a token that has ended' "$code" 3
has 'is said with its end' "$err" 'the token ended on 2025-06-15 15:06 UTC'
lacks 'and is not printed' "$err" "$old"
kubeconfig nobody "$lab" '{}'
run status --context nobody --kubeconfig "$KUBE/nobody"
has 'without anything to show' "$err" 'neither a client certificate, a token nor an exec plugin'
printf %s "$good" >"$KUBE/token"
kubeconfig file "$lab" '{tokenFile: token}'
run status --context file --kubeconfig "$KUBE/file"
is 'a token file' "$code" 0
# A plugin whose first answer has ended already.
printf 'clusters: [{name: c, cluster: %s}]\nusers: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: %s/run-plugin, interactiveMode: Never}}}]\ncontexts: [{name: plugin, context: {cluster: c, user: u}}]\n' "$lab" "$KUBE" >"$KUBE/plugin-config"
cat >"$KUBE/run-plugin" <<END
#!/bin/sh
token=$old
[ -f "$KUBE/plugin-ran" ] && token=$good
touch "$KUBE/plugin-ran"
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' \$token
END
chmod +x "$KUBE/run-plugin"
run status --context plugin --kubeconfig "$KUBE/plugin-config"
is 'a plugin is asked again when its token has ended' "$code" 0
# A token that ends while several connections are in use: servers allow for a minute, and remember for ten seconds whom they know.
: >"$KUBE/plugin-runs"
soon=$(token_until $(($(date +%s) - 52)))
cat >"$KUBE/run-plugin" <<END
#!/bin/sh
echo run >>"$KUBE/plugin-runs"
token=$good
[ "\$(wc -l <"$KUBE/plugin-runs")" -eq 1 ] && token=$soon
printf '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"%s"}}' \$token
END
"$labwright" status --watch --context plugin --kubeconfig "$KUBE/plugin-config" >"$folder/watched" 2>&1 &
watching=$!
sleep 24
kill -0 $watching
report $? 'one that ends while a screen is watched does not end it' "$(tail -3 "$folder/watched")"
kill $watching
is 'and is asked for once, by one connection for all' "$(wc -l <"$KUBE/plugin-runs")" 2

# ---- whom we trust ----
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$KUBE/other.key" -out "$KUBE/other.crt" -subj /CN=other -days 1 2>/dev/null
kubeconfig other "{server: $server, certificate-authority: other.crt}" "$me"
run status --context other --kubeconfig "$KUBE/other"
has 'another authority' "$err" 'is of another cluster'
# Certificates that have ended, of both sides; the server that has one is of the same authority.
ended() { # NAME SUBJECT NAMES
	openssl req -newkey rsa:2048 -nodes -keyout "$KUBE/$1.key" -subj "$2" -out "$KUBE/$1.csr" 2>/dev/null
	printf 'extendedKeyUsage=clientAuth,serverAuth\nsubjectAltName=%s\n' "$3" >"$KUBE/$1.ext"
	openssl x509 -req -in "$KUBE/$1.csr" -CA "$KUBE/ca.crt" -CAkey "$KUBE/ca.key" -CAcreateserial -days 0 -extfile "$KUBE/$1.ext" \
		-out "$KUBE/$1.crt" 2>/dev/null
}
ended late /O=system:masters/CN=late DNS:late
ended past /CN=kube-apiserver IP:127.0.0.1
sleep 2
kubeconfig late "$lab" '{client-certificate: late.crt, client-key: late.key}'
run status --context late --kubeconfig "$KUBE/late"
is 'a client certificate that has ended' "$code" 3
has 'is said with its end' "$err" "the client's certificate ended on $(date -u +%Y-%m-%d)"
openssl s_server -quiet -accept 127.0.0.1:7002 -cert "$KUBE/past.crt" -key "$KUBE/past.key" -www >/dev/null 2>&1 &
past=$!
sleep 0.5
kubeconfig past "{server: 'https://127.0.0.1:7002', certificate-authority: ca.crt}" "$me"
run status --context past --kubeconfig "$KUBE/past"
is 'a server whose certificate has ended' "$code" 3
has 'is told from one of another authority' "$err" 'the certificate of the API server has ended'
kill $past
kubeconfig system "{server: $server}" "$me"
run status --context system --kubeconfig "$KUBE/system"
is 'no authority at all is the system'"'"'s' "$code" 3
kubeconfig blind "{server: $server, insecure-skip-tls-verify: true}" "$me"
run status --context blind --kubeconfig "$KUBE/blind"
is 'unless nobody looks' "$code" 0
kubeconfig named "{server: $server, certificate-authority: ca.crt, tls-server-name: lab.example}" "$me"
run status --context named --kubeconfig "$KUBE/named"
is 'a name of the certificate' "$code" 0
kubeconfig misnamed "{server: $server, certificate-authority: ca.crt, tls-server-name: elsewhere.example}" "$me"
run status --context misnamed --kubeconfig "$KUBE/misnamed"
is 'and one that it does not have' "$code" 3
has 'which is said' "$err" "is not in the server's certificate"
: >"$KUBE/asked"
kubeconfig tunnel "{server: $server, certificate-authority: ca.crt, proxy-url: 'http://127.0.0.1:7001'}" "$me"
run status --context tunnel --kubeconfig "$KUBE/tunnel"
is 'by a tunnel' "$code" 0
has 'which was asked' "$KUBE/asked" 'CONNECT 127.0.0.1:6443'

# ---- in a pod ----
mount -t tmpfs none /run
mkdir -p /run/secrets/kubernetes.io/serviceaccount
[ "$(readlink -f /var/run)" = /run ] || mount --bind /run /var/run
printf %s "$good" >/run/secrets/kubernetes.io/serviceaccount/token
printf default >/run/secrets/kubernetes.io/serviceaccount/namespace
cp "$KUBE/ca.crt" /run/secrets/kubernetes.io/serviceaccount/
KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443 run status --context in-cluster
is 'the service account of a pod' "$code" 0

# ---- which cluster ----
id=$(api GET /api/v1/namespaces/kube-system | jq -r .metadata.uid)
printf 'cluster: {context: lab, id: %s}\n' "$id" >labwright.yaml
git add -A
run status
is 'the cluster that is meant' "$code" 0
printf 'cluster: {context: lab, id: 00000000-0000-0000-0000-000000000000}\n' >labwright.yaml
git add -A
run up
is 'another behind the same name is refused' "$code" 2
has 'with its id' "$err" "labwright.yaml:1: context lab leads to another cluster: its id is $id"
kill $proxy
finish
