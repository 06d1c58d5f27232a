/* What references lead to. Found is: an object of that kind and name in the namespace, a generated one, or one that
 * another object provides. Missing is said only where nothing could make it: no chart or plugin puts things there, no
 * operator's object bears the name or a part of it, no script or document makes it, and the file with the reference is
 * itself in use. */
#include "link/linker.h"

#include "base/kind.h"

#define MOST_NAMESPACES 64
#define MOST_TARGETS 8
#define MOST_CANDIDATES                                                                                                \
	512 /* of one kind and name; nobody writes more, and a file of nothing else must not take long */

typedef struct Search {
	Linker *linker;
	Node reference, object;
	Symbol kind, name;
	Symbol namespaces[MOST_NAMESPACES];
	uint32_t n_namespaces;
	bool any_namespace; /* the kind has none */
	Node targets[MOST_TARGETS];
	uint32_t n_targets, candidates;
	bool elsewhere, copied;
} Search;

/* ---- namespaces ------------------------------------------------------------------------------------- */

static bool in_namespace(const Search *search, Node object)
{
	Symbol namespaces[MOST_NAMESPACES];
	if (search->any_namespace)
		return true;
	uint32_t count = link_namespaces(search->linker, object, namespaces, MOST_NAMESPACES);
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < search->n_namespaces; j++)
			if (!namespaces[i] || !search->namespaces[j] || namespaces[i] == search->namespaces[j])
				return true;
	return false;
}

/* Reflector, replicator and their kin copy an object of one namespace into others. */
static bool is_copied(const Graph *graph, Node object)
{
	static const char *const words[] = {"reflect", "replicat", "kubed", "clone", "copy", "sync"};
	GRAPH_OF (graph, object, FACT_ANNOTATION, row) {
		const char *text = graph_symbol_text(graph, row->object), *equals = strchr(text, '=');
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
			const char *at = strstr(text, words[i]);
			if (at && (!equals || at < equals) && !g_str_has_prefix(text, "argocd."))
				return true;
		}
	}
	return false;
}

static void offer(Search *search, Node object)
{
	const Graph *graph = search->linker->graph;
	if (search->candidates++ > MOST_CANDIDATES) {
		search->copied = true;
		return;
	}
	if (!in_namespace(search, object)) {
		search->elsewhere = true;
		search->copied = search->copied || is_copied(graph, object);
		return;
	}
	for (uint32_t i = 0; i < search->n_targets; i++)
		if (search->targets[i] == object)
			return;
	if (search->n_targets < MOST_TARGETS)
		search->targets[search->n_targets++] = object;
}

/* ---- candidates ------------------------------------------------------------------------------------- */

static void offer_named(Search *search, NodeType type)
{
	const Graph *graph = search->linker->graph;
	GRAPH_NAMED(graph, type, search->name, node)
	if (graph_symbol(graph, node, FACT_KIND) == search->kind && !link_is_patch(graph, node))
		offer(search, node);
}

/* The name as it is after prefixes and suffixes, in each namespace of the object. */
static void offer_identities(Search *search)
{
	Graph *graph = search->linker->graph;
	for (uint32_t i = 0; i < search->n_namespaces; i++) {
		g_autofree char *text = g_strdup_printf("%s/%s/%s", graph_symbol_text(graph, search->kind),
		        graph_symbol_text(graph, search->namespaces[i]), graph_symbol_text(graph, search->name));
		Symbol identity;
		if (!graph_find_symbol(graph, slice_from(text), &identity))
			continue;
		GRAPH_TO (graph, FACT_IDENTITY, identity, row)
			offer(search, row->subject);
	}
}

static Symbol kind_and_name(const Search *search, const char *name)
{
	Graph *graph = search->linker->graph;
	g_autofree char *text = g_strdup_printf("%s/%s", graph_symbol_text(graph, search->kind), name);
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(text), &symbol) ? symbol : 0;
}

static void offer_providers(Search *search)
{
	const Graph *graph = search->linker->graph;
	Symbol provided = kind_and_name(search, graph_symbol_text(graph, search->name));
	if (!provided)
		return;
	GRAPH_TO (graph, FACT_PROVIDES, provided, row)
		offer(search, row->subject);
}

/* A StatefulSet makes the claim TEMPLATE-NAME-NUMBER. */
static void offer_claim_templates(Search *search)
{
	const Graph *graph = search->linker->graph;
	const char *name = graph_symbol_text(graph, search->name);
	const char *number = strrchr(name, '-');
	if (!number || strspn(number + 1, "0123456789") != strlen(number + 1))
		return;
	for (const char *at = name; at < number; at++) {
		Symbol template;
		if (*at != '-' || !graph_find_symbol(graph, (Slice){name, (size_t)(at - name)}, &template))
			continue;
		Slice owner = {at + 1, (size_t)(number - at - 1)};
		GRAPH_NAMED(graph, NODE_VOLUME, template, volume)
		if (slice_equal(owner, slice_from(graph_name(graph, graph_parent(graph, volume)))))
			offer(search, graph_parent(graph, volume));
	}
}

