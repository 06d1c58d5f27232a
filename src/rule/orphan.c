/* Manifests that lie beside those which are applied, and are not: in a repository where kustomizations, Flux or Argo CD
 * bring in nearly everything, a file that none of them reaches was most likely forgotten in a list. A file that a
 * comment of the list speaks of, or that a command in a script or document applies, was left out on purpose. Where
 * something that is applied needs an object of the file, and no other file makes it, no habit has to tell. */
#include "base/near.h"
#include "base/path.h"
#include "rule/apply.h"
#include "rule/cluster.h"
#include "rule/leftout.h"
#include "rule/needed.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/search.h"
#include "rule/templated.h"

/* Fewer reached files are no habit that the others could break. */
#define LEAST_REACHED 8
/* So many files of folders below make it a habit of a list to name them; so many of one name, a habit of them all. */
#define LEAST_LISTED 3
#define LEAST_ALIKE 8

typedef struct Orphans {
	Checker *checker;
	GHashTable *groups;  /* Symbols of API groups and kinds that are applied somewhere: "group/Kind" */
	GHashTable *folders; /* folder → Finding */
	GHashTable *alike;   /* name of a file → how many entries of lists lead to such a one below them */
	GHashTable *
	        applied[2]; /* folder → whether a command names it, by is_applied_by_hand's list: each asks all files */
	Needed needed;      /* what is applied and leads to an object outside */
	Templated templated; /* what Applications that charts make lead to */
	bool live, scripted; /* brought in by Flux or Argo CD; or by scripts that name all they apply */
	bool habit;          /* nearly all that could be applied is */
} Orphans;

static Slice path_of(const Graph *graph, Node file)
{
	return slice_from(graph_name(graph, file));
}

static bool first_object(const Graph *graph, Node file, Node *ret_object)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		if (!graph_has(graph, document, FACT_IS_PATCH) &&
		        (*ret_object = graph_first_child(graph, document, NODE_OBJECT)))
			return true;
	return false;
}

static char *kind_key(const Graph *graph, Node object)
{
	const char *version = graph_text(graph, object, FACT_API_VERSION), *slash = strchr(version, '/');
	return g_strdup_printf(
	        "%.*s/%s", slash ? (int)(slash - version) : 0, version, graph_text(graph, object, FACT_KIND));
}

/* Of all files with objects, how many are brought in; and which kinds they hold. */
static bool collect_reached(Orphans *orphans)
{
	const Graph *graph = checker_graph(orphans->checker);
	uint32_t reached = 0, left = 0;
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Node file = graph_file_node(graph, i), object;
		if (!first_object(graph, file, &object) || is_quiet(graph, file))
			continue;
		if (!graph_has(graph, file, FACT_REACHED_BY)) {
			left++;
			continue;
		}
		reached++;
		GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
			GRAPH_CHILDREN (graph, document, NODE_OBJECT, each)
				g_hash_table_add(orphans->groups, kind_key(graph, each));
	}
	return reached >= LEAST_REACHED && reached >= left * 3;
}

/* Client-side configuration, kinds that nobody applies here; what runs once, which its owner starts by hand. */
static bool is_applied_kind(const Orphans *orphans, Node object)
{
	const Graph *graph = checker_graph(orphans->checker);
	g_autofree char *key = kind_key(graph, object);
	const char *kind = graph_text(graph, object, FACT_KIND);
	return g_hash_table_contains(orphans->groups, key) && strcmp(kind, "CustomResourceDefinition") != 0 &&
	       strcmp(kind, "Job") != 0 && strcmp(kind, "Pod") != 0;
}

/* Objects that bring others in are where it all begins, and put there by hand. */
static bool holds_applier(const Graph *graph, Node file)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object) {
			const char *version = graph_text(graph, object, FACT_API_VERSION);
			if (strstr(version, "kustomize.toolkit.fluxcd.io") || strstr(version, "argoproj.io") ||
			        strstr(version, "fluxcd.controlplane.io"))
				return true;
		}
	return false;
}

