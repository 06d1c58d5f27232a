/* What kustomizations leave out on purpose: entries in a comment, and files that a comment of the list speaks of. */
#include "rule/leftout.h"

#include "base/path.h"

#include <string.h>

/* The kustomization file of a folder, or NODE_NONE. */
Node kustomization_in(const Graph *graph, Slice folder)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(folder, slice_from(names[i]));
		Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
		if (file)
			return file;
	}
	return NODE_NONE;
}

static bool comment_names(Slice bytes, Slice name)
{
	Slice line;
	g_autofree char *word = slice_dup(name);
	while (slice_next_line(&bytes, &line)) {
		size_t mark = slice_find_byte(line, '#', 0);
		if (mark != SIZE_MAX && slice_find(line, word, mark) != SIZE_MAX)
			return true;
	}
	return false;
}

/* `# - ../../apps/grafana  # disabled`: what the list would bring in. False for any other line. */
static bool read_disabled(Slice line, Slice *ret_path)
{
	Slice text = slice_trim(line), word;
	while (text.length && strchr("# \t", text.at[0]))
		text = slice_sub(text, 1, text.length);
	if (!slice_starts(slice_trim(line), "#") || !slice_starts(text, "- "))
		return false;
	text = slice_sub(text, 2, text.length);
	if (!slice_next_word(&text, &word))
		return false;
	while (word.length && word.at[word.length - 1] == '/')
		word.length--;
	*ret_path = word;
	return word.length && slice_find_byte(word, ':', 0) == SIZE_MAX;
}

/* Paths that kustomizations anywhere list in a comment: their owner took them out. */
GHashTable *disabled_paths(const Graph *graph)
{
	GHashTable *paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_NODES (graph, NODE_KUSTOMIZATION, list) {
		uint32_t file = graph_file_of(graph, list);
		Slice folder = path_folder(slice_from(graph_file_path(graph, file))),
		      rest = graph_file_bytes(graph, file), line, written;
		while (slice_next_line(&rest, &line)) {
			char *path = read_disabled(line, &written) ? path_resolve(folder, written) : NULL;
			if (path)
				g_hash_table_add(paths, path);
		}
	}
	return paths;
}

/* `# - ./grafana` in some list, or a word about it in that of this folder or of one above. */
bool is_commented_out(const Graph *graph, GHashTable *disabled, Slice path)
{
	for (Slice part = path; part.length; part = path_folder(part)) {
		g_autofree char *key = slice_dup(part);
		if (g_hash_table_contains(disabled, key))
			return true;
	}
	Slice name = path_name(path);
	for (Slice folder = path_folder(path);; folder = path_folder(folder)) {
		Node list = kustomization_in(graph, folder);
		if (list && comment_names(graph_file_bytes(graph, graph_file_of(graph, list)), name))
			return true;
		if (folder.length == 0)
			return false;
		name = path_name(folder);
	}
}
