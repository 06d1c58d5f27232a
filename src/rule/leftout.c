/* What kustomizations leave out on purpose: files that a comment of the list speaks of. */
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

/* A word about it in the list of this folder or of one above. */
bool is_commented_out(const Graph *graph, Slice path)
{
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
