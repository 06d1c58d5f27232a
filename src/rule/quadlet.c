/* Units of Podman that name other units: the generator that makes services of them wants each to be there. */
#include "base/near.h"
#include "base/path.h"
#include "rule/rule.h"

/* Units are found by their names in any folder below the one for units, so the folder does not count. */
static bool is_there(const Graph *graph, Slice name)
{
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (slice_equal(path_name(slice_from(graph_file_path(graph, file))), name))
			return true;
	return false;
}

/* The one unit of the folder, of the same ending, that was probably meant; NODE_NONE for none. */
static Node near_unit(const Graph *graph, Node reference, Slice name)
{
	const char *ending = strrchr(name.at, '.');
	Slice folder = graph_folder_of(graph, reference);
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GArray) files = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	for (uint32_t file = 0; ending && file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!slice_equal(path_folder(path), folder) || !slice_ends(path, ending))
			continue;
		near_offer(&search, path_name(path));
		g_array_append_val(files, file);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : graph_file_node(graph, g_array_index(files, uint32_t, best));
}

/* One file that is not there is one finding, however many name it. */
static void report_unit(Checker *checker, GHashTable *known, Node reference)
{
	const Graph *graph = checker_graph(checker);
	const char *name = graph_name(graph, reference);
	Finding *finding = g_hash_table_lookup(known, name);
	if (finding)
		add_evidence(checker, finding, graph_place(graph, reference), "named here as well");
	else
		finding = report(checker, reference, graph_place(graph, reference),
		        "the unit %s is named, and there is no such file", name);
	g_hash_table_insert(known, (gpointer)name, finding);
	set_detail(checker, finding, "%s", name);
	Node near = near_unit(graph, reference, graph_symbol_slice(graph, graph_name_symbol(graph, reference)));
	if (!near)
		return;
	g_autofree char *other = slice_dup(path_name(slice_from(graph_name(graph, near))));
	add_evidence(checker, finding, graph_place(graph, near), "this one is in the folder");
	set_hint(checker, finding, "write %s", other);
	set_because(checker, finding, FIX_VALUE, "it is the only unit of its kind with a name so near");
	add_rename(checker, finding, graph_place(graph, reference), name, other);
}

static void check_quadlet_unit_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_str_hash, g_str_equal);
	GRAPH_NODES (graph, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "unit") && !is_quiet(graph, reference) &&
		        !is_open_text(graph_name(graph, reference)) && !strchr(graph_name(graph, reference), '%') &&
		        !is_there(graph, graph_symbol_slice(graph, graph_name_symbol(graph, reference))))
			report_unit(checker, known, reference);
}

static const Rule rules[] = {
        {
                .id = "quadlet-unit-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a Quadlet names a unit that does not exist",
                .why = "Podman's generator makes no service of a unit that names a .network, .volume, .pod, .image or "
                       ".build which is not there: after the next daemon-reload or boot the program is gone.",
                .remedy = "Correct the name, or add the unit beside it.",
                .peers = "podman-system-generator: requested Quadlet source was not found",
                .check = check_quadlet_unit_missing,
        },
};

const RuleSet rules_quadlet = {"quadlet", rules, G_N_ELEMENTS(rules)};
