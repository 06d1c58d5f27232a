/* What is written for others to use and that nobody uses: values that Flux would put in place of ${NAME}, claims of
 * volumes, ConfigMaps and Secrets. Most often the user was renamed, or removed, or never brought in. Said as
 * information, since nothing breaks.
 */
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- substitutes ------------------------------------------------------------------------------------------ */

typedef struct Reach {
	const Graph *graph;
	GHashTable *files; /* FILE nodes that the Kustomization brings in, directly or by others */
	bool elsewhere;    /* some of what it brings in is not in the repository */
} Reach;

#define MOST_REACHED 5000

static void add_reached(Reach *reach, Node file, GQueue *open)
{
	if (g_hash_table_size(reach->files) < MOST_REACHED && g_hash_table_add(reach->files, GUINT_TO_POINTER(file)))
		g_queue_push_tail(open, GUINT_TO_POINTER(file));
}

static void follow_entries(Reach *reach, Node parent, GQueue *open)
{
	const Graph *graph = reach->graph;
	GRAPH_CHILDREN (graph, parent, NODE_ENTRY, entry) {
		reach->elsewhere |= graph_has(graph, entry, FACT_REMOTE) || graph_has(graph, entry, FACT_UNRESOLVED);
		GRAPH_OF (graph, entry, FACT_REFERS_TO, row) {
			NodeType type = graph_node_type(graph, row->object);
			if (type == NODE_FILE || type == NODE_KUSTOMIZATION)
				add_reached(reach, graph_file_node(graph, graph_file_of(graph, row->object)), open);
		}
	}
}

/* Its path, what the kustomizations there name, and what a folder of plain manifests holds. */
static void follow(Reach *reach, Node object)
{
	const Graph *graph = reach->graph;
	g_autoptr(GQueue) open = g_queue_new();
	follow_entries(reach, object, open);
	GRAPH_TO (graph, FACT_REACHED_BY, object, row)
		add_reached(reach, row->subject, open);
	while (!g_queue_is_empty(open)) {
		Node file = GPOINTER_TO_UINT(g_queue_pop_head(open));
		GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document)
			GRAPH_CHILDREN (graph, document, NODE_KUSTOMIZATION, kustomization) {
				follow_entries(reach, kustomization, open);
				GRAPH_CHILDREN (graph, kustomization, NODE_GENERATED, generated)
					follow_entries(reach, generated, open);
				GRAPH_TO (graph, FACT_REACHED_BY, kustomization, row)
					add_reached(reach, row->subject, open);
			}
	}
}

/* In braces, bare, or as the text of a default. */
static bool uses_name(const Reach *reach, const char *name)
{
	GHashTableIter files;
	gpointer file;
	g_hash_table_iter_init(&files, reach->files);
	while (g_hash_table_iter_next(&files, &file, NULL))
		if (text_has(graph_file_bytes(reach->graph, graph_file_of(reach->graph, GPOINTER_TO_UINT(file))), name))
			return true;
	return false;
}

/* `APP: *app` comes along with the template that people begin a Kustomization with, and says nothing of its own. */
static bool is_alias(const Graph *graph, const Row *row)
{
	Span place = graph_span(graph, row);
	return text_has(graph_line_at(graph, place), "&") || text_has(graph_span_bytes(graph, place), "*");
}

static void check_substitutes(Checker *checker, Node object)
{
	const Graph *graph = checker_graph(checker);
	Reach reach = {graph, g_hash_table_new(NULL, NULL), false};
	Finding *finding = NULL;
	follow(&reach, object);
	GRAPH_OF (graph, object, FACT_SUBSTITUTES, row) {
		Slice pair = graph_symbol_slice(graph, row->object);
		g_autofree char *name = slice_dup(slice_sub(pair, 0, slice_find_byte(pair, '=', 0)));
		if (is_alias(graph, row) || reach.elsewhere || g_hash_table_size(reach.files) == 0 ||
		        g_hash_table_size(reach.files) == MOST_REACHED || uses_name(&reach, name))
			continue;
		if (finding) {
			add_evidence(checker, finding, graph_span(graph, row), "nor ${%s}", name);
			continue;
		}
		finding = report(checker, object, graph_span(graph, row),
		        "nothing that Kustomization %s brings in has ${%s} in it", graph_name(graph, object), name);
		set_detail(checker, finding, "%s", name);
	}
	g_hash_table_unref(reach.files);
}

