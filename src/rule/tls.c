/* Routes in clear beside routes with certificates. That a homelab has no certificates at all is its owner's choice;
 * that one name of a domain has none while its neighbours get theirs from an issuer is mostly forgotten. So a finding
 * needs such a neighbour: of the same domain, of the same class, in the same cluster. */
#include "rule/cluster.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* "home.lan" of "grafana.home.lan"; empty for a name of one part and for an address. */
static const char *domain_of(const char *host)
{
	const char *last = strrchr(host, '.'), *dot = strchr(host, '.');
	if (!last || is_open_text(host) || g_ascii_isdigit(last[1]))
		return "";
	return dot == last ? host : dot + 1;
}

static bool has_tls(const Graph *graph, Node ingress)
{
	GRAPH_CHILDREN (graph, ingress, NODE_ROUTE, route)
		if (graph_has(graph, route, FACT_TLS))
			return true;
	GRAPH_CHILDREN (graph, ingress, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "tls"))
			return true;
	return false;
}

static Node issuer_of(const Graph *graph, Node ingress)
{
	GRAPH_CHILDREN (graph, ingress, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "issuer"))
			return reference;
	return NODE_NONE;
}

/* TLS ends before the request comes here, or the controller has a certificate of its own for every name. */
static bool is_served_otherwise(const Graph *graph, Node ingress)
{
	static const char *const parts[] = {"cloudflare", "tunnel", "tailscale", "websecure", "router.tls", "ngrok",
	        "redirect", "acme", "ssl", "tls", "certificate", NULL};
	GRAPH_OF (graph, ingress, FACT_ANNOTATION, row)
		if (text_has_part(graph_symbol_text(graph, row->object), parts))
			return true;
	return text_has_part(graph_text(graph, ingress, FACT_CLASS_NAME), parts);
}

/* Another Ingress serves the same name with TLS: this one is for what must be in clear. */
static bool is_served_beside(const Graph *graph, Node ingress)
{
	GRAPH_CHILDREN (graph, ingress, NODE_ROUTE, route)
		GRAPH_NAMED(graph, NODE_ROUTE, graph_name_symbol(graph, route), other)
	if (graph_has(graph, other, FACT_TLS))
		return true;
	return false;
}

/* Browsers do not trust what an issuer for trials signs: no pattern to follow. */
static bool is_for_trials(const Graph *graph, Node issuer)
{
	static const char *const parts[] = {"staging", "stage", "test", "selfsigned", "self-signed", NULL};
	return text_has_part(graph_name(graph, issuer), parts) || is_open_text(graph_name(graph, issuer));
}

#define MOST_NEIGHBOURS 16

/* The first Ingresses of each domain that get their certificate from an issuer: const char * → GArray of Node. */
static GHashTable *find_patterns(const Graph *graph, Symbol kind)
{
	GHashTable *table = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)g_array_unref);
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		Node other = row->subject, issuer = issuer_of(graph, other);
		if (!issuer || is_for_trials(graph, issuer) || !has_tls(graph, other) || is_quiet(graph, other) ||
		        is_patch(graph, other))
			continue;
		GRAPH_CHILDREN (graph, other, NODE_ROUTE, route) {
			const char *domain = domain_of(graph_name(graph, route));
			GArray *list = g_hash_table_lookup(table, domain);
			if (!list) {
				list = g_array_new(FALSE, FALSE, sizeof(Node));
				g_hash_table_insert(table, (gpointer)domain, list);
			}
			if (*domain && list->len < MOST_NEIGHBOURS)
				g_array_append_val(list, other);
		}
	}
	return table;
}

/* One that could have been the pattern of this Ingress. */
static Node find_neighbour(const Graph *graph, Node ingress, GHashTable *patterns)
{
	GRAPH_CHILDREN (graph, ingress, NODE_ROUTE, route) {
		const GArray *list = g_hash_table_lookup(patterns, domain_of(graph_name(graph, route)));
		for (guint i = 0; list && i < list->len; i++) {
			Node other = g_array_index(list, Node, i);
			if (graph_symbol(graph, other, FACT_CLASS_NAME) ==
			                graph_symbol(graph, ingress, FACT_CLASS_NAME) &&
			        share_cluster(graph, ingress, other))
				return other;
		}
	}
	return NODE_NONE;
}

