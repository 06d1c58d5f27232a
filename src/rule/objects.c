/* One object in two files, and namespaces that nobody makes.
 *
 * Two files hold the same object only where both end in one cluster: below one root of Flux, Argo CD or kustomize, or,
 * where there is none, when their paths do not tell two environments apart. Trees that repeat one another file by file
 * are environments, whatever they are called. */
#include "base/near.h"
#include "base/path.h"
#include "rule/apply.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- duplicate-object ----------------------------------------------------------------------------------- */

/* So many doubles between two trees are no slip: the trees are copies on purpose. */
#define PARALLEL_TREES 4

typedef struct Pair {
	Node one, other; /* in the order of files */
	Symbol identity;
} Pair;

typedef struct Doubles {
	Checker *checker;
	GArray *pairs;          /* Pair */
	GHashTable *tree_pairs; /* "a|b" → how many doubles with the same path below them */
	GHashTable *findings;   /* "file/file" → Finding */
	GHashTable *owners;     /* FILE → Owners */
	bool live;
} Doubles;

static const char *path_of(const Graph *graph, Node node)
{
	return graph_file_path(graph, graph_file_of(graph, node));
}

static bool has_open_name(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity);
	return strpbrk(text, "${}<>*") != NULL;
}

/* Generated names end in a hash, so that they meet no other object. */
static bool has_hash(const Graph *graph, Node node)
{
	return graph_node_type(graph, node) == NODE_GENERATED && !graph_has(graph, node, FACT_FIXED_NAME);
}

/* Copies beside the file in use: names say so. */
static bool is_sample(const char *path)
{
	static const char *const words[] = {"example", "sample", "template", "tmpl", ".dist", "backup", ".bak", ".old",
	        "old-", "-old", "disabled", "archive", "migrat"};
	g_autofree char *name = g_ascii_strdown(path, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(name, words[i]))
			return true;
	return false;
}

/* The parts of two paths before and at the first difference: "apps/prod" and "apps/dev" of apps/prod/x, apps/dev/x.
 * ret_same says whether all after that is equal. */
static char *tree_pair(const char *one, const char *other, bool *ret_same)
{
	size_t start = 0, i = 0;
	for (; one[i] && one[i] == other[i]; i++)
		if (one[i] == '/')
			start = i + 1;
	const char *left = strchr(one + start, '/'), *right = strchr(other + start, '/');
	*ret_same = left && right && strcmp(left, right) == 0;
	int n = left ? (int)(left - one) : (int)strlen(one), m = right ? (int)(right - other) : (int)strlen(other);
	return g_strdup_printf("%.*s|%.*s", n, one, m, other);
}

static bool is_environment(Slice part)
{
	static const char *const words[] = {"dev", "development", "stage", "staging", "prod", "production", "test",
	        "testing", "qa", "uat", "local", "minikube", "kind", "k3d", "cluster", "overlay", "bootstrap",
	        "sandbox", "lab", "base", "canary"};
	g_autofree char *lower = g_ascii_strdown(part.at, (gssize)part.length);
	g_auto(GStrv) parts = g_strsplit_set(lower, "-_.0123456789", -1);
	for (char **word = parts; *word; word++)
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (strcmp(*word, words[i]) == 0)
				return true;
	return false;
}

static bool has_environment(Slice path)
{
	while (path.length) {
		size_t slash = slice_find_byte(path, '/', 0), end = slash == SIZE_MAX ? path.length : slash;
		if (is_environment(slice_sub(path, 0, end)))
			return true;
		path = slice_sub(path, MIN(end + 1, path.length), path.length);
	}
	return false;
}

/* What one path has and the other has not, from the first difference on, names an environment. */
static bool are_environments(const char *one, const char *other)
{
	size_t start = 0;
	for (size_t i = 0; one[i] && one[i] == other[i]; i++)
		if (one[i] == '/')
			start = i + 1;
	return has_environment(slice_from(one + start)) || has_environment(slice_from(other + start));
}

/* ---- which pairs ------------------------------------------------------------------------------------------ */

static bool has_namespace(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity), *slash = strchr(text, '/');
	return slash && slash[1] != '/';
}

