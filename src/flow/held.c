/* What the nodes of a cluster are and hold: for which processor they are built, and which images of the repository lie
 * on them already. An image that its registry lost runs on where it lies, until the pod moves. */
#include "flow/live.h"

/* As kubelets list them: docker.io/library/redis:7. Free with g_free. */
static char *whole_name(const char *image)
{
	const char *slash = strchr(image, '/'), *last = strrchr(image, '/');
	size_t first = slash ? (size_t)(slash - image) : 0;
	bool host = slash &&
	            (memchr(image, '.', first) || memchr(image, ':', first) || g_str_has_prefix(image, "localhost/"));
	bool fixed = strchr(last ? last : image, ':') || strchr(image, '@');
	return g_strconcat(host    ? ""
	                   : slash ? "docker.io/"
	                           : "docker.io/library/",
	        image, fixed ? "" : ":latest", NULL);
}

/* Whole name → name of the first node that holds it, as texts of the live graph. */
static GHashTable *images_of(const Graph *live)
{
	GHashTable *images = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_EACH (live, FACT_HAS_IMAGE, row) {
		const char *name = graph_symbol_text(live, row->object);
		if (!g_hash_table_contains(images, name))
			g_hash_table_insert(images, (gpointer)name, (gpointer)graph_name(live, row->subject));
	}
	return images;
}

static void say(Graph *graph, Node node, FactKind kind, const char *text)
{
	graph_derive(graph, node, kind, graph_intern(graph, slice_from(text)), graph_place(graph, node));
}

static void derive_machines(Graph *graph, const Graph *live)
{
	Node first = graph_first_node(graph, NODE_FILE);
	GRAPH_NODES (live, NODE_MACHINE, machine) {
		const char *architecture = graph_text(live, machine, FACT_ARCHITECTURE);
		g_autofree char *text = g_strdup_printf("%s=%s", graph_name(live, machine), architecture);
		if (first && *architecture)
			say(graph, first, FACT_CLUSTER_MACHINE, text);
	}
}

void held_derive(Graph *graph, const Graph *live)
{
	g_autoptr(GHashTable) images = images_of(live);
	derive_machines(graph, live);
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		g_autofree char *name = whole_name(graph_symbol_text(graph, row->object));
		const char *node = g_hash_table_lookup(images, name);
		if (node)
			say(graph, row->subject, FACT_HELD_BY, node);
	}
}
