#!/bin/sh
# up.sh LABWRIGHT [FOLDER [OVERLAY]]: lays out the homelab as it should be as a repository in a folder that stays, makes
# Secrets for it once, and brings its overlay `packages` up on the container engine of this machine, Docker or Podman,
# whichever answers. `make demo` runs it; `make demo-full` takes packages-full, with n8n and Ollama.
set -eu
program=$(realpath "$1")
examples=$(realpath "$(dirname "$0")")
folder=$(realpath -m "${2:-${XDG_STATE_HOME:-$HOME/.local/state}/labwright-demo}")
overlay=${3:-packages}
lab=$folder/demo
mkdir -p "$folder"
chmod 700 "$folder"

# Written once: a database keeps the password of its first start in its volume.
if [ ! -s "$folder/secrets.yaml" ]; then
	word() {
		od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
	}
	database=$(word) cache=$(word)
	umask 077
	cat >"$folder/secrets.yaml" <<-END2
		apiVersion: v1
		kind: Secret
		metadata: {name: postgres, namespace: core}
		stringData: {password: "$(word)", n8n-password: "$(word)", assistant-password: "$database"}
		---
		apiVersion: v1
		kind: Secret
		metadata: {name: redis, namespace: core}
		stringData: {password: "$cache"}
		---
		apiVersion: v1
		kind: Secret
		metadata: {name: family-assistant, namespace: family-assistant}
		stringData: {database-password: "$database", redis-password: "$cache"}
	END2
	umask 022
fi
grep -q 'encryption-key' "$folder/secrets.yaml" || printf -- '---\napiVersion: v1\nkind: Secret\nmetadata: {name: n8n, namespace: core}\nstringData: {encryption-key: "%s"}\n' \
	"$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')" >>"$folder/secrets.yaml"
mkdir -p "$lab"
cp -R "$examples/after/." "$lab"
[ -d "$lab/.git" ] || git init -q -b main "$lab"
git -C "$lab" add -A
git -C "$lab" -c user.name='Jonas Brandt' -c user.email=jonas@example.org commit -qm 'the homelab as it should be' || :

cd "$lab"
printf '$ labwright up %s --secrets %s\n' "$overlay" "$folder/secrets.yaml"
code=0
"$program" up "$overlay" --secrets "$folder/secrets.yaml" || code=$?
[ "$code" -lt 2 ] || exit "$code"
printf '\n$ labwright status\n'
"$program" status || :
cat <<-END2

	Where to look, in $lab:
	  curl -k --resolve prometheus.homelab.lan:8443:127.0.0.1 https://prometheus.homelab.lan:8443/   Prometheus by Caddy
	  labwright logs family-assistant, labwright explain NAME, labwright down (--volumes takes the data, too)
END2
exit "$code"