static bool is_sample_name(Slice name)
{
	static const char *const words[] = {"example", "sample", "template", "tmpl", "test", "values", ".bak",
	        "disabled", "unused", "backup-", "old"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(name, words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

/* What the cluster needs before anything can bring it in: a sealed Secret in a folder for the first start. */
static bool is_for_first_start(const Graph *graph, Node object, Slice path)
{
	if (!graph_has(graph, object, FACT_ENCRYPTED))
		return false;
	for (Slice folder = path_folder(path); folder.length; folder = path_folder(folder))
		if (slice_find(path_name(folder), "bootstrap", 0) != SIZE_MAX)
			return true;
	return false;
}

/* ---- left out on purpose ---------------------------------------------------------------------------------- */

/* The list means the file by a name that is nearly its own: that is another finding, and its mend lists the file. */
static bool is_listed_wrongly(const Graph *graph, Node list, Slice path)
{
	Slice folder = path_folder(slice_from(graph_name(graph, list)));
	GRAPH_CHILDREN (graph, list, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_KUSTOMIZATION, kustomization)
			GRAPH_CHILDREN (graph, kustomization, NODE_ENTRY, entry) {
				g_autofree char *named = path_resolve(folder, slice_from(graph_name(graph, entry)));
				if (graph_has(graph, entry, FACT_UNRESOLVED) && named &&
				        near_distance(slice_from(named), path, NEAR_LIMIT_MAX) <= near_limit(path))
					return true;
			}
	return false;
}

static bool is_folder_known_applied(const Orphans *orphans, Slice folder, bool list)
{
	gpointer known;
	char *key = slice_dup(folder);
	if (g_hash_table_lookup_extended(orphans->applied[list], key, NULL, &known)) {
		g_free(key);
		return GPOINTER_TO_INT(known);
	}
	bool applied = is_folder_applied(checker_graph(orphans->checker), folder, list);
	g_hash_table_insert(orphans->applied[list], key, GINT_TO_POINTER(applied));
	return applied;
}

/* list: the file is a kustomization; above: a command for a folder further up counts too. */
static bool is_applied_by_hand(const Orphans *orphans, Slice path, bool list, bool above)
{
	const Graph *graph = checker_graph(orphans->checker);
	if (!list && is_file_applied(graph, path.at))
		return true;
	for (Slice folder = path_folder(path); slice_find_byte(folder, '/', 0) != SIZE_MAX;
	        folder = path_folder(folder)) {
		if (is_folder_known_applied(orphans, folder, list))
			return true;
		if (!above)
			return false;
	}
	return false;
}

/* Named as seen from a folder above it, by a script that stands there: `kustomize('k8s/dev')`. */
static bool accept_relative(const Graph *graph, Span word, void *data)
{
	Slice above = path_folder(slice_from(graph_file_path(graph, word.file)));
	return above.length && path_is_below(slice_from(data), above) && is_apply_command(graph, word);
}

static bool is_named_from_above(const Graph *graph, Slice path)
{
	Span found;
	g_autofree char *text = slice_dup(path);
	Slice folder = path_folder(path), above = path_folder(path_folder(folder));
	Slice two = slice_sub(folder, above.length + (above.length > 0), folder.length);
	return search_word(graph, path_name(folder), is_script_or_document, accept_relative, text, &found) ||
	       search_word(graph, two, is_script_or_document, accept_relative, text, &found);
}

/* Neighbours of a file, which are numbered beside it, that are looked at. */
#define MOST_NEIGHBOURS 100

/* KSOPS: a generator beside the file names it under `files:`, and makes the Secret of what is in it. */
static bool is_generated_from(const Graph *graph, Node file)
{
	Slice path = path_of(graph, file), folder = path_folder(path);
	uint32_t own = graph_file_of(graph, file), first = own > MOST_NEIGHBOURS ? own - MOST_NEIGHBOURS : 0;
	g_autofree char *name = slice_dup(path_name(path));
	for (uint32_t other = first; other < MIN(graph_files(graph), own + MOST_NEIGHBOURS); other++) {
		Slice bytes = graph_file_bytes(graph, other);
		if (other != own && slice_equal(path_folder(slice_from(graph_file_path(graph, other))), folder) &&
		        text_has(bytes, "ksops") && text_has(bytes, name))
			return true;
	}
	return false;
}

static bool holds_kind(const Graph *graph, Node file, const char *kind)
{
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, object)
			if (is_kind(graph, object, kind))
				return true;
	return false;
}

/* A program as its makers publish it, in a namespace of its own and with what it defines: it is applied as a whole, and
 * the list would put it into another namespace. */
static bool is_published(const Graph *graph, Node file, Node list)
{
	bool moves = false;
	GRAPH_CHILDREN (graph, list, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_KUSTOMIZATION, kustomization)
			moves = moves || graph_has(graph, kustomization, FACT_NAMESPACE);
	return list && holds_kind(graph, file, "Namespace") &&
	       (moves || holds_kind(graph, file, "CustomResourceDefinition"));
}

/* ---- the rule ----------------------------------------------------------------------------------------------- */

/* FOLDER/FILE of a folder below the list, which the entry leads to; empty for all others. */
static Slice path_below(const Graph *graph, Node entry)
{
	const Row *target = graph_find(graph, entry, FACT_REFERS_TO);
	Slice path = graph_symbol_slice(graph, graph_name_symbol(graph, entry));
	path = slice_starts(path, "./") ? slice_sub(path, 2, path.length) : path;
	size_t slash = slice_find_byte(path, '/', 0);
	bool below = target && has_role(graph, entry, "resource") &&
	             graph_node_type(graph, target->object) == NODE_FILE && slash != SIZE_MAX &&
	             slice_find_byte(path, '/', slash + 1) == SIZE_MAX && !slice_starts(path, "..");
	return below ? path : (Slice){"", 0};
}

/* A list of one folder may name the files of the folders below it: postgres/postgres.yaml, redis/redis.yaml. */
static uint32_t listed_below(const Graph *graph, Node file)
{
	uint32_t count = 0;
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_KUSTOMIZATION, list)
			GRAPH_CHILDREN (graph, list, NODE_ENTRY, entry)
				count += path_below(graph, entry).length > 0;
	return count;
}

/* How many files of each name lists name below them. */
static void collect_alike(Orphans *orphans)
{
	const Graph *graph = checker_graph(orphans->checker);
	GRAPH_NODES (graph, NODE_ENTRY, entry) {
		g_autofree char *name = slice_dup(path_name(path_below(graph, entry)));
		uint32_t count = GPOINTER_TO_UINT(g_hash_table_lookup(orphans->alike, name));
		g_hash_table_insert(orphans->alike, g_steal_pointer(&name), GUINT_TO_POINTER(count + 1));
	}
}

/* Lists name files that are called so wherever there are some: radarr/ks.yaml, sonarr/ks.yaml. */
static bool is_listed_alike(const Orphans *orphans, Slice path)
{
	g_autofree char *name = slice_dup(path_name(path));
	return GPOINTER_TO_UINT(g_hash_table_lookup(orphans->alike, name)) >= LEAST_ALIKE;
}

/* The kustomization that ought to list it: of its own folder, or of the one above where that lists files of the folders
 * beside this one; and in use by somebody. */
static Node natural_list(const Orphans *orphans, Slice path)
{
	const Graph *graph = checker_graph(orphans->checker);
	Slice folder = path_folder(path);
	Node list = kustomization_in(graph, folder);
	if (!list && folder.length) {
		list = kustomization_in(graph, path_folder(folder));
		if (list && !is_listed_alike(orphans, path) && listed_below(graph, list) < LEAST_LISTED)
			list = NODE_NONE;
	}
	return list && graph_has(graph, list, FACT_ROOT) ? list : NODE_NONE;
}

/* A script that applies what a variable holds may apply anything. */
static bool is_scripted(const Graph *graph)
{
	bool scripted = false;
	GRAPH_EACH (graph, FACT_ROOT, row)
		scripted = scripted || graph_node_type(graph, row->object) == NODE_FILE;
	GRAPH_NODES (graph, NODE_COMMAND, command) {
		bool apply = false, variable = false;
		GRAPH_OF (graph, command, FACT_WORD, word) {
			const char *text = graph_symbol_text(graph, word->object);
			apply = apply || strcmp(text, "apply") == 0;
			variable = variable || (apply && strchr(text, '$'));
		}
		if (variable)
			return false;
	}
	return scripted;
}

static void report_unscripted(Orphans *orphans, Node file, Node object)
{
	const Graph *graph = checker_graph(orphans->checker);
	Finding *finding = report(orphans->checker, file, graph_place(graph, object),
	        "%s %s is applied by no script and no kustomization", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object));
	set_hint(orphans->checker, finding, "apply it where the others are applied, or delete the file");
}

