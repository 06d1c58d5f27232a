/* Where the Applications of charts lead to. A template is not YAML, so its lines are read: `path:` ends with the name
 * of a folder, or with a value that may be any. */
#include "rule/templated.h"

#include "base/path.h"
#include "rule/search.h"

bool is_in_chart(const Graph *graph, Slice path)
{
	for (Slice folder = path_folder(path); folder.length; folder = path_folder(folder)) {
		g_autofree char *chart = g_strdup_printf("%.*s/Chart.yaml", SLICE_ARGS(folder));
		if (graph_find_file(graph, slice_from(chart)))
			return true;
	}
	return false;
}

static void read_line(Templated *templated, Slice line)
{
	Slice text = slice_trim(line);
	if (slice_starts(text, "- "))
		text = slice_trim(slice_sub(text, 2, text.length));
	if (!slice_starts(text, "path:"))
		return;
	size_t end = text.length;
	while (end > strlen("path:") && strchr(" \t\"'/", text.at[end - 1]))
		end--;
	Slice path = slice_sub(text, strlen("path:"), end), last = slice_trim(path_name(path));
	if (slice_ends(last, "}}"))
		templated->any = true;
	else
		g_hash_table_add(templated->folders, slice_dup(last));
}

Templated templated_new(const Graph *graph)
{
	Templated templated = {.folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
	Symbol format;
	if (!graph_find_symbol(graph, SLICE("template"), &format))
		return templated;
	GRAPH_TO (graph, FACT_FORMAT, format, row) {
		Slice bytes = graph_file_bytes(graph, graph_file_of(graph, row->subject)), line;
		bool applier = text_has(bytes, "kind: Application") || text_has(bytes, "kustomize.toolkit.fluxcd.io/");
		if (!applier || !is_in_chart(graph, slice_from(graph_name(graph, row->subject))))
			continue;
		while (slice_next_line(&bytes, &line))
			read_line(&templated, line);
	}
	return templated;
}

void templated_clear(Templated *templated)
{
	g_clear_pointer(&templated->folders, g_hash_table_unref);
}

bool is_templated(const Templated *templated, Slice path)
{
	g_autofree char *folder = slice_dup(path_name(path_folder(path)));
	return templated->any || g_hash_table_contains(templated->folders, folder);
}
