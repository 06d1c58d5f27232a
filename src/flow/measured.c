/* What a cluster said of itself, saved to files, goes through the same readers into a graph beside the repository's.
 * What it measured is then said of the containers of the repository, so that rules ask for it as for anything else, and
 * a proof that reads edited files again knows it too.
 *
 * A container counts as one whatever number of pods, revisions and files it was seen in: its peak is the highest of
 * all, its usual amount the highest that any of its pods stays below in 99 of 100 samples. */
#include "flow/measured.h"

#include "base/error.h"
#include "base/path.h"
#include "base/quantity.h"
#include "flow/live.h"
#include "link/link.h"
#include "source/source.h"

#define MOST_USAGE ((gsize)256 * 1024 * 1024)

#define LIVE "cluster:" /* and the name of a context: what the cluster says now */

typedef struct Reading {
	GPtrArray *builders; /* GraphBuilder, the first of files */
	GPtrArray *bytes;
	Arena *arena;
	bool certificates;
	GString *notes;
} Reading;

static bool read_file(const Reading *reading, const char *path, GError **error)
{
	char *text;
	gsize length;
	if (!g_file_get_contents(path, &text, &length, error))
		return false;
	g_ptr_array_add(reading->bytes, text);
	if (length > MOST_USAGE) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s is larger than 256 MiB", path);
		return false;
	}
	GraphBuilder *builder = reading->builders->pdata[0];
	Slice name = slice_from(path), bytes = {text, length};
	SourceFile file = {.builder = builder,
	        .node = graph_begin_file(builder, name, bytes),
	        .path = name,
	        .name = name,
	        .bytes = bytes,
	        .arena = reading->arena};
	read_usage(&file);
	arena_reset(reading->arena);
	return true;
}

static bool read_lists(const Reading *reading, Cluster *cluster, GError **error)
{
	return live_read(cluster, reading->certificates, reading->builders, reading->bytes, reading->notes, error);
}

static bool read_cluster(const Reading *reading, const char *path, GError **error)
{
	g_autoptr(Cluster) cluster = cluster_open(NULL, path + strlen(LIVE), error);
	return cluster && read_lists(reading, cluster, error);
}

/* A file that says nothing was not what the user meant. */
static bool says_something(const Graph *graph, GError **error)
{
	GRAPH_NODES (graph, NODE_PROBLEM, problem) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s: %s",
		        graph_file_path(graph, graph_file_of(graph, problem)),
		        graph_text(graph, problem, FACT_MESSAGE));
		return false;
	}
	if (graph_first_node(graph, NODE_USAGE) || graph_first_node(graph, NODE_MACHINE) ||
	        graph_first_node(graph, NODE_OBJECT))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "the usage files name no pod and no node");
	error_add_help(error, "kubectl get --raw /apis/metrics.k8s.io/v1beta1/pods, kubectl get pods -A -o json, "
	                      "kubectl get nodes -o json, or the answer of a Prometheus query");
	return false;
}

static bool read_paths(const Reading *reading, const char *const *paths, GError **error)
{
	for (; *paths; paths++)
		if (g_str_has_prefix(*paths, LIVE) ? !read_cluster(reading, *paths, error)
		                                   : !read_file(reading, *paths, error))
			return false;
	return true;
}

static void builder_free(void *builder)
{
	graph_builder_free(builder);
}

/* Of files, of a cluster, or of both. */
static Usage *read_usage_graph(
        const char *const *paths, Cluster *cluster, bool certificates, GString *notes, GError **error)
{
	g_autoptr(Usage) usage = g_new0(Usage, 1);
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(GPtrArray) builders = g_ptr_array_new_with_free_func(builder_free);
	g_ptr_array_add(builders, graph_builder_new());
	usage->bytes = g_ptr_array_new_with_free_func(g_free);
	Reading reading = {builders, usage->bytes, arena, certificates, notes};
	if ((paths && !read_paths(&reading, paths, error)) || (cluster && !read_lists(&reading, cluster, error)))
		return NULL;
	usage->graph = graph_seal((GraphBuilder *const *)builders->pdata, builders->len);
	link_cluster(usage->graph);
	return says_something(usage->graph, error) ? g_steal_pointer(&usage) : NULL;
}