/* Traefik's annotation joins namespace and name with a dash. */
static void offer_joined(Search *search)
{
	const Graph *graph = search->linker->graph;
	const char *text = graph_symbol_text(graph, search->name);
	for (const char *at = strchr(text, '-'); at; at = strchr(at + 1, '-')) {
		Symbol namespace, name;
		if (!graph_find_symbol(graph, (Slice){text, (size_t)(at - text)}, &namespace) ||
		        !graph_find_symbol(graph, slice_from(at + 1), &name))
			continue;
		search->namespaces[0] = namespace;
		search->n_namespaces = 1;
		search->name = name;
		offer_named(search, NODE_OBJECT);
	}
}

static void find_targets(Search *search)
{
	const Graph *graph = search->linker->graph;
	if (link_has_role(graph, search->reference, "middleware-annotation")) {
		offer_joined(search);
		return;
	}
	offer_identities(search);
	if (search->n_targets == 0)
		offer_named(search, NODE_OBJECT);
	offer_named(search, NODE_GENERATED);
	offer_providers(search);
	if (strcmp(graph_symbol_text(graph, search->kind), "PersistentVolumeClaim") == 0)
		offer_claim_templates(search);
}

/* ---- what may be made elsewhere ---------------------------------------------------------------------- */

static bool is_built_in(const char *kind, const char *name)
{
	static const struct {
		const char *kind, *name;
	} known[] = {
	        {"ConfigMap", "kube-root-ca.crt"},
	        {"ConfigMap", "istio-ca-root-cert"},
	        {"ConfigMap", "openshift-service-ca.crt"},
	        {"ConfigMap", "linkerd-identity-trust-roots"},
	        {"ServiceAccount", "default"},
	        {"Service", "kubernetes"},
	        {"PriorityClass", "system-cluster-critical"},
	        {"PriorityClass", "system-node-critical"},
	        {"ClusterRole", "cluster-admin"},
	        {"ClusterRole", "admin"},
	        {"ClusterRole", "edit"},
	        {"ClusterRole", "view"},
	        {"AppProject", "default"},
	};
	for (size_t i = 0; i < G_N_ELEMENTS(known); i++)
		if (strcmp(kind, known[i].kind) == 0 && strcmp(name, known[i].name) == 0)
			return true;
	return g_str_has_prefix(name, "system:");
}

static bool is_handmade(const Search *search)
{
	const Graph *graph = search->linker->graph;
	const char *names[] = {graph_symbol_text(graph, search->name), "*"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		Symbol made = kind_and_name(search, names[i]);
		Rows rows = made ? graph_rows_to(graph, FACT_CREATES, made) : (Rows){NULL, NULL};
		if (rows.at != rows.end)
			return true;
	}
	return false;
}

static bool is_mentioned(const Search *search)
{
	const Graph *graph = search->linker->graph;
	GRAPH_TO (graph, FACT_NAMES, search->name, row)
		if (row->subject != search->object)
			return true;
	return false;
}

static bool is_custom_name(const Search *search, Slice part)
{
	const Graph *graph = search->linker->graph;
	Symbol name;
	if (!graph_find_symbol(graph, part, &name))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	if (object != search->object && link_is_custom_group(link_group(graph, object)) &&
	        !slice_ends(link_group(graph, object), ".toolkit.fluxcd.io") &&
	        !graph_has(graph, object, FACT_PROVIDES))
		return true;
	return false;
}

/* Operators name what they make after their object: db → db-app, rook-ceph-object-user-db. One that says what it makes
 * makes nothing else. */
static bool may_be_of_operator(const Search *search)
{
	Slice name = graph_symbol_slice(search->linker->graph, search->name);
	size_t starts[16] = {0}, n = 1;
	for (size_t i = 0; i < name.length && n < G_N_ELEMENTS(starts); i++)
		if (name.at[i] == '-' || name.at[i] == '.')
			starts[n++] = i + 1;
	for (size_t first = 0; first < n; first++) {
		if (is_custom_name(search, slice_sub(name, starts[first], name.length)))
			return true;
		for (size_t last = first + 1; last < n; last++)
			if (is_custom_name(search, slice_sub(name, starts[first], starts[last] - 1)))
				return true;
	}
	return false;
}

/* What most repositories do not hold: classes, issuers and their kin are of the cluster, or of a chart. */
static bool is_kind_kept_elsewhere(const Search *search)
{
	static const char *const usual[] = {"ConfigMap", "Secret", "PersistentVolumeClaim"};
	const Graph *graph = search->linker->graph;
	for (size_t i = 0; i < G_N_ELEMENTS(usual); i++)
		if (strcmp(graph_symbol_text(graph, search->kind), usual[i]) == 0)
			return false;
	Rows rows = graph_rows_to(graph, FACT_KIND, search->kind);
	return rows.at == rows.end;
}

