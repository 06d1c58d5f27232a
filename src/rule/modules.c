/* Imports of JavaScript and TypeScript that lead nowhere. The joins (src/link/module.c) say which; here each missing
 * file or package becomes one finding, however many files import it. */
#include "rule/modules.h"

#include "base/near.h"
#include "base/path.h"
#include "rule/ignored.h"
#include "rule/need.h"

/* Findings of what is missing, by its path or name. */
typedef struct Lost {
	Checker *checker;
	const Graph *graph;
	GHashTable *findings; /* Symbol → Finding */
} Lost;

static void lost_init(Lost *lost, Checker *checker)
{
	*lost = (Lost){checker, checker_graph(checker), g_hash_table_new(NULL, NULL)};
}

/* True where the row tells of what was reported already: it is one more place of that. */
static bool is_repeated(const Lost *lost, const Row *row)
{
	Finding *finding = g_hash_table_lookup(lost->findings, GUINT_TO_POINTER(row->object));
	if (finding)
		add_evidence(lost->checker, finding, graph_place(lost->graph, row->subject), "imported here too");
	return finding != NULL;
}

static Node dockerfile_of(const Graph *graph, Node import)
{
	const Row *row = graph_find(graph, graph_parent(graph, import), FACT_SCRIPT_IN);
	return row ? row->object : NODE_NONE;
}

static void keep(Lost *lost, const Row *row, Finding *finding)
{
	Node dockerfile = dockerfile_of(lost->graph, row->subject);
	if (dockerfile)
		add_evidence(lost->checker, finding, start_span(lost->graph, dockerfile),
		        "the image that it is built into starts here");
	set_detail(lost->checker, finding, "%s", graph_symbol_text(lost->graph, row->object));
	g_hash_table_insert(lost->findings, GUINT_TO_POINTER(row->object), finding);
}

/* ---- files --------------------------------------------------------------------------------------------- */

static Slice stem_of(Slice name)
{
	return slice_sub(name, 0, MIN(slice_find_byte(name, '.', 1), name.length));
}

/* The one file of the folder whose name is a slip, or a capital letter, away. */
static const char *find_beside(const Graph *graph, const char *path)
{
	Slice folder = path_folder(slice_from(path)), wanted = stem_of(path_name(slice_from(path)));
	NearSearch search = near_search(wanted, near_limit(wanted));
	g_autofree char *start = g_strdup_printf("%.*s%s", SLICE_ARGS(folder), folder.length ? "/" : "");
	for (uint32_t file = graph_first_file(graph, start); file < graph_files(graph); file++) {
		Slice other = slice_from(graph_file_path(graph, file));
		if (!slice_starts(other, start))
			break;
		if (slice_equal(path_folder(other), folder) && !slice_equal(stem_of(path_name(other)), search.best))
			near_offer(&search, stem_of(path_name(other)));
	}
	if (near_result(&search) == SIZE_MAX)
		return NULL;
	g_autofree char *found = g_strdup_printf("%s%.*s", start, SLICE_ARGS(search.best));
	uint32_t file = graph_first_file(graph, found);
	return file < graph_files(graph) ? graph_file_path(graph, file) : NULL;
}

static void report_lost(Lost *lost, const Row *row)
{
	const Graph *graph = lost->graph;
	const char *path = graph_symbol_text(graph, row->object), *beside = find_beside(graph, path);
	Finding *finding = report(lost->checker, row->subject, graph_place(graph, row->subject),
	        "'%s' leads nowhere: there is no %s", graph_name(graph, row->subject), path);
	if (beside) {
		add_evidence(lost->checker, finding, graph_place(graph, graph_find_file(graph, slice_from(beside))),
		        "this is what is there");
		set_hint(lost->checker, finding, "%s is probably meant; capital letters count where images are built",
		        beside);
	} else {
		set_hint(lost->checker, finding, "commit the file, or correct the path");
	}
	keep(lost, row, finding);
}

static void report_left_out(Lost *lost, const Row *row)
{
	const Graph *graph = lost->graph;
	const char *path = graph_symbol_text(graph, row->object);
	Finding *finding = report(lost->checker, row->subject, graph_place(graph, row->subject),
	        "'%s' is not copied into the image, so this import fails", graph_name(graph, row->subject));
	set_hint(lost->checker, finding, "copy %s in the Dockerfile", path);
	keep(lost, row, finding);
}

void check_script_imports(Checker *checker)
{
	Lost lost;
	lost_init(&lost, checker);
	g_autoptr(Ignored) ignored = ignored_new(lost.graph);
	GRAPH_EACH (lost.graph, FACT_MODULE_LOST, row)
		if (!is_quiet(lost.graph, row->subject) &&
		        !is_ignored_script(ignored, graph_symbol_text(lost.graph, row->object)) &&
		        !is_repeated(&lost, row))
			report_lost(&lost, row);
	GRAPH_EACH (lost.graph, FACT_MODULE_LEFT_OUT, row)
		if (!is_quiet(lost.graph, row->subject) && !is_repeated(&lost, row))
			report_left_out(&lost, row);
	g_hash_table_unref(lost.findings);
}

/* ---- packages ------------------------------------------------------------------------------------------ */

/* What others bring along is installed too, and may be imported by luck: only a lock file tells. */
static void report_unlisted(Lost *lost, const Row *row)
{
	const Graph *graph = lost->graph;
	Span place = graph_span(graph, row);
	const char *package = graph_symbol_text(graph, row->object), *file = graph_file_path(graph, place.file);
	bool locked = !g_str_has_suffix(file, "package.json");
	Finding *finding = report_at(lost->checker, locked ? LEVEL_ERROR : LEVEL_WARNING, row->subject,
	        graph_place(graph, row->subject), "no package.json names '%s'%s", package,
	        locked ? ", and nothing that is installed brings it" : "");
	add_evidence(
	        lost->checker, finding, place, locked ? "this is all that is installed" : "it is not in this list");
	set_hint(lost->checker, finding, "npm install %s, or what stands for it in your package manager", package);
	keep(lost, row, finding);
}

void check_script_packages(Checker *checker)
{
	Lost lost;
	lost_init(&lost, checker);
	GRAPH_EACH (lost.graph, FACT_PACKAGE_UNLISTED, row)
		if (!is_quiet(lost.graph, row->subject) && !is_repeated(&lost, row))
			report_unlisted(&lost, row);
	g_hash_table_unref(lost.findings);
}
