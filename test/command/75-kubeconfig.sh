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
disable-compression: sometimes" "$user"
wrong 'nor this' 'kube/config:7: disable-compression is true or false'
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

config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fails, interactiveMode: Always}'
wrong 'a plugin that wants a terminal' "kube/config:13: the plugin of user 'me' wants to ask at a terminal"
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fails, args: --quiet}'
wrong 'arguments that are no list' 'kube/config:13: args wants a list'
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fails, env: {A: b}}'
wrong 'variables that are no list' 'kube/config:13: env wants a list'
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1, command: ./fails, env: [{value: b}]}'
wrong 'a variable without a name' 'an entry of env wants name and value'
config "$server" 'exec: {apiVersion: client.authentication.k8s.io/v1}'
wrong 'a plugin without a command' "exec of user 'me' has no command"
printf 'not executable\n' >kube/plain
plugin ./plain
wrong 'a plugin that may not be run' 'plain cannot be run: '
has 'says what to do' "$err" 'chmod +x'

config "$server" 'tokenFile: {a: b}'
wrong 'a path that is no text' 'kube/config:13: tokenFile wants a text'
config "$server" 'client-certificate: [a]
client-key: b'
wrong 'nor is this one' 'kube/config:13: client-certificate wants a text'
config "$server" 'token: [a]'
wrong 'a token that is no text' 'kube/config:13: token wants a text'
config "$server" 'token: "two words"'
wrong 'a token with a blank' "kube/config:13: the token of user 'me' holds a blank"
lacks 'which is not printed' "$err" 'two words'
config "$server" 'token: t
as: somebody
as-groups: [system:masters]'
wrong 'groups to act in' "kube/config:15: user 'me' has as-groups, which labwright does not send"
openssl req -x509 -newkey rsa:2048 -passout pass:x -keyout kube/locked.key -out kube/me.crt -subj /CN=me -days 2 2>/dev/null
config "$server" 'client-certificate: me.crt
client-key: locked.key'
wrong 'a key behind a password' "kube/config:13: the key of user 'me' is behind a password"
openssl req -x509 -newkey rsa:2048 -nodes -keyout kube/me.key -out kube/me.crt -subj /CN=me -days 2 2>/dev/null
openssl genrsa -out kube/other.key 2048 2>/dev/null
config "$server" 'client-certificate: me.crt
client-key: other.key'
wrong 'a key of another certificate' "kube/config:13: the key of user 'me' is not that of its certificate"
config "$server" 'client-certificate: me.crt
client-key: me.key'
wrong 'the right one is taken' 'cannot reach https://127.0.0.1:1'
config "$server" 'client-certificate: me.crt
client-key: gone.key'
wrong 'a key that is not there' 'kube/config:14: client-key: cannot read'
config "$server
certificate-authority-data: $(printf -- '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' | base64 -w0)" "$user"
wrong 'an authority that is no certificate' 'kube/config:7: certificate-authority-data holds no certificate'
config "$server
tls-server-name: {a: b}" "$user"
wrong 'a name that is no text' 'kube/config:7: tls-server-name wants a text'
config 'server: https://lab.example:99999' "$user"
wrong 'a port that is none' "is no address of a server"
config 'server: ftp://lab.example' "$user"
wrong 'another scheme' "is no address of a server"

# ---- the file as a whole ----
printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: api}\n' >"$KUBECONFIG"
wrong 'a manifest is no kubeconfig' 'kube/config:2: this is a Deployment and no kubeconfig'
printf 'clusters: {lab: {server: x}}\n' >"$KUBECONFIG"
wrong 'clusters that are no list' 'kube/config:1: clusters wants a list of items with a name'
: >"$KUBECONFIG"
wrong 'an empty file' "no context is called 'home' in"
has 'and what to do then' "$err" 'name the file with --kubeconfig'
run status --root lab --context home --kubeconfig kube
has 'a folder is no file' "$err" 'cannot read the kubeconfig kube: '
KUBECONFIG=/no/one:/no/two run status --root lab --context home
has 'none of the files is there' "$err" "no context is called 'home' in what KUBECONFIG names, of which no file exists"
printf 'contexts: [{name: home}]\n' >"$KUBECONFIG"
wrong 'a context that holds nothing' "context 'home' holds nothing"
printf 'contexts: [{name: home, context: {cluster: lab}}]\nclusters: [{name: lab}]\n' >"$KUBECONFIG"
wrong 'a cluster that holds nothing' "cluster 'lab' holds nothing"
printf 'contexts: [{name: home, context: {cluster: lab}}]\nclusters: [{name: lab, cluster: {server: "https://127.0.0.1:1"}}]\n' >"$KUBECONFIG"
wrong 'a context without a user' 'the context names no user'

config "$server" "$user"
sed -i 's/user: me}/user: you}/' "$KUBECONFIG"
wrong 'a user that is not there' "kube/config:9: no user is called 'you'"
config "$server" "$user"
sed -i 's/cluster: lab, //' "$KUBECONFIG"
wrong 'a context without a cluster' 'the context names no cluster'
config "$server" "$user"
wrong 'nobody listens' 'cannot reach https://127.0.0.1:1 (context home)'
has 'a server on this machine may be one of another' "$err" "wants the node's address there"
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