/* Neither is brought in by anything: they are applied by hand, from one folder or by the namespace they name. */
static bool meet_by_hand(const Graph *graph, const Pair *pair)
{
	const char *one = path_of(graph, pair->one), *other = path_of(graph, pair->other);
	if (strcmp(one, other) == 0)
		return true;
	bool beside = slice_equal(path_folder(slice_from(one)), path_folder(slice_from(other)));
	return (beside || has_namespace(graph, pair->identity)) && !are_environments(one, other) && !is_sample(one) &&
	       !is_sample(other);
}

static bool meet(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	Node one = file_node_of(graph, pair->one), other = file_node_of(graph, pair->other);
	bool left = graph_has(graph, one, FACT_ROOT), right = graph_has(graph, other, FACT_ROOT);
	if (left && right)
		return share_root(graph, one, other);
	if (doubles->live)
		return false;
	if (left || right) {
		/* One is listed in a kustomization, the other named by a script that applies both. */
		const char *path = path_of(graph, left ? pair->other : pair->one);
		return is_file_applied(graph, path) && meet_by_hand(graph, pair);
	}
	return meet_by_hand(graph, pair);
}

static void add_pair(Doubles *doubles, Node one, Node other, Symbol identity)
{
	const Graph *graph = checker_graph(doubles->checker);
	Pair pair = {MIN(one, other), MAX(one, other), identity};
	if (!meet(doubles, &pair))
		return;
	bool same;
	g_autofree char *trees = tree_pair(path_of(graph, pair.one), path_of(graph, pair.other), &same);
	gpointer count = g_hash_table_lookup(doubles->tree_pairs, trees);
	if (same)
		g_hash_table_insert(
		        doubles->tree_pairs, g_steal_pointer(&trees), GUINT_TO_POINTER(GPOINTER_TO_UINT(count) + 1));
	g_array_append_val(doubles->pairs, pair);
}

static bool may_double(const Graph *graph, Node node)
{
	return !is_quiet(graph, node) && !has_hash(graph, node);
}

/* Each object with the first one of its identity; three of a kind make two pairs. */
static void find_pairs(Doubles *doubles)
{
	const Graph *graph = checker_graph(doubles->checker);
	g_autoptr(GHashTable) first = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		if (!may_double(graph, row->subject) || has_open_name(graph, row->object))
			continue;
		gpointer known = g_hash_table_lookup(first, GUINT_TO_POINTER(row->object));
		if (!known)
			g_hash_table_insert(first, GUINT_TO_POINTER(row->object), GUINT_TO_POINTER(row->subject));
		else if (GPOINTER_TO_UINT(known) != row->subject)
			add_pair(doubles, GPOINTER_TO_UINT(known), row->subject, row->object);
	}
}

/* ---- what differs ------------------------------------------------------------------------------------------- */

static GHashTable *lines_of(const Graph *graph, Node object)
{
	GHashTable *lines = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Slice rest = graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, object, NODE_DOCUMENT))), line;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (text.length && text.at[0] != '#' && !slice_starts(text, "---"))
			g_hash_table_add(lines, slice_dup(text));
	}
	return lines;
}

static void add_key(GString *keys, GHashTable *seen, const char *line)
{
	const char *start = g_str_has_prefix(line, "- ") ? line + 2 : line, *colon = strchr(start, ':');
	size_t length = colon ? (size_t)(colon - start) : 0;
	if (length == 0 || length > 40 || g_hash_table_size(seen) >= 6)
		return;
	char *key = g_strndup(start, length);
	if (!g_hash_table_add(seen, key))
		return;
	g_string_append_printf(keys, "%s%s", keys->len ? ", " : "", key);
}

static void add_keys_not_in(GHashTable *lines, GHashTable *other, GString *keys, GHashTable *seen)
{
	g_autoptr(GList) all = g_list_sort(g_hash_table_get_keys(lines), (GCompareFunc)strcmp);
	for (GList *at = all; at; at = at->next)
		if (!g_hash_table_contains(other, at->data))
			add_key(keys, seen, at->data);
}

/* The keys on lines that only one of them has, or NULL where all lines are the same. */
static char *differences(const Graph *graph, Node one, Node other)
{
	g_autoptr(GHashTable) left = lines_of(graph, one), right = lines_of(graph, other);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GString) keys = g_string_new(NULL);
	add_keys_not_in(left, right, keys, seen);
	add_keys_not_in(right, left, keys, seen);
	return keys->len ? g_string_free(g_steal_pointer(&keys), FALSE) : NULL;
}

/* ---- reporting ------------------------------------------------------------------------------------------------ */

