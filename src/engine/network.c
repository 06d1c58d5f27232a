/* How a service of a compose file is reached: ports on this machine, networks of the file, and its names on them. */
#include "engine/inner.h"

/* ---- from outside ------------------------------------------------------------------------------------------------ */

/* "8080:80", "127.0.0.1:8080:80/udp", "80", "3000-3005:3000-3005", or a map. */
static void publish_text(const ComposeService *service, const char *text)
{
	g_autofree char *copy = g_strdup(text);
	char *protocol = strchr(copy, '/');
	if (protocol)
		*protocol++ = '\0';
	char *inside = strrchr(copy, ':');
	g_autofree char *target = g_strdup(inside ? inside + 1 : copy);
	char *address = NULL, *published = NULL;
	if (inside) {
		*inside = '\0';
		published = strrchr(copy, ':');
		if (published) {
			*published++ = '\0';
			address = copy;
		} else {
			published = copy;
		}
	}
	unsigned long first = strtoul(target, NULL, 10),
	              last = strchr(target, '-') ? strtoul(strchr(target, '-') + 1, NULL, 10) : first;
	unsigned long host = published ? strtoul(published, NULL, 10) : 0;
	for (unsigned long port = first; first > 0 && port <= last && port < 65536 && port - first < 200; port++)
		publish_port(
		        service->unit, (uint16_t)port, protocol, address, host ? (uint16_t)(host + port - first) : 0);
}

void compose_publish(const ComposeService *service)
{
	JSON_EACH (json_get(service->json, "ports"), entry) {
		if (json_kind(entry) == JSON_MAP) {
			g_autofree char *published = json_scalar(json_get(entry, "published"));
			publish_port(service->unit, (uint16_t)json_number_at(entry, "target", 0),
			        json_text_at(entry, "protocol"), json_text_at(entry, "host_ip"),
			        (uint16_t)(published ? strtoul(published, NULL, 10) : 0));
			continue;
		}
		g_autofree char *text = json_scalar(entry);
		if (text)
			publish_text(service, text);
	}
}

/* ---- from each other ----------------------------------------------------------------------------------------------
 */

static char *network_name(const ComposeProject *compose, const char *name)
{
	const Json *own = json_get(json_get(compose->root, "networks"), name);
	const char *called = json_text_at(own, "name");
	if (called)
		return g_strdup(called);
	return json_true_at(own, "external", false) ? g_strdup(name) : g_strdup_printf("%s_%s", compose->project, name);
}

static void join(const ComposeService *service, const char *network, bool first)
{
	g_autofree char *name = network_name(service->compose, network);
	const Json *own = json_get(json_get(service->compose->root, "networks"), network);
	if (!json_true_at(own, "external", false))
		wanted_network(service->compose->wanted, name);
	if (!first) {
		g_ptr_array_add(service->unit->networks, g_strconcat(name, " ", service->name, NULL));
		return;
	}
	json_set_text(service->host, "NetworkMode", name);
	Json *endpoint =
	        json_map_in(json_map_in(json_map_in(service->unit->body, "NetworkingConfig"), "EndpointsConfig"), name);
	json_append_text(json_list_in(endpoint, "Aliases"), service->name);
	JSON_EACH (json_at(json_get(json_get(service->json, "networks"), network), "aliases"), alias)
		json_append_text(json_list_in(endpoint, "Aliases"), json_text(alias));
}

static void join_networks(const ComposeService *service)
{
	const char *mode = json_text_at(service->json, "network_mode");
	bool first = true;
	if (mode && g_str_has_prefix(mode, "service:")) {
		g_autofree char *other = g_strdup_printf("%s-%s", service->compose->project, mode + 8),
		                *whole = g_strconcat("container:", other, NULL);
		json_set_text(service->host, "NetworkMode", whole);
		unit_need(service->unit, other, NEED_STARTED);
		return;
	}
	if (mode) {
		json_set_text(service->host, "NetworkMode", mode);
		return;
	}
	const Json *networks = json_get(service->json, "networks");
	JSON_EACH (networks, name)
		if (json_text(name)) {
			join(service, json_text(name), first);
			first = false;
		}
	if (json_kind(networks) == JSON_MAP)
		JSON_MEMBERS (networks, name, member) {
			join(service, name, first);
			first = member == NULL;
		}
	if (first && json_count(networks) == 0)
		join(service, "default", true);
	json_set_text(service->unit->body, "Hostname", json_text_at(service->json, "hostname"));
}

/* "service" or "service:alias": it starts first; the other name is one on the network. */
static void make_links(const ComposeService *service)
{
	JSON_EACH (json_get(service->json, "links"), entry) {
		g_auto(GStrv) parts = g_strsplit(json_text(entry) ? json_text(entry) : "", ":", 2);
		g_autofree char *other = g_strdup_printf("%s-%s", service->compose->project, parts[0] ? parts[0] : "");
		unit_need(service->unit, other, NEED_STARTED);
		if (parts[0] && parts[1] && strcmp(parts[0], parts[1]) != 0) {
			g_autofree char *link = g_strconcat(other, ":", parts[1], NULL);
			json_append_text(json_list_in(service->host, "Links"), link);
		}
	}
}

static void add_container_name(const ComposeService *service)
{
	const char *called = json_text_at(service->json, "container_name");
	if (called && *called) /* another name on the networks; the container itself has labwright's */
		JSON_MEMBERS (json_at(service->unit->body, "NetworkingConfig.EndpointsConfig"), network, endpoint)
			json_append_text(json_list_in(endpoint, "Aliases"), network ? called : NULL);
}

void compose_join(const ComposeService *service)
{
	join_networks(service);
	make_links(service);
	add_container_name(service);
}
