/* One object in two files.
 *
 * Two files hold the same object only where both end in one cluster: below one root of Flux, Argo CD or kustomize, or,
 * where there is none, when their paths do not tell two environments apart. Trees that repeat one another file by file
 * are environments, whatever they are called. */
#include "base/kind.h"
#include "base/path.h"
#include "rule/apply.h"
#include "rule/cluster.h"
#include "rule/differs.h"
#include "rule/owner.h"
#include "rule/rule.h"

/* ---- duplicate-object ----------------------------------------------------------------------------------- */

/* So many doubles between two trees are no slip: the trees are copies on purpose. */
#define PARALLEL_TREES 4
/* So many may be two ways to run one thing. */
#define TWO_WAYS 2

typedef struct Pair {
	Node one, other; /* in the order of files */
	Symbol identity;
	bool build;       /* one run of kustomize, or of Argo CD on a folder, meets both */
	bool argo;        /* the latter */
	bool unused;      /* what meets both is a kustomization that neither Flux nor Argo CD reaches, where they run */
	const char *keys; /* in which they differ; "" where they cannot be compared, NULL where they are the same */
	Level level;
} Pair;

typedef struct Doubles {
	Checker *checker;
	GArray *pairs;          /* Pair */
	GHashTable *tree_pairs; /* "a|b" → how many doubles with the same path below them */
	GHashTable *findings;   /* "file/file" → Finding */
	GHashTable *owners;     /* FILE → Owners */
	Stages *stages;
	bool live, collection;
} Doubles;

static const char *path_of(const Graph *graph, Node node)
{
	return graph_file_path(graph, graph_file_of(graph, node));
}

static bool has_open_name(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity), *name = strrchr(text, '/');
	bool stand_in = name && strchr(".-_", name[1]); /* no object may be called so: something gives it its name */
	return stand_in || strpbrk(text, "${}<>*") != NULL;
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

/* The name without what tells a version: ".0.25", "-v2", "_v1.2". Free with g_free. */
static char *unversioned(Slice name)
{
	GString *out = g_string_new(NULL);
	for (size_t i = 0; i < name.length;) {
		size_t start = i + 1, end;
		bool v = start < name.length && name.at[start] == 'v', dotted = v;
		for (end = start + v; end < name.length; end++) {
			bool dot = name.at[end] == '.' && end + 1 < name.length && g_ascii_isdigit(name.at[end + 1]);
			if (!dot && !g_ascii_isdigit(name.at[end]))
				break;
			dotted = dotted || dot;
		}
		if (strchr(".-_", name.at[i]) && dotted && end > start + v)
			i = end;
		else
			g_string_append_c(out, name.at[i++]);
	}
	return g_string_free(out, FALSE);
}

