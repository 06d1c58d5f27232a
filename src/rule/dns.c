/* Names by which clients call Services of the cluster, against the Services that there are. */
#include "base/near.h"
#include "fact/maker.h"
#include "rule/cluster.h"
#include "rule/mentioned.h"
#include "rule/rule.h"

#include <string.h>

/* Some part that cannot be read may make the Service: any one that goes into the namespace, or one that goes nobody
 * knows where and is called alike. */
static bool is_opaque(const Graph *graph, const char *namespace, const char *name)
{
	GRAPH_EACH (graph, FACT_OPAQUE, row) {
		const char *covered = graph_symbol_text(graph, row->object);
		if (strcmp(covered, namespace) == 0 ||
		        (strcmp(covered, "*") == 0 && graph_may_make(graph, row->subject, slice_from(name))))
			return true;
	}
	return false;
}

/* The Services of the repository, laid out once: a mention is compared with those of its namespace and name alone. */
typedef struct Services {
	const Graph *graph;
	GPtrArray *sorted;         /* IDENTITY rows by their text, "Service/namespace/name" */
	GHashTable *names, *alike; /* name, or namespace and digits of the name → GPtrArray of them as in the graph */
	GHashTable *custom; /* names under which objects of operators are applied, after which they call Services */
} Services;

static void add_to(GHashTable *lists, Slice key, const Row *row)
{
	g_autofree char *text = slice_dup(key);
	GPtrArray *list = g_hash_table_lookup(lists, text);
	if (!list)
		g_hash_table_insert(lists, g_steal_pointer(&text), list = g_ptr_array_new());
	g_ptr_array_add(list, (gpointer)row);
}

static GHashTable *lists_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
}

/* What stands behind the last slash of "Service/namespace/name". */
static const char *name_of(const Graph *graph, const Row *row)
{
	return strrchr(graph_symbol_text(graph, row->object), '/') + 1;
}

/* Names that may be a slip of each other; free with g_free. */
static char *alike_key(const char *namespace, size_t length, const char *name)
{
	return g_strdup_printf("%.*s %" G_GINT64_MODIFIER "x", (int)length, namespace, near_digits(slice_from(name)));
}

static int compare_texts(const void *a, const void *b, void *graph)
{
	const Row *left = *(const Row *const *)a, *right = *(const Row *const *)b;
	return strcmp(graph_symbol_text(graph, left->object), graph_symbol_text(graph, right->object));
}

/* The group of its API has a dot; an Ingress makes no Service. */
static bool is_of_operator(const Graph *graph, Node object)
{
	return strchr(graph_text(graph, object, FACT_API_VERSION), '.') && !is_kind(graph, object, "Ingress");
}

static Services services_new(const Graph *graph)
{
	Services services = {
	        graph, g_ptr_array_new(), lists_new(), lists_new(), g_hash_table_new(g_str_hash, g_str_equal)};
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		const char *identity = graph_symbol_text(graph, row->object), *space = identity + strlen("Service/");
		if (is_of_operator(graph, row->subject))
			g_hash_table_add(services.custom, (gpointer)name_of(graph, row));
		if (!g_str_has_prefix(identity, "Service/"))
			continue;
		const char *name = name_of(graph, row);
		g_autofree char *alike = alike_key(space, (size_t)(MAX(name - 1, space) - space), name);
		g_ptr_array_add(services.sorted, (gpointer)row);
		add_to(services.names, slice_from(name), row);
		add_to(services.alike, slice_from(alike), row);
	}
	/* A patch may give the name. */
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if (is_patch(graph, object) && is_of_operator(graph, object))
			g_hash_table_add(services.custom, (gpointer)graph_name(graph, object));
	g_ptr_array_sort_with_data(services.sorted, compare_texts, (gpointer)graph);
	return services;
}

