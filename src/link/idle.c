/* Files that nothing applies. Where Flux or Argo CD bring in nearly all there is, a file that they do not reach is not
 * in use: what is wrong in it stops nothing, and is worth a word and no more. One that the list of a kustomization
 * names in a comment alone was switched off there: no demands are made of it. */
#include "base/path.h"
#include "link/linker.h"

/* With fewer, and with less than so many in use for each that is not, it is no habit to bring all in. */
#define LEAST_LIVE 8
#define LIVE_FOR_EACH 3

/* ---- switched off ------------------------------------------------------------------------------------------------ */

/* `#- web.yaml`: what the list would bring in. False for any other line. */
static bool read_switched_off(Slice line, Slice *ret_path)
{
	Slice text = slice_trim(line), word;
	if (!slice_starts(text, "#"))
		return false;
	while (text.length && strchr("# \t", text.at[0]))
		text = slice_sub(text, 1, text.length);
	if (!slice_starts(text, "-"))
		return false;
	text = slice_sub(text, 1, text.length);
	*ret_path = (Slice){"", 0};
	if (!text.length || !strchr(" \t", text.at[0]) || !slice_next_word(&text, &word))
		return false;
	*ret_path = word;
	return slice_find_byte(word, ':', 0) == SIZE_MAX;
}

/* `#   path: ./apps/web` of a Flux Kustomization that is all comment: what it would bring in. */
static bool read_put_aside(Slice line, bool *ret_kustomization, Slice *ret_path)
{
	static const char kind[] = "kind: Kustomization", key[] = "path: ";
	Slice text = slice_trim(line);
	if (!slice_starts(text, "#")) {
		*ret_kustomization = false;
		return false;
	}
	while (text.length && strchr("# \t", text.at[0]))
		text = slice_sub(text, 1, text.length);
	if (slice_is(text, kind))
		*ret_kustomization = true;
	if (!*ret_kustomization || !slice_starts(text, key))
		return false;
	*ret_path = slice_trim(slice_sub(text, strlen(key), text.length));
	return slice_starts(*ret_path, "./");
}

/* FILE nodes → the list that named them last, as its node. */
typedef struct Off {
	Graph *graph;
	GHashTable *files;
} Off;

/* Something that is not switched off itself, and lies outside of the folder, brings the file in. */
static bool is_brought_in(const Off *off, Node file, Slice folder)
{
	const Graph *graph = off->graph;
	GRAPH_OF (graph, file, FACT_REACHED_BY, row) {
		uint32_t by = graph_file_of(graph, row->object);
		bool inside = folder.length && path_is_below(slice_from(graph_file_path(graph, by)), folder);
		if (!inside && !g_hash_table_contains(off->files, GUINT_TO_POINTER(graph_file_node(graph, by))))
			return true;
	}
	return false;
}

static void switch_off(Off *off, Slice path, Node list)
{
	const Graph *graph = off->graph;
	uint32_t first, end;
	Node file = graph_find_file(graph, path);
	if (file && !is_brought_in(off, file, (Slice){"", 0}))
		g_hash_table_insert(off->files, GUINT_TO_POINTER(file), GUINT_TO_POINTER(list));
	if (file || !graph_has_folder(graph, path))
		return;
	link_files_below(graph, path, &first, &end);
	for (uint32_t i = first; i < end; i++)
		if (!is_brought_in(off, graph_file_node(graph, i), path))
			g_hash_table_insert(
			        off->files, GUINT_TO_POINTER(graph_file_node(graph, i)), GUINT_TO_POINTER(list));
}

static void read_list(Off *off, Node list)
{
	const Graph *graph = off->graph;
	uint32_t file = graph_file_of(graph, list);
	Slice folder = path_folder(slice_from(graph_file_path(graph, file)));
	Slice rest = graph_file_bytes(graph, file), line, written;
	while (slice_next_line(&rest, &line)) {
		g_autofree char *path = read_switched_off(line, &written) ? path_resolve(folder, written) : NULL;
		if (path && *path && !path_is_below(slice_from(graph_file_path(graph, file)), slice_from(path)))
			switch_off(off, slice_from(path), list);
	}
}

/* Beside a Kustomization of Flux that is in use. */
static void read_appliers(Off *off, Node applier)
{
	const Graph *graph = off->graph;
	Slice rest = graph_file_bytes(graph, graph_file_of(graph, applier)), line, written;
	bool kustomization = false;
	while (slice_next_line(&rest, &line)) {
		g_autofree char *path =
		        read_put_aside(line, &kustomization, &written) ? path_resolve((Slice){"", 0}, written) : NULL;
		if (path && *path)
			switch_off(off, slice_from(path), applier);
	}
}

/* What only files that are switched off bring in: the manifests behind a Flux Kustomization. */
static bool spread(Off *off)
{
	const Graph *graph = off->graph;
	bool more = false;
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Node file = graph_file_node(graph, i);
		const Row *by = graph_find(graph, file, FACT_REACHED_BY);
		if (!by || g_hash_table_contains(off->files, GUINT_TO_POINTER(file)) ||
		        is_brought_in(off, file, (Slice){"", 0}))
			continue;
		g_hash_table_insert(off->files, GUINT_TO_POINTER(file), GUINT_TO_POINTER(by->object));
		more = true;
	}
	return more;
}

/* Steps from a list to a manifest: more are a circle. */
#define MOST_STEPS 8