static const Owners *find_owners(const Doubles *doubles, Node object)
{
	const Graph *graph = checker_graph(doubles->checker);
	Node file = file_node_of(graph, object);
	Owners *owners = g_hash_table_lookup(doubles->owners, GUINT_TO_POINTER(file));
	if (owners)
		return owners;
	owners = g_new(Owners, 1);
	*owners = owners_of(graph, file);
	g_hash_table_insert(doubles->owners, GUINT_TO_POINTER(file), owners);
	return owners;
}

static bool in_one_build(const Doubles *doubles, const Pair *pair)
{
	return owners_share(find_owners(doubles, pair->one), find_owners(doubles, pair->other));
}

/* Two files of one namespace are usual and do no harm, unless one build meets both. */
static bool is_harmless(const Graph *graph, const Pair *pair, bool build)
{
	return !build && strcmp(graph_text(graph, pair->one, FACT_KIND), "Namespace") == 0;
}

/* Each object of the file has a namesake in the other: somebody applies the one or the other. */
static bool is_covered(const Doubles *doubles, Node file, Node other)
{
	const Graph *graph = checker_graph(doubles->checker);
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object) {
			const Row *identity = graph_find(graph, object, FACT_IDENTITY);
			bool found = !identity;
			if (identity)
				GRAPH_TO (graph, FACT_IDENTITY, identity->object, row)
					found = found || file_node_of(graph, row->subject) == other;
			if (!found)
				return false;
		}
	return true;
}

/* Two files of one folder that nobody applies as a whole may be a choice. */
static bool may_be_choice(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	Node one = file_node_of(graph, pair->one), other = file_node_of(graph, pair->other);
	Slice folder = path_folder(slice_from(graph_name(graph, one)));
	return one != other && !graph_has(graph, one, FACT_ROOT) &&
	       slice_equal(folder, path_folder(slice_from(graph_name(graph, other)))) &&
	       (is_covered(doubles, one, other) || is_covered(doubles, other, one)) &&
	       !is_folder_applied(graph, folder, false);
}

/* What is the same in both places, or defines a kind that one bundle or another brings along, breaks nothing today. */
static Level double_level(const Doubles *doubles, const Pair *pair, bool build, bool differ)
{
	const Graph *graph = checker_graph(doubles->checker);
	if (build)
		return LEVEL_ERROR;
	bool definition = strcmp(graph_text(graph, pair->one, FACT_KIND), "CustomResourceDefinition") == 0;
	return differ && !definition && !may_be_choice(doubles, pair) ? LEVEL_ERROR : LEVEL_WARNING;
}

static char *differences_of(const Graph *graph, const Pair *pair)
{
	bool objects =
	        graph_node_type(graph, pair->one) == NODE_OBJECT && graph_node_type(graph, pair->other) == NODE_OBJECT;
	bool one_document =
	        graph_ancestor(graph, pair->one, NODE_DOCUMENT) == graph_ancestor(graph, pair->other, NODE_DOCUMENT);
	if (!objects || one_document)
		return g_strdup("");
	return differences(graph, pair->one, pair->other);
}

/* keys: "" where the two cannot be compared, NULL where they are the same. */
static void explain_double(Doubles *doubles, Finding *finding, const Pair *pair, bool build, const char *keys)
{
	Checker *checker = doubles->checker;
	Span place = graph_place(checker_graph(checker), pair->one);
	if (!keys)
		add_evidence(checker, finding, place, "the first one; both are the same");
	else if (*keys)
		add_evidence(checker, finding, place, "the first one; they differ in %s", keys);
	else
		add_evidence(checker, finding, place, "the first one");
	if (build)
		set_hint(checker, finding, "kustomize refuses to build both: delete one");
	else if (keys)
		set_hint(checker, finding, "the one applied last wins: keep what is meant in one and delete the other");
	else
		set_hint(checker, finding, "delete one of the two");
}