Usage *usage_new(const char *const *paths, GError **error)
{
	return read_usage_graph(paths, NULL, false, NULL, error);
}

Usage *usage_live(Cluster *cluster, bool certificates, const char *const *paths, GString *notes, GError **error)
{
	return read_usage_graph(paths, cluster, certificates, notes, error);
}

void usage_free(Usage *usage)
{
	if (!usage)
		return;
	g_clear_pointer(&usage->graph, graph_free);
	g_ptr_array_unref(usage->bytes);
	g_free(usage);
}

/* ---- whose it is ---------------------------------------------------------------------------------------- */

typedef enum Amount { CPU, MEMORY, AMOUNTS } Amount; /* millicores, bytes */

static const struct {
	const char *word;
	int64_t scale;
} amounts[AMOUNTS] = {{"cpu", 1000}, {"memory", 1}};

typedef struct Seen {
	int64_t peak[AMOUNTS], usual[AMOUNTS];
	uint32_t samples, from, to; /* seconds since 1970; 0: unknown */
	uint32_t pods;
	int64_t killed_at; /* 0: it was not */
	const char *pod;   /* the last one that was counted */
	bool measured;     /* anything of the above */
	const char *runs;  /* image@digest, or NULL; "" where its pods differ */
} Seen;

/* Workloads by the name under which they are applied, and what their containers were seen to use. */
typedef struct Measures {
	const Graph *graph, *usage;
	GHashTable *by_name; /* name → GArray of Row of FACT_IDENTITY */
	GHashTable *seen;    /* container → Seen */
} Measures;

static void index_workloads(Measures *measures)
{
	GRAPH_EACH (measures->graph, FACT_IDENTITY, row) {
		const char *identity = graph_symbol_text(measures->graph, row->object), *name = strrchr(identity, '/');
		if (!name || !graph_first_child(measures->graph, row->subject, NODE_POD))
			continue;
		GArray *rows = g_hash_table_lookup(measures->by_name, name + 1);
		if (!rows) {
			rows = g_array_new(FALSE, FALSE, sizeof(Row));
			g_hash_table_insert(measures->by_name, (gpointer)(name + 1), rows);
		}
		g_array_append_vals(rows, row, 1);
	}
}

static bool is_in(const char *identity, const char *namespace)
{
	g_auto(GStrv) parts = g_strsplit(identity, "/", 3);
	return !*parts[1] || !*namespace || strcmp(parts[1], namespace) == 0;
}

typedef void EachContainer(Measures *measures, Node container, Node usage);

/* Calls for each container of the repository that is the one of the usage node, by the names of pod and container. */
static void each_of_name(
        Measures *measures, const char *name, const char *container_name, Node usage, EachContainer *each)
{
	const Graph *graph = measures->graph;
	const char *pod_name = graph_name(measures->usage, usage),
	           *namespace = graph_text(measures->usage, usage, FACT_NAMESPACE);
	const GArray *rows = g_hash_table_lookup(measures->by_name, name);
	for (guint i = 0; rows && i < rows->len; i++) {
		const Row *row = &g_array_index(rows, Row, i);
		if (!pod_is_of(pod_name, graph_text(graph, row->subject, FACT_KIND), name) ||
		        !is_in(graph_symbol_text(graph, row->object), namespace))
			continue;
		Node pod = graph_first_child(graph, row->subject, NODE_POD);
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
			if (strcmp(graph_name(graph, container), container_name) == 0)
				each(measures, container, usage);
	}
}

/* A controller puts one or two parts behind its name. */
static void each_container(Measures *measures, const char *container, Node usage, EachContainer *each)
{
	g_autofree char *name = g_strdup(graph_name(measures->usage, usage));
	for (int parts = 0; parts < 3; parts++) {
		each_of_name(measures, name, container, usage, each);
		char *dash = strrchr(name, '-');
		if (!dash)
			break;
		*dash = '\0';
	}
}

/* ---- what it says ------------------------------------------------------------------------------------------ */