static void services_clear(Services *services)
{
	g_ptr_array_unref(services->sorted);
	g_hash_table_unref(services->names);
	g_hash_table_unref(services->alike);
	g_hash_table_unref(services->custom);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Services, services_clear)

/* The Services whose text begins like this; *ret_count is 2 for any more. NODE_NONE for none, else the first. */
static Node services_below(const Services *services, const char *start, guint *ret_count)
{
	const GPtrArray *rows = services->sorted;
	guint low = 0, high = rows->len;
#define TEXT(index) graph_symbol_text(services->graph, ((const Row *)rows->pdata[index])->object)
	while (low < high) {
		guint middle = low + (high - low) / 2;
		if (strcmp(TEXT(middle), start) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_count = 0;
	for (guint i = low; i < MIN(low + 2, rows->len); i++)
		*ret_count += g_str_has_prefix(TEXT(i), start);
#undef TEXT
	return *ret_count ? ((const Row *)rows->pdata[low])->subject : NODE_NONE;
}

/* Whether the repository defines any Service in that namespace: otherwise it is somebody else's. */
static bool knows_namespace(const Services *services, const char *namespace)
{
	guint count;
	g_autofree char *start = g_strdup_printf("Service/%s/", namespace);
	return services_below(services, start, &count) != NODE_NONE;
}

/* One of that name in whatever namespace, that pods stand behind. */
static Node find_elsewhere(const Services *services, const char *name)
{
	const Graph *graph = services->graph;
	const GPtrArray *list = g_hash_table_lookup(services->names, name);
	for (guint i = list ? list->len : 0; i-- > 0;) {
		Node service = ((const Row *)list->pdata[i])->subject;
		if (graph_has(graph, service, FACT_SELECTS) || !graph_has(graph, service, FACT_SELECTOR))
			return service;
	}
	return NODE_NONE;
}

/* The Service that was probably meant: a near name in that namespace; the same name in another one; the one name there
 * that goes on where this one ends. The other way round, album-db would be taken for album. */
static Node near_service(const Services *services, const char *namespace, const char *name)
{
	g_autofree char *key = alike_key(namespace, strlen(namespace), name);
	const GPtrArray *list = g_hash_table_lookup(services->alike, key);
	NearSearch search = near_search(slice_from(name), near_limit(slice_from(name)));
	for (guint i = 0; list && i < list->len; i++)
		near_offer(&search, slice_from(name_of(services->graph, list->pdata[i])));
	size_t best = near_result(&search);
	if (best != SIZE_MAX)
		return ((const Row *)list->pdata[best])->subject;
	guint longer;
	g_autofree char *start = g_strdup_printf("Service/%s/%s", namespace, name);
	Node elsewhere = find_elsewhere(services, name), part = services_below(services, start, &longer);
	return !elsewhere && longer == 1 ? part : elsewhere;
}

/* The name of one of an operator's objects, or one that it makes of that, such as db-rw of the cluster db. */
static bool may_be_of_operator(const Services *services, const char *name)
{
	for (const char *at = strchr(name, '-'); at; at = strchr(at + 1, '-')) {
		g_autofree char *start = g_strndup(name, (size_t)(at - name));
		if (g_hash_table_contains(services->custom, start))
			return true;
	}
	return g_hash_table_contains(services->custom, name);
}

/* Other words of such hosts: the name of a StatefulSet's pod, of an ExternalName, of a headless Service. */
static bool is_made_otherwise(const Services *services, const char *namespace, const char *name)
{
	const Graph *graph = services->graph;
	Symbol symbol;
	if (is_opaque(graph, namespace, name) || may_be_of_operator(services, name) ||
	        strcmp(namespace, "default") == 0 || strncmp(namespace, "kube-", 5) == 0)
		return true;
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, symbol, object)
	if (strchr(graph_text(graph, object, FACT_API_VERSION), '.'))
		return true;
	return false;
}

/* Docker answers for such names, which are given to containers so that a program needs no other configuration. */
static bool is_of_compose(const Graph *graph, Node mention)
{
	Symbol compose;
	return graph_find_symbol(graph, SLICE("compose"), &compose) &&
	       graph_says(graph, graph_file_node(graph, graph_file_of(graph, mention)), FACT_FORMAT, compose);
}

static bool is_document(const Graph *graph, Node mention)
{
	return slice_ends(slice_from(graph_file_path(graph, graph_file_of(graph, mention))), ".md");
}

/* parts: name and namespace as the mention has them. */
static void mend_host(Checker *checker, Finding *finding, Node mention, char **parts, Node near)
{
	const Graph *graph = checker_graph(checker);
	g_auto(GStrv) identity = g_strsplit(graph_text(graph, near, FACT_IDENTITY), "/", 3);
	bool known = g_strv_length(identity) == 3 && *identity[1];
	g_autofree char *old = g_strdup_printf("%s.%s.svc", parts[0], parts[1]);
	g_autofree char *new = g_strdup_printf("%s.%s.svc", graph_name(graph, near), known ? identity[1] : parts[1]);
	add_rename(checker, finding, graph_place(graph, mention), old, new);
}

/* What documents alone say of a Service of another namespace may be an example, or of another cluster. */
static bool is_example(const Graph *graph, Node mention, const char *namespace, Node near)
{
	g_auto(GStrv) identity = g_strsplit(graph_text(graph, near, FACT_IDENTITY), "/", 3);
	if (g_strv_length(identity) == 3 && strcmp(identity[1], namespace) == 0)
		return false;
	GRAPH_NAMED(graph, NODE_MENTION, graph_name_symbol(graph, mention), other)
	if (!is_document(graph, other))
		return false;
	return true;
}

/* What is called wrongly in one way is one finding with many places. */
typedef struct Asked {
	Checker *checker;
	const Services *services;
	GHashTable *known; /* Symbol of the host → Finding */
} Asked;

static void report_host(const Asked *asked, Node mention, char **parts)
{
	Checker *checker = asked->checker;
	const Graph *graph = checker_graph(checker);
	const char *host = graph_name(graph, mention);
	gpointer key = GUINT_TO_POINTER(graph_name_symbol(graph, mention));
	Finding *finding = g_hash_table_lookup(asked->known, key);
	if (finding) {
		add_evidence(checker, finding, graph_place(graph, mention), "used here too");
		Node near = finding->n_edits ? near_service(asked->services, parts[1], parts[0]) : NODE_NONE;
		if (near)
			mend_host(checker, finding, mention, parts, near);
		return;
	}
	/* Without a Service that was meant, it may be made by a program that nobody wrote down. */
	Node near = near_service(asked->services, parts[1], parts[0]);
	bool document = is_document(graph, mention);
	if (document && !near)
		return;
	finding = report_at(checker, document || !near ? LEVEL_WARNING : LEVEL_ERROR, mention,
	        graph_place(graph, mention), "%s names Service %s in namespace %s, and there is none", host, parts[0],
	        parts[1]);
	if (near) {
		const char *identity = graph_text(graph, near, FACT_IDENTITY);
		add_evidence(checker, finding, graph_place(graph, near), "there is %s", identity);
	}
	if (near && !is_example(graph, mention, parts[1], near)) {
		set_because(checker, finding, FIX_VALUE, "no other Service has a name so near");
		mend_host(checker, finding, mention, parts, near);
	}
	g_hash_table_insert(asked->known, key, finding);
}

/* ---- short names --------------------------------------------------------------------------------------------- */

/* Somebody answers to the name, whoever that is: a Service elsewhere, a machine, a service of compose, a container that
 * shares the pod. */
static bool is_called_so(const Graph *graph, Symbol name)
{
	Rows aliases = graph_rows_to(graph, FACT_ALIAS, name);
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	if (is_kind(graph, object, "Service") || strchr(graph_text(graph, object, FACT_API_VERSION), '.'))
		return true;
	return graph_next_named(graph, NODE_MACHINE, name, 0) || graph_next_named(graph, NODE_SERVICE, name, 0) ||
	       aliases.at != aliases.end;
}

static bool is_label(const char *text)
{
	for (const char *at = text; *at; at++)
		if (!g_ascii_islower(*at) && !g_ascii_isdigit(*at) && *at != '-')
			return false;
	return strlen(text) > 3 && strspn(text, "0123456789") != strlen(text);
}

/* One slip away from the one Service of the namespace that it may be. A name that nothing is near to may be anybody's,
 * and a short one is near to too many. */
static Node slipped_service(const Services *services, const char *namespace, const char *name)
{
	g_autofree char *key = alike_key(namespace, strlen(namespace), name);
	const GPtrArray *list = g_hash_table_lookup(services->alike, key);
	Slice text = slice_from(name);
	NearSearch search = near_search(text, MIN(near_limit(text), text.length < 9 ? 1 : 2));
	for (guint i = 0; list && i < list->len; i++)
		near_offer(&search, slice_from(name_of(services->graph, list->pdata[i])));
	size_t best = near_result(&search);
	return best == SIZE_MAX ? NODE_NONE : ((const Row *)list->pdata[best])->subject;
}

/* "backend" for a Service of the namespace in which it is asked, by what is asked on a port. */
static void judge_short(const Asked *asked, Node mention)
{
	Checker *checker = asked->checker;
	const Graph *graph = checker_graph(checker);
	const char *host = graph_name(graph, mention);
	if (graph_has(graph, mention, FACT_ADDRESS) || !graph_has(graph, mention, FACT_NUMBER) || !is_label(host) ||
	        strcmp(host, "localhost") == 0 || is_called_so(graph, graph_name_symbol(graph, mention)))
		return;
	g_autofree char *namespace = namespace_at(graph, graph_place(graph, mention));
	if (!namespace || !*namespace || is_made_otherwise(asked->services, namespace, host))
		return;
	Node near = slipped_service(asked->services, namespace, host);
	if (!near)
		return;
	Finding *finding = report(checker, mention, graph_place(graph, mention),
	        "%s names a Service of namespace %s, and there is none", host, namespace);
	add_evidence(checker, finding, graph_place(graph, near), "there is %s", graph_text(graph, near, FACT_IDENTITY));
	set_hint(checker, finding, "write %s", graph_name(graph, near));
	set_because(checker, finding, FIX_VALUE, "no other Service of the namespace has a name so near");
	add_rename(checker, finding, graph_place(graph, mention), host, graph_name(graph, near));
}

static void check_service_dns_wrong(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
	g_auto(Services) services = services_new(graph);
	Asked asked = {checker, &services, known};
	GRAPH_NODES (graph, NODE_MENTION, mention) {
		const char *host = graph_name(graph, mention);
		if (is_quiet(graph, mention))
			continue;
		if (!strchr(host, '.')) {
			judge_short(&asked, mention);
			continue;
		}
		g_auto(GStrv) parts = strstr(host, ".svc") ? split_service_host(host) : NULL;
		if (parts && !is_of_compose(graph, mention) && !find_service(graph, parts[1], parts[0]) &&
		        !find_service(graph, "", parts[0]) && knows_namespace(&services, parts[1]) &&
		        !is_made_otherwise(&services, parts[1], parts[0]))
			report_host(&asked, mention, parts);
	}
}

static const Rule rules[] = {
        {
                .id = "service-dns-wrong",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a cluster name leads to no Service",
                .why = "The name does not resolve: the client logs \"no such host\" and works without what it needs, "
                       "or not at all.",
                .remedy = "Write SERVICE.NAMESPACE.svc as the Service is called.",
                .check = check_service_dns_wrong,
        },
};

const RuleSet rules_dns = {"dns", rules, G_N_ELEMENTS(rules)};