static void report_double(Doubles *doubles, const Pair *pair)
{
	Checker *checker = doubles->checker;
	const Graph *graph = checker_graph(checker);
	const char *one = path_of(graph, pair->one), *other = path_of(graph, pair->other);
	bool build = graph_has(graph, file_node_of(graph, pair->one), FACT_ROOT) && in_one_build(doubles, pair);
	if (is_harmless(graph, pair, build))
		return;
	g_autofree char *files = g_strdup_printf("%s|%s", one, other);
	Finding *finding = g_hash_table_lookup(doubles->findings, files);
	const char *kind = graph_text(graph, pair->other, FACT_KIND), *name = graph_name(graph, pair->other);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, pair->other), "and %s %s", kind, name);
		return;
	}
	g_autofree char *keys = differences_of(graph, pair);
	finding = report_at(checker, double_level(doubles, pair, build, keys != NULL), pair->other,
	        graph_place(graph, pair->other), "%s %s is already in %s", kind, name,
	        strcmp(one, other) == 0 ? "this file" : one);
	explain_double(doubles, finding, pair, build, keys);
	g_hash_table_insert(doubles->findings, g_steal_pointer(&files), finding);
}

static bool are_parallel_trees(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	bool same;
	g_autofree char *trees = tree_pair(path_of(graph, pair->one), path_of(graph, pair->other), &same);
	return GPOINTER_TO_UINT(g_hash_table_lookup(doubles->tree_pairs, trees)) >= PARALLEL_TREES &&
	       !graph_has(graph, file_node_of(graph, pair->one), FACT_ROOT);
}

static void check_duplicate_object(Checker *checker)
{
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
	g_autoptr(GHashTable) trees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) findings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) owners = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	Doubles doubles = {checker, pairs, trees, findings, owners, has_appliers(checker_graph(checker))};
	find_pairs(&doubles);
	for (guint i = 0; i < pairs->len; i++) {
		const Pair *pair = &g_array_index(pairs, Pair, i);
		if (!are_parallel_trees(&doubles, pair))
			report_double(&doubles, pair);
	}
}

/* ---- namespace-missing --------------------------------------------------------------------------------------- */

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
	       strcmp(name, "argocd") == 0 || g_str_has_prefix(name, "cattle-") || g_str_has_prefix(name, "openshift");
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
		GRAPH_OF (graph, row->subject, FACT_IDENTITY, identity)
			add_made(spaces, namespace_of(graph, identity->object));
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

static void collect_users(Spaces *spaces)
{
	const Graph *graph = checker_graph(spaces->checker);
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		const char *name = namespace_of(graph, row->object);
		if (is_in_use(graph, row->subject))
			add_user(spaces, name, user_place(graph, row->subject, name));
	}
	GRAPH_EACH (graph, FACT_TARGET_NAMESPACE, row)
		if (is_in_use(graph, row->subject) && !is_patch(graph, row->subject))
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

static bool accept_making(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	return slice_find(line, "namespace", 0) != SIZE_MAX || slice_find(line, "Namespace", 0) != SIZE_MAX ||
	       slice_find(line, " ns ", 0) != SIZE_MAX;
}

/* Scripts, documents and templates that speak of the namespace as one: most likely they make it. */
static bool is_made_elsewhere(const Graph *graph, const char *name)
{
	Span found;
	return may_be_remote(graph, name) ||
	       search_word(graph, slice_from(name), is_script_or_document, accept_making, NULL, &found);
}

/* The habit of the repository decides: where nearly every namespace has its manifest, one without was forgotten. What
 * people apply by hand they may have made room for by hand. */
static Level habit(const Spaces *spaces)
{
	bool live = has_appliers(checker_graph(spaces->checker));
	uint32_t made = g_hash_table_size(spaces->made), missing = g_hash_table_size(spaces->users);
	if (spaces->all || made < 3 || missing * 3 > made)
		return LEVEL_OFF;
	return live && missing * 5 <= made ? LEVEL_ERROR : LEVEL_WARNING;
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
	if (near_result(&search) != SIZE_MAX)
		set_hint(checker, finding, "write %.*s, or add a Namespace %s", SLICE_ARGS(search.best), name);
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
	for (guint i = 0; level != LEVEL_OFF && i < order->len; i++)
		if (!is_made_elsewhere(checker_graph(checker), order->pdata[i]))
			report_namespace(&spaces, order->pdata[i], level);
}

static const Rule rules[] = {
        {
                .id = "duplicate-object",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "one object stands in two places",
                .why = "Only one of the two can be in effect: kustomize refuses to build both, and with kubectl the "
                       "one "
                       "that is applied last wins, so a change to the other does nothing or comes and goes.",
                .remedy = "Keep one, and take over what the other has and is meant.",
                .check = check_duplicate_object,
        },
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

const RuleSet rules_objects = {"objects", rules, G_N_ELEMENTS(rules)};
