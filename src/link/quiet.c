/* Files that nothing is demanded of: ignored paths and areas on their way out by labwright.yaml, copies of a tree, and
 * charts and whole repositories of others that were unpacked here. */
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

/* ---- charts of others ----------------------------------------------------------------------------------------- */

/* 1.23.0, v5.8.33: three numbers with dots. */
static bool is_version(Slice part)
{
	size_t at = part.length && part.at[0] == 'v', numbers = 0;
	while (at < part.length) {
		size_t start = at;
		while (at < part.length && g_ascii_isdigit(part.at[at]))
			at++;
		if (at == start)
			return false;
		numbers++;
		if (at < part.length && part.at[at++] != '.')
			return false;
	}
	return numbers == 3;
}

/* charts/jenkins/5.8.33/: who keeps releases of a chart side by side did not write them. Or charts/redis/ within a
 * chart that has it from a repository, as `helm dependency build` unpacks it. */
static bool is_unpacked(const Graph *graph, Slice folder)
{
	for (Slice at = folder; at.length; at = path_folder(at)) {
		if (is_version(path_name(at)))
			return true;
		Slice charts = path_folder(at), parent = path_folder(charts);
		if (!slice_is(path_name(charts), "charts"))
			continue;
		g_autofree char *chart =
		        g_strdup_printf("%.*s%sChart.yaml", SLICE_ARGS(parent), parent.length ? "/" : "");
		g_autofree char *name = g_strdup_printf("name: %.*s\n", SLICE_ARGS(path_name(at)));
		Node file = graph_find_file(graph, slice_from(chart));
		Slice bytes = file ? graph_file_bytes(graph, graph_file_of(graph, file)) : (Slice){"", 0};
		size_t dependencies = slice_find(bytes, "\ndependencies:", 0);
		if (dependencies != SIZE_MAX && slice_find(bytes, name, dependencies) != SIZE_MAX &&
		        slice_find(bytes, "://", dependencies) != SIZE_MAX &&
		        slice_find(bytes, "file://", dependencies) == SIZE_MAX)
			return true;
	}
	return false;
}

static bool is_file_below(const Graph *graph, uint32_t file, Slice folder)
{
	return path_is_below(slice_from(graph_file_path(graph, file)), folder);
}

/* Files are in the order of their paths, so that those of a folder stand together. */
static void mark_unpacked(Graph *graph)
{
	Symbol reason = graph_intern(graph, SLICE("chart"));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), folder = path_folder(path);
		uint32_t first = file, end = file;
		if (!slice_is(path_name(path), "Chart.yaml") || !is_unpacked(graph, folder))
			continue;
		while (first > 0 && is_file_below(graph, first - 1, folder))
			first--;
		while (end < graph_files(graph) && is_file_below(graph, end, folder))
			end++;
		for (uint32_t other = first; other < end; other++)
			graph_derive(graph, graph_file_node(graph, other), FACT_QUIET, reason,
			        graph_place(graph, graph_file_node(graph, file)));
	}
}

/* ---- repositories of others ------------------------------------------------------------------------------------ */

static const char *const license_names[] = {"LICENSE", "LICENSE.md", "LICENSE.txt", "LICENCE", "COPYING"};

/* The license at the root, or NODE_NONE. */
static Node own_license(const Graph *graph)
{
	for (size_t i = 0; i < G_N_ELEMENTS(license_names); i++) {
		Node file = graph_find_file(graph, slice_from(license_names[i]));
		if (file)
			return file;
	}
	return NODE_NONE;
}

/* Only a repository of its own has these: how others take part in it, and what its forge runs. */
static bool is_whole_repository(const Graph *graph, Slice folder)
{
	static const char *const names[] = {"CONTRIBUTING.md", "CODE_OF_CONDUCT.md", "SECURITY.md", "CODEOWNERS",
	        ".travis.yml", ".gitlab-ci.yml", "meta/.galaxy_install_info"};
	g_autofree char *forge = path_resolve(folder, SLICE(".github"));
	if (forge && graph_has_folder(graph, slice_from(forge)))
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(folder, slice_from(names[i]));
		if (path && graph_find_file(graph, slice_from(path)))
			return true;
	}
	return false;
}

/* A repository of somebody else that was copied in, with its license, which is not that of all the others. */
static bool is_taken_in(const Graph *graph, Slice folder, Node license)
{
	Node own = own_license(graph);
	bool same = own && slice_equal(graph_file_bytes(graph, graph_file_of(graph, own)),
	                           graph_file_bytes(graph, graph_file_of(graph, license)));
	return folder.length && !same && is_whole_repository(graph, folder);
}

static void mark_taken_in(Graph *graph)
{
	Symbol reason = graph_intern(graph, SLICE("taken in"));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Node license = graph_file_node(graph, file);
		Slice path = slice_from(graph_file_path(graph, file)), folder = path_folder(path);
		uint32_t first, end;
		if (!slice_is_any(path_name(path), license_names, G_N_ELEMENTS(license_names)) ||
		        !is_taken_in(graph, folder, license))
			continue;
		link_files_below(graph, folder, &first, &end);
		for (uint32_t other = first; other < end; other++)
			graph_derive(
			        graph, graph_file_node(graph, other), FACT_QUIET, reason, graph_place(graph, license));
	}
}

void link_quiet(Graph *graph)
{
	mark_copies(graph);
	mark_unpacked(graph);
	mark_taken_in(graph);
	GRAPH_EACH (graph, FACT_IGNORES, row)
		mark(graph, row, "ignored");
	GRAPH_EACH (graph, FACT_DEPRECATED, flag)
		GRAPH_OF (graph, flag->subject, FACT_PATH, row)
			mark(graph, row, "deprecated");
}