/* Two versions of one file side by side, of which one is applied. */
static bool are_versions(const char *one, const char *other)
{
	if (!slice_equal(path_folder(slice_from(one)), path_folder(slice_from(other))))
		return false;
	g_autofree char *left = unversioned(path_name(slice_from(one)));
	g_autofree char *right = unversioned(path_name(slice_from(other)));
	return strcmp(left, right) == 0;
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

/* From the byte `start` on. */
static bool has_environment(Stages *stages, Slice path, size_t start)
{
	while (start < path.length) {
		size_t end = MIN(slice_find_byte(path, '/', start), path.length);
		if (is_environment(slice_sub(path, start, end)) && !is_production_area(stages, slice_sub(path, 0, end)))
			return true;
		start = end + 1;
	}
	return false;
}

/* envs/home beside envs/office: each folder is one, whatever it is called. */
static bool holds_environments(Slice folder)
{
	static const char *const names[] = {
	        "env", "envs", "environment", "environments", "clusters", "sites", "stages", "overlays", NULL};
	return slice_is_any_nocase(folder, names);
}

/* What one path has and the other has not, from the first difference on, names an environment. */
static bool are_environments(Stages *stages, const char *one, const char *other)
{
	size_t start = 0;
	for (size_t i = 0; one[i] && one[i] == other[i]; i++)
		if (one[i] == '/')
			start = i + 1;
	return has_environment(stages, slice_from(one), start) || has_environment(stages, slice_from(other), start) ||
	       (start > 0 && holds_environments(path_name(slice_sub(slice_from(one), 0, start - 1))));
}

/* ---- which pairs ------------------------------------------------------------------------------------------ */

static bool has_namespace(const Graph *graph, Symbol identity)
{
	const char *text = graph_symbol_text(graph, identity), *slash = strchr(text, '/');
	return slash && slash[1] != '/';
}

/* Neither is brought in by anything: they are applied by hand, from one folder or by the namespace they name. */
static bool meet_by_hand(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	const char *one = path_of(graph, pair->one), *other = path_of(graph, pair->other);
	if (strcmp(one, other) == 0)
		return true;
	bool beside = slice_equal(path_folder(slice_from(one)), path_folder(slice_from(other)));
	if (doubles->collection)
		return false;
	return (beside || has_namespace(graph, pair->identity)) && !are_environments(doubles->stages, one, other) &&
	       !is_sample(one) && !is_sample(other) && !are_versions(one, other) &&
	       !are_for_two_distributions(slice_from(one), slice_from(other));
}

/* All that scripts apply goes to one cluster as far as is known; one for each environment is told by its paths. */
static bool are_of_two_scripts(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	const Row *root = graph_find(graph, file_node_of(graph, pair->one), FACT_ROOT);
	const char *one = path_of(graph, pair->one), *other = path_of(graph, pair->other);
	return graph_node_type(graph, root->object) == NODE_FILE &&
	       (are_environments(doubles->stages, one, other) || is_sample(one) || is_sample(other));
}

static bool meet(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	Node one = file_node_of(graph, pair->one), other = file_node_of(graph, pair->other);
	bool left = graph_has(graph, one, FACT_ROOT), right = graph_has(graph, other, FACT_ROOT);
	if (left && right)
		return share_root(graph, one, other) && !are_of_two_scripts(doubles, pair);
	if (doubles->live)
		return false;
	if (left || right) {
		/* One is listed in a kustomization, the other named by a script that applies both. */
		const char *path = path_of(graph, left ? pair->other : pair->one);
		return is_file_applied(graph, path) && meet_by_hand(doubles, pair);
	}
	return meet_by_hand(doubles, pair);
}

static void add_pair(Doubles *doubles, Node one, Node other, Symbol identity)
{
	const Graph *graph = checker_graph(doubles->checker);
	Pair pair = {.one = MIN(one, other), .other = MAX(one, other), .identity = identity};
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

/* The kustomization of its folder names the file, if only in a comment. */
static bool is_named_beside(const Graph *graph, Slice path)
{
	static const char *const names[] = {"kustomization.yaml", "kustomization.yml"};
	Slice folder = path_folder(path);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *full =
		        g_strdup_printf("%.*s%s%s", SLICE_ARGS(folder), folder.length ? "/" : "", names[i]);
		g_autofree char *name = slice_dup(path_name(path));
		Node file = graph_find_file(graph, slice_from(full));
		if (file && slice_find(graph_file_bytes(graph, graph_file_of(graph, file)), name, 0) != SIZE_MAX)
			return true;
	}
	return false;
}

/* A workload that selects no pods is no whole one: a patch whose line was taken out of the kustomization beside it. */
static bool is_part(const Graph *graph, Node node)
{
	bool workload = is_kind(graph, node, "Deployment") || is_kind(graph, node, "StatefulSet") ||
	                is_kind(graph, node, "DaemonSet");
	return workload && !graph_has(graph, node, FACT_SELECTOR) &&
	       !graph_has(graph, node, FACT_SELECTOR_EXPRESSION) &&
	       !graph_has(graph, file_node_of(graph, node), FACT_ROOT) &&
	       is_named_beside(graph, slice_from(path_of(graph, node)));
}

static bool may_double(const Graph *graph, Node node)
{
	return !is_quiet(graph, node) && !has_hash(graph, node) && !is_part(graph, node);
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

/* A command that applies the file itself builds nothing. */
static bool is_applied_directly(const Graph *graph, Node object, Node owner)
{
	return graph_node_type(graph, owner) == NODE_COMMAND &&
	       graph_says(graph, file_node_of(graph, object), FACT_REACHED_BY, owner);
}

/* An Application takes the files of a folder as they are. */
static bool is_plain_application(const Graph *graph, Node owner)
{
	return graph_node_type(graph, owner) == NODE_OBJECT &&
	       g_str_has_prefix(graph_text(graph, owner, FACT_API_VERSION), "argoproj.io");
}

/* An ApplicationSet makes an Application of each folder: only what a kustomization or a folder holds together is one
 * build. */
static bool is_built_apart(const Graph *graph, const Pair *pair, Node owner)
{
	Node one = file_node_of(graph, pair->one), other = file_node_of(graph, pair->other);
	if (!is_kind(graph, owner, "ApplicationSet"))
		return false;
	Carriers left = carriers_of(graph, one), right = carriers_of(graph, other);
	for (uint32_t i = 0; i < left.count; i++)
		for (uint32_t j = 0; j < right.count; j++)
			if (left.at[i] == right.at[j])
				return false;
	return left.count || right.count ||
	       !slice_equal(path_folder(slice_from(graph_name(graph, one))),
	               path_folder(slice_from(graph_name(graph, other))));
}

/* Each goes to a namespace that its applier is only told later. */
static bool may_part(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	const Owners *owners = find_owners(doubles, pair->one);
	if (has_namespace(graph, pair->identity) || kind_is_cluster_wide(graph_text(graph, pair->one, FACT_KIND)))
		return false;
	for (uint32_t i = 0; i < owners->count; i++)
		if (is_open_text(graph_text(graph, owners->at[i], FACT_TARGET_NAMESPACE)))
			return true;
	return false;
}

static bool in_one_build(const Doubles *doubles, Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	const Owners *one = find_owners(doubles, pair->one), *other = find_owners(doubles, pair->other);
	for (uint32_t i = 0; i < one->count; i++)
		for (uint32_t j = 0; j < other->count; j++)
			if (one->at[i] == other->at[j] && !is_applied_directly(graph, pair->one, one->at[i]) &&
			        !is_applied_directly(graph, pair->other, one->at[i]) &&
			        !is_built_apart(graph, pair, one->at[i])) {
				pair->unused =
				        doubles->live && graph_node_type(graph, one->at[i]) == NODE_KUSTOMIZATION;
				pair->argo =
				        is_plain_application(graph, one->at[i]) &&
				        graph_says(graph, file_node_of(graph, pair->one), FACT_REACHED_BY, one->at[i]);
				return true;
			}
	return false;
}

/* Between two commands of one script an `else`, another case or another function begins: it may run only one. */
static bool may_branch(const Graph *graph, Span first, Span last)
{
	static const char *const words[] = {"else", "elif", ";;", "\n}", "exit"};
	Slice between = graph_span_bytes(graph, (Span){first.file, first.start, last.start});
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(between, words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

/* The object of the pair whose command comes last in the one script that applies both, or NODE_NONE. */
static Node applied_last(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	const Owners *one = find_owners(doubles, pair->one), *other = find_owners(doubles, pair->other);
	if (one->count != 1 || other->count != 1 || one->at[0] == other->at[0] ||
	        graph_node_type(graph, one->at[0]) != NODE_COMMAND ||
	        graph_node_type(graph, other->at[0]) != NODE_COMMAND)
		return NODE_NONE;
	Span left = graph_place(graph, one->at[0]), right = graph_place(graph, other->at[0]);
	bool order = left.start < right.start;
	if (left.file != right.file || may_branch(graph, order ? left : right, order ? right : left))
		return NODE_NONE;
	return order ? pair->other : pair->one;
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

/* Several files of one folder have their doubles in another: two ways to run the same, and nobody says that both are
 * applied. */
static bool are_two_ways(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	bool same;
	g_autofree char *trees = tree_pair(path_of(graph, pair->one), path_of(graph, pair->other), &same);
	return same && GPOINTER_TO_UINT(g_hash_table_lookup(doubles->tree_pairs, trees)) >= TWO_WAYS &&
	       !(graph_has(graph, file_node_of(graph, pair->one), FACT_ROOT) &&
	               graph_has(graph, file_node_of(graph, pair->other), FACT_ROOT));
}

/* The HelmRelease that makes the object, or NODE_NONE. */
static Node release_of(const Graph *graph, Node object)
{
	Node maker = graph_parent(graph, object);
	bool release = is_made(graph, object) && maker && graph_node_type(graph, maker) == NODE_OBJECT &&
	               is_kind(graph, maker, "HelmRelease");
	return release ? maker : NODE_NONE;
}

/* Flux of today lets a release take over what is there already: both write the object from then on, and nothing stops.
 * Where the API is of an older Flux, or the owner says so, helm refuses. */
static bool takes_over(const Graph *graph, Node release)
{
	Slice document = graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, release, NODE_DOCUMENT)));
	return strcmp(graph_text(graph, release, FACT_API_VERSION), "helm.toolkit.fluxcd.io/v2") == 0 &&
	       slice_find(document, "disableTakeOwnership: true", 0) == SIZE_MAX;
}

/* One is written here, and a release of Flux takes it over. */
static bool is_taken_over(const Graph *graph, const Pair *pair)
{
	Node one = release_of(graph, pair->one), other = release_of(graph, pair->other);
	return (one == NODE_NONE) != (other == NODE_NONE) && takes_over(graph, one ? one : other);
}

/* How often Flux looks is nothing that either place could get wrong. */
static bool differ_in_pace(const Pair *pair)
{
	return pair->keys && (strcmp(pair->keys, "interval") == 0 || strcmp(pair->keys, "timeout") == 0 ||
	                             strcmp(pair->keys, "interval, timeout") == 0);
}

/* What is the same in both places, or defines a kind that one bundle or another brings along, breaks nothing today. */
static Level double_level(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	if (is_taken_over(graph, pair))
		return LEVEL_WARNING;
	if (pair->build)
		return pair->unused ? LEVEL_WARNING : LEVEL_ERROR;
	const Row *root = graph_find(graph, file_node_of(graph, pair->one), FACT_ROOT);
	bool script = root && graph_node_type(graph, root->object) == NODE_FILE;
	if (script && graph_has(graph, file_node_of(graph, pair->other), FACT_ROOT) && !applied_last(doubles, pair))
		return LEVEL_WARNING;
	bool definition = strcmp(graph_text(graph, pair->one, FACT_KIND), "CustomResourceDefinition") == 0;
	bool choice = may_be_choice(doubles, pair) || are_two_ways(doubles, pair);
	return pair->keys && !definition && !choice && !differ_in_pace(pair) ? LEVEL_ERROR : LEVEL_WARNING;
}

static char *differences_of(const Graph *graph, const Pair *pair)
{
	bool objects =
	        graph_node_type(graph, pair->one) == NODE_OBJECT && graph_node_type(graph, pair->other) == NODE_OBJECT;
	bool one_document =
	        graph_ancestor(graph, pair->one, NODE_DOCUMENT) == graph_ancestor(graph, pair->other, NODE_DOCUMENT);
	if (!objects || one_document || is_made(graph, pair->one) || is_made(graph, pair->other))
		return g_strdup("");
	return object_differences(graph, pair->one, pair->other);
}

static const char *script_of(const Doubles *doubles, Node object)
{
	return path_of(checker_graph(doubles->checker), find_owners(doubles, object)->at[0]);
}

/* SOPS keeps the values, and the same one looks otherwise each time. */
static bool is_sealed(const Graph *graph, Node object)
{
	Slice text = graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, object, NODE_DOCUMENT)));
	return slice_find(text, "ENC[AES256_GCM", 0) != SIZE_MAX;
}