/* ---- single files ------------------------------------------------------------------------------------------- */

static bool is_object_or_generated(const Graph *graph, Node node)
{
	NodeType type = graph_node_type(graph, node);
	return type == NODE_OBJECT || type == NODE_GENERATED;
}

/* The same object of a file that is brought in, or NODE_NONE. */
static Node live_twin(const Graph *graph, Node object)
{
	const Row *identity = graph_find(graph, object, FACT_IDENTITY);
	if (identity)
		GRAPH_TO (graph, FACT_IDENTITY, identity->object, row)
			if (row->subject != object && is_object_or_generated(graph, row->subject) &&
			        graph_has(graph, file_node_of(graph, row->subject), FACT_REACHED_BY))
				return row->subject;
	return NODE_NONE;
}

/* To list it as well would be to apply the object twice. */
static void report_copy(Orphans *orphans, Node object, Node twin)
{
	Checker *checker = orphans->checker;
	const Graph *graph = checker_graph(checker);
	g_autofree char *key = g_strdup_printf("copies of %.*s", SLICE_ARGS(graph_folder_of(graph, object)));
	Finding *finding = g_hash_table_lookup(orphans->folders, key);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, object), "so is this %s %s",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
		return;
	}
	finding = report(checker, file_node_of(graph, object), graph_place(graph, object),
	        graph_node_type(graph, twin) == NODE_GENERATED
	                ? "a generator makes the %s %s that is in effect, and nothing applies this one"
	                : "another file has the %s %s that is in effect, and nothing applies this one",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
	add_evidence(checker, finding, graph_place(graph, twin), "the one in effect");
	set_hint(checker, finding, "keep what is meant in the one in effect, and delete this file");
	g_hash_table_insert(orphans->folders, g_steal_pointer(&key), finding);
}

