/* Namespaces that nobody makes: neither a manifest, nor a chart or Application that makes its own, nor a command of a
 * script or document. Many owners make theirs by hand, so the habit of the repository decides whether one was
 * forgotten. */
#include "base/near.h"
#include "rule/apply.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"

typedef struct Spaces {
	Checker *checker;
	GHashTable *made;  /* names of namespaces, as texts of the graph */
	GHashTable *users; /* name → GArray of Span */
	GPtrArray *order;  /* names, in the order of first use */
	bool all;          /* some script makes namespaces by a variable */
} Spaces;

static bool is_given(const char *name)
{
	return strcmp(name, "default") == 0 || g_str_has_prefix(name, "kube-") || strcmp(name, "flux-system") == 0 ||
	       strcmp(name, "argocd") == 0 || strcmp(name, "cilium-secrets") == 0 ||
	       g_str_has_prefix(name, "cattle-") || g_str_has_prefix(name, "openshift");
}

static void add_user(Spaces *spaces, const char *name, Span place)
{
	if (*name == '\0' || is_given(name) || strpbrk(name, "${}<>*") || g_hash_table_contains(spaces->made, name))
		return;
	GArray *users = g_hash_table_lookup(spaces->users, name);
	if (!users) {
		users = g_array_new(FALSE, FALSE, sizeof(Span));
		g_hash_table_insert(spaces->users, (gpointer)name, users);
		g_ptr_array_add(spaces->order, (gpointer)name);
	}
	g_array_append_val(users, place);
}

/* The middle of Kind/namespace/name, as a text that lives as long as the graph. */
static const char *namespace_of(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity), *start = strchr(text, '/');
	const char *end = start ? strchr(start + 1, '/') : NULL;
	Symbol symbol;
	if (!end || !graph_find_symbol(graph, (Slice){start + 1, (size_t)(end - start - 1)}, &symbol))
		return "";
	return graph_symbol_text(graph, symbol);
}

/* Where there are kustomizations, a file that none of them lists is a note or a choice. */
static bool is_in_use(const Graph *graph, Node object)
{
	bool lists = graph_first_node(graph, NODE_KUSTOMIZATION) != NODE_NONE || has_appliers(graph);
	return !is_quiet(graph, object) && (!lists || graph_has(graph, file_node_of(graph, object), FACT_ROOT));
}

static void add_made(Spaces *spaces, const char *name)
{
	if (*name)
		g_hash_table_add(spaces->made, (gpointer)name);
}

/* Releases and Applications that make their own. */
static void collect_making(Spaces *spaces)
{
	const Graph *graph = checker_graph(spaces->checker);
	GRAPH_EACH (graph, FACT_CREATES_NAMESPACE, row) {
		add_made(spaces, graph_text(graph, row->subject, FACT_TARGET_NAMESPACE));
		spaces->all = spaces->all || strstr(graph_text(graph, row->subject, FACT_TARGET_NAMESPACE), "{{");
	}
	GRAPH_EACH (graph, FACT_CREATES, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (!g_str_has_prefix(text, "Namespace/"))
			continue;
		spaces->all = spaces->all || strcmp(text, "Namespace/*") == 0;
		add_made(spaces, text + strlen("Namespace/"));
	}
}

static void collect_made(Spaces *spaces)
{
	const Graph *graph = checker_graph(spaces->checker);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		const char *kind = graph_text(graph, row->subject, FACT_KIND);
		if (strstr(kind, "Namespace") || strcmp(kind, "Project") == 0 || strcmp(kind, "Tenant") == 0)
			add_made(spaces, strrchr(graph_symbol_text(graph, row->object), '/') + 1);
	}
	GRAPH_EACH (graph, FACT_CLUSTER_NAMESPACE, row)
		add_made(spaces, graph_symbol_text(graph, row->object));
	collect_making(spaces);
}

/* The place of the namespace where it is written, else of the object. */
static Span user_place(const Graph *graph, Node object, const char *name)
{
	const Row *written = graph_find(graph, object, FACT_NAMESPACE);
	if (written && strcmp(graph_symbol_text(graph, written->object), name) == 0)
		return graph_span(graph, written);
	return graph_place(graph, object);
}

/* A right to look into a namespace is given to what somebody else made: an operator, a chart, the cluster. */
static bool is_right(const Graph *graph, Node object)
{
	const char *kind = graph_text(graph, object, FACT_KIND);
	return strcmp(kind, "Role") == 0 || strcmp(kind, "RoleBinding") == 0;
}

/* A base may say any namespace where each overlay says its own. */
static bool is_retargeted(const Graph *graph, Node object)
{
	Carriers carriers = carriers_of(graph, file_node_of(graph, object));
	return is_patched_with(graph, &carriers, "targetNamespace");
}

