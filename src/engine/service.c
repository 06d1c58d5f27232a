/* Services of manifests on one machine: names on the network, published ports, and a proxy where a name is not enough.
 *
 * A Service whose port is its pod's port, with one pod behind it, is another name of that pod's container. With another
 * port, several pods or a name outside, HAProxy stands in between, as kube-proxy would. A headless Service is a name of
 * each pod, as in a cluster. Node ports and load balancers are published on one address, loopback unless told
 * otherwise. */
#include "engine/inner.h"

typedef struct Serving {
	Making *making;
	const Json *service;
	const char *name, *namespace, *type;
	GPtrArray *pods; /* MadePod that it selects */
	Span place;
} Serving;

bool service_selects(const Json *service, const Json *labels)
{
	const Json *selector = json_at(service, "spec.selector");
	if (json_count(selector) == 0)
		return false;
	JSON_MEMBERS (selector, key, value)
		if (!json_same(json_get(labels, key), value))
			return false;
	return true;
}

void publish_port(Unit *unit, uint16_t inside, const char *protocol, const char *address, uint16_t on_host)
{
	g_autofree char *word = g_ascii_strdown(protocol ? protocol : "tcp", -1);
	g_autofree char *port = g_strdup_printf("%u/%s", inside, word), *number = g_strdup_printf("%u", on_host);
	Json *host = json_map_in(unit->body, "HostConfig"), *binding = json_new_map();
	json_set_text(binding, "HostIp", address ? address : "");
	json_set_text(binding, "HostPort", number);
	json_append(json_list_in(json_map_in(host, "PortBindings"), port), binding);
	json_set(json_map_in(unit->body, "ExposedPorts"), port, json_new_map());
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

static Json *aliases_of(const Serving *serving, Unit *unit)
{
	Json *endpoints = json_map_in(json_map_in(unit->body, "NetworkingConfig"), "EndpointsConfig");
	return json_list_in(json_map_in(endpoints, serving->making->options->project), "Aliases");
}

static bool uses_host(const Unit *unit)
{
	return g_strcmp0(json_text_at(unit->body, "HostConfig.NetworkMode"), "host") == 0;
}

/* The names by which pods ask for it; the short one is found through their search list. */
static void name_unit(const Serving *serving, Unit *unit, const char *prefix)
{
	if (uses_host(unit))
		return;
	g_autofree char *middle = g_strdup_printf(
	        "%s%s%s.%s", prefix ? prefix : "", prefix ? "." : "", serving->name, serving->namespace);
	g_autofree char *service = g_strconcat(middle, ".svc", NULL),
	                *full = g_strconcat(middle, ".svc.cluster.local", NULL);
	json_append_text(aliases_of(serving, unit), middle);
	json_append_text(aliases_of(serving, unit), service);
	json_append_text(aliases_of(serving, unit), full);
}

/* ---- proxies -------------------------------------------------------------------------------------------------------
 */

/* Where a pod is found by the proxy: a name of its container that is nobody else's. */
static void append_servers(const Serving *serving, const Json *port, GString *out)
{
	const char *external = json_text_at(serving->service, "spec.externalName");
	if (external) {
		g_string_append_printf(out, "  server external %s:%d resolvers engine init-addr last,libc,none\n",
		        external, (int)json_number_at(port, "port", 0));
		return;
	}
	for (guint i = 0; i < serving->pods->len; i++) {
		const MadePod *pod = serving->pods->pdata[i];
		const Json *target = json_get(port, "targetPort");
		uint16_t number = port_number(pod->spec, target ? target : json_get(port, "port"));
		g_string_append_printf(out,
		        "  server %s %s:%u check inter 2s resolvers engine init-addr last,libc,none\n", pod->name,
		        pod->network->name, number);
	}
}

static char *proxy_configuration(const Serving *serving)
{
	GString *out =
	        g_string_new("# Made by labwright up.\nglobal\n  maxconn 1000\n\nresolvers engine\n  "
	                     "parse-resolv-conf\n  hold valid 5s\n\n"
	                     "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n");
	JSON_EACH (json_at(serving->service, "spec.ports"), port) {
		int number = (int)json_number_at(port, "port", 0);
		g_string_append_printf(out, "\nlisten port-%d\n  bind :%d\n  balance roundrobin\n", number, number);
		append_servers(serving, port, out);
	}
	return g_string_free(out, FALSE);
}

static Unit *make_proxy(const Serving *serving)
{
	Making *making = serving->making;
	const char *project = making->options->project;
	g_autofree char *name = g_strdup_printf("%s-%s-%s-service", project, serving->namespace, serving->name);
	g_autofree char *folder = g_strdup_printf("%s/service-%s", serving->namespace, serving->name);
	g_autofree char *store = g_strconcat(folder, "/haproxy.cfg", NULL),
	                *source = g_strconcat(making->options->store, "/", folder, NULL);
	Unit *unit = unit_new(name, serving->place);
	Json *host = json_map_in(unit->body, "HostConfig"), *mount = json_new_map();
	unit->namespace = g_strdup(serving->namespace);
	unit->workload = g_strconcat("Service/", serving->name, NULL);
	unit->pod = g_strconcat("service-", serving->name, NULL);
	unit->container = g_strdup("proxy");
	unit->role = UNIT_PROXY;
	unit->grace = 2;
	char *text = proxy_configuration(serving);
	wanted_file(making->wanted, store, g_bytes_new_take(text, strlen(text)), 0644, false);
	json_set_text(unit->body, "Image", making->options->proxy_image);
	static const char *const words[] = {"haproxy", "-W", "-db", "-f", "/etc/labwright/haproxy.cfg"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		json_append_text(json_list_in(unit->body, "Entrypoint"), words[i]);
	json_set_text(mount, "Type", "bind");
	json_set_text(mount, "Source", source);
	json_set_text(mount, "Target", "/etc/labwright");
	json_set_bool(mount, "ReadOnly", true);
	json_append(json_list_in(host, "Mounts"), mount);
	json_set_text(host, "NetworkMode", project);
	json_set_text(json_map_in(host, "RestartPolicy"), "Name", "unless-stopped");
	json_append_text(json_list_in(host, "CapAdd"), "NET_BIND_SERVICE");
	json_set_text(unit->body, "User", "0");
	name_unit(serving, unit, NULL);
	g_ptr_array_add(making->wanted->units, unit);
	return unit;
}

static bool needs_proxy(const Serving *serving)
{
	if (serving->pods->len != 1)
		return true;
	const MadePod *pod = serving->pods->pdata[0];
	JSON_EACH (json_at(serving->service, "spec.ports"), port) {
		const Json *target = json_get(port, "targetPort");
		if (target && port_number(pod->spec, target) != json_number_at(port, "port", 0))
			return true;
	}
	return uses_host(pod->network);
}

/* Proxies speak TCP: a UDP port behind one would be lost without a word. */
static void say_datagrams(const Serving *serving)
{
	JSON_EACH (json_at(serving->service, "spec.ports"), port)
		if (g_strcmp0(json_text_at(port, "protocol"), "UDP") == 0)
			wanted_problem(serving->making->wanted, serving->place, false,
			        "Service %s/%s: port %d is UDP and needs a proxy here, which passes on TCP only",
			        serving->namespace, serving->name, (int)json_number_at(port, "port", 0));
}

/* ---- ports of the machine ------------------------------------------------------------------------------------------
 */

static void publish(const Serving *serving, Unit *unit, bool proxied)
{
	bool balanced = strcmp(serving->type, "LoadBalancer") == 0;
	if (!balanced && strcmp(serving->type, "NodePort") != 0)
		return;
	JSON_EACH (json_at(serving->service, "spec.ports"), port) {
		int64_t number = json_number_at(port, "port", 0), node_port = json_number_at(port, "nodePort", 0);
		const MadePod *pod = serving->pods->len ? serving->pods->pdata[0] : NULL;
		const Json *target = json_get(port, "targetPort");
		uint16_t inside = proxied || !pod ? (uint16_t)number
		                                  : port_number(pod->spec, target ? target : json_get(port, "port"));
		const char *protocol = json_text_at(port, "protocol");
		if (node_port > 0)
			publish_port(unit, inside, protocol, serving->making->options->listen, (uint16_t)node_port);
		if (balanced)
			publish_port(unit, inside, protocol, serving->making->options->listen, (uint16_t)number);
		else if (!node_port)
			wanted_problem(serving->making->wanted, serving->place, false,
			        "Service %s/%s: a node port that a cluster would choose is not published",
			        serving->namespace, serving->name);
	}
}

/* ---- one Service
 * ------------------------------------------------------------------------------------------------------ */

static void serve_headless(const Serving *serving)
{
	for (guint i = 0; i < serving->pods->len; i++) {
		const MadePod *pod = serving->pods->pdata[i];
		name_unit(serving, pod->network, NULL);
		name_unit(serving, pod->network, pod->name);
	}
}

static void serve(const Serving *serving)
{
	bool external = strcmp(serving->type, "ExternalName") == 0;
	if (!external && serving->pods->len == 0) {
		if (json_count(json_at(serving->service, "spec.selector")))
			wanted_problem(serving->making->wanted, serving->place, false,
			        "Service %s/%s selects no pod that runs here", serving->namespace, serving->name);
		return;
	}
	if (!external && g_strcmp0(json_text_at(serving->service, "spec.clusterIP"), "None") == 0) {
		serve_headless(serving);
		return;
	}
	if (external && json_count(json_at(serving->service, "spec.ports")) == 0) {
		wanted_problem(serving->making->wanted, serving->place, false,
		        "Service %s/%s: an external name without ports cannot be given to containers",
		        serving->namespace, serving->name);
		return;
	}
	bool proxied = external || needs_proxy(serving);
	Unit *unit = proxied ? make_proxy(serving) : ((const MadePod *)serving->pods->pdata[0])->network;
	if (proxied)
		say_datagrams(serving);
	else
		name_unit(serving, unit, NULL);
	publish(serving, unit, proxied);
}

void make_services(Making *making, const GArray *manifests)
{
	for (guint i = 0; i < manifests->len; i++) {
		const Manifest *manifest = &g_array_index(manifests, Manifest, i);
		const char *namespace = json_text_at(manifest->object, "metadata.namespace"),
		           *type = json_text_at(manifest->object, "spec.type"),
		           *name = json_text_at(manifest->object, "metadata.name");
		const char *api = json_text_at(manifest->object, "apiVersion");
		if (g_strcmp0(json_text_at(manifest->object, "kind"), "Service") != 0 || g_strcmp0(api, "v1") != 0 ||
		        !name)
			continue;
		g_autoptr(GPtrArray) pods = g_ptr_array_new();
		Serving serving = {making, manifest->object, name, namespace && *namespace ? namespace : "default",
		        type ? type : "ClusterIP", pods, manifest->place};
		for (guint p = 0; p < making->pods->len; p++) {
			MadePod *pod = making->pods->pdata[p];
			if (strcmp(pod->namespace, serving.namespace) == 0 &&
			        service_selects(manifest->object, pod->labels))
				g_ptr_array_add(pods, pod);
		}
		serve(&serving);
	}
}