/* What a workload takes for itself; Services of charts and operators are called as their makers like. */
static bool is_own_thing(const char *kind)
{
	return strcmp(kind, "ConfigMap") == 0 || strcmp(kind, "Secret") == 0 ||
	       strcmp(kind, "PersistentVolumeClaim") == 0 || strcmp(kind, "ServiceAccount") == 0 ||
	       strcmp(kind, "Cluster") == 0;
}

/* A part that cannot be read puts objects into one of the namespaces; with may_make not counting charts that are called
 * after something else. */
static bool is_in_opaque_namespace(const Search *search, bool may_make)
{
	const char *kind = graph_symbol_text(search->linker->graph, search->kind);
	const char *name =
	        may_make && is_own_thing(kind) ? graph_symbol_text(search->linker->graph, search->name) : NULL;
	if (search->any_namespace)
		return link_may_be_opaque(search->linker, 0, kind, NULL);
	for (uint32_t i = 0; i < search->n_namespaces; i++)
		if (link_may_be_opaque(search->linker, search->namespaces[i], kind, name))
			return true;
	return false;
}

/* Where most objects are brought in by something, a file that nothing brings in may be a note, a sample or of another
 * cluster; where few are, the files are applied by hand. */
static bool is_unreached(const Search *search)
{
	const Graph *graph = search->linker->graph;
	Node file = graph_file_node(graph, graph_file_of(graph, search->object));
	return search->linker->mostly_reached && !graph_has(graph, file, FACT_REACHED_BY);
}

/* Capitals and underscores are in no name of an object: something fills the place. */
static bool is_placeholder(const char *name)
{
	for (const char *at = name; *at; at++)
		if (g_ascii_isupper(*at) || *at == '_')
			return true;
	return link_is_open(name);
}

/* A chart, an operator or a variable may make it. */
static bool is_excused(const Search *search)
{
	const Graph *graph = search->linker->graph;
	const char *kind = graph_symbol_text(graph, search->kind), *name = graph_symbol_text(graph, search->name);
	return is_in_opaque_namespace(search, true) || link_may_be_named(search->linker, kind, name) ||
	       is_mentioned(search) || (strcmp(kind, "Cluster") != 0 && may_be_of_operator(search));
}

static const char *why_unresolved(const Search *search)
{
	const Graph *graph = search->linker->graph;
	const char *name = graph_symbol_text(graph, search->name);
	if (is_placeholder(name) || is_built_in(graph_symbol_text(graph, search->kind), name) || search->copied ||
	        is_handmade(search) || is_kind_kept_elsewhere(search) || is_unreached(search))
		return "unknown";
	bool strangers = is_in_opaque_namespace(search, false);
	if (search->elsewhere)
		return strangers ? "unknown" : "other-namespace";
	return is_excused(search) ? "excused" : strangers ? "unlikely" : "missing";
}

/* ---- references --------------------------------------------------------------------------------------- */

static bool begin_search(Linker *linker, Node reference, Search *search)
{
	const Graph *graph = linker->graph;
	*search = (Search){.linker = linker,
	        .reference = reference,
	        .object = graph_ancestor(graph, reference, NODE_OBJECT),
	        .kind = graph_symbol(graph, reference, FACT_WANTS_KIND),
	        .name = graph_name_symbol(graph, reference)};
	if (!search->object || !search->kind || !search->name ||
	        strcmp(graph_symbol_text(graph, search->kind), "EntryPoint") == 0)
		return false;
	search->any_namespace = kind_is_cluster_wide(graph_symbol_text(graph, search->kind));
	Symbol written = graph_symbol(graph, reference, FACT_NAMESPACE);
	if (written) {
		search->namespaces[0] = link_is_open(graph_symbol_text(graph, written)) ? 0 : written;
		search->n_namespaces = 1;
	} else {
		search->n_namespaces = link_namespaces(linker, search->object, search->namespaces, MOST_NAMESPACES);
	}
	return true;
}

static void link_reference(Linker *linker, Node reference)
{
	Graph *graph = linker->graph;
	Span place = graph_place(graph, reference);
	Search search;
	if (!begin_search(linker, reference, &search))
		return;
	find_targets(&search);
	for (uint32_t i = 0; i < search.n_targets; i++)
		graph_derive(graph, reference, FACT_REFERS_TO, search.targets[i], place);
	if (search.n_targets == 0)
		graph_derive(graph, reference, FACT_UNRESOLVED,
		        graph_intern(graph, slice_from(why_unresolved(&search))), place);
}

/* Four of five: a homelab that lists half of its files in kustomizations applies the rest by hand. */
static bool is_mostly_reached(const Graph *graph)
{
	uint32_t reached = 0, all = 0;
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		Node file = graph_file_node(graph, graph_file_of(graph, object));
		if (graph_has(graph, file, FACT_CLASS))
			continue;
		all++;
		reached += graph_has(graph, file, FACT_REACHED_BY);
	}
	return reached * 5 > all * 4;
}

void link_references(Linker *linker)
{
	linker->mostly_reached = is_mostly_reached(linker->graph);
	GRAPH_NODES (linker->graph, NODE_REFERENCE, reference)
		link_reference(linker, reference);
}
