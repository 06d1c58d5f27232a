/* Services and routes: what takes a connection and where it is led. Ingress, Traefik's IngressRoute and Gateway API's
 * routes become the same ROUTE nodes, with a REFERENCE to each Service behind them. */
#include "source/kubernetes.h"
#include "source/traefik.h"

/* One object can multiply hosts, paths and backends; more routes than people write are left out. */
#define MOST_ROUTES 500

/* ---- Service --------------------------------------------------------------------------------------- */

static void read_load_balancer_ips(const SourceFile *file, const YamlNode *root, Node object)
{
	static const char *const annotations[] = {"metallb.universe.tf/loadBalancerIPs", "metallb.io/loadBalancerIPs",
	        "lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips", "kube-vip.io/loadbalancerIPs"};
	add_scalar(file, object, FACT_LOAD_BALANCER_IP, yaml_at(root, "spec.loadBalancerIP"));
	const YamlNode *map = yaml_at(root, "metadata.annotations");
	for (size_t i = 0; i < G_N_ELEMENTS(annotations); i++) {
		const YamlNode *value = yaml_get(map, annotations[i]);
		if (!yaml_is_scalar(value))
			continue;
		g_auto(GStrv) addresses = g_strsplit(value->value.at, ",", 16);
		for (char **address = addresses; *address; address++)
			graph_add(file->builder, object, FACT_LOAD_BALANCER_IP, slice_from(g_strstrip(*address)),
			        value->start, value->end);
	}
}

static void read_service_port(const SourceFile *file, const YamlNode *item, Node object)
{
	const YamlNode *name = yaml_get(item, "name"), *target = yaml_get(item, "targetPort");
	uint32_t number;
	if (!yaml_is_map(item))
		return;
	Node port = add_named(file, NODE_PORT, object, name ? name : item);
	add_scalar(file, port, FACT_PORT_NAME, name);
	add_number(file, port, FACT_NUMBER, yaml_get(item, "port"));
	add_number(file, port, FACT_NODE_PORT, yaml_get(item, "nodePort"));
	add_scalar_of(file, port, FACT_PROTOCOL, item, "protocol");
	if (yaml_number(target, &number))
		add_number(file, port, FACT_TARGET_NUMBER, target);
	else
		add_scalar(file, port, FACT_TARGET_NAME, target);
}

void read_service(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *cluster_ip = yaml_get(spec, "clusterIP");
	add_scalar_of(file, object, FACT_TYPE, spec, "type");
	add_pairs(file, object, FACT_SELECTOR, yaml_get(spec, "selector"));
	add_database_label(file, yaml_get(spec, "selector"), object);
	add_scalar_of(file, object, FACT_EXTERNAL_NAME, spec, "externalName");
	if (slice_is(yaml_text(cluster_ip), "None"))
		graph_add_flag(file->builder, object, FACT_HEADLESS, cluster_ip->start, cluster_ip->end);
	read_load_balancer_ips(file, root, object);
	YAML_EACH_ITEM (yaml_get(spec, "ports"), item)
		read_service_port(file, item, object);
}

/* ---- routes ------------------------------------------------------------------------------------------ */

static void add_backend(
        const SourceFile *file, Node route, const YamlNode *name, const YamlNode *namespace, const YamlNode *port)
{
	Node reference = add_reference_in(file, route, "backend", "Service", name, namespace);
	uint32_t number;
	if (!reference)
		return;
	if (yaml_number(port, &number))
		add_number(file, reference, FACT_WANTS_PORT, port);
	else
		add_scalar(file, reference, FACT_WANTS_PORT_NAME, port);
}

static Node add_route(
        const SourceFile *file, Node object, const YamlNode *host, const YamlNode *path, const YamlNode *place)
{
	Node route = add_named(file, NODE_ROUTE, object, yaml_is_scalar(host) ? host : place);
	if (yaml_is_scalar(path))
		add_scalar(file, route, FACT_PATH, path);
	return route;
}

static void read_ingress_backend(const SourceFile *file, const YamlNode *backend, Node route)
{
	const YamlNode *service = yaml_get(backend, "service"), *port = yaml_get(service, "port");
	const YamlNode *number = yaml_get(port, "number");
	if (service)
		add_backend(file, route, yaml_get(service, "name"), NULL, number ? number : yaml_get(port, "name"));
	else /* the removed v1beta1 form */
		add_backend(file, route, yaml_get(backend, "serviceName"), NULL, yaml_get(backend, "servicePort"));
}

static bool ingress_has_tls(const YamlNode *tls, Slice host)
{
	YAML_EACH_ITEM (tls, item) {
		const YamlNode *hosts = yaml_get(item, "hosts");
		if (!hosts)
			return true;
		YAML_EACH_ITEM (hosts, name)
			if (slice_equal(yaml_text(name), host))
				return true;
	}
	return false;
}

