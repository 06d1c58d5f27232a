/* Keys that are taken from a ConfigMap or Secret that does not have them. What a manifest holds is read there; what a
 * script or document makes by hand has the keys that its commands give it. */
#include "base/near.h"
#include "base/path.h"
#include "rule/missing.h"
#include "rule/owner.h"

/* ---- keys of manifests ------------------------------------------------------------------------------------------ */

/* True if the keys of a ConfigMap, Secret, sealed or generated thing are all in the file. A sample is filled in by
 * somebody, who may add some. */
static bool has_known_keys(const Graph *graph, Node target)
{
	const char *kind = graph_text(graph, target, FACT_KIND);
	if (is_quiet(graph, target))
		return false;
	if (graph_node_type(graph, target) == NODE_GENERATED)
		return graph_first_child(graph, target, NODE_KEY) && !graph_has(graph, target, FACT_FILE_ENTRY);
	if (strcmp(kind, "ConfigMap") && strcmp(kind, "Secret") && strcmp(kind, "SealedSecret") &&
	        strcmp(kind, "ExternalSecret"))
		return false;
	return graph_first_child(graph, target, NODE_KEY) != NODE_NONE;
}

static Node find_key(const Graph *graph, Node target, Symbol name)
{
	GRAPH_CHILDREN (graph, target, NODE_KEY, key)
		if (graph_name_symbol(graph, key) == name)
			return key;
	return NODE_NONE;
}

/* A patch above the file that names the same object takes from it what the patch says. */
static bool is_overridden(const Graph *graph, Node reference)
{
	Carriers carriers = carriers_of(graph, file_node_of(graph, reference));
	return is_patched_with(graph, &carriers, graph_name(graph, reference));
}

/* Another object of the same kind and name may hold the key: overlays and patches add some. */
static bool key_is_anywhere(const Graph *graph, Node reference, Symbol name)
{
	if (is_overridden(graph, reference))
		return true;
	GRAPH_OF (graph, reference, FACT_REFERS_TO, row)
		if (!has_known_keys(graph, row->object) || find_key(graph, row->object, name))
			return true;
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), object)
	if (find_key(graph, object, name))
		return true;
	return false;
}

/* The key of target that was probably meant; NODE_NONE for none. */
static Node near_key(const Graph *graph, Node target, Symbol wanted)
{
	Slice name = graph_symbol_slice(graph, wanted);
	NearSearch search = near_search(name, near_limit(name));
	g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_CHILDREN (graph, target, NODE_KEY, key) {
		near_offer(&search, graph_symbol_slice(graph, graph_name_symbol(graph, key)));
		g_array_append_val(keys, key);
	}
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : g_array_index(keys, Node, best);
}

static void report_key(Checker *checker, Node reference, const Row *wanted, Node target)
{
	const Graph *graph = checker_graph(checker);
	Node near = near_key(graph, target, wanted->object);
	g_autofree char *user = user_text(graph, reference);
	const char *key = graph_symbol_text(graph, wanted->object);
	Finding *finding = report(checker, reference, graph_span(graph, wanted),
	        "%s takes key '%s' from %s %s, which has no such key", user, key,
	        graph_text(graph, reference, FACT_WANTS_KIND), graph_name(graph, reference));
	set_detail(checker, finding, "%s", key);
	add_evidence(checker, finding, graph_place(graph, target), "it is made here");
	if (near) {
		const char *best = graph_name(graph, near);
		set_hint(checker, finding, "it has '%s'", best);
		set_because(checker, finding, FIX_VALUE, "'%s' is its only key with a name so near", best);
		add_rename(checker, finding, graph_span(graph, wanted), key, best);
	}
}

/* A component that no cluster takes meets no Secret of one, though the names are the same. */
static bool may_meet(const Graph *graph, Node reference, Node target)
{
	Node one = file_node_of(graph, reference), other = file_node_of(graph, target);
	bool beside = slice_equal(
	        path_folder(slice_from(graph_name(graph, one))), path_folder(slice_from(graph_name(graph, other))));
	return beside || !graph_has(graph, other, FACT_ROOT) || share_root(graph, one, other);
}

/* ---- keys of what is made by hand ------------------------------------------------------------------------------ */

/* Of what scripts and documents make, "Kind/name" to its CREATES_KEY rows. */
static GHashTable *handmade_keys(const Graph *graph)
{
	GHashTable *made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	GRAPH_EACH (graph, FACT_CREATES_KEY, row) {
		const char *text = graph_symbol_text(graph, row->object);
		g_autofree char *name =
		        g_strndup(text, strcspn(strchr(text, '/') + 1, "/") + (size_t)(strchr(text, '/') + 1 - text));
		GPtrArray *rows = g_hash_table_lookup(made, name);
		if (!rows)
			g_hash_table_insert(made, g_steal_pointer(&name), rows = g_ptr_array_new());
		g_ptr_array_add(rows, (gpointer)row);
	}
	return made;
}

static const char *made_key(const Graph *graph, const Row *row)
{
	return strchr(strchr(graph_symbol_text(graph, row->object), '/') + 1, '/') + 1;
}

/* The key is made, or any key may be. */
static bool may_have_key(const Graph *graph, const GPtrArray *rows, const char *key)
{
	for (guint i = 0; i < rows->len; i++)
		if (strcmp(made_key(graph, rows->pdata[i]), key) == 0 ||
		        strcmp(made_key(graph, rows->pdata[i]), "*") == 0)
			return true;
	return false;
}