/* keys: "" where the two cannot be compared, NULL where they are the same. */
static void explain_double(Doubles *doubles, Finding *finding, const Pair *pair)
{
	Checker *checker = doubles->checker;
	Span place = graph_place(checker_graph(checker), pair->one);
	if (!pair->keys && is_sealed(checker_graph(checker), pair->one))
		add_evidence(checker, finding, place, "the first one; at most what is sealed in them differs");
	else if (!pair->keys)
		add_evidence(checker, finding, place, "the first one; both are the same");
	else if (*pair->keys)
		add_evidence(checker, finding, place, "the first one; they differ in %s", pair->keys);
	else
		add_evidence(checker, finding, place, "the first one");
	Node last = applied_last(doubles, pair);
	if (is_taken_over(checker_graph(checker), pair))
		set_hint(checker, finding,
		        "the release takes it over, and takes it away when it is uninstalled: write it in one of them");
	else if (is_made(checker_graph(checker), pair->one) || is_made(checker_graph(checker), pair->other))
		set_hint(checker, finding, "helm refuses to take over an object that it did not make: delete one");
	else if (objects_share_no_key(checker_graph(checker), pair->one, pair->other))
		set_hint(checker, finding,
		        "they have no key in common: give one of them another name, or put all keys into one");
	else if (pair->build)
		set_hint(checker, finding,
		        pair->argo ? "Argo CD applies whichever comes last: delete one"
		                   : "kustomize refuses to build both: delete one");
	else if (pair->keys && last)
		set_hint(checker, finding, "%s applies the one in %s last, so that one is in effect: keep one of them",
		        script_of(doubles, last), path_of(checker_graph(checker), last));
	else if (pair->keys)
		set_hint(checker, finding, "the one applied last wins: keep what is meant in one and delete the other");
	else
		set_hint(checker, finding, "delete one of the two");
}

