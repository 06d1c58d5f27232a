/* What well-known images are for. Names of images as their projects publish them; part of a name is enough where forks
 * and re-packagers keep it. Where a program could stand in two areas, it stands in that whose loss takes most with it.
 */
#include "organize/organize.h"

#include "base/path.h"

static const struct {
	const char *area;
	const char *names; /* between blanks: last parts of image names, without tags */
} known[] = {
        {"monitoring",
                " prometheus alertmanager grafana loki promtail alloy tempo mimir thanos node-exporter cadvisor "
                "blackbox-exporter snmp-exporter kube-state-metrics metrics-server pushgateway karma uptime-kuma gatus "
                "healthchecks netdata glances zabbix-server zabbix-web-nginx-pgsql influxdb telegraf chronograf "
                "kapacitor "
                "victoria-metrics vmagent vmalert vector fluent-bit fluentd graylog opensearch-dashboards kibana "
                "jaeger "
                "homepage homarr dashy heimdall flame homer glance speedtest-tracker scrutiny beszel beszel-agent "
                "dozzle changedetection.io ntfy gotify "},
        {"ai-stack",
                " ollama open-webui qdrant weaviate chroma milvus litellm localai vllm vllm-openai "
                "text-generation-inference "
                "text-embeddings-inference whisper faster-whisper wyoming-whisper wyoming-piper piper openedai-speech "
                "kokoro-fastapi comfyui stable-diffusion-webui invokeai flowise langflow langfuse dify-api dify-web "
                "mem0 "
                "mem0-api anythingllm librechat lobe-chat searxng perplexica tika docling-serve jupyter tabby "
                "llama.cpp triton "},
        {"core",
                " postgres postgresql mariadb mysql mongo redis valkey keydb dragonfly memcached rabbitmq nats kafka "
                "mosquitto emqx elasticsearch opensearch clickhouse-server cockroach couchdb pgadmin4 pgbouncer "
                "pgvector "
                "timescaledb postgis cloudnative-pg supabase n8n activepieces node-red windmill temporal airflow vault "
                "vaultwarden authentik server authelia keycloak lldap zitadel dex gitea forgejo gitlab-ce registry "
                "harbor "
                "drone woodpecker-server act_runner nextcloud paperless-ngx bookstack outline wiki wikijs mealie "
                "vikunja "
                "firefly-iii actual-server linkding miniflux freshrss stirling-pdf docuseal "},
        {"media", " plex pms-docker jellyfin emby sonarr radarr lidarr readarr prowlarr bazarr overseerr jellyseerr "
                  "tautulli "
                  "qbittorrent transmission deluge sabnzbd nzbget flaresolverr immich-server immich-machine-learning "
                  "photoprism photoview navidrome audiobookshelf kavita komga calibre calibre-web tdarr unmanic "
                  "recyclarr "
                  "tubearchivist metube frigate gluetun "},
        {"home", " home-assistant homeassistant esphome zigbee2mqtt zwave-js-ui matter-server openhab hyperion evcc "
                 "ring-mqtt scrypted homebridge govee2mqtt music-assistant rtl_433 "},
        {"network",
                " traefik nginx-ingress-controller ingress-nginx controller haproxy caddy nginx-proxy-manager "
                "nginx-proxy "
                "acme-companion cloudflared tailscale headscale wireguard wg-easy netbird adguardhome pihole "
                "unbound coredns blocky external-dns cert-manager-controller metallb-controller kube-vip cilium calico "
                "speaker omada-controller unifi-controller unifi-network-application ddclient cloudflare-ddns "
                "keepalived "},
        {"storage",
                " minio garage seaweedfs longhorn-manager rook ceph nfs-subdir-external-provisioner nfs-server "
                "local-path-provisioner democratic-csi velero restic borgmatic kopia rclone duplicati volsync samba "
                "syncthing filebrowser "},
};

const char *area_of_image(Slice image)
{
	Slice path = slice_sub(image, 0, MIN(slice_find_byte(image, '@', 0), image.length)), name = path_name(path);
	name = slice_sub(name, 0, MIN(slice_find_byte(name, ':', 0), name.length));
	if (name.length == 0)
		return NULL;
	g_autofree char *word = g_strdup_printf(" %.*s ", SLICE_ARGS(name));
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strstr(known[i].names, word))
			return known[i].area;
	return NULL;
}