static void mark_switched_off(Graph *graph)
{
	g_autoptr(GHashTable) files = g_hash_table_new(NULL, NULL);
	Off off = {graph, files};
	Symbol reason = graph_intern(graph, SLICE("switched off")), kind;
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, list)
		read_list(&off, list);
	if (graph_find_symbol(graph, SLICE("Kustomization"), &kind))
		GRAPH_TO (graph, FACT_KIND, kind, row)
			read_appliers(&off, row->subject);
	for (int i = 0; g_hash_table_size(files) && i < MOST_STEPS && spread(&off); i++)
		continue;
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Node file = graph_file_node(graph, i);
		Node list = GPOINTER_TO_UINT(g_hash_table_lookup(files, GUINT_TO_POINTER(file)));
		if (list)
			graph_derive(graph, file, FACT_QUIET, reason, graph_place(graph, list));
	}
}

/* ---- not in use -------------------------------------------------------------------------------------------------- */

/* With fewer that are brought in themselves, their owner puts them there by hand. */
#define LEAST_REACHED 8

/* The objects of Flux and Argo CD that bring files in; ret_reached: how many are brought in themselves. */
static GHashTable *find_appliers(const Graph *graph, uint32_t *ret_reached)
{
	GHashTable *appliers = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_REACHED_BY, row) {
		Node file = graph_file_node(graph, graph_file_of(graph, row->object));
		if (graph_node_type(graph, row->object) == NODE_OBJECT &&
		        g_hash_table_add(appliers, GUINT_TO_POINTER(row->object)))
			*ret_reached += graph_has(graph, file, FACT_REACHED_BY);
	}
	return appliers;
}

static bool holds_any(const Graph *graph, GHashTable *objects, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object)
			if (g_hash_table_contains(objects, GUINT_TO_POINTER(object)))
				return true;
	return false;
}

/* It is where a cluster begins: nothing brings it in, and it brings in others like it. */
static bool is_beginning(const Graph *graph, GHashTable *appliers, Node applier)
{
	GRAPH_TO (graph, FACT_ROOT, applier, row)
		if (holds_any(graph, appliers, row->subject))
			return true;
	return false;
}

/* The appliers that are in use, and what brings these in. Where nearly all are brought in themselves, one that is not
 * and begins nothing was left behind. */
static GHashTable *live_roots(const Graph *graph)
{
	uint32_t reached = 0;
	g_autoptr(GHashTable) appliers = find_appliers(graph, &reached);
	GHashTable *roots = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, appliers);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		Node applier = GPOINTER_TO_UINT(key), file = graph_file_node(graph, graph_file_of(graph, applier));
		if (reached >= LEAST_REACHED && !graph_has(graph, file, FACT_REACHED_BY) &&
		        !is_beginning(graph, appliers, applier))
			continue;
		g_hash_table_add(roots, key);
		GRAPH_OF (graph, file, FACT_ROOT, root)
			g_hash_table_add(roots, GUINT_TO_POINTER(root->object));
	}
	return roots;
}

/* Brought in by Flux or Argo CD, or applied by a script. */
static bool is_in_use(const Graph *graph, GHashTable *roots, Node file)
{
	GRAPH_OF (graph, file, FACT_ROOT, row)
		if (graph_node_type(graph, row->object) == NODE_FILE ||
		        g_hash_table_contains(roots, GUINT_TO_POINTER(row->object)))
			return true;
	return false;
}

static bool holds_objects(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		if (graph_first_child(graph, document, NODE_OBJECT) && !graph_has(graph, document, FACT_IS_PATCH))
			return true;
	return false;
}

/* A kustomization is as idle as all that it lists. */
static void mark_idle_lists(Graph *graph)
{
	g_autoptr(GHashTable) used = g_hash_table_new(NULL, NULL), idle = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_REACHED_BY, row) {
		bool list = graph_node_type(graph, row->object) == NODE_KUSTOMIZATION;
		if (list)
			g_hash_table_add(graph_has(graph, row->subject, FACT_IDLE) ? idle : used,
			        GUINT_TO_POINTER(graph_file_node(graph, graph_file_of(graph, row->object))));
	}
	GHashTableIter iter;
	gpointer file;
	g_hash_table_iter_init(&iter, idle);
	while (g_hash_table_iter_next(&iter, &file, NULL))
		if (!g_hash_table_contains(used, file) && !graph_has(graph, GPOINTER_TO_UINT(file), FACT_IDLE))
			graph_derive(graph, GPOINTER_TO_UINT(file), FACT_IDLE, 0,
			        graph_place(graph, GPOINTER_TO_UINT(file)));
}

static void mark_idle(Graph *graph, GHashTable *roots)
{
	g_autoptr(GArray) idle = g_array_new(FALSE, FALSE, sizeof(Node));
	uint32_t live = 0;
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Node file = graph_file_node(graph, i);
		if (!holds_objects(graph, file) || graph_has(graph, file, FACT_CLASS) ||
		        graph_has(graph, file, FACT_QUIET))
			continue;
		if (is_in_use(graph, roots, file) || holds_any(graph, roots, file))
			live++;
		else
			g_array_append_val(idle, file);
	}
	if (live < LEAST_LIVE || live < idle->len * LIVE_FOR_EACH)
		return;
	for (guint i = 0; i < idle->len; i++) {
		Node file = g_array_index(idle, Node, i);
		graph_derive(graph, file, FACT_IDLE, 0, graph_place(graph, file));
	}
	graph_finish(graph);
	mark_idle_lists(graph);
}

void link_idle(Graph *graph)
{
	g_autoptr(GHashTable) roots = live_roots(graph);
	mark_switched_off(graph);
	graph_finish(graph);
	if (g_hash_table_size(roots))
		mark_idle(graph, roots);
}