/* A patch within a kustomization may add it; to which Ingress is not read. */
static bool has_inline_patch(const Graph *graph)
{
	GRAPH_NODES (graph, NODE_ENTRY, entry)
		if (has_role(graph, entry, "inline-patch") &&
		        slice_find(graph_span_bytes(graph, graph_place(graph, entry)), "Ingress", 0) != SIZE_MAX)
			return true;
	return false;
}

static bool is_patched(const Graph *graph, Node ingress)
{
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, ingress), other)
	if (is_patch(graph, other) && is_kind(graph, other, "Ingress"))
		return true;
	return false;
}

/* In the manner of the neighbour: the annotation below another one or the name, tls below the class. */
static void mend_tls(Checker *checker, Finding *finding, Node ingress, Node issuer)
{
	const Graph *graph = checker_graph(checker);
	const Row *class = graph_find(graph, ingress, FACT_CLASS_NAME),
	          *annotation = graph_find(graph, ingress, FACT_ANNOTATION);
	Arena *arena = checker_arena(checker);
	bool wide = strcmp(graph_text(graph, issuer, FACT_WANTS_KIND), "ClusterIssuer") == 0;
	const char *pair = arena_printf(
	        arena, "cert-manager.io/%s: %s", wide ? "cluster-issuer" : "issuer", graph_name(graph, issuer));
	g_autoptr(GString) tls = g_string_new("tls:\n  - hosts:");
	const char *last = "";
	GRAPH_CHILDREN (graph, ingress, NODE_ROUTE, route) {
		const char *host = graph_name(graph, route);
		if (strcmp(host, last) != 0)
			g_string_append_printf(tls, "\n      - %s", host);
		last = host;
	}
	g_string_append_printf(tls, "\n    secretName: %s-tls", graph_name(graph, ingress));
	set_hint(checker, finding, "add the annotation %s, and spec.tls with its host and a secretName", pair);
	if (!class || strstr(graph_line_at(graph, graph_span(graph, class)).at, "ingressClassName") == NULL || !wide)
		return;
	set_because(checker, finding, FIX_VALUE, "the issuer makes the certificates of this domain");
	if (annotation)
		add_pair_below(checker, finding, graph_span(graph, annotation), pair);
	else
		add_pair_below(
		        checker, finding, graph_place(graph, ingress), arena_printf(arena, "annotations:\n  %s", pair));
	add_pair_below(checker, finding, graph_span(graph, class), tls->str);
}

static void check_ingress_without_tls(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("Ingress"), &kind))
		return;
	g_autoptr(GHashTable) patterns = find_patterns(graph, kind);
	if (g_hash_table_size(patterns) == 0 || has_inline_patch(graph))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		Node ingress = row->subject, route = graph_first_child(graph, ingress, NODE_ROUTE);
		if (!route || is_patch(graph, ingress) || is_quiet(graph, ingress) || has_tls(graph, ingress) ||
		        issuer_of(graph, ingress) || is_served_otherwise(graph, ingress) ||
		        is_served_beside(graph, ingress))
			continue;
		Node neighbour = find_neighbour(graph, ingress, patterns);
		if (!neighbour || is_patched(graph, ingress))
			continue;
		Node issuer = issuer_of(graph, neighbour);
		Finding *finding = report(checker, ingress, graph_place(graph, route),
		        "Ingress %s serves %s in clear, and its neighbours have certificates",
		        graph_name(graph, ingress), graph_name(graph, route));
		add_evidence(checker, finding, graph_place(graph, issuer), "Ingress %s has one of issuer %s",
		        graph_name(graph, neighbour), graph_name(graph, issuer));
		mend_tls(checker, finding, ingress, issuer);
	}
}

static const Rule rules[] = {
        {
                .id = "ingress-without-tls",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a name without a certificate among names that have one",
                .why = "What is typed there, passwords among it, goes over the network in clear; and a browser that "
                       "has learned to ask the domain for HTTPS alone does not open it at all.",
                .remedy = "Give it a certificate as its neighbours have it: the annotation of the issuer, and `tls` "
                          "with the host and the name of a Secret.",
                .peers = "Kubescape: C-0263",
                .check = check_ingress_without_tls,
        },
};

const RuleSet rules_tls = {"tls", rules, G_N_ELEMENTS(rules)};