static void report_orphan(Orphans *orphans, Node file, Node object, Node list)
{
	Checker *checker = orphans->checker;
	const Graph *graph = checker_graph(checker);
	Slice path = path_of(graph, file), name = path_name(path), lister = slice_from(graph_name(graph, list));
	g_autofree char *folder = slice_dup(path_folder(path));
	Slice entry = path_folder(lister).length ? slice_sub(path, path_folder(lister).length + 1, path.length) : path;
	bool own = slice_equal(path_folder(lister), path_folder(path));
	Finding *finding = g_hash_table_lookup(orphans->folders, folder);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, object), "nor is %.*s", SLICE_ARGS(name));
		return;
	}
	finding = report(checker, file, graph_place(graph, object),
	        "%s %s is in no kustomization and nothing else applies it", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object));
	add_evidence(checker, finding, graph_place(graph, list), "the kustomization of the folder%s does not list it",
	        own ? "" : " above");
	set_hint(checker, finding, "add `- %.*s` to resources in %s, or delete the file", SLICE_ARGS(entry), lister.at);
	g_hash_table_insert(orphans->folders, g_steal_pointer(&folder), finding);
}

static void check_file(Orphans *orphans, Node file)
{
	const Graph *graph = checker_graph(orphans->checker);
	Slice path = path_of(graph, file);
	Node object, list = NODE_NONE;
	if (graph_has(graph, file, FACT_REACHED_BY) || is_quiet(graph, file) || !first_object(graph, file, &object))
		return;
	list = natural_list(orphans, path);
	bool needed = needed_by_list(&orphans->needed, file, list);
	if (list && !needed && orphans->live && !graph_has(graph, list, FACT_REACHED_BY))
		list = NODE_NONE;
	if (!needed && (!orphans->habit || (!list && !orphans->scripted) || !is_applied_kind(orphans, object)))
		return;
	if ((holds_applier(graph, file) && !(list && is_listed_alike(orphans, path))) ||
	        is_sample_name(path_name(path)) || is_in_chart(graph, path) || is_commented_out(graph, path) ||
	        is_applied_by_hand(orphans, path, false, !needed) ||
	        (!list && is_templated(&orphans->templated, path)) || is_generated_from(graph, file) ||
	        is_for_first_start(graph, object, path) || is_published(graph, file, list) ||
	        (list && is_listed_wrongly(graph, list, path)))
		return;
	Node twin = live_twin(graph, object);
	if (needed)
		report_needed(&orphans->needed, file, list);
	else if (twin)
		report_copy(orphans, object, twin);
	else if (list)
		report_orphan(orphans, file, object, list);
	else
		report_unscripted(orphans, file, object);
}