static void read_ingress_rule(const SourceFile *file, const YamlNode *spec, const YamlNode *rule, Node object)
{
	const YamlNode *host = yaml_get(rule, "host"), *tls = yaml_get(spec, "tls");
	YAML_EACH_ITEM (yaml_at(rule, "http.paths"), item) {
		Node route = add_route(file, object, host, yaml_get(item, "path"), item);
		add_scalar_of(file, route, FACT_TYPE, item, "pathType");
		if (ingress_has_tls(tls, yaml_text(host)))
			graph_add_flag(file->builder, route, FACT_TLS, tls->start, tls->start);
		read_ingress_backend(file, yaml_get(item, "backend"), route);
	}
}

/* "namespace-name@kubernetescrd" lists, and the same as the name in an IngressRoute: the reference keeps the text
 * before the at sign. */
static void read_middleware_annotation(const SourceFile *file, const YamlNode *value, Node object)
{
	Slice text = yaml_text(value);
	size_t at = 0;
	while (at < text.length) {
		size_t comma = slice_find_byte(text, ',', at), end = comma == SIZE_MAX ? text.length : comma;
		Slice item = slice_trim(slice_sub(text, at, end));
		at = end + 1;
		if (!slice_ends(item, "@kubernetescrd"))
			continue;
		item.length -= strlen("@kubernetescrd");
		Node reference = graph_add_node(file->builder, NODE_REFERENCE, object, item, value->start, value->end);
		graph_add(file->builder, reference, FACT_WANTS_KIND, SLICE("Middleware"), value->start, value->end);
		graph_add(
		        file->builder, reference, FACT_ROLE, SLICE("middleware-annotation"), value->start, value->end);
	}
}

void read_ingress(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *annotations = yaml_at(root, "metadata.annotations");
	const YamlNode *class = yaml_get(spec, "ingressClassName");
	if (!class)
		class = yaml_get(annotations, "kubernetes.io/ingress.class");
	add_scalar(file, object, FACT_CLASS_NAME, class);
	add_reference(file, object, "ingress-class", "IngressClass", yaml_get(spec, "ingressClassName"));
	YAML_EACH_ITEM (yaml_get(spec, "rules"), rule)
		read_ingress_rule(file, spec, rule, object);
	const YamlNode *backend = yaml_get(spec, "defaultBackend");
	if (backend)
		read_ingress_backend(file, backend, add_route(file, object, NULL, NULL, backend));
	YAML_EACH_ITEM (yaml_get(spec, "tls"), tls)
		add_reference(file, object, "tls", "Secret", yaml_get(tls, "secretName"));
	add_reference(file, object, "issuer", "ClusterIssuer", yaml_get(annotations, "cert-manager.io/cluster-issuer"));
	add_reference(file, object, "issuer", "Issuer", yaml_get(annotations, "cert-manager.io/issuer"));
	read_middleware_annotation(
	        file, yaml_get(annotations, "traefik.ingress.kubernetes.io/router.middlewares"), object);
}

/* ---- Traefik ------------------------------------------------------------------------------------------ */

typedef struct RouteReader {
	const SourceFile *file;
	const YamlNode *item;
	Node object;
	bool tls;
} RouteReader;

static void add_matched_route(Slice host, Slice path, void *data)
{
	const RouteReader *reader = data;
	const SourceFile *file = reader->file;
	const YamlNode *match = yaml_get(reader->item, "match");
	Node route = graph_add_node(file->builder, NODE_ROUTE, reader->object, host, match->start, match->end);
	graph_add(file->builder, route, FACT_VALUE, match->value, match->start, match->end);
	if (path.length)
		graph_add(file->builder, route, FACT_PATH, path, match->start, match->end);
	if (reader->tls)
		graph_add_flag(file->builder, route, FACT_TLS, match->start, match->end);
	YAML_EACH_ITEM (yaml_get(reader->item, "services"), service) {
		Slice kind = yaml_text_of(service, "kind");
		if (kind.length == 0 || slice_is(kind, "Service"))
			add_backend(file, route, yaml_get(service, "name"), yaml_get(service, "namespace"),
			        yaml_get(service, "port"));
	}
	YAML_EACH_ITEM (yaml_get(reader->item, "middlewares"), middleware) {
		const YamlNode *name = yaml_get(middleware, "name");
		if (slice_find_byte(yaml_text(name), '@', 0) != SIZE_MAX)
			read_middleware_annotation(file, name, route);
		else
			add_reference_in(
			        file, route, "middleware", "Middleware", name, yaml_get(middleware, "namespace"));
	}
}

void read_ingress_route(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *tls = yaml_get(spec, "tls");
	YAML_EACH_ITEM (yaml_get(spec, "entryPoints"), entry_point)
		add_reference(file, object, "entry-point", "EntryPoint", entry_point);
	YAML_EACH_ITEM (yaml_get(spec, "routes"), item) {
		RouteReader reader = {file, item, object, tls != NULL};
		const YamlNode *match = yaml_get(item, "match");
		if (yaml_is_scalar(match))
			traefik_each_match(match->value, add_matched_route, &reader);
	}
	add_reference(file, object, "tls", "Secret", yaml_get(tls, "secretName"));
}

