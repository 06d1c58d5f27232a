/* Paths that files name, as places of the repository. A path below a submodule, out of the repository or with a
 * variable in it is unknown and never missing; symbolic links are followed as Git keeps them. */
#include "base/path.h"
#include "link/linker.h"

#define MOST_LINKS 8

bool link_is_open(const char *text)
{
	return strstr(text, "${") || strstr(text, "$(") || strstr(text, "{{") || strstr(text, "{%") ||
	       (strchr(text, '<') && strchr(text, '>'));
}

Slice link_folder(const Graph *graph, Node node)
{
	return path_folder(slice_from(graph_file_path(graph, graph_file_of(graph, node))));
}

static bool is_link(const Graph *graph, Node file)
{
	return graph_has(graph, file, FACT_LINK_TARGET);
}

Place link_find_place(const Graph *graph, Slice folder, Slice path)
{
	g_autofree char *text = slice_dup(path);
	if (link_is_open(text))
		return (Place){.kind = PLACE_UNKNOWN};
	char *found = path_resolve(folder, path);
	for (uint32_t links = 0; found && links < MOST_LINKS; links++) {
		Slice at = slice_from(found);
		Node file = graph_find_file(graph, at);
		bool unread = file && graph_is_submodule(graph, file);
		if (file && !unread && !is_link(graph, file))
			return (Place){PLACE_FILE, file, found};
		if (graph_has_folder(graph, at))
			return (Place){PLACE_FOLDER, NODE_NONE, found};
		char *next = unread ? NULL : graph_follow_link(graph, at, &unread);
		if (!next && !unread)
			return (Place){PLACE_MISSING, NODE_NONE, found};
		g_free(found);
		found = next;
	}
	g_free(found);
	return (Place){.kind = PLACE_UNKNOWN};
}

static Node read_kustomization(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document) {
		Node node = graph_first_child(graph, document, NODE_KUSTOMIZATION);
		if (node)
			return node;
	}
	return file;
}

Node link_find_kustomization(const Graph *graph, Slice folder)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml", "Kustomization"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path =
		        g_strdup_printf("%.*s%s%s", SLICE_ARGS(folder), folder.length ? "/" : "", names[i]);
		Node file = graph_find_file(graph, slice_from(path));
		if (file)
			return read_kustomization(graph, file);
	}
	return NODE_NONE;
}

void link_files_below(const Graph *graph, Slice folder, uint32_t *ret_first, uint32_t *ret_end)
{
	*ret_first = 0;
	*ret_end = graph_files(graph);
	if (folder.length == 0)
		return;
	g_autofree char *from = g_strdup_printf("%.*s/", SLICE_ARGS(folder));
	g_autofree char *to = g_strdup_printf("%.*s0", SLICE_ARGS(folder)); /* '0' follows '/' */
	*ret_first = graph_first_file(graph, from);
	*ret_end = graph_first_file(graph, to);
}