/* ---- whole kustomizations --------------------------------------------------------------------------------- */

/* An overlay beside one that is in use: what it builds on is brought in by others. */
static bool is_other_overlay(const Graph *graph, Node list)
{
	GRAPH_CHILDREN (graph, list, NODE_ENTRY, entry) {
		const Row *target = graph_find(graph, entry, FACT_REFERS_TO);
		Node file = target ? file_node_of(graph, target->object) : NODE_NONE;
		Rows rows = file ? graph_rows_of(graph, file, FACT_REACHED_BY) : (Rows){NULL, NULL};
		if (rows.end - rows.at > 1)
			return true;
	}
	return false;
}

/* The object, by its kind and name, is in use from a folder beside the file's own. */
static bool has_twin(const Graph *graph, Slice path, Node object)
{
	Slice own = path_folder(path), above = path_folder(own);
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, object), other)
	{
		Node file = file_node_of(graph, other);
		Slice folder = path_folder(path_of(graph, file));
		if (graph_symbol(graph, other, FACT_KIND) == graph_symbol(graph, object, FACT_KIND) &&
		        !slice_equal(folder, own) && slice_equal(path_folder(folder), above) &&
		        graph_has(graph, file, FACT_REACHED_BY))
			return true;
	}
	return false;
}

/* The same objects in another form, beside the one that is in use: minimal and full, with and without. */
static bool is_variant(const Graph *graph, Node list)
{
	uint32_t files = 0, twins = 0;
	GRAPH_TO (graph, FACT_ROOT, list, row) {
		Node object;
		if (!first_object(graph, row->subject, &object))
			continue;
		files++;
		twins += has_twin(graph, path_of(graph, row->subject), object);
	}
	return files > 1 && twins == files;
}

/* Where nothing else is brought in, all is put there by hand before Flux or Argo CD can run. */
static bool has_live_neighbours(const Graph *graph, Slice folder)
{
	Slice parent = path_folder(folder);
	for (uint32_t i = 0; i < graph_files(graph); i++) {
		Node file = graph_file_node(graph, i);
		Slice path = path_of(graph, file);
		if (parent.length && path_is_below(path, parent) && !path_is_below(path, folder) &&
		        is_built_by_cluster(graph, file))
			return true;
	}
	return false;
}