/* What somebody else's program reads: settings of an operator, and what fetches its keys. Who installs that makes its
 * namespace. */
static bool is_for_program(const Graph *graph, Node object)
{
	const char *version = graph_text(graph, object, FACT_API_VERSION), *slash = strchr(version, '/');
	Slice group = {version, slash ? (size_t)(slash - version) : 0};
	return slice_find_byte(group, '.', 0) != SIZE_MAX && !slice_ends(group, ".k8s.io") &&
	       !slice_ends(group, ".toolkit.fluxcd.io") && !slice_ends(group, "argoproj.io");
}

static bool has_chart(const Graph *graph, Node applier)
{
	bool chart = graph_has(graph, applier, FACT_CHART);
	GRAPH_CHILDREN (graph, applier, NODE_ENTRY, entry)
		chart = chart || graph_has(graph, entry, FACT_CHART);
	return chart;
}

/* longhorn-system for objects of longhorn.io: whoever installs the program makes it. */
static bool is_called_after(const char *name, const char *version)
{
	size_t stem = strcspn(name, "-");
	return stem > 3 && strncmp(version, name, stem) == 0 && version[stem] == '.';
}

/* All in the namespace is for such a program, or it is called after one, and nothing of it runs by this repository. */
static bool is_of_program(const Graph *graph, const char *name)
{
	bool others = false, own = false;
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		if (strcmp(namespace_of(graph, row->object), name) != 0 || !is_in_use(graph, row->subject))
			continue;
		others = others || !is_for_program(graph, row->subject);
		own = own || is_called_after(name, graph_text(graph, row->subject, FACT_API_VERSION));
	}
	if (others && !own)
		return false;
	GRAPH_EACH (graph, FACT_TARGET_NAMESPACE, row)
		if (strcmp(graph_symbol_text(graph, row->object), name) == 0 && has_chart(graph, row->subject))
			return false;
	return true;
}

static void collect_users(Spaces *spaces)
{
	const Graph *graph = checker_graph(spaces->checker);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		const char *name = namespace_of(graph, row->object);
		if (is_in_use(graph, row->subject) && !is_right(graph, row->subject))
			add_user(spaces, name, user_place(graph, row->subject, name));
	}
	GRAPH_EACH (graph, FACT_TARGET_NAMESPACE, row)
		if (is_in_use(graph, row->subject) && !is_patch(graph, row->subject) &&
		        !is_retargeted(graph, row->subject))
			add_user(spaces, graph_symbol_text(graph, row->object), graph_span(graph, row));
}

static bool accept_remote(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	return slice_find(line, "://", 0) != SIZE_MAX && is_apply_command(graph, word);
}

/* A remote resource that is called like the namespace may hold it: in a kustomization, or applied by a command. */
static bool may_be_remote(const Graph *graph, const char *name)
{
	Span found;
	size_t length = strcspn(name, "-");
	g_autofree char *stem = g_strndup(name, length);
	GRAPH_EACH (graph, FACT_REMOTE, row)
		if (length < 3 || strstr(graph_name(graph, row->subject), stem))
			return true;
	return search_word(graph, slice_from(stem), is_script_or_document, accept_remote, NULL, &found);
}

static bool is_prose(const Graph *graph, uint32_t file)
{
	return strcmp(graph_text(graph, graph_file_node(graph, file), FACT_FORMAT), "markdown") == 0;
}

static bool accept_speaking(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	return slice_find(line, "namespace", 0) != SIZE_MAX || slice_find(line, "Namespace", 0) != SIZE_MAX ||
	       slice_find(line, " ns ", 0) != SIZE_MAX;
}

/* `kubectl create ns media`, `--create-namespace`, "Create the namespace media", a task of Ansible. */
static bool accept_making(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	return accept_speaking(graph, word, data) &&
	       (slice_find(line, "reate", 0) != SIZE_MAX || !is_prose(graph, word.file));
}

/* "# the namespace media, which the operator creates": the owner knows who makes it. */
static bool accept_explained(const Graph *graph, Span word, void *data)
{
	Slice line = slice_trim(graph_line_at(graph, word));
	return slice_starts(line, "#") && slice_find(line, "namespace", 0) != SIZE_MAX &&
	       (slice_find(line, "creat", 0) != SIZE_MAX || slice_find(line, "made by", 0) != SIZE_MAX);
}

static bool is_explained(const Graph *graph, const char *name)
{
	Span found;
	return search_word(graph, slice_from(name), NULL, accept_explained, NULL, &found);
}

static bool is_found(const Graph *graph, const char *name, SearchAccept *accept)
{
	Span found;
	return search_word(graph, slice_from(name), is_script_or_document, accept, NULL, &found);
}

/* What scripts, documents and templates say of the namespace: nothing; that there is one, so that somebody may have
 * made it by hand; or that they make it, most likely. */