static void check_substitute_unused(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_SUBSTITUTES, row) {
		if (row->subject != last && is_kind(graph, row->subject, "Kustomization") &&
		        !is_quiet(graph, row->subject) && !is_patch(graph, row->subject))
			check_substitutes(checker, row->subject);
		last = row->subject;
	}
}

/* ---- claims ------------------------------------------------------------------------------------------------- */

/* A word of another place than the claim's own. */
static bool is_elsewhere(const Graph *graph, Span word, void *data)
{
	Span own = graph_place(graph, GPOINTER_TO_UINT(data));
	return word.file != own.file || word.start != own.start;
}

static bool is_no_document(const Graph *graph, uint32_t file, void *data)
{
	return !slice_ends(slice_from(graph_file_path(graph, file)), ".md");
}

/* VOLUME-SET-0, as StatefulSets call theirs. */
static bool is_numbered(const char *name)
{
	const char *dash = strrchr(name, '-');
	return dash && dash[1] && strspn(dash + 1, "0123456789") == strlen(dash + 1);
}

static bool is_taken(const Graph *graph, Node object)
{
	Rows users = graph_rows_to(graph, FACT_REFERS_TO, object);
	return users.at != users.end;
}

/* A chart, an operator or a job may mount it: then its name stands in what they are told. */
static bool is_named(const Graph *graph, Node object)
{
	Span found;
	return search_word(graph, slice_from(graph_name(graph, object)), is_no_document, is_elsewhere,
	        GUINT_TO_POINTER(object), &found);
}

static void check_claim_unused(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_OBJECT, claim) {
		Node document = graph_parent(graph, claim);
		const char *name = graph_name(graph, claim);
		if (!is_kind(graph, claim, "PersistentVolumeClaim") || is_quiet(graph, claim) ||
		        is_patch(graph, claim) || graph_node_type(graph, document) != NODE_DOCUMENT ||
		        is_open_text(name) || is_numbered(name) || is_taken(graph, claim) || is_named(graph, claim))
			continue;
		report(checker, claim, graph_place(graph, claim),
		        "nothing mounts claim %s, and no file but its own names it", name);
	}
}

/* ---- ConfigMaps and Secrets ----------------------------------------------------------------------------------- */

/* Labels that say what an object is part of; by any other, a program may look for it. */
static bool is_plain_label(const char *label)
{
	static const char *const plain[] = {"app=", "app.kubernetes.io/", "helm.sh/",
	        "name=", "component=", "tier=", "environment=", "kustomize.toolkit.fluxcd.io/",
	        "kubernetes.io/metadata.name="};
	for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
		if (g_str_has_prefix(label, plain[i]))
			return true;
	return false;
}

static bool is_plain_annotation(const char *annotation)
{
	static const char *const plain[] = {"kustomize.toolkit.fluxcd.io/", "argocd.argoproj.io/sync", "kubectl.",
	        "argocd.argoproj.io/hook", "helm.sh/", "labwright/", "description="};
	for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
		if (g_str_has_prefix(annotation, plain[i]))
			return true;
	return false;
}

/* Something looks for it by what it carries: a dashboard's label, a mirror's annotation, a type that says whose it is.
 */
static bool is_found_by_marks(const Graph *graph, Node object)
{
	const char *type = graph_text(graph, object, FACT_TYPE);
	GRAPH_OF (graph, object, FACT_LABEL, row)
		if (!is_plain_label(graph_symbol_text(graph, row->object)))
			return true;
	GRAPH_OF (graph, object, FACT_ANNOTATION, row)
		if (!is_plain_annotation(graph_symbol_text(graph, row->object)))
			return true;
	return *type && strcmp(type, "Opaque") != 0;
}

