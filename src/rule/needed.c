/* Objects that something applied needs, and that no list brings in: then no habit has to tell that one was forgotten.
 */
#include "rule/needed.h"

#include "base/path.h"
#include "fact/maker.h"
#include "rule/apply.h"
#include "rule/owner.h"

#include <string.h>

/* Several objects of a kind that are needed and in no list are a habit unless so many times as many are in one. */
#define FEW_AMONG 5

static Node needed_object(const Graph *graph, const Row *need)
{
	return graph_ancestor(graph, need->object, NODE_OBJECT);
}

/* Something applies the file; where Flux or Argo CD is at work, they do. */
static bool is_file_in_use(const Needed *needed, Node file)
{
	const Graph *graph = checker_graph(needed->checker);
	return graph_has(graph, file, FACT_ROOT) && (!needed->live || graph_has(graph, file, FACT_REACHED_BY));
}

/* All that the subject leads to by rows of the kind stands in files that nothing brings in. */
static bool leads_only_outside(const Graph *graph, Node subject, FactKind kind)
{
	GRAPH_OF (graph, subject, kind, row) {
		Node object = graph_ancestor(graph, row->object, NODE_OBJECT);
		if (!object || is_patch(graph, object) || is_made(graph, object) ||
		        graph_has(graph, file_node_of(graph, object), FACT_REACHED_BY))
			return false;
	}
	return true;
}

static void collect_needed(Needed *needed, FactKind kind, NodeType type)
{
	const Graph *graph = checker_graph(needed->checker);
	GRAPH_EACH (graph, kind, row) {
		Node user = row->subject, file = file_node_of(graph, user), target = file_node_of(graph, row->object);
		if (graph_node_type(graph, user) != type || graph_has(graph, target, FACT_REACHED_BY) ||
		        graph_has(graph, user, FACT_OPTIONAL) || graph_has(graph, user, FACT_MAY_SELECT) ||
		        g_hash_table_contains(needed->files, GUINT_TO_POINTER(target)) || is_quiet(graph, file) ||
		        !is_file_in_use(needed, file) || !leads_only_outside(graph, user, kind))
			continue;
		g_hash_table_insert(needed->files, GUINT_TO_POINTER(target), (gpointer)row);
	}
}

/* Claims that all stand beside the lists, and so outlive what the lists bring in: no single one was forgotten. */
static void collect_apart(Needed *needed)
{
	const Graph *graph = checker_graph(needed->checker);
	g_autoptr(GHashTable) counts = g_hash_table_new(NULL, NULL);
	GHashTableIter iter;
	gpointer row, kind, count;
	g_hash_table_iter_init(&iter, needed->files);
	while (g_hash_table_iter_next(&iter, NULL, &row)) {
		kind = GUINT_TO_POINTER(graph_symbol(graph, needed_object(graph, row), FACT_KIND));
		count = g_hash_table_lookup(counts, kind);
		g_hash_table_insert(counts, kind, GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
	}
	g_hash_table_iter_init(&iter, counts);
	while (g_hash_table_iter_next(&iter, &kind, &count)) {
		uint32_t out = GPOINTER_TO_UINT(count), in = 0;
		GRAPH_TO (graph, FACT_KIND, GPOINTER_TO_UINT(kind), each)
			in += graph_has(graph, file_node_of(graph, each->subject), FACT_REACHED_BY);
		if (out > 1 && out * FEW_AMONG > in)
			g_hash_table_add(needed->apart, kind);
	}
}

static bool may_be_made_in(const Graph *graph, Slice namespace, Slice name)
{
	Symbol symbol;
	if (graph_find_symbol(graph, namespace, &symbol))
		GRAPH_TO (graph, FACT_OPAQUE, symbol, row)
			if (graph_may_make(graph, row->subject, name))
				return true;
	return false;
}

/* A part that cannot be read puts objects where this one would be: the file may be what is left of an older time. What
 * charts come from is made by none. */
static bool may_be_made(const Graph *graph, Node object, Node user)
{
	Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, object));
	if (g_str_has_prefix(graph_text(graph, object, FACT_API_VERSION), "source.toolkit.fluxcd.io/"))
		return false;
	GRAPH_OF (graph, user, FACT_IDENTITY, identity) {
		const char *text = graph_symbol_text(graph, identity->object), *start = strchr(text, '/') + 1;
		Slice namespace = {start, strcspn(start, "/")};
		if (namespace.length == 0 || may_be_made_in(graph, namespace, name))
			return true;
	}
	return may_be_made_in(graph, SLICE("*"), name);
}