static uint32_t manifests_of(const Graph *graph, Node list)
{
	uint32_t count = 0;
	GRAPH_TO (graph, FACT_ROOT, list, row) {
		Node object;
		count += first_object(graph, row->subject, &object);
	}
	return count;
}

/* Objects of Flux or Argo CD that bring in other folders: the list is where a cluster begins, and its owner applies it
 * by hand. */
static bool is_entry(const Graph *graph, Node list)
{
	Slice folder = path_folder(path_of(graph, file_node_of(graph, list)));
	bool applier = false, outside = false;
	GRAPH_TO (graph, FACT_ROOT, list, row) {
		applier = applier || holds_applier(graph, row->subject);
		outside = outside || !path_is_below(path_of(graph, row->subject), folder);
	}
	return applier && outside;
}

static void report_list(Orphans *orphans, Node list, uint32_t manifests)
{
	const Graph *graph = checker_graph(orphans->checker);
	const char *many = manifests == 1 ? "" : "s";
	Slice above = path_folder(path_folder(path_of(graph, file_node_of(graph, list))));
	g_autofree char *key = g_strdup_printf("lists of %.*s", SLICE_ARGS(above));
	Finding *finding = g_hash_table_lookup(orphans->folders, key);
	if (finding) {
		add_evidence(orphans->checker, finding, graph_place(graph, list), "nor this one with its %u manifest%s",
		        manifests, many);
		return;
	}
	finding = report(orphans->checker, list, graph_place(graph, list),
	        "no Flux or Argo CD object and no other kustomization brings in this one with its %u manifest%s",
	        manifests, many);
	set_hint(orphans->checker, finding, "list its folder where the others are listed, or delete it");
	g_hash_table_insert(orphans->folders, g_steal_pointer(&key), finding);
}

static void check_list(Orphans *orphans, Node list)
{
	const Graph *graph = checker_graph(orphans->checker);
	Node file = file_node_of(graph, list);
	Slice path = path_of(graph, file);
	uint32_t manifests;
	if (graph_has(graph, file, FACT_REACHED_BY) || graph_has(graph, list, FACT_COMPONENT) ||
	        is_quiet(graph, file) || !(manifests = manifests_of(graph, list)) || is_other_overlay(graph, list))
		return;
	if (is_sample_name(path) || is_in_chart(graph, path) || is_templated(&orphans->templated, path) ||
	        is_commented_out(graph, path) || !has_live_neighbours(graph, path_folder(path)) ||
	        is_applied_by_hand(orphans, path, true, false) || is_named_from_above(graph, path) ||
	        is_entry(graph, list) || is_variant(graph, list))
		return;
	report_list(orphans, list, manifests);
}

static void check_orphan_manifest(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) groups = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) alike = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_auto(Templated) templated = templated_new(graph);
	Orphans orphans = {.checker = checker,
	        .groups = groups,
	        .folders = folders,
	        .alike = alike,
	        .templated = templated,
	        .applied = {files, lists},
	        .live = has_appliers(graph)};
	orphans.scripted = !orphans.live && is_scripted(graph);
	orphans.habit = collect_reached(&orphans);
	collect_alike(&orphans);
	needed_read(&orphans.needed, checker, orphans.live);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		check_file(&orphans, graph_file_node(graph, file));
	if (orphans.live && orphans.habit)
		GRAPH_NODES (graph, NODE_KUSTOMIZATION, list)
			check_list(&orphans, list);
	needed_clear(&orphans.needed);
}

static const Rule rules[] = {
        {
                .id = "orphan-manifest",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a manifest that nothing applies",
                .why = "The file looks as if it were in effect and is not: changes to it do nothing, and what it "
                       "describes is missing from the cluster or was left there from an earlier time. It is an error "
                       "where something that is applied needs what stands in it.",
                .remedy = "List it under resources, or delete it; a comment in the list says that it is meant to wait.",
                .of_idle = true,
                .check = check_orphan_manifest,
        },
};

const RuleSet rules_orphan = {"orphan", rules, G_N_ELEMENTS(rules)};
