/* Container labels, and the routers that Traefik makes of them: one ROUTE for each host of a router's rule, with the
 * port of the load balancer that the router uses. */
#include "source/compose.h"
#include "source/traefik.h"

/* A service with more labels than people write is not searched for routers. */
#define MOST_LABELS 400

typedef struct Label {
	Slice key, value;
	const YamlNode *scalar;
} Label;

typedef struct Labels {
	const SourceFile *file;
	Node node;
	Label at[MOST_LABELS];
	uint32_t count;
} Labels;

/* The name in "traefik.http.routers.NAME.rest" for section "routers" and that rest; empty if it is another label. */
static Slice setting_name(Slice key, const char *section, const char *rest)
{
	static const char *const protocols[] = {"traefik.http.", "traefik.tcp.", "traefik.udp."};
	for (size_t i = 0; i < G_N_ELEMENTS(protocols); i++) {
		size_t skip = strlen(protocols[i]);
		if (key.length <= skip || !slice_is_nocase(slice_sub(key, 0, skip), protocols[i]))
			continue;
		Slice tail = slice_sub(key, skip, key.length);
		size_t first = slice_find_byte(tail, '.', 0);
		size_t second = first == SIZE_MAX ? SIZE_MAX : slice_find_byte(tail, '.', first + 1);
		if (second == SIZE_MAX || !slice_is_nocase(slice_sub(tail, 0, first), section))
			return (Slice){"", 0};
		Slice wanted = slice_sub(tail, second + 1, tail.length);
		bool same = *rest == '\0' || slice_is_nocase(wanted, rest) ||
		            (rest[strlen(rest) - 1] == '.' && wanted.length > strlen(rest) &&
		                    slice_is_nocase(slice_sub(wanted, 0, strlen(rest)), rest));
		return same ? slice_sub(tail, first + 1, second) : (Slice){"", 0};
	}
	return (Slice){"", 0};
}

/* The label of the named router or service; any of them where name is empty. */
static const Label *find_label(const Labels *labels, const char *section, Slice name, const char *rest)
{
	for (uint32_t i = 0; i < labels->count; i++) {
		Slice found = setting_name(labels->at[i].key, section, rest);
		if (found.length && (name.length == 0 || slice_equal(found, name)))
			return &labels->at[i];
	}
	return NULL;
}

/* References named in a list with commas: entry points and middlewares. */
static void add_names(const SourceFile *file, Node route, const Label *label, const char *role)
{
	if (!label)
		return;
	const YamlNode *scalar = label->scalar;
	for (size_t start = 0; start < label->value.length;) {
		size_t comma = MIN(slice_find_byte(label->value, ',', start), label->value.length);
		Slice name = slice_trim(slice_sub(label->value, start, comma));
		start = comma + 1;
		if (name.length == 0)
			continue;
		Node reference = graph_add_node(file->builder, NODE_REFERENCE, route, name, scalar->start, scalar->end);
		graph_add(file->builder, reference, FACT_ROLE, slice_from(role), scalar->start, scalar->end);
	}
}

typedef struct Router {
	const Labels *labels;
	const Label *rule;
	Slice name;
} Router;

static void add_route_port(const Router *router, Node route)
{
	const Labels *labels = router->labels;
	const Label *service = find_label(labels, "routers", router->name, "service");
	const Label *port =
	        find_label(labels, "services", service ? service->value : (Slice){"", 0}, "loadbalancer.server.port");
	uint32_t number;
	if (port && slice_to_number(expand_defaults(labels->file->arena, port->value), &number))
		graph_add_number(
		        labels->file->builder, route, FACT_NUMBER, number, port->scalar->start, port->scalar->end);
}

static void add_router_host(Slice host, Slice path, void *data)
{
	const Router *router = data;
	const Labels *labels = router->labels;
	const SourceFile *file = labels->file;
	size_t start = router->rule->scalar->start, end = router->rule->scalar->end;
	Node route = graph_add_node(file->builder, NODE_ROUTE, labels->node, host, start, end);
	graph_add(file->builder, route, FACT_VALUE, router->rule->value, start, end);
	graph_add(file->builder, route, FACT_ALIAS, router->name, start, end);
	if (path.length)
		graph_add(file->builder, route, FACT_PATH, path, start, end);
	const Label *tls = find_label(labels, "routers", router->name, "tls");
	if (tls ? !slice_is_nocase(tls->value, "false") : find_label(labels, "routers", router->name, "tls.") != NULL)
		graph_add_flag(file->builder, route, FACT_TLS, start, end);
	add_route_port(router, route);
	add_names(file, route, find_label(labels, "routers", router->name, "entrypoints"), "entry-point");
	add_names(file, route, find_label(labels, "routers", router->name, "middlewares"), "middleware");
}

static void write_label(const Labels *labels, const Label *label)
{
	const SourceFile *file = labels->file;
	char *pair = arena_printf(file->arena, "%.*s=%.*s", SLICE_ARGS(label->key), SLICE_ARGS(label->value));
	graph_add(file->builder, labels->node, FACT_LABEL, slice_from(pair), label->scalar->start, label->scalar->end);
}

/* Of two with one key in a list, compose keeps the last. */
static void take_label(Slice key, Slice value, const YamlNode *scalar, void *data)
{
	Labels *labels = data;
	if (!value.at)
		value = (Slice){"", 0};
	if (labels->count == MOST_LABELS) {
		write_label(labels, &(Label){key, value, scalar});
		return;
	}
	uint32_t i = 0;
	while (i < labels->count && !slice_equal(labels->at[i].key, key))
		i++;
	labels->at[i] = (Label){key, value, scalar};
	labels->count += i == labels->count;
}

void read_service_labels(const SourceFile *file, const YamlNode *settings, Node node)
{
	Labels *labels = ARENA_NEW(file->arena, Labels);
	labels->file = file;
	labels->node = node;
	each_setting(settings, take_label, labels);
	for (uint32_t i = 0; i < labels->count; i++)
		write_label(labels, &labels->at[i]);
	for (uint32_t i = 0; i < labels->count; i++) {
		const Label *rule = &labels->at[i];
		Router router = {labels, rule, setting_name(rule->key, "routers", "rule")};
		if (router.name.length)
			traefik_each_match(expand_defaults(file->arena, rule->value), add_router_host, &router);
	}
}
