#!/bin/sh
# history.sh DEST: a copy of examples/before as a Git repository that grew over six weeks.
#
# A folder cannot show what only history knows: which commit added an ignore line, moved a folder, changed a port in one
# place or swapped a prefix blindly. The commits are always the same, down to their ids. The last one holds exactly
# examples/before; the one module that .gitignore keeps out of Git lies beside it, untracked, as it does at its owner's.
set -eu

[ $# -eq 1 ] || { echo "usage: history.sh DEST" >&2; exit 2; }
source=$(cd "$(dirname "$0")/before" && pwd)
if [ -e "$1" ] && { [ ! -d "$1" ] || [ -n "$(ls -A "$1")" ]; }; then
	echo "history.sh: $1 exists and is not an empty folder" >&2
	exit 3
fi
mkdir -p "$1"
cd "$1"

# Nothing of the caller's Git may leak in: neither settings, hooks, excludes nor the repository of a hook that runs us.
unset $(git rev-parse --local-env-vars)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 GIT_ATTR_NOSYSTEM=1
export GIT_AUTHOR_NAME="Jonas Brandt" GIT_AUTHOR_EMAIL="jonas@brandt.example"
export GIT_COMMITTER_NAME="Jonas Brandt" GIT_COMMITTER_EMAIL="jonas@brandt.example"
git init -q --template= --object-format=sha1 -b main .
git config core.excludesFile /dev/null
git config core.attributesFile /dev/null
git config core.autocrlf false
git config core.fileMode true
git config gc.auto 0

# put PATH...: as it is at the end.
put() {
	for path; do
		mkdir -p "$(dirname "$path")"
		cp -p "$source/$path" "$path"
	done
}

# was SCRIPT PATH [FROM]: as it was once: the end seen through a sed script, FROM being its path at the end.
was() {
	mkdir -p "$(dirname "$2")"
	cp -p "$source/${3:-$2}" "$2" # for the execute bit
	sed "$1" "$source/${3:-$2}" >"$2"
}

# commit DATE MESSAGE
commit() {
	git add -A
	GIT_AUTHOR_DATE=$1 GIT_COMMITTER_DATE=$1 git commit -q -m "$2"
}

old_lan='s/192\.168\.8\.20/192.168.1.105/g; s/192\.168\.8\.21/192.168.1.105/g; s/192\.168\.8\./192.168.1./g'
old_tailscale='s/100\.96\.14\.7/100.96.12.3/g'

# ---- one node ----------------------------------------------------------------------------------
put kubernetes/base/kustomization.yaml kubernetes/base/namespaces.yaml kubernetes/base/storage-class.yaml
cat >README.md <<'EOF'
# Homelab

k3s on asuna (192.168.1.185).
EOF
mkdir -p docs/setup
cat >docs/setup/k3s.md <<'EOF'
k3s: curl, sh, done. kubectl from the laptop with the copied kubeconfig.
EOF
was "" setup-k3s.sh trash/setup-k3s-old.sh
commit 2025-03-02T10:14:00+0100 "k3s on asuna"

put kubernetes/core/secrets.yaml kubernetes/core/postgres.yaml kubernetes/core/redis.yaml
was "" docker/postgres/init/init.sql kubernetes/core/postgres-init/init.sql
was '/n8n.yaml/d; /^configMapGenerator/,$d' kubernetes/core/kustomization.yaml
commit 2025-03-02T16:40:00+0100 "PostgreSQL and Redis"

was '/192\.168\.8/d; /FAMILY_ASSISTANT_URL/d' docker/n8n/docker-compose.yml
was '/^# Family Assistant/,$d; /ASSISTANT/d; /PESUBUNTU/d; /^# AI/,/^$/d' .env
was '/^# Family Assistant/,$d; /ASSISTANT/d; /PESUBUNTU/d; /^# AI/,/^$/d' .env-example
was '/never again/,/^models/d' .gitignore
commit 2025-03-04T21:08:00+0100 "n8n in compose, to see whether we like it"

was 's/"sqlite/sqlite/; /^# before/d' services/n8n/n8n.yaml trash/n8n-old.yaml
commit 2025-03-05T22:31:00+0100 "n8n in the cluster"

mkdir old
git mv services/n8n/n8n.yaml old/n8n.yaml
rm -rf services
was '/FAMILY_ASSISTANT_URL/d; s/1\.82\.3/1.82.0/' kubernetes/core/n8n.yaml
was '/^configMapGenerator/,$d' kubernetes/core/kustomization.yaml
commit 2025-03-07T20:55:00+0100 "n8n on PostgreSQL"

put kubernetes/ingress/traefik.yaml
was '/^---$/,$d; s/30678/5678/' kubernetes/ingress/routes.yaml
commit 2025-03-08T11:20:00+0100 "Traefik in front"

for file in kustomization prometheus alertmanager promtail; do
	put kubernetes/monitoring/$file.yaml
done
was '/job_name: qdrant/,/^$/d; /job_name: family-assistant/,/^$/d; /job_name: n8n/,/^$/d' \
	kubernetes/monitoring/prometheus-config.yaml
was '/mountPath: \/loki$/,/memory: 512Mi/{ /mountPath: \/loki$/!d; }' \
	kubernetes/monitoring/loki.yaml kubernetes/logging/loki.yaml
was '/^# The dashboard/d' kubernetes/monitoring/grafana.yaml trash/grafana.yaml
put docker/node-exporter/docker-compose.yml
commit 2025-03-09T15:02:00+0100 "Prometheus, Alertmanager, Loki, Grafana"

put kubernetes/monitoring/alert-rules.yaml
commit 2025-03-10T23:12:00+0100 "first alert rules"

put docker/adguard/docker-compose.yml
was "$old_lan; /pesubuntu/d; /chat/d; /assistant/d" kubernetes/coredns-custom.yaml kubernetes/dns/coredns-custom.yaml
commit 2025-03-11T21:45:00+0100 "names instead of numbers: AdGuard and homelab.lan"

# ---- two nodes ---------------------------------------------------------------------------------
was "$old_lan; $old_tailscale" hosts.ini
was "$old_lan" docs/nodes.md
was "$old_lan; $old_tailscale; s/The new router/The router/; /log in to Tailscale/d; s#kubernetes/dns/#kubernetes/#" \
	docs/network.md
was 's/192\.168\.8\.1 /192.168.1.1 /; /old router/d; /^local volumes/d' notes.txt
was '/^# Family Assistant/,$d; /ASSISTANT/d; /^# AI/,/^$/d' .env
was '/^# Family Assistant/,$d; /ASSISTANT/d; /^# AI/,/^$/d' .env-example
commit 2025-03-13T19:30:00+0100 "pesubuntu joins, 32 GB to play with"

put services/ollama/ollama.yaml
was "$old_lan" services/ollama/pull-models.sh
commit 2025-03-14T22:02:00+0100 "Ollama"

was 's/openwebui-data/open-webui-data/' services/open-webui/open-webui.yaml
was '/assistant.homelab.lan/d; '"$old_lan" kubernetes/coredns-custom.yaml kubernetes/dns/coredns-custom.yaml
awk 'BEGIN { RS = "---\n"; ORS = "" } !/name: family-assistant/ { print (n++ ? "---\n" : "") $0 }' \
	"$source/kubernetes/ingress/routes.yaml" >kubernetes/ingress/routes.yaml
commit 2025-03-15T14:18:00+0100 "Open WebUI, and routes by NodePort so that the bookmarks on the phones still work"

put services/dashboard/kustomization.yaml
was 's/30080/30300/' services/dashboard/homepage.yaml
put services/dashboard/config/settings.yaml
was "$old_lan" services/dashboard/config/bookmarks.yaml
was "$old_lan; /Assistant:/,/siteMonitor/d" services/dashboard/config/services.yaml
put PROJECT_STRUCTURE.md
commit 2025-03-15T20:41:00+0100 "a dashboard, and a file that says where things go"

# ---- family assistant, still under apps/ ---------------------------------------------------------
app=services/family-assistant
new=apps/family-assistant
for file in api/__init__.py api/health.py services/__init__.py services/llm.py services/memory.py config/__init__.py \
	config/settings.py models/__init__.py models/message.py scripts/entrypoint.sh tests/test_chat.py Dockerfile \
	k8s/kustomization.yaml k8s/configmap.yaml; do
	was "" $new/$file $app/$file
done
was '/^scripts\/$/d' $new/.dockerignore $app/.dockerignore
was '/python-multipart/d' $new/requirements.txt $app/requirements.txt
was '/media/d; s/0\.4\.0/0.3.0/' $new/main.py $app/main.py
was 's/import cache, llm/import llm/; /cache/d; /if known:/d' $new/api/chat.py $app/api/chat.py
was 's/, photos and voice notes in .*py`//; s#`kubectl apply -k services/#`kubectl apply -k apps/#' \
	$new/README.md $app/README.md
was 's/0\.4\.0/0.3.0/; s/8080/8001/; /name: REDIS_/,/name: JWT_SECRET/{ /JWT_SECRET/!d; }' \
	$new/k8s/deployment.yaml $app/k8s/deployment.yaml
was 's/8080/8001/' $new/k8s/service.yaml $app/k8s/service.yaml
was 's#services/family-assistant#apps/family-assistant#; /REDIS_URL/d' docker/dev/docker-compose.yml
put .env .env-example kubernetes/ingress/routes.yaml
was "$old_lan" kubernetes/coredns-custom.yaml kubernetes/dns/coredns-custom.yaml
was "$old_lan" services/dashboard/config/services.yaml
commit 2025-03-16T17:25:00+0100 "Family Assistant: ask it what is for dinner"

was 's/0\.4\.0/0.3.0/' .github/workflows/family-assistant.yml
commit 2025-03-16T19:50:00+0100 "let GitHub build the assistant"

later='/services\/redis/d; /mcp-tools/d; /whisper/d; /minio/d; s#services/family-assistant#apps/family-assistant#'
later="$later; s#kubernetes/dns/#kubernetes/#"
put check-pods.sh
was "$later; /qdrant/d; /mem0/d" deploy-all.sh
commit 2025-03-17T21:33:00+0100 "one script to deploy everything"

put .gitignore
commit 2025-03-18T23:04:00+0100 "gitignore: model files, I nearly pushed 4 GB of llama"

was 's/hostname: pesubuntu/hostname: asuna/' services/qdrant/qdrant.yaml
put services/qdrant/pv.yaml
was "$old_lan" services/mem0/mem0.yaml
put services/mem0/test-mem0.sh
was "$later" deploy-all.sh
commit 2025-03-19T22:47:00+0100 "Qdrant and Mem0, so that the chat remembers"

was "" $new/services/cache.py $app/services/cache.py
was "" $new/api/chat.py $app/api/chat.py
was 's/0\.4\.0/0.3.0/; s/8080/8001/' $new/k8s/deployment.yaml $app/k8s/deployment.yaml
was 's#services/family-assistant#apps/family-assistant#' docker/dev/docker-compose.yml
commit 2025-03-20T20:15:00+0100 "assistant: answers it gave an hour ago come from Redis"

put README.md docs/README.md docs/architecture.md docs/tailscale.md docs/new-service.md
put docs/runbooks/n8n.md docs/runbooks/family-assistant.md docs/runbooks/monitoring.md
was 's/It was in/It is in/' docs/runbooks/postgres.md
was "$old_lan" docs/runbooks/ollama.md
was "$old_lan; s/, see \[pv/ see [pv/; s/ On 9 April I set the nodeSelector//; /^to pesubuntu because/d" \
	docs/runbooks/qdrant.md
was "$old_lan" docs/runbooks/mem0.md
put scripts/check-health.sh scripts/port-forward.sh scripts/node-memory.sh
was '/mcp-tools:0.1.0 services/d; s# ghcr.io/jbrandt-home/mcp-tools:0.1.0 |# |#; s/0\.4\.0/0.3.0/g' scripts/build-images.sh
commit 2025-03-21T16:10:00+0100 "a rainy day: docs, runbooks, scripts"

# The new module falls under the ignore line of 18 March: `git add` says nothing and leaves it out.
was "" $new/main.py $app/main.py
was "" $new/api/media.py $app/api/media.py
was "" $new/requirements.txt $app/requirements.txt
was 's#`kubectl apply -k services/#`kubectl apply -k apps/#' $new/README.md $app/README.md
was 's/8080/8001/' $new/k8s/deployment.yaml $app/k8s/deployment.yaml
put .github/workflows/family-assistant.yml
was '/mcp-tools:0.1.0 services/d; s# ghcr.io/jbrandt-home/mcp-tools:0.1.0 |# |#' scripts/build-images.sh
cat >$new/models/multimodal.py <<'EOF'
"""What arrives that is not text."""
import base64
import io
import wave
from dataclasses import dataclass


@dataclass(frozen=True)
class Photo:
    name: str
    base64: str

    @classmethod
    def from_bytes(cls, name: str | None, data: bytes) -> "Photo":
        return cls(name or "photo", base64.b64encode(data).decode())


@dataclass(frozen=True)
class VoiceNote:
    name: str
    seconds: float

    @classmethod
    def from_bytes(cls, name: str | None, data: bytes) -> "VoiceNote":
        with wave.open(io.BytesIO(data)) as sound:
            return cls(name or "note", sound.getnframes() / sound.getframerate())
EOF
commit 2025-03-22T18:36:00+0100 "assistant 0.4.0: photos and voice notes"

git mv $new $app
rmdir apps
put $app/README.md docker/dev/docker-compose.yml
later='/services\/redis/d; /mcp-tools/d; /whisper/d; /minio/d; s#kubernetes/dns/#kubernetes/#'
was "$later" deploy-all.sh
commit 2025-03-23T11:52:00+0100 "apps/ was one folder too many: the assistant moves to services/"

mkdir -p kubernetes/core/postgres-init
git mv docker/postgres/init/init.sql kubernetes/core/postgres-init/init.sql
rm -rf docker/postgres
put kubernetes/core/kustomization.yaml docs/runbooks/postgres.md
commit 2025-03-23T15:29:00+0100 "postgres: init script by configMapGenerator instead of by hand"

put services/n8n-workflows/morning-briefing.json kubernetes/core/n8n.yaml docker/n8n/docker-compose.yml
put kubernetes/monitoring/prometheus-config.yaml
commit 2025-03-24T06:58:00+0100 "n8n 1.82.3, and a briefing at half past six"

was '/^## qdrant-0 is Pending/,/^## The dashboard/{ /^## The dashboard/!d; }' docs/troubleshooting.md
was '/Qdrant is Pending/d; /192\.168\.8/d' TODO.md
commit 2025-03-26T22:20:00+0100 "what to do when it does not do what it should"

# ---- the new network -----------------------------------------------------------------------------
was "$old_tailscale; /log in to Tailscale/d; s#kubernetes/dns/#kubernetes/#" docs/network.md
was "$old_tailscale" hosts.ini
put docs/nodes.md notes.txt
was '/Qdrant is Pending/d' TODO.md
commit 2025-03-28T19:05:00+0100 "new router, new subnet: 192.168.8.x"

put update-ips.sh services/ollama/pull-models.sh services/mem0/mem0.yaml
put services/dashboard/config/bookmarks.yaml services/dashboard/config/services.yaml
put docs/runbooks/ollama.md docs/runbooks/mem0.md
was 's/, see \[pv/ see [pv/; s/ On 9 April I set the nodeSelector//; /^to pesubuntu because/d' docs/runbooks/qdrant.md
commit 2025-03-28T20:48:00+0100 "update-ips.sh: 192.168.1. becomes 192.168.8., first round"

mkdir kubernetes/dns
git mv kubernetes/coredns-custom.yaml kubernetes/dns/coredns-custom.yaml
put kubernetes/dns/coredns-custom.yaml
was "$old_tailscale; /log in to Tailscale/d" docs/network.md
was '/services\/redis/d; /mcp-tools/d; /whisper/d; /minio/d' deploy-all.sh
commit 2025-03-29T10:11:00+0100 "dns: the cluster learns the new addresses"

mkdir trash
git mv old/n8n.yaml trash/n8n-old.yaml
git mv kubernetes/monitoring/grafana.yaml trash/grafana.yaml
git mv setup-k3s.sh trash/setup-k3s-old.sh
git rm -q docs/setup/k3s.md
rm -rf old
put trash/README.md trash/n8n-old.yaml trash/grafana.yaml
put services/open-webui/open-webui.yaml
commit 2025-03-30T16:44:00+0200 "tidy up: things I do not need go to trash/"

# ---- what broke it ---------------------------------------------------------------------------------
mkdir kubernetes/logging
git mv kubernetes/monitoring/loki.yaml kubernetes/logging/loki.yaml
commit 2025-04-01T21:17:00+0200 "logging gets its own folder"

put kubernetes/logging/loki.yaml
commit 2025-04-01T22:03:00+0200 "loki: more memory"

put $app/k8s/deployment.yaml $app/k8s/service.yaml
commit 2025-04-02T22:39:00+0200 "assistant: port 8080, 8001 is for Bitwarden"

put services/redis/redis.yaml
was '/mcp-tools/d; /whisper/d; /minio/d' deploy-all.sh
commit 2025-04-03T23:26:00+0200 "redis: a small one for the cache is enough"

put services/whisper/whisper.yaml services/minio/minio.yaml
was '/mcp-tools/d' deploy-all.sh
commit 2025-04-04T21:50:00+0200 "try Whisper and MinIO"

put services/dashboard/homepage.yaml
commit 2025-04-05T12:34:00+0200 "dashboard: 30080 is easier to remember than 30300"

put docs/resource-usage.md docs/backups.md
commit 2025-04-06T20:22:00+0200 "asuna is at 94 % memory"

for file in Dockerfile requirements.txt config.example.json server.py tools/__init__.py tools/homelab.py \
	tools/assistant.py mcp-tools.yaml; do
	put services/mcp-tools/$file
done
put .github/workflows/mcp-tools.yml scripts/build-images.sh deploy-all.sh
commit 2025-04-08T22:58:00+0200 "mcp-tools: first try"

put services/qdrant/qdrant.yaml docs/runbooks/qdrant.md fix-qdrant.sh
commit 2025-04-09T21:36:00+0200 "qdrant belongs on pesubuntu"

put hosts.ini docs/network.md docs/STATUS.md docs/troubleshooting.md TODO.md
commit 2025-04-10T22:15:00+0200 "asuna has a new Tailscale address; where we stand"

put $app/.dockerignore
commit 2025-04-11T19:41:00+0200 "assistant: smaller build context"

put docs/reports/2025-04-12-migration-report.md
commit 2025-04-12T23:50:00+0200 "migration report"

# A file that was added to examples/before and to no commit here must not go unnoticed.
(cd "$source" && find . -type f | sed 's,^\./,,' | LC_ALL=C sort) >.git/expected
git -c core.quotePath=false ls-files | LC_ALL=C sort | diff .git/expected - >&2 || exit 3
while read -r path; do
	cmp -s "$source/$path" "$path" || { echo "history.sh: $path does not end as in examples/before" >&2; exit 3; }
done <.git/expected
rm .git/expected
[ -z "$(git status --porcelain)" ]