static Seen *seen_of(Measures *measures, Node container)
{
	Seen *seen = g_hash_table_lookup(measures->seen, GUINT_TO_POINTER(container));
	if (!seen) {
		seen = g_new0(Seen, 1);
		g_hash_table_insert(measures->seen, GUINT_TO_POINTER(container), seen);
	}
	return seen;
}

static void raise_most(const Measures *measures, Node usage, FactKind kind, int64_t *most)
{
	GRAPH_OF (measures->usage, usage, kind, row) {
		Slice pair = graph_symbol_slice(measures->usage, row->object);
		size_t equals = slice_find_byte(pair, '=', 0);
		int64_t amount;
		for (size_t i = 0; i < AMOUNTS && equals != SIZE_MAX; i++)
			if (slice_is(slice_sub(pair, 0, equals), amounts[i].word) &&
			        quantity_parse(slice_sub(pair, equals + 1, pair.length), amounts[i].scale, &amount))
				most[i] = MAX(most[i], amount);
	}
}

static void count_usage(Measures *measures, Node container, Node usage)
{
	Seen *seen = seen_of(measures, container);
	const char *pod = graph_name(measures->usage, usage);
	seen->measured = true;
	uint32_t from = graph_number(measures->usage, usage, FACT_MEASURED_FROM),
	         to = graph_number(measures->usage, usage, FACT_MEASURED_TO);
	bool typical = graph_has(measures->usage, usage, FACT_TYPICAL);
	raise_most(measures, usage, FACT_USED, seen->peak);
	raise_most(measures, usage, typical ? FACT_TYPICAL : FACT_USED, seen->usual);
	/* cpu and memory are series of their own in Prometheus: the longer one counts. */
	uint32_t samples = graph_number(measures->usage, usage, FACT_SAMPLES);
	seen->samples = typical ? MAX(seen->samples, samples) : seen->samples + samples;
	seen->from = seen->from && from ? MIN(seen->from, from) : MAX(seen->from, from);
	seen->to = MAX(seen->to, to);
	seen->pods += !seen->pod || strcmp(seen->pod, pod) != 0;
	seen->pod = pod;
}

static void count_kill(Measures *measures, Node container, Node usage)
{
	Seen *seen = seen_of(measures, container);
	seen->measured = true;
	GRAPH_OF (measures->usage, usage, FACT_KILLED, row) {
		Slice text = graph_symbol_slice(measures->usage, row->object);
		size_t equals = slice_find_byte(text, '=', 0);
		int64_t limit;
		if (equals != SIZE_MAX &&
		        slice_is(slice_sub(text, 0, equals), graph_name(measures->graph, container)) &&
		        quantity_parse(slice_sub(text, equals + 1, text.length), 1, &limit))
			seen->killed_at = MAX(seen->killed_at, limit);
	}
}

/* The part of "name=text" that belongs to the container; NULL for another one's. */
static const char *said_of(const Graph *usage, const Row *row, const char *container)
{
	const char *text = graph_symbol_text(usage, row->object);
	size_t length = strlen(container);
	return g_str_has_prefix(text, container) && text[length] == '=' ? text + length + 1 : NULL;
}

static void note_running(Measures *measures, Node container, Node usage)
{
	GRAPH_OF (measures->usage, usage, FACT_RUNNING, row) {
		const char *image = said_of(measures->usage, row, graph_name(measures->graph, container));
		Seen *seen = image ? seen_of(measures, container) : NULL;
		if (seen)
			seen->runs = !seen->runs || strcmp(seen->runs, image) == 0 ? image : "";
	}
}

static void read_measures(Measures *measures)
{
	const Graph *usage = measures->usage;
	GRAPH_NODES (usage, NODE_USAGE, node) {
		const char *container = graph_text(usage, node, FACT_CONTAINER_NAME);
		if (*container && graph_has(usage, node, FACT_USED))
			each_container(measures, container, node, count_usage);
		GRAPH_OF (usage, node, FACT_KILLED, row) {
			g_autofree char *name = g_strdup(graph_symbol_text(usage, row->object));
			name[strcspn(name, "=")] = '\0';
			each_container(measures, name, node, count_kill);
		}
		GRAPH_OF (usage, node, FACT_RUNNING, row) {
			g_autofree char *name = g_strdup(graph_symbol_text(usage, row->object));
			name[strcspn(name, "=")] = '\0';
			each_container(measures, name, node, note_running);
		}
	}
}

