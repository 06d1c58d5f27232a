/* One missing thing is one finding, however many places name it: what it says, what was probably meant, and the mend.
 */
#include "rule/missing.h"

#include "base/near.h"
#include "rule/former.h"

bool reference_wants(const Graph *graph, Node reference, const char *kind)
{
	return strcmp(graph_text(graph, reference, FACT_WANTS_KIND), kind) == 0;
}

static bool is_why(const Graph *graph, Node reference, const char *why)
{
	return strcmp(graph_text(graph, reference, FACT_UNRESOLVED), why) == 0;
}

/* A chart in the same namespace could make it, though its name says something else. */
static bool is_unlikely(const Graph *graph, Node reference)
{
	return is_why(graph, reference, "unlikely");
}

/* "missing", "other-namespace": which of them, for one finding. */
bool reference_is_elsewhere(const Graph *graph, Node reference)
{
	return is_why(graph, reference, "other-namespace");
}

/* Asked of all objects of a kind for each reference: most differ in the first bytes. */
static bool is_in_folder(const Graph *graph, Node node, Slice folder)
{
	const char *path = graph_file_path(graph, graph_file_of(graph, node));
	if (folder.length && (strncmp(path, folder.at, folder.length) != 0 || path[folder.length] != '/'))
		return false;
	return !strchr(path + folder.length + (folder.length != 0), '/');
}

/* A database beside what names it is meant whatever it is called now; NODE_NONE for none and for two. */
static Node only_database(const Graph *graph, Node reference)
{
	Node only = NODE_NONE;
	Slice folder = graph_folder_of(graph, reference);
	if (!has_role(graph, reference, "database"))
		return NODE_NONE;
	GRAPH_TO (graph, FACT_KIND, graph_symbol(graph, reference, FACT_WANTS_KIND), row) {
		if (is_quiet(graph, row->subject) || !is_in_folder(graph, row->subject, folder))
			continue;
		if (only)
			return NODE_NONE;
		only = row->subject;
	}
	return only;
}

/* Nothing names the object, or what it makes. */
static bool is_unused(const Graph *graph, Node object)
{
	Rows rows = graph_rows_to(graph, FACT_REFERS_TO, object);
	return rows.at == rows.end;
}

/* So many objects of one kind are looked at: a file made to be slow holds more. */
#define MOST_OBJECTS 2000

/* An object in the folder of what names it, called nearly so and named by nobody: it was meant, whatever a chart or an
 * operator may make. NODE_NONE for none and for two. */
static Node forsaken(const Graph *graph, Node reference)
{
	Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, reference)),
	      folder = graph_folder_of(graph, reference);
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GArray) objects = g_array_new(FALSE, FALSE, sizeof(Node));
	uint32_t left = MOST_OBJECTS;
	GRAPH_TO (graph, FACT_KIND, graph_symbol(graph, reference, FACT_WANTS_KIND), row) {
		Node object = row->subject;
		if (left-- == 0)
			break;
		if (graph_node_type(graph, object) != NODE_OBJECT || is_patch(graph, object) ||
		        !is_in_folder(graph, object, folder) || !is_unused(graph, object))
			continue;
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, object)));
		g_array_append_val(objects, object);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : g_array_index(objects, Node, best);
}

/* The same of what an object makes: an ExternalSecret its Secret. */
static const Row *forsaken_provided(const Graph *graph, Node reference)
{
	g_autofree char *kind = g_strconcat(graph_text(graph, reference, FACT_WANTS_KIND), "/", NULL);
	Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, reference)),
	      folder = graph_folder_of(graph, reference);
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	uint32_t left = MOST_OBJECTS;
	GRAPH_EACH (graph, FACT_PROVIDES, row) {
		if (left-- == 0)
			break;
		Slice made = graph_symbol_slice(graph, row->object);
		if (!slice_starts(made, kind) || is_patch(graph, row->subject) ||
		        !is_in_folder(graph, row->subject, folder) || !is_unused(graph, row->subject))
			continue;
		near_offer(&search, slice_sub(made, strlen(kind), made.length));
		g_ptr_array_add(rows, (gpointer)row);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NULL : rows->pdata[best];
}

bool reference_is_excused(const Graph *graph, Node reference)
{
	return is_why(graph, reference, "excused");
}