/* ---- Gateway API ---------------------------------------------------------------------------------------- */

static void read_backend_refs(const SourceFile *file, const YamlNode *rule, Node route)
{
	YAML_EACH_ITEM (yaml_get(rule, "backendRefs"), backend) {
		Slice kind = yaml_text_of(backend, "kind");
		if (kind.length == 0 || slice_is(kind, "Service"))
			add_backend(file, route, yaml_get(backend, "name"), yaml_get(backend, "namespace"),
			        yaml_get(backend, "port"));
	}
}

/* One ROUTE for a host and each path of a rule; a rule without matches takes everything. */
static void read_gateway_rule(
        const SourceFile *file, const YamlNode *rule, const YamlNode *host, Node object, uint32_t *left)
{
	const YamlNode *matches = yaml_get(rule, "matches");
	if (!yaml_is_sequence(matches) || matches->count == 0) {
		if (*left && (*left)--)
			read_backend_refs(file, rule, add_route(file, object, host, NULL, rule));
		return;
	}
	YAML_EACH_ITEM (matches, match) {
		const YamlNode *path = yaml_get(match, "path");
		if (*left == 0)
			return;
		--*left;
		Node route = add_route(file, object, host, yaml_get(path, "value"), match);
		add_scalar_of(file, route, FACT_TYPE, path, "type");
		if (yaml_get(match, "headers") || yaml_get(match, "queryParams") || yaml_get(match, "method"))
			graph_add(file->builder, route, FACT_VALUE, SLICE("conditional"), match->start, match->end);
		read_backend_refs(file, rule, route);
	}
}

void read_http_route(const SourceFile *file, const YamlNode *root, Node object)
{
	const YamlNode *spec = yaml_get(root, "spec"), *hosts = yaml_get(spec, "hostnames");
	uint32_t left = MOST_ROUTES;
	YAML_EACH_ITEM (yaml_get(spec, "parentRefs"), parent) {
		Slice kind = yaml_text_of(parent, "kind");
		if (kind.length && !slice_is(kind, "Gateway"))
			continue;
		Node reference = add_reference_in(
		        file, object, "gateway", "Gateway", yaml_get(parent, "name"), yaml_get(parent, "namespace"));
		if (reference)
			add_scalar_of(file, reference, FACT_WANTS_PORT_NAME, parent, "sectionName");
	}
	YAML_EACH_ITEM (yaml_get(spec, "rules"), rule) {
		if (!yaml_is_sequence(hosts))
			read_gateway_rule(file, rule, NULL, object, &left);
		YAML_EACH_ITEM (hosts, host)
			read_gateway_rule(file, rule, host, object, &left);
	}
}

/* A listener that says nothing takes the routes of its own namespace. */
void read_gateway(const SourceFile *file, const YamlNode *root, Node object)
{
	YAML_EACH_ITEM (yaml_at(root, "spec.listeners"), listener) {
		const YamlNode *name = yaml_get(listener, "name"),
		               *from = yaml_at(listener, "allowedRoutes.namespaces.from");
		const YamlNode *place = yaml_is_scalar(from) ? from : name;
		if (!yaml_is_scalar(name))
			continue;
		const char *text = arena_printf(file->arena, "%.*s=%s", SLICE_ARGS(name->value),
		        yaml_is_scalar(from) ? from->value.at : "Same");
		graph_add(file->builder, object, FACT_ADMITS, slice_from(text), place->start, place->end);
	}
}

static void add_grant(const SourceFile *file, const YamlNode *from, const YamlNode *to, Node object)
{
	const YamlNode *kind = yaml_get(from, "kind"), *namespace = yaml_get(from, "namespace");
	Slice name = yaml_text_of(to, "name"), wanted = yaml_text_of(to, "kind");
	if (!yaml_is_scalar(kind) || !yaml_is_scalar(namespace))
		return;
	const char *text =
	        arena_printf(file->arena, "%.*s/%.*s>%.*s/%.*s", SLICE_ARGS(kind->value), SLICE_ARGS(namespace->value),
	                SLICE_ARGS(wanted), name.length ? (int)name.length : 1, name.length ? name.at : "*");
	graph_add(file->builder, object, FACT_GRANTS, slice_from(text), kind->start, kind->end);
}

void read_reference_grant(const SourceFile *file, const YamlNode *root, Node object)
{
	uint32_t left = MOST_ROUTES;
	YAML_EACH_ITEM (yaml_at(root, "spec.from"), from)
		YAML_EACH_ITEM (yaml_at(root, "spec.to"), to)
			if (left && left--)
				add_grant(file, from, to, object);
}