static bool are_parallel_trees(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	bool same;
	g_autofree char *trees = tree_pair(path_of(graph, pair->one), path_of(graph, pair->other), &same);
	return GPOINTER_TO_UINT(g_hash_table_lookup(doubles->tree_pairs, trees)) >= PARALLEL_TREES &&
	       !graph_has(graph, file_node_of(graph, pair->one), FACT_ROOT);
}

/* The place of the path by which the owner brings the file in, where the path ends with one value that is not known. */
static bool is_chosen_by(const Graph *graph, Node file, Node owner)
{
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, owner));
	GRAPH_CHILDREN (graph, owner, NODE_ENTRY, entry)
		if (has_role(graph, entry, "directories") || has_role(graph, entry, "generator-files"))
			return false;
	GRAPH_OF (graph, file, FACT_REACHED_BY, row)
		if (row->object == owner)
			return slice_find(graph_span_bytes(graph, graph_span(graph, row)), "{{", 0) != SIZE_MAX &&
			       slice_find(bytes, "elements:", 0) == SIZE_MAX;
	return false;
}

/* The path of an ApplicationSet is filled in once it runs: of the folders that fit, it takes one. */
static bool are_alternatives(const Doubles *doubles, const Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	Node one = file_node_of(graph, pair->one), other = file_node_of(graph, pair->other);
	if (one == other)
		return false;
	const Owners *owners = find_owners(doubles, pair->one);
	for (uint32_t i = 0; i < owners->count; i++)
		if (is_chosen_by(graph, one, owners->at[i]) && graph_says(graph, other, FACT_REACHED_BY, owners->at[i]))
			return true;
	return false;
}