/* Charts seldom make what many namespaces share: their rules say themselves what a chart excuses. */
static bool is_shared(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "gateway") || has_role(graph, reference, "secret-store") ||
	       has_role(graph, reference, "issuer") || reference_wants(graph, reference, "IngressClass");
}

static Node first_named(const Graph *graph, Node reference)
{
	Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), object)
	if (graph_says(graph, object, FACT_KIND, kind))
		return object;
	return NODE_NONE;
}

/* An object of the name stands in a file that a chart is given, perhaps as its values: it makes that. */
bool reference_is_missing(const Graph *graph, Node reference)
{
	if (reference_is_excused(graph, reference) && !is_shared(graph, reference))
		return forsaken(graph, reference) || forsaken_provided(graph, reference);
	if (reference_is_excused(graph, reference) && first_named(graph, reference))
		return false;
	return is_why(graph, reference, "missing") || is_unlikely(graph, reference) ||
	       reference_is_elsewhere(graph, reference) || reference_is_excused(graph, reference);
}

/* The one object of the wanted kind that was probably meant, mostly by its name; or NODE_NONE. */
Node missing_near(const Graph *graph, Node reference)
{
	Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
	Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, reference));
	NearSearch search = near_search(name, MIN(near_limit(name), 2));
	g_autoptr(GArray) objects = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		if (is_quiet(graph, row->subject))
			continue;
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, row->subject)));
		g_array_append_val(objects, row->subject);
	}
	size_t best = near_result(&search);
	if (best == SIZE_MAX)
		return only_database(graph, reference);
	Node near = g_array_index(objects, Node, best);
	bool excused = reference_is_excused(graph, reference) && !is_shared(graph, reference);
	return excused && near != forsaken(graph, reference) ? NODE_NONE : near;
}

/* The one of the rows, each "Kind/name", whose name was probably meant; NULL for none. */
static const Row *near_row(const Graph *graph, Node reference, FactKind fact, unsigned most)
{
	g_autofree char *kind = g_strconcat(graph_text(graph, reference, FACT_WANTS_KIND), "/", NULL);
	Slice name = graph_symbol_slice(graph, graph_name_symbol(graph, reference));
	NearSearch search = near_search(name, MIN(near_limit(name), most));
	g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	GRAPH_EACH (graph, fact, row) {
		Slice made = graph_symbol_slice(graph, row->object);
		if (!slice_starts(made, kind) || is_quiet(graph, row->subject) ||
		        !g_hash_table_add(seen, GUINT_TO_POINTER(row->object)))
			continue;
		near_offer(&search, slice_sub(made, strlen(kind), made.length));
		g_ptr_array_add(rows, (gpointer)row);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NULL : rows->pdata[best];
}

/* What a script, document or template makes. */
const Row *missing_near_made(const Graph *graph, Node reference)
{
	return near_row(graph, reference, FACT_CREATES, 2);
}

/* What another object says that it makes: an ExternalSecret its Secret. Most of those are called after one pattern, so
 * one step is all that a slip may be. */
const Row *missing_near_provided(const Graph *graph, Node reference)
{
	return reference_is_elsewhere(graph, reference) ? NULL : near_row(graph, reference, FACT_PROVIDES, 1);
}

static void explain_missing(Checker *checker, Finding *finding, Node reference)
{
	const Graph *graph = checker_graph(checker);
	Node elsewhere = reference_is_elsewhere(graph, reference) ? first_named(graph, reference) : NODE_NONE;
	Node near = elsewhere ? NODE_NONE : missing_near(graph, reference);
	const Row *provided = elsewhere || near ? NULL : missing_near_provided(graph, reference);
	const Row *made = elsewhere || near ? NULL : provided ? provided : missing_near_made(graph, reference);
	if (elsewhere) {
		const char *namespace = graph_text(graph, elsewhere, FACT_NAMESPACE);
		add_evidence(checker, finding, graph_place(graph, elsewhere), "the %s of that name is in %s%s",
		        graph_text(graph, reference, FACT_WANTS_KIND), *namespace ? "namespace " : "another namespace",
		        namespace);
	} else if (near && graph_name_symbol(graph, near) == graph_name_symbol(graph, reference)) {
		add_evidence(checker, finding, graph_place(graph, near),
		        "one of that name is made here, for another namespace");
	} else if (near) {
		bool beside = near == only_database(graph, reference);
		add_evidence(checker, finding, graph_place(graph, near),
		        beside ? "the one beside it is %s" : "the nearest name is %s", graph_name(graph, near));
		set_hint(checker, finding, "write %s", graph_name(graph, near));
		set_because(checker, finding, FIX_VALUE,
		        beside ? "%s %s is the only one in the folder" : "%s %s is the only one with a name so near",
		        graph_text(graph, reference, FACT_WANTS_KIND), graph_name(graph, near));
		add_rename(checker, finding, graph_place(graph, reference), graph_name(graph, reference),
		        graph_name(graph, near));
	} else if (made) {
		const char *name = strchr(graph_symbol_text(graph, made->object), '/') + 1;
		add_evidence(checker, finding, graph_span(graph, made), "%s is made here, the nearest name", name);
		set_hint(checker, finding, "write %s", name);
		set_because(checker, finding, FIX_VALUE,
		        provided ? "%s is the only one that is made with a name so near"
		                 : "%s is the only one made by hand with a name so near",
		        name);
		add_rename(checker, finding, graph_place(graph, reference), graph_name(graph, reference), name);
	}
}

static void add_mention(Checker *checker, Finding *finding, Node reference)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *user = user_text(graph, reference);
	add_evidence(checker, finding, graph_place(graph, reference), "%s names it too", user);
	Node near = finding->n_edits ? missing_near(graph, reference) : NODE_NONE;
	if (near)
		add_rename(checker, finding, graph_place(graph, reference), graph_name(graph, reference),
		        graph_name(graph, near));
}

