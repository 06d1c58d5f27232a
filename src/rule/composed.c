/* What compose refuses to read: words that it does not know, and files and services that `include` and `extends` name
 * and that are not there. It starts nothing of such a project. And what the engine puts an empty folder in place of:
 * files that are mounted and not there. */
#include "base/near.h"
#include "base/path.h"
#include "rule/extended.h"
#include "rule/gone.h"
#include "rule/moved.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- compose-invalid ------------------------------------------------------------------------------------------- */

static void check_compose_invalid(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("compose-invalid"), &name))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, name, problem)
	{
		if (is_quiet(graph, problem))
			continue;
		const char *near = graph_text(graph, problem, FACT_NEAR);
		Finding *finding = report(checker, graph_parent(graph, problem), graph_place(graph, problem), "%s",
		        graph_text(graph, problem, FACT_MESSAGE));
		set_detail(checker, finding, "%s", graph_text(graph, problem, FACT_NAME_SPAN));
		if (!*near)
			continue;
		set_hint(checker, finding, "write %s", near);
		set_because(checker, finding, FIX_VALUE, "compose knows no other word so near");
		add_rename(checker, finding, graph_place(graph, problem), graph_text(graph, problem, FACT_NAME_SPAN),
		        near);
	}
}

/* ---- compose-part-missing --------------------------------------------------------------------------------------- */

/* A path of this repository that ought to be there: neither remote, nor with variables, nor kept out of Git. */
static bool is_absent(const Graph *graph, const Gone *gone, Slice folder, Slice path)
{
	g_autofree char *full = is_literal_path(path) ? path_resolve(folder, path) : NULL;
	return full && !path_exists(graph, slice_from(full)) && !is_kept_out(gone, folder, path);
}

static void check_include(Gone *gone, const Graph *graph, const Row *row)
{
	Slice folder = graph_folder_of(graph, row->subject), path = graph_symbol_slice(graph, row->object);
	g_autofree char *full = path_resolve(folder, path);
	if (full && is_absent(graph, gone, folder, path))
		gone_add(gone, LEVEL_ERROR, row->subject, graph_span(graph, row), slice_from(full));
}

static void check_extended_service(Checker *checker, const Row *row, Node compose, Slice name)
{
	const Graph *graph = checker_graph(checker);
	NearSearch search = near_search(name, near_limit(name));
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, service) {
		if (slice_equal(graph_symbol_slice(graph, graph_name_symbol(graph, service)), name))
			return;
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, service)));
	}
	if (graph_has(graph, compose, FACT_INCLUDES))
		return;
	Finding *finding = report(checker, row->subject, graph_span(graph, row),
	        "service %s extends '%.*s', and %s has no such service", graph_name(graph, row->subject),
	        SLICE_ARGS(name), graph_file_path(graph, graph_file_of(graph, compose)));
	add_evidence(checker, finding, graph_place(graph, compose), "the file that is extended");
	if (near_result(&search) == SIZE_MAX)
		return;
	g_autofree char *old = slice_dup(name), *new = slice_dup(search.best);
	set_hint(checker, finding, "write %s", new);
	set_because(checker, finding, FIX_VALUE, "no other service of that file has a name so near");
	add_rename(checker, finding, graph_span(graph, row), old, new);
}

/* FILE:SERVICE, or a service of the same file behind the colon. */
static void check_extends(Checker *checker, Gone *gone, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Slice text = graph_symbol_slice(graph, row->object), folder = graph_folder_of(graph, row->subject);
	size_t colon = slice_find_byte(text, ':', 0);
	if (colon == SIZE_MAX || slice_find_byte(text, '$', 0) != SIZE_MAX)
		return;
	Slice path = slice_sub(text, 0, colon), name = slice_sub(text, colon + 1, text.length);
	g_autofree char *full = path.length ? path_resolve(folder, path) : NULL;
	Node other = full ? compose_at(graph, row->subject, path) : graph_ancestor(graph, row->subject, NODE_COMPOSE);
	if (other && name.length)
		check_extended_service(checker, row, other, name);
	else if (full && is_absent(graph, gone, folder, path))
		gone_add(gone, LEVEL_ERROR, row->subject, graph_span(graph, row), slice_from(full));
}

static void check_compose_part_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Gone) gone = gone_new(checker, "compose needs");
	GRAPH_EACH (graph, FACT_INCLUDES, row)
		if (graph_node_type(graph, row->subject) == NODE_COMPOSE && !is_quiet(graph, row->subject))
			check_include(gone, graph, row);
	GRAPH_EACH (graph, FACT_EXTENDS, row)
		if (graph_node_type(graph, row->subject) == NODE_SERVICE && !is_quiet(graph, row->subject))
			check_extends(checker, gone, row);
	gone_report(gone);
}

/* ---- mount-source-missing --------------------------------------------------------------------------------------- */