/* The labels say to helm that the object is its own, so that it takes it over. */
static bool is_for_helm(const Graph *graph, const Pair *pair)
{
	Symbol label;
	return graph_find_symbol(graph, SLICE("app.kubernetes.io/managed-by=Helm"), &label) &&
	       ((is_made(graph, pair->one) && graph_says(graph, pair->other, FACT_LABEL, label)) ||
	               (is_made(graph, pair->other) && graph_says(graph, pair->one, FACT_LABEL, label)));
}

/* False for what is left alone. */
static bool judge(Doubles *doubles, Pair *pair)
{
	const Graph *graph = checker_graph(doubles->checker);
	if (are_parallel_trees(doubles, pair) || are_alternatives(doubles, pair) || is_for_helm(graph, pair))
		return false;
	pair->build = graph_has(graph, file_node_of(graph, pair->one), FACT_ROOT) && in_one_build(doubles, pair);
	if (is_harmless(graph, pair, pair->build) || (!pair->build && may_part(doubles, pair)))
		return false;
	g_autofree char *keys = differences_of(graph, pair);
	pair->keys = keys ? arena_text(checker_arena(doubles->checker), slice_from(keys)) : NULL;
	pair->level = double_level(doubles, pair);
	return true;
}

/* With the line of dashes above it, or for the first of the file the one below. */
static Span whole_document(const Graph *graph, Node document)
{
	Span span = graph_place(graph, document);
	Slice text = graph_file_bytes(graph, span.file);
	uint32_t start, end;
	edit_line_span(text, span.start, span.end, &start, &end);
	span.end = MAX(end, span.end);
	while (start > 0) {
		uint32_t above;
		edit_line_span(text, start - 1, start - 1, &above, &end);
		span.start = above;
		if (slice_starts(slice_sub(text, above, end), "---"))
			return span;
		start = above;
	}
	edit_line_span(text, span.end, span.end, &start, &end);
	span.start = 0;
	if (slice_starts(slice_sub(text, start, end), "---"))
		span.end = end;
	return span;
}

