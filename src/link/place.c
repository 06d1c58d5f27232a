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

/* `*` stays within one part of the path, `**` does not. One star is kept to go back to: enough for paths. */
bool link_glob_matches(const char *glob, Slice path)
{
	const char *star = NULL;
	size_t at = 0, star_at = 0;
	bool deep = false;
	while (at < path.length) {
		if (*glob == '*') {
			deep = glob[1] == '*';
			star = glob += 1 + deep;
			star_at = at;
		} else if (*glob == path.at[at]) {
			glob++;
			at++;
		} else if (star && (deep || path.at[star_at] != '/')) {
			glob = star;
			at = ++star_at;
		} else {
			return false;
		}
	}
	while (*glob == '*')
		glob++;
	return *glob == '\0';
}

GPtrArray *link_matching_folders(const Graph *graph, const char *glob)
{
	GPtrArray *folders = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		for (size_t at = 0; at < path.length; at++) {
			Slice folder = slice_sub(path, 0, at);
			if (path.at[at] != '/' || !link_glob_matches(glob, folder))
				continue;
			char *copy = slice_dup(folder);
			if (g_hash_table_add(seen, copy))
				g_ptr_array_add(folders, copy);
			else
				g_free(copy);
		}
	}
	return folders;
}

/* `./kubernetes/${CLUSTER}/apps`: the one folder that it can be, or of several the one in the tree that names it. NULL
 * where nobody can say. Free with g_free. */
static char *only_folder(const Graph *graph, Node entry, Slice path)
{
	g_autoptr(GString) glob = g_string_new(NULL);
	while (slice_starts(path, "./"))
		path = slice_sub(path, 2, path.length);
	for (size_t at = 0; at < path.length; at++) {
		size_t end = path.at[at] == '$' ? slice_find_byte(path, '}', at) : SIZE_MAX;
		g_string_append_c(glob, end == SIZE_MAX ? path.at[at] : '*');
		at = end == SIZE_MAX ? at : end;
	}
	while (glob->len && glob->str[glob->len - 1] == '/')
		g_string_truncate(glob, glob->len - 1);
	size_t fixed = strcspn(glob->str, "*");
	if (fixed == 0)
		return NULL;
	g_autoptr(GPtrArray) folders = link_matching_folders(graph, glob->str);
	Slice own = graph_folder_of(graph, entry);
	const char *inside = NULL;
	guint count = 0;
	for (guint i = 0; i < folders->len; i++) {
		Slice folder = slice_from(folders->pdata[i]);
		Slice tree = slice_sub(folder, 0, MIN(slice_find_byte(folder, '/', fixed), folder.length));
		if (path_is_below(own, tree)) {
			inside = folders->pdata[i];
			count++;
		}
	}
	if (count == 0 && folders->len == 1)
		inside = folders->pdata[0];
	return count > 1 ? NULL : g_strdup(inside);
}

/* "/apps" and "./apps" are the same to both. */
Place link_find_from_root(const Graph *graph, Node entry, Slice path)
{
	while (path.length && path.at[0] == '/')
		path = slice_sub(path, 1, path.length);
	bool open = slice_find(path, "${", 0) != SIZE_MAX &&
	            link_is_kind(graph, graph_parent(graph, entry), "Kustomization");
	char *only = open ? only_folder(graph, entry, path) : NULL;
	return only ? (Place){PLACE_FOLDER, NODE_NONE, only} : link_find_place(graph, (Slice){"", 0}, path);
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
