#!/bin/sh
# Every way in which a kubeconfig can be wrong is said at its line, before any server is asked.
. "$(dirname "$0")/tap.sh"
mkdir -p lab kube
printf 'networks: {}\n' >lab/labwright.yaml
export KUBECONFIG="$folder/work/kube/config" HOME="$folder/home"
unset KUBERNETES_SERVICE_HOST

# Writes a kubeconfig whose cluster and user hold these lines.
config() {
	{
		printf 'apiVersion: v1\nkind: Config\nclusters:\n- name: lab\n  cluster:\n'
		printf '%s\n' "$1" | sed 's/^/    /'
		printf 'contexts:\n- name: home\n  context: {cluster: lab, user: me}\nusers:\n- name: me\n  user:\n'
		printf '%s\n' "$2" | sed 's/^/    /'
	} >"$KUBECONFIG"
}
wrong() { # NAME TEXT: status says so, and ends with 3 or 2
	run status --root lab --context home
	has "$1" "$err" "$2"
	[ "$code" -eq 2 ] || [ "$code" -eq 3 ] || is "$1: code" "$code" 3
}
server='server: https://127.0.0.1:1'
user='token: secret-token'

run status --root lab --context home --kubeconfig nowhere
has 'a file that is not there' "$err" 'cannot read the kubeconfig nowhere: no such file'
config "$server" "$user"
run status --root lab --context nobody
is 'an unknown context is a wrong word' "$code" 2
has 'an unknown context' "$err" "no context is called 'nobody'"
has 'the contexts that there are' "$err" 'there are: home'
printf 'clusters: [\n' >"$KUBECONFIG"
wrong 'broken YAML has its line' 'kube/config:2: '
printf -- '- a\n' >"$KUBECONFIG"
wrong 'a list is no kubeconfig' 'a kubeconfig is a map'
config 'insecure-skip-tls-verify: true' "$user"
wrong 'no server' "kube/config:6: cluster 'lab' has no server"
config 'server: 192.168.8.185' "$user"
wrong 'a server without https' "kube/config:6: '192.168.8.185' is no address of a server"
config "$server
certificate-authority: gone.crt" "$user"
wrong 'an authority that is not there' 'kube/config:7: certificate-authority: cannot read'
config "$server
certificate-authority-data: '%%%'" "$user"
wrong 'an authority that is no base64' 'kube/config:7: certificate-authority-data is no base64'
config "$server
certificate-authority-data: aGVsbG8=" "$user"
wrong 'an authority that is no PEM' 'kube/config:7: certificate-authority-data is no PEM'
config "$server
insecure-skip-tls-verify: maybe" "$user"
wrong 'neither true nor false' 'kube/config:7: insecure-skip-tls-verify is true or false'
config "$server
insecure-skip-tls-verify: true
certificate-authority-data: LS0tLS1CRUdJTiBYLS0tLS0K" "$user"
wrong 'an authority that nobody looks at' 'names an authority and says that its certificates are not looked at'
config "$server
proxy-url: elsewhere" "$user"
wrong 'a proxy that is none' "kube/config:7: 'elsewhere' is no address of a proxy"
config "$server" 'client-key-data: LS0tLS1CRUdJTiBYLS0tLS0K'
wrong 'a key without its certificate' "kube/config:13: user 'me' has a client-key without its client-certificate"
config "$server" 'client-certificate-data: LS0tLS1CRUdJTiBYLS0tLS0K
client-key-data: LS0tLS1CRUdJTiBYLS0tLS0K'
wrong 'a certificate that cannot be read' "kube/config:13: the certificate and key of user 'me' cannot be read"
config "$server" 'password: swordfish'
wrong 'passwords are gone' "kube/config:13: user 'me' has a password, which Kubernetes 1.19 took away"
lacks 'and are not printed' "$err" swordfish
config "$server" 'auth-provider: {name: oidc}'
wrong 'auth providers are gone' 'which Kubernetes 1.26 took away'
config "$server" 'tokenFile: gone'
wrong 'a token file that is not there' "cannot read the token's file"
: >kube/empty
config "$server" 'tokenFile: empty'
wrong 'a token file without a token' 'kube/empty is empty'

plugin() {
	config "$server" "exec: {apiVersion: client.authentication.k8s.io/v1, command: $1, interactiveMode: Never}"
}
config "$server" 'exec: {command: x}'
wrong 'a plugin without a version' "exec of user 'me' has no apiVersion"
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: x}'
wrong 'a plugin of an old version' 'an apiVersion that is not known'
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, installHint: "get it at example.org"}'
wrong 'a plugin that is not installed' 'the plugin no-such-plugin cannot be run'
has 'says how to get it' "$err" 'get it at example.org'
printf '#!/bin/sh\nexit 4\n' >kube/fails
printf '#!/bin/sh\necho hello\n' >kube/talks
printf '#!/bin/sh\necho "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1beta1\\"}"\n' >kube/old
printf '#!/bin/sh\necho "{\\"kind\\":\\"ExecCredential\\",\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\"}"\n' >kube/nothing
chmod +x kube/*
plugin ./fails
wrong 'a plugin that fails' 'ended with 4'
plugin ./talks
wrong 'a plugin that says something else' 'something else than an ExecCredential'
plugin ./old
wrong 'a plugin that speaks another version' 'answered in client.authentication.k8s.io/v1beta1'
plugin ./nothing
wrong 'a plugin without a credential' 'gave neither a token nor a certificate'

config "$server" "$user"
sed -i 's/user: me}/user: you}/' "$KUBECONFIG"
wrong 'a user that is not there' "kube/config:9: no user is called 'you'"
config "$server" "$user"
sed -i 's/cluster: lab, //' "$KUBECONFIG"
wrong 'a context without a cluster' 'the context names no cluster'
config "$server" "$user"
wrong 'nobody listens' 'cannot reach https://127.0.0.1:1 (context home)'
lacks 'the token is never printed' "$err" secret-token
run status --root lab --context in-cluster
has 'not in a pod' "$err" 'KUBERNETES_SERVICE_HOST is not set'

# Two files, of which the second has the user.
config "$server" "$user"
cp "$KUBECONFIG" kube/one
cp "$KUBECONFIG" kube/two
sed -i '/^users:/,$d' kube/one
KUBECONFIG="$folder/work/kube/one:$folder/work/kube/two:$folder/work/kube/three"
run status --root lab --context home
has 'several files are one' "$err" 'cannot reach https://127.0.0.1:1'

# ---- which cluster ----
KUBECONFIG="$folder/work/kube/config"
printf 'current-context: home\n' >>"$KUBECONFIG"
export DOCKER_HOST=unix:///nowhere/engine.sock
run status --root lab
lacks 'the current context is never taken' "$err" '127.0.0.1:1'
has 'it is this machine then' "$err" 'nowhere/engine.sock'
printf 'cluster: {context: home}\n' >lab/labwright.yaml
run status --root lab
has 'labwright.yaml names the cluster' "$err" 'cannot reach https://127.0.0.1:1 (context home)'
run status --root lab --local
has 'and --local leaves it' "$err" 'nowhere/engine.sock'
run status --root lab --local --context home
is 'not both' "$code" 2
printf 'cluster: {contxt: home}\n' >lab/labwright.yaml
run status --root lab
is 'a cluster without a name is no reason to take another' "$code" 2
has 'and is said at its line' "$err" 'labwright.yaml:1: cluster wants the name of a context'
run check --root lab --rule config-invalid
has 'check says so, too' "$out" "did you mean 'context'?"
finish