/* The second of two that are the same in one file goes; one pair that differs leaves all to the owner. Two files may
 * be two ways to install a program, each whole by itself. */
static void mend_double(Checker *checker, Finding *finding, const Pair *pair)
{
	const Graph *graph = checker_graph(checker);
	Node document = graph_ancestor(graph, pair->other, NODE_DOCUMENT), file = file_node_of(graph, pair->other);
	Node first = graph_first_child(graph, file, NODE_DOCUMENT);
	bool alone = !graph_next_child(graph, first, NODE_DOCUMENT);
	if (pair->keys || alone || is_sealed(graph, pair->one) ||
	        graph_file_of(graph, pair->one) != graph_file_of(graph, pair->other) ||
	        graph_node_type(graph, pair->other) != NODE_OBJECT) {
		finding->n_edits = 0;
		return;
	}
	set_because(checker, finding, FIX_VALUE, "both say the same");
	add_edit(checker, finding, whole_document(graph, document), (Slice){"", 0});
}

/* The two files; or a folder and its copy, where all that the paths have behind them is the same. */
static char *finding_key(const Graph *graph, const Pair *pair, bool copy)
{
	Slice one = slice_from(path_of(graph, pair->one)), other = slice_from(path_of(graph, pair->other));
	bool file = slice_equal(one, other);
	while (copy && !file && one.length && other.length && slice_equal(path_name(one), path_name(other))) {
		one = path_folder(one);
		other = path_folder(other);
	}
	return g_strdup_printf("%.*s|%.*s", SLICE_ARGS(one), SLICE_ARGS(other));
}

/* All that two files have in common is one finding, told by the worst of it; and all that is the same in a folder and
 * its copy. */
static void report_double(Doubles *doubles, const Pair *pair)
{
	Checker *checker = doubles->checker;
	const Graph *graph = checker_graph(checker);
	const char *one = path_of(graph, pair->one), *other = path_of(graph, pair->other);
	const char *kind = graph_text(graph, pair->other, FACT_KIND), *name = graph_name(graph, pair->other);
	bool copy = !pair->keys && pair->level < LEVEL_ERROR;
	g_autofree char *files = finding_key(graph, pair, false), *folders = finding_key(graph, pair, copy);
	Finding *finding = g_hash_table_lookup(doubles->findings, files);
	finding = finding ? finding : g_hash_table_lookup(doubles->findings, folders);
	if (finding && finding->subject == pair->other)
		return; /* under another identity: two overlays take both files */
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, pair->other), "and %s %s", kind, name);
		if (finding->n_edits)
			mend_double(checker, finding, pair);
		return;
	}
	finding = report_at(checker, pair->level, pair->other, graph_place(graph, pair->other),
	        "%s %s is already in %s", kind, name, strcmp(one, other) == 0 ? "this file" : one);
	explain_double(doubles, finding, pair);
	mend_double(checker, finding, pair);
	g_hash_table_insert(doubles->findings, g_steal_pointer(&folders), finding);
}

static void check_duplicate_object(Checker *checker)
{
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(Pair));
	g_autoptr(GHashTable) trees = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) findings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) owners = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_auto(Stages) stages = {.graph = checker_graph(checker)};
	Doubles doubles = {checker, pairs, trees, findings, owners, &stages, has_appliers(checker_graph(checker)),
	        is_collection(checker_graph(checker))};
	find_pairs(&doubles);
	g_autoptr(GArray) judged = g_array_new(FALSE, FALSE, sizeof(Pair));
	for (guint i = 0; i < pairs->len; i++)
		if (judge(&doubles, &g_array_index(pairs, Pair, i)))
			g_array_append_val(judged, g_array_index(pairs, Pair, i));
	for (Level level = LEVEL_ERROR; level >= LEVEL_WARNING; level--)
		for (guint i = 0; i < judged->len; i++)
			if (g_array_index(judged, Pair, i).level == level)
				report_double(&doubles, &g_array_index(judged, Pair, i));
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
};

const RuleSet rules_objects = {"objects", rules, G_N_ELEMENTS(rules)};