/* Secrets are put there by hand more often than not, whatever lies in the repository beside it. */
static Level needed_level(const Graph *graph, Node object, Node user)
{
	bool secret = is_kind(graph, object, "Secret") || graph_has(graph, object, FACT_ENCRYPTED);
	return secret || may_be_made(graph, object, user) ? LEVEL_WARNING : LEVEL_ERROR;
}

/* Below the last path of the list, written as that one is. */
static void mend_list(Checker *checker, Finding *finding, Node list, Slice entry)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	GRAPH_CHILDREN (graph, list, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_KUSTOMIZATION, kustomization)
			GRAPH_CHILDREN (graph, kustomization, NODE_ENTRY, child)
				if (has_role(graph, child, "resource"))
					last = child;
	if (!last)
		return;
	Slice line = graph_line_at(graph, graph_place(graph, last)), text = slice_trim(line);
	if (!slice_starts(text, "- "))
		return;
	const char *dot = slice_starts(slice_from(graph_name(graph, last)), "./") ? "./" : "";
	set_because(checker, finding, FIX_VALUE, "nothing else makes what is needed");
	add_lines_below(checker, finding, graph_place(graph, last),
	        arena_printf(checker_arena(checker), "%.*s- %s%.*s", (int)(text.at - line.at), line.at, dot,
	                SLICE_ARGS(entry)));
}

void report_needed(const Needed *needed, Node file, Node list)
{
	Checker *checker = needed->checker;
	const Row *need = g_hash_table_lookup(needed->files, GUINT_TO_POINTER(file));
	const Graph *graph = checker_graph(checker);
	Node object = needed_object(graph, need);
	Node user = graph_ancestor(graph, need->subject, NODE_OBJECT);
	Slice path = slice_from(graph_name(graph, file)), lister = slice_from(graph_name(graph, list));
	Slice entry = path_folder(lister).length ? slice_sub(path, path_folder(lister).length + 1, path.length) : path;
	const char *kind = graph_text(graph, user, FACT_KIND), *name = graph_name(graph, user);
	Finding *finding = report_at(checker, needed_level(graph, object, user), file, graph_place(graph, object),
	        "%s %s is in no kustomization, and %s %s needs it", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object), kind, name);
	add_evidence(checker, finding, graph_place(graph, need->subject), "%s %s %s it here", kind, name,
	        need->kind == FACT_SELECTS ? "selects" : "names");
	add_evidence(
	        checker, finding, graph_place(graph, list), "this kustomization does not list %.*s", SLICE_ARGS(entry));
	set_hint(checker, finding, "add `- %.*s` to resources in %s", SLICE_ARGS(entry), lister.at);
	if (finding->level == LEVEL_ERROR)
		mend_list(checker, finding, list, entry);
}

bool needed_by_list(const Needed *needed, Node file, Node list)
{
	const Graph *graph = checker_graph(needed->checker);
	const Row *need = g_hash_table_lookup(needed->files, GUINT_TO_POINTER(file));
	if (!list || !need || !share_root(graph, file_node_of(graph, need->subject), list))
		return false;
	Symbol kind = graph_symbol(graph, needed_object(graph, need), FACT_KIND);
	return !g_hash_table_contains(needed->apart, GUINT_TO_POINTER(kind));
}

void needed_read(Needed *needed, Checker *checker, bool live)
{
	*needed = (Needed){checker, g_hash_table_new(NULL, NULL), g_hash_table_new(NULL, NULL), live};
	collect_needed(needed, FACT_REFERS_TO, NODE_REFERENCE);
	collect_needed(needed, FACT_SELECTS, NODE_OBJECT);
	collect_apart(needed);
}

void needed_clear(Needed *needed)
{
	g_hash_table_unref(needed->files);
	g_hash_table_unref(needed->apart);
}
