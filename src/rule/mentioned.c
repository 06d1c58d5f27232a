/* Names resolve as in the cluster: NAME in the namespace of who asks, NAME.NAMESPACE, NAME.NAMESPACE.svc; and between
 * containers of one compose file by the name of the service. Nothing near is taken for it. */
#include "rule/mentioned.h"

#include <string.h>

Node find_service(const Graph *graph, const char *namespace, const char *name)
{
	g_autofree char *text = g_strdup_printf("Service/%s/%s", namespace, name);
	Symbol identity;
	if (!graph_find_symbol(graph, slice_from(text), &identity))
		return NODE_NONE;
	Rows rows = graph_rows_to(graph, FACT_IDENTITY, identity);
	return rows.at == rows.end ? NODE_NONE : rows.at->subject;
}

char **split_service_host(const char *host)
{
	if (strpbrk(host, "${}<>*"))
		return NULL;
	char **parts = g_strsplit(host, ".", 8);
	guint count = g_strv_length(parts);
	if (count >= 3 && strcmp(parts[2], "svc") == 0 && *parts[0] && *parts[1])
		return parts;
	g_strfreev(parts);
	return NULL;
}

char *namespace_at(const Graph *graph, Span place)
{
	Node file = graph_file_node(graph, place.file);
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document) {
		Span span = graph_place(graph, document);
		Node object = graph_first_child(graph, document, NODE_OBJECT);
		if (place.start < span.start || place.start >= span.end || !object)
			continue;
		const char *identity = graph_text(graph, object, FACT_IDENTITY), *slash = strchr(identity, '/');
		return slash ? g_strndup(slash + 1, strcspn(slash + 1, "/")) : NULL;
	}
	return NULL;
}

Node host_service(const Graph *graph, const char *host, Span place)
{
	g_auto(GStrv) parts = split_service_host(host);
	if (parts)
		return find_service(graph, parts[1], parts[0]);
	const char *dot = strchr(host, '.');
	if (dot && !strchr(dot + 1, '.')) { /* name.namespace */
		g_autofree char *name = g_strndup(host, (gsize)(dot - host));
		return find_service(graph, dot + 1, name);
	}
	if (dot)
		return NODE_NONE;
	g_autofree char *namespace = namespace_at(graph, place);
	return namespace && *namespace ? find_service(graph, namespace, host) : NODE_NONE;
}

/* `postgres:16` is an image and its tag, not a host and its port. */
static bool is_image(const Graph *graph, Node mention)
{
	return strcmp(graph_text(graph, mention, FACT_NEARBY_NAME), "image") == 0;
}

Node mentioned_service(const Graph *graph, Node mention)
{
	if (is_image(graph, mention))
		return NODE_NONE;
	return host_service(graph, graph_name(graph, mention), graph_place(graph, mention));
}

Node composed_service(const Graph *graph, Node mention)
{
	Node file = graph_file_node(graph, graph_file_of(graph, mention));
	GRAPH_NAMED(graph, NODE_SERVICE, graph_name_symbol(graph, mention), service)
	{
		if (graph_file_node(graph, graph_file_of(graph, service)) == file && !is_image(graph, mention))
			return service;
	}
	return NODE_NONE;
}
