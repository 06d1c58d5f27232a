/* Files that nothing is demanded of: ignored paths and areas on their way out by labwright.yaml, and copies of a tree.
 */
#include "base/path.h"
#include "link/linker.h"

static void mark(Graph *graph, const Row *row, const char *why)
{
	const char *pattern = graph_symbol_text(graph, row->object);
	Symbol reason = graph_intern(graph, slice_from(why));
	Span place = graph_span(graph, row);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (path_matches(pattern, graph_file_path(graph, file)))
			graph_derive(graph, graph_file_node(graph, file), FACT_QUIET, reason, place);
}

/* ---- copies --------------------------------------------------------------------------------------------------- */

/* So many files at the same place below two folders are a copy. */
#define LEAST_COPIED 8

/* The part of a path below its first folder, which is called as people call copies; NULL for all others. */
static const char *below_copy(const char *path)
{
	static const char *const names[] = {"backup/", "backups/", "bak/", "copy/", "_backup/"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(path, names[i]))
			return path + strlen(names[i]);
	return NULL;
}

static void take_copies(Graph *graph, uint32_t first, uint32_t end)
{
	Symbol reason = graph_intern(graph, SLICE("copy"));
	for (uint32_t file = first; file < end; file++)
		graph_derive(graph, graph_file_node(graph, file), FACT_QUIET, reason,
		        graph_place(graph, graph_file_node(graph, file)));
}

/* backup/apps/web.yaml beside cluster/apps/web.yaml: the tree as it was once, kept beside the one in use. */
static void mark_copies(Graph *graph)
{
	g_autoptr(GHashTable) elsewhere = g_hash_table_new(g_str_hash, g_str_equal);
	uint32_t first = UINT32_MAX, end = 0, copied = 0;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *path = graph_file_path(graph, file), *slash = strchr(path, '/');
		if (slash && !below_copy(path))
			g_hash_table_add(elsewhere, (gpointer)(slash + 1));
	}
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *below = below_copy(graph_file_path(graph, file));
		if (!below)
			continue;
		first = MIN(first, file);
		end = file + 1;
		copied += g_hash_table_contains(elsewhere, below);
	}
	if (copied >= LEAST_COPIED && copied * 2 >= end - first)
		take_copies(graph, first, end);
}

void link_quiet(Graph *graph)
{
	mark_copies(graph);
	GRAPH_EACH (graph, FACT_IGNORES, row)
		mark(graph, row, "ignored");
	GRAPH_EACH (graph, FACT_DEPRECATED, flag)
		GRAPH_OF (graph, flag->subject, FACT_PATH, row)
			mark(graph, row, "deprecated");
}