/* "672 samples of 2 pods in 7 days". */
static char *evidence_of(const Seen *seen)
{
	GString *text = g_string_new(NULL);
	uint32_t seconds = seen->to - seen->from;
	g_string_append_printf(text, "%u sample%s", MAX(seen->samples, 1), seen->samples > 1 ? "s" : "");
	if (seen->pods > 1)
		g_string_append_printf(text, " of %u pods", seen->pods);
	if (seconds >= 2 * 86400)
		g_string_append_printf(text, " in %u days", seconds / 86400);
	else if (seconds >= 2 * 3600)
		g_string_append_printf(text, " in %u hours", seconds / 3600);
	else if (seconds >= 60)
		g_string_append_printf(text, " in %u minutes", seconds / 60);
	return g_string_free(text, FALSE);
}

/* The digest, where it is one of the image that the file names and not of another that ran before. */
static void derive_running(Graph *graph, Node container, const Seen *seen)
{
	const char *digest = seen->runs ? strchr(seen->runs, '@') : NULL;
	Slice image = slice_from(graph_text(graph, container, FACT_IMAGE));
	if (!digest || slice_find_byte(image, '@', 0) != SIZE_MAX)
		return;
	Slice name = path_name(image), runs = path_name((Slice){seen->runs, (size_t)(digest - seen->runs)});
	name.length = MIN(name.length, slice_find_byte(name, ':', 0));
	runs.length = MIN(runs.length, slice_find_byte(runs, ':', 0));
	if (slice_equal(name, runs))
		graph_derive(graph, container, FACT_RUNNING_DIGEST, graph_intern(graph, slice_from(digest + 1)),
		        graph_place(graph, container));
}

static void derive_container(Graph *graph, Node container, const Seen *seen)
{
	Span place = graph_place(graph, container);
	derive_running(graph, container, seen);
	if (!seen->measured)
		return;
	static const char *const units[AMOUNTS] = {"m", ""};
	for (size_t i = 0; i < AMOUNTS; i++) {
		if (seen->peak[i] == 0)
			continue;
		g_autofree char *peak =
		        g_strdup_printf("%s=%" G_GINT64_FORMAT "%s", amounts[i].word, seen->peak[i], units[i]);
		g_autofree char *usual =
		        g_strdup_printf("%s=%" G_GINT64_FORMAT "%s", amounts[i].word, seen->usual[i], units[i]);
		graph_derive(graph, container, FACT_PEAK, graph_intern(graph, slice_from(peak)), place);
		graph_derive(graph, container, FACT_USUAL, graph_intern(graph, slice_from(usual)), place);
	}
	g_autofree char *evidence = evidence_of(seen);
	graph_derive(graph, container, FACT_MEASURED, graph_intern(graph, slice_from(evidence)), place);
	graph_derive(graph, container, FACT_MEASURED_FOR, seen->to - seen->from, place);
	if (seen->killed_at) {
		g_autofree char *limit = g_strdup_printf("%" G_GINT64_FORMAT, seen->killed_at);
		graph_derive(graph, container, FACT_KILLED_AT, graph_intern(graph, slice_from(limit)), place);
	}
}

void measured_derive(Scan *scan)
{
	Graph *graph = scan->graph;
	if (!scan->usage)
		return;
	Measures measures = {graph, scan->usage->graph,
	        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref),
	        g_hash_table_new_full(NULL, NULL, NULL, g_free)};
	index_workloads(&measures);
	read_measures(&measures);
	GRAPH_NODES (graph, NODE_CONTAINER, container) { /* in their order, for the same graph each time */
		const Seen *seen = g_hash_table_lookup(measures.seen, GUINT_TO_POINTER(container));
		if (seen)
			derive_container(graph, container, seen);
	}
	graph_finish(graph);
	g_hash_table_unref(measures.by_name);
	g_hash_table_unref(measures.seen);
}

void scan_measure(Scan *scan, const Usage *usage, GString *notes)
{
	scan->usage = usage;
	measured_derive(scan);
	beside_derive(scan, notes);
}