/* The cluster has what no file makes: it was made there by hand, or by something that the files do not show. */
bool missing_is_only_there(const Graph *graph, Node reference)
{
	return graph_has(graph, reference, FACT_ON_CLUSTER);
}

static Finding *report_reference(Checker *checker, Node reference, Level level, const char *unless)
{
	const Graph *graph = checker_graph(checker);
	const char *kind = graph_text(graph, reference, FACT_WANTS_KIND), *name = graph_name(graph, reference);
	g_autofree char *user = user_text(graph, reference);
	bool there = missing_is_only_there(graph, reference);
	Finding *finding = report_at(checker, there ? LEVEL_INFO : level, reference, graph_place(graph, reference),
	        there ? "%s needs %s %s, which only the cluster has: no file makes it"
	        : reference_is_elsewhere(graph, reference) ? "%s needs %s %s, which is only in another namespace"
	                                                   : "%s needs %s %s, which nothing in this repository makes",
	        user, kind, name);
	if (there) {
		set_hint(checker, finding, "it is missing when the cluster is built anew from these files");
		return finding;
	}
	explain_missing(checker, finding, reference);
	if (!finding->hint && unless)
		set_hint(checker, finding, "%s", unless);
	return finding;
}

/* One finding for each missing thing that take() accepts, the later mentions as evidence. Where a chart of another name
 * stands by, what is no more than a note is left unsaid. */
void report_missing(
        Checker *checker, bool (*take)(const Graph *, Node), Level (*level)(const Graph *, Node), const char *unless)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_UNRESOLVED, row) {
		Node reference = row->subject;
		if (graph_node_type(graph, reference) != NODE_REFERENCE || !reference_is_missing(graph, reference) ||
		        is_quiet(graph, reference) || !take(graph, reference))
			continue;
		const char *kind = graph_text(graph, reference, FACT_WANTS_KIND), *name = graph_name(graph, reference);
		char *key = g_strdup_printf("%s/%s/%d/%s", kind, graph_text(graph, reference, FACT_UNRESOLVED),
		        missing_is_only_there(graph, reference), name);
		Finding *finding = g_hash_table_lookup(known, key);
		Level own = finding ? finding->level : level(graph, reference);
		bool unlikely = is_unlikely(graph, reference);
		if (finding)
			add_mention(checker, finding, reference);
		bool doubtful = unlikely || reference_is_excused(graph, reference);
		if (finding || (doubtful && own < LEVEL_WARNING)) {
			g_free(key);
			continue;
		}
		/* A chart calls its accounts as it likes: those that programs use which its own program starts. */
		Level doubted = reference_wants(graph, reference, "ServiceAccount") ? LEVEL_INFO : LEVEL_WARNING;
		finding = report_reference(checker, reference, unlikely ? doubted : own, unless);
		g_hash_table_insert(known, key, finding);
	}
}