static Level spoken_level(const Graph *graph, const char *name)
{
	if (may_be_remote(graph, name) || is_found(graph, name, accept_making) || is_explained(graph, name))
		return LEVEL_OFF;
	return is_found(graph, name, accept_speaking) ? LEVEL_WARNING : LEVEL_ERROR;
}

/* Flux, Argo CD or a script applies the manifests, and nobody thinks of a namespace at that moment. */
static bool is_automatic(const Graph *graph)
{
	if (has_appliers(graph))
		return true;
	GRAPH_EACH (graph, FACT_ROOT, row)
		if (graph_node_type(graph, row->object) == NODE_FILE)
			return true;
	return false;
}

/* The habit of the repository decides: where nearly every namespace has its manifest, one without was forgotten. What
 * people apply by hand they may have made room for by hand. */
static Level habit(const Spaces *spaces)
{
	uint32_t made = g_hash_table_size(spaces->made), missing = g_hash_table_size(spaces->users);
	if (spaces->all || made < 3 || missing * 2 > made)
		return LEVEL_OFF;
	return is_automatic(checker_graph(spaces->checker)) && missing * 3 <= made ? LEVEL_ERROR : LEVEL_WARNING;
}

/* The Namespace goes above the first object that needs it, in the same file: whatever applies that applies it first. */
static void mend_namespace(Checker *checker, Finding *finding, Span first, const char *name)
{
	const Graph *graph = checker_graph(checker);
	Span place = {first.file, 0, 0};
	GRAPH_CHILDREN (graph, graph_file_node(graph, first.file), NODE_DOCUMENT, document) {
		Span span = graph_place(graph, document);
		const Row *version =
		        graph_find(graph, graph_first_child(graph, document, NODE_OBJECT), FACT_API_VERSION);
		if (version && span.start <= first.start && first.start < span.end)
			place = graph_span(graph, version);
	}
	if (place.end == 0)
		return;
	set_because(checker, finding, FIX_SAFE, "making a namespace that exists already changes nothing");
	add_lines_above(checker, finding, place,
	        arena_printf(
	                checker_arena(checker), "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n---", name));
}

static void report_namespace(Spaces *spaces, const char *name, Level level)
{
	Checker *checker = spaces->checker;
	const Graph *graph = checker_graph(checker);
	const GArray *users = g_hash_table_lookup(spaces->users, name);
	Span first = g_array_index(users, Span, 0);
	Node file = graph_file_node(graph, first.file);
	Finding *finding = report_at(checker, level, file, first,
	        "namespace %s is used here, and nothing in this repository makes it", name);
	set_detail(checker, finding, "%s", name);
	for (guint i = 1; i < users->len; i++)
		add_evidence(checker, finding, g_array_index(users, Span, i), "used here too");
	NearSearch search = near_search(slice_from(name), near_limit(slice_from(name)));
	g_autoptr(GList) made = g_list_sort(g_hash_table_get_keys(spaces->made), (GCompareFunc)strcmp);
	for (GList *at = made; at; at = at->next)
		near_offer(&search, slice_from(at->data));
	bool near = near_result(&search) != SIZE_MAX;
	if (near)
		set_hint(checker, finding, "write %.*s, or add a Namespace %s", SLICE_ARGS(search.best), name);
	if (near && users->len == 1) {
		g_autofree char *meant = slice_dup(search.best);
		set_because(checker, finding, FIX_VALUE, "nothing else is in %s, and %s is made here", name, meant);
		add_rename(checker, finding, first, name, meant);
	} else if (!near) {
		mend_namespace(checker, finding, first, name);
	}
}

static void check_namespace_missing(Checker *checker)
{
	g_autoptr(GHashTable) made = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) users =
	        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	Spaces spaces = {.checker = checker, .made = made, .users = users, .order = order};
	collect_made(&spaces);
	collect_users(&spaces);
	Level level = habit(&spaces);
	for (guint i = 0; level != LEVEL_OFF && i < order->len; i++) {
		Level most = spoken_level(checker_graph(checker), order->pdata[i]);
		if (most != LEVEL_OFF && !is_of_program(checker_graph(checker), order->pdata[i]))
			report_namespace(&spaces, order->pdata[i], MIN(level, most));
	}
}

static const Rule rules[] = {
        {
                .id = "namespace-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_SAFE,
                .title = "a namespace that nothing makes",
                .why = "The API refuses every object of a namespace that does not exist; Flux and Argo CD stop at the "
                       "first one, and a rebuild of the cluster stops there too.",
                .remedy = "Add a Namespace manifest beside the others, let the chart or Application make it, or "
                          "correct the name.",
                .check = check_namespace_missing,
        },
};

const RuleSet rules_namespaces = {"namespaces", rules, G_N_ELEMENTS(rules)};