static void report_handmade_key(Checker *checker, Node reference, const Row *wanted, const GPtrArray *rows)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *user = user_text(graph, reference);
	const char *key = graph_symbol_text(graph, wanted->object);
	NearSearch search = near_search(slice_from(key), near_limit(slice_from(key)));
	for (guint i = 0; i < rows->len; i++)
		near_offer(&search, slice_from(made_key(graph, rows->pdata[i])));
	size_t best = near_result(&search);
	Finding *finding = report_at(checker, best == SIZE_MAX ? LEVEL_WARNING : LEVEL_ERROR, reference,
	        graph_span(graph, wanted), "%s takes key '%s' from %s %s, which is made without that key", user, key,
	        graph_text(graph, reference, FACT_WANTS_KIND), graph_name(graph, reference));
	set_detail(checker, finding, "%s", key);
	for (guint i = 0; i < MIN(rows->len, 6); i++)
		add_evidence(checker, finding, graph_span(graph, (const Row *)rows->pdata[i]),
		        "it is given the key '%s' here", made_key(graph, rows->pdata[i]));
	if (best == SIZE_MAX)
		return;
	const char *near = made_key(graph, rows->pdata[best]);
	set_hint(checker, finding, "it has '%s'", near);
	set_because(checker, finding, FIX_VALUE, "'%s' is its only key with a name so near", near);
	add_rename(checker, finding, graph_span(graph, wanted), key, near);
}

/* Commands that make a Secret under a name in a variable may give this one another key. */
static bool makes_any(const Graph *graph, const char *kind)
{
	g_autofree char *text = g_strconcat(kind, "/*", NULL);
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(text), &symbol) &&
	       graph_rows_to(graph, FACT_CREATES, symbol).at != graph_rows_to(graph, FACT_CREATES, symbol).end;
}

static void check_handmade_keys(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) made = handmade_keys(graph);
	if (g_hash_table_size(made) == 0)
		return;
	GRAPH_EACH (graph, FACT_WANTS_KEY, row) {
		Node reference = row->subject;
		const char *kind = graph_text(graph, reference, FACT_WANTS_KIND),
		           *key = graph_symbol_text(graph, row->object);
		g_autofree char *name = g_strdup_printf("%s/%s", kind, graph_name(graph, reference));
		const GPtrArray *rows = g_hash_table_lookup(made, name);
		if (rows && *key && !is_open_text(key) && !graph_has(graph, reference, FACT_REFERS_TO) &&
		        !graph_has(graph, reference, FACT_OPTIONAL) && !is_quiet(graph, reference) &&
		        !may_have_key(graph, rows, key) && !makes_any(graph, kind))
			report_handmade_key(checker, reference, row, rows);
	}
}

/* A key that is wanted of an object that is there and does not have it; *ret_target is that. */
static bool is_lost_key(const Graph *graph, const Row *wanted, Node *ret_target)
{
	Node reference = wanted->subject;
	const Row *target = graph_find(graph, reference, FACT_REFERS_TO);
	Slice key = graph_symbol_slice(graph, wanted->object);
	*ret_target = target ? target->object : NODE_NONE;
	return target && key.length && slice_find(key, "${", 0) == SIZE_MAX && !is_quiet(graph, reference) &&
	       !key_is_anywhere(graph, reference, wanted->object) && may_meet(graph, reference, target->object);
}

static void check_ref_key_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node target;
	check_handmade_keys(checker);
	GRAPH_EACH (graph, FACT_WANTS_KEY, row)
		if (!graph_has(graph, row->subject, FACT_OPTIONAL) && is_lost_key(graph, row, &target))
			report_key(checker, row->subject, row, target);
}

/* ---- what is optional ------------------------------------------------------------------------------------------- */

static bool is_optional_config(const Graph *graph, Node reference)
{
	return (reference_wants(graph, reference, "ConfigMap") || reference_wants(graph, reference, "Secret")) &&
	       graph_has(graph, reference, FACT_OPTIONAL) && !missing_is_only_there(graph, reference) &&
	       (missing_near(graph, reference) || missing_near_provided(graph, reference));
}

static Level own_level(const Graph *graph, Node reference)
{
	return LEVEL_WARNING;
}

/* An optional key that nothing there resembles may be left out on purpose. */
static void check_optional_hides_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node target;
	report_missing(checker, is_optional_config, own_level, NULL);
	GRAPH_EACH (graph, FACT_WANTS_KEY, row)
		if (graph_has(graph, row->subject, FACT_OPTIONAL) && is_lost_key(graph, row, &target) &&
		        near_key(graph, target, row->object))
			report_key(checker, row->subject, row, target);
}

static const Rule rules[] = {
        {
                .id = "ref-key-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a key is taken from a ConfigMap or Secret that does not have it",
                .why = "A container with such a variable never starts (CreateContainerConfigError); a volume with such "
                       "an item never mounts.",
                .remedy = "Correct the key on one of the two sides.",
                .check = check_ref_key_missing,
        },
        {
                .id = "optional-hides-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "optional: true hides that a name or key is misspelt",
                .why = "The pod starts without the variable or file, and the program runs with its defaults as if "
                       "nothing were set.",
                .remedy = "Correct the name, and take optional away if the program needs the value.",
                .check = check_optional_hides_missing,
        },
};

const RuleSet rules_keys = {"keys", rules, G_N_ELEMENTS(rules)};