/* Programs of the cluster read what is called after them, and so does what a chart makes. */
static bool is_of_programs(const Graph *graph, Node object)
{
	static const char *const own[] = {"kube-", "argo", "flux", "knative", "tekton", "metallb", "istio", "cattle",
	        "openshift", "longhorn", "velero", "linkerd", "kubevirt"};
	bool known = false;
	GRAPH_OF (graph, object, FACT_IDENTITY, row) {
		g_auto(GStrv) parts = g_strsplit(graph_symbol_text(graph, row->object), "/", 3);
		Symbol namespace;
		known = parts[0] && parts[1] && parts[2] && *parts[1] &&
		        strcmp(parts[2], graph_name(graph, object)) == 0;
		if (!known || !graph_find_symbol(graph, slice_from(parts[1]), &namespace))
			return true;
		for (size_t i = 0; i < G_N_ELEMENTS(own); i++)
			if (g_str_has_prefix(parts[1], own[i]) || g_str_has_prefix(parts[2], own[i]))
				return true;
		Rows charts = graph_rows_to(graph, FACT_OPAQUE, namespace);
		if (charts.at != charts.end)
			return true;
	}
	return !known;
}

/* Folders whose files start something: beside it, what a ConfigMap is for is known. */
static GHashTable *folders_that_start(const Graph *graph)
{
	GHashTable *folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	uint32_t last = UINT32_MAX;
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		uint32_t file = graph_file_of(graph, row->subject);
		if (file != last)
			g_hash_table_add(folders, slice_dup(graph_folder_of(graph, row->subject)));
		last = file;
	}
	return folders;
}

static bool has_neighbours(const Graph *graph, GHashTable *folders, Node object)
{
	g_autofree char *folder = slice_dup(graph_folder_of(graph, object));
	return g_hash_table_contains(folders, folder);
}

static void check_config_unused(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) folders = folders_that_start(graph);
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		const char *name = graph_name(graph, object);
		if (!(is_kind(graph, object, "ConfigMap") || is_kind(graph, object, "Secret")) ||
		        is_quiet(graph, object) || is_patch(graph, object) || is_open_text(name) ||
		        graph_node_type(graph, graph_parent(graph, object)) != NODE_DOCUMENT ||
		        is_taken(graph, object) || is_found_by_marks(graph, object) ||
		        !has_neighbours(graph, folders, object) || is_of_programs(graph, object) ||
		        is_named(graph, object))
			continue;
		report(checker, object, graph_place(graph, object),
		        "nothing takes %s %s, and no file but its own names it", graph_text(graph, object, FACT_KIND),
		        name);
	}
}

static const Rule rules[] = {
        {
                .id = "substitute-unused",
                .level = LEVEL_INFO,
                .title = "Flux puts a value in place of a name that nothing has",
                .why = "Either it is left over, or the component or manifest that was to use it is not brought in, or "
                       "has the name in another way and falls back to its default.",
                .remedy = "Take it out, or bring in what uses it.",
                .check = check_substitute_unused,
        },
        {
                .id = "claim-unused",
                .level = LEVEL_INFO,
                .title = "a claim of a volume that nothing mounts",
                .why = "It keeps its storage, and a program that was to keep its data there writes them elsewhere.",
                .remedy = "Mount it, or take it out once nothing in it is needed.",
                .check = check_claim_unused,
        },
        {
                .id = "config-unused",
                .level = LEVEL_INFO,
                .title = "a ConfigMap or Secret that nothing takes",
                .why = "Either it is left over, or what was to read it was renamed and runs with its defaults.",
                .remedy = "Name it where it is to be read, or take it out.",
                .check = check_config_unused,
        },
};

const RuleSet rules_unused = {"unused", rules, G_N_ELEMENTS(rules)};