/* A file of the repository that the mount is meant for: its path is nearly the one that is written. What has no such
 * neighbour may be made by hand, or by the program itself. Free with g_free. */
static char *near_source(const Graph *graph, const Gone *gone, Node mount, Slice path)
{
	Slice folder = graph_folder_of(graph, mount);
	g_autofree char *full =
	        has_extension(path) && is_absent(graph, gone, folder, path) ? path_resolve(folder, path) : NULL;
	g_autofree char *near = full ? moved_near(graph, full, 2) : NULL;
	bool file = near && graph_find_file(graph, slice_from(near)) && path_folder(slice_from(near)).length;
	return file ? g_steal_pointer(&near) : NULL;
}

/* A folder that is mounted read-only is to have something in it from the start. The folder of nearly that name;
 * ret_file is a file in it. Free with g_free. */
static char *near_folder(const Graph *graph, const Gone *gone, Node mount, Slice path, Node *ret_file)
{
	Slice base = graph_folder_of(graph, mount);
	bool wanted =
	        graph_has(graph, mount, FACT_READ_ONLY) && !has_extension(path) && is_absent(graph, gone, base, path);
	g_autofree char *full = wanted ? path_resolve(base, path) : NULL;
	g_autofree char *near = full && *full ? moved_near(graph, full, path.length < 10 ? 1 : 2) : NULL;
	if (!near || graph_find_file(graph, slice_from(near)) || !graph_has_path(graph, slice_from(near)))
		return NULL;
	g_autofree char *start = g_strconcat(near, "/", NULL);
	*ret_file = graph_file_node(graph, graph_first_file(graph, start));
	return g_steal_pointer(&near);
}

static void check_mount(Checker *checker, const Gone *gone, Node mount)
{
	const Graph *graph = checker_graph(checker);
	const Row *row = graph_find(graph, mount, FACT_HOST_PATH);
	Slice path = row ? graph_symbol_slice(graph, row->object) : (Slice){"", 0};
	if (!slice_starts(path, "./") && !slice_starts(path, "../"))
		return;
	g_autofree char *near = near_source(graph, gone, mount, path);
	Node file = near ? graph_find_file(graph, slice_from(near)) : NODE_NONE;
	bool folder = !near;
	if (folder)
		near = near_folder(graph, gone, mount, path, &file);
	if (!near)
		return;
	Finding *finding = report(checker, graph_parent(graph, mount), graph_span(graph, row),
	        "service %s mounts '%.*s', which is not in the repository",
	        graph_name(graph, graph_parent(graph, mount)), SLICE_ARGS(path));
	set_detail(checker, finding, "%.*s", SLICE_ARGS(path));
	add_evidence(checker, finding, graph_place(graph, file),
	        folder ? "the folder of this file is, and its name is nearly the same"
	               : "this file is, and its name is nearly the same");
	g_autofree char *old = slice_dup(path), *relative = path_relative(graph_folder_of(graph, mount), near);
	g_autofree char *new = g_strconcat(g_str_has_prefix(relative, "..") ? "" : "./", relative, NULL);
	set_hint(checker, finding, "write %s", new);
	set_because(checker, finding, FIX_VALUE, "no other path is so near");
	add_rename(checker, finding, graph_span(graph, row), old, new);
}

static void check_mount_source_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Gone) gone = gone_new(checker, "a mount needs");
	GRAPH_NODES (graph, NODE_MOUNT, mount)
		if (graph_node_type(graph, graph_parent(graph, mount)) == NODE_SERVICE && !is_quiet(graph, mount))
			check_mount(checker, gone, mount);
}

static const Rule rules[] = {
        {
                .id = "compose-invalid",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "what compose refuses to read",
                .why = "Compose checks the whole file before it starts anything: one misspelt key or policy, two keys "
                       "that exclude each other, and no service of the project comes up.",
                .remedy = "Write it as the Compose Specification has it; what is for other programs begins with x-.",
                .peers = "docker compose config: Additional property is not allowed; declares mutually exclusive "
                         "network_mode and networks",
                .check = check_compose_invalid,
        },
        {
                .id = "compose-part-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a file or service that a compose file is made of is not there",
                .why = "Compose reads what include and extends name before it starts anything, and stops where it is "
                       "not there.",
                .remedy = "Write the path or the service as it is now.",
                .peers = "docker compose config: no such file; cannot extend service",
                .check = check_compose_part_missing,
        },
        {
                .id = "mount-source-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a file that a service mounts is not there, and one of nearly its name is",
                .why = "The engine makes an empty folder of that name and mounts it, and the program finds a folder "
                       "where "
                       "its configuration should be.",
                .remedy = "Write the path of the file as it is now.",
                .check = check_mount_source_missing,
        },
};

const RuleSet rules_composed = {"composed", rules, G_N_ELEMENTS(rules)};
