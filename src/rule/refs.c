/* References that lead nowhere. src/link says of every reference what it resolves to, or that nothing can be found, or
 * that a part which cannot be read may provide it; only the second is wrong. */
#include "base/near.h"
#include "rule/former.h"
#include "rule/missing.h"

static Level own_level_error(const Graph *graph, Node reference)
{
	return LEVEL_ERROR;
}

static Level own_level_warning(const Graph *graph, Node reference)
{
	return LEVEL_WARNING;
}

/* ---- ConfigMaps and Secrets -------------------------------------------------------------------------- */

static bool is_config(const Graph *graph, Node reference)
{
	return (reference_wants(graph, reference, "ConfigMap") || reference_wants(graph, reference, "Secret")) &&
	       !has_role(graph, reference, "tls") && !graph_has(graph, reference, FACT_OPTIONAL);
}

/* A Secret that no file makes was most likely made by hand and on purpose: that is a note, unless one name is so near
 * that the reference looks misspelt. What a script or document makes may be one of several, so that is a warning. */
static Level config_level(const Graph *graph, Node reference)
{
	if (reference_wants(graph, reference, "ConfigMap"))
		return LEVEL_ERROR;
	if (reference_is_elsewhere(graph, reference))
		return LEVEL_WARNING;
	if (missing_near(graph, reference) || missing_near_provided(graph, reference))
		return LEVEL_ERROR;
	return missing_near_made(graph, reference) ? LEVEL_WARNING : LEVEL_INFO;
}

/* Where most ConfigMaps that are named are in no file, they are made by hand as Secrets are. */
static Level handmade_level(const Graph *graph, Node reference)
{
	if (reference_is_elsewhere(graph, reference))
		return LEVEL_WARNING;
	return missing_near(graph, reference) ? LEVEL_ERROR : LEVEL_INFO;
}

static bool are_maps_handmade(const Graph *graph)
{
	g_autoptr(GHashTable) found = g_hash_table_new(NULL, NULL);
	g_autoptr(GHashTable) missing = g_hash_table_new(NULL, NULL);
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		gpointer name = GUINT_TO_POINTER(graph_name_symbol(graph, reference));
		if (!reference_wants(graph, reference, "ConfigMap") || is_quiet(graph, reference))
			continue;
		if (graph_find(graph, reference, FACT_REFERS_TO))
			g_hash_table_add(found, name);
		else if (reference_is_missing(graph, reference))
			g_hash_table_add(missing, name);
	}
	return g_hash_table_size(missing) >= 3 && g_hash_table_size(missing) > g_hash_table_size(found);
}

static void check_ref_config_missing(Checker *checker)
{
	bool handmade = are_maps_handmade(checker_graph(checker));
	report_missing(checker, is_config, handmade ? handmade_level : config_level, NULL);
}

/* ---- other kinds ---------------------------------------------------------------------------------------- */

static bool is_claim(const Graph *graph, Node reference)
{
	return reference_wants(graph, reference, "PersistentVolumeClaim") && has_role(graph, reference, "volume");
}

static void check_pvc_missing(Checker *checker)
{
	report_missing(checker, is_claim, own_level_error,
	        "add a PersistentVolumeClaim of that name, or name the one that exists");
}

/* Of what the cluster itself runs in kube-system: a manifest that replaces one of them finds its account there. */
static bool is_of_the_cluster(const char *namespace, const char *name)
{
	static const char *const names[] = {"coredns", "kube-dns", "kube-proxy", "metrics-server", "traefik", "cilium",
	        "local-path-provisioner-service-account", "node-local-dns", "calico-node", "flannel", NULL};
	return strcmp(namespace, "kube-system") == 0 && slice_is_any_nocase(slice_from(name), names);
}

static bool is_account(const Graph *graph, Node reference)
{
	const char *name = graph_name(graph, reference);
	Node object = graph_ancestor(graph, reference, NODE_OBJECT);
	const char *namespace = graph_text(graph, object, FACT_NAMESPACE);
	if (reference_wants(graph, reference, "ServiceAccount"))
		return strcmp(name, "default") != 0 && !has_role(graph, reference, "subject") &&
		       !is_of_the_cluster(namespace, name);
	/* Kubernetes brings roles of its own, and those of its own namespaces. */
	return reference_wants(graph, reference, "Role") && !g_str_has_prefix(name, "system:") &&
	       !g_str_has_prefix(namespace, "kube-");
}

static void check_serviceaccount_missing(Checker *checker)
{
	report_missing(checker, is_account, own_level_error,
	        "add it beside the workload, or take the line away to use 'default'");
}

/* A name to be filled in, in a manifest that is meant to be copied. */
static bool is_to_be_filled_in(const char *name)
{
	return strstr(name, "your-") || strstr(name, "example") || strstr(name, "changeme");
}

/* The controller of the class gets certificates itself, whatever Secret is named. */
static bool brings_certificates(const Graph *graph, Node reference)
{
	static const char *const classes[] = {"tailscale", "cloudflare-tunnel", "ngrok", NULL};
	return reference_wants(graph, reference, "IngressClass") &&
	       slice_is_any_nocase(slice_from(graph_name(graph, reference)), classes);
}

static bool is_tls_secret(const Graph *graph, Node reference)
{
	Node object = graph_ancestor(graph, reference, NODE_OBJECT);
	if (!reference_wants(graph, reference, "Secret") || !has_role(graph, reference, "tls") ||
	        is_to_be_filled_in(graph_name(graph, reference)))
		return false;
	GRAPH_CHILDREN (graph, object, NODE_REFERENCE, other)
		if (has_role(graph, other, "issuer") || brings_certificates(graph, other))
			return false;
	GRAPH_OF (graph, object, FACT_ANNOTATION, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (strstr(text, "cert-manager.io/") || strstr(text, "tls-acme"))
			return false;
	}
	return true;
}

static void check_tls_secret_missing(Checker *checker)
{
	report_missing(checker, is_tls_secret, own_level_warning,
	        "add a Certificate or the issuer annotation that makes it, or say where it is made by hand");
}

/* One step from an object that is there: a slip of the hand, whatever a chart may bring. internal and external are two
 * apart. */
static bool is_one_slip(const Graph *graph, Node reference)
{
	Node near = missing_near(graph, reference);
	return near && strlen(graph_name(graph, reference)) > 3 &&
	       near_distance(slice_from(graph_name(graph, near)), slice_from(graph_name(graph, reference)), 1) <= 1;
}

/* Classes come with their controller: only a repository that declares some IngressClass is judged, and where charts may
 * bring more, only a slip. */
static bool is_class(const Graph *graph, Node reference)
{
	Symbol kind;
	return reference_wants(graph, reference, "IngressClass") &&
	       graph_find_symbol(graph, SLICE("IngressClass"), &kind) &&
	       graph_rows_to(graph, FACT_KIND, kind).at != graph_rows_to(graph, FACT_KIND, kind).end &&
	       (!reference_is_excused(graph, reference) || is_one_slip(graph, reference));
}

static void check_ingress_class_missing(Checker *checker)
{
	report_missing(checker, is_class, own_level_error, NULL);
}

static bool is_middleware(const Graph *graph, Node reference)
{
	return reference_wants(graph, reference, "Middleware");
}

static void check_middleware_missing(Checker *checker)
{
	report_missing(
	        checker, is_middleware, own_level_error, "Traefik drops the whole route until the middleware exists");
}

static bool is_database(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "database");
}

/* Another operator may make one: only a name so near, or none of its namespace, is surely wrong. */
static Level database_level(const Graph *graph, Node reference)
{
	return missing_near(graph, reference) || reference_is_elsewhere(graph, reference) ? LEVEL_ERROR : LEVEL_WARNING;
}

static void check_database_missing(Checker *checker)
{
	report_missing(checker, is_database, database_level, NULL);
}

static bool is_misspelt_gateway(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "gateway") && !reference_is_elsewhere(graph, reference) &&
	       is_one_slip(graph, reference);
}

static void check_gateway_missing(Checker *checker)
{
	report_missing(checker, is_misspelt_gateway, own_level_error, NULL);
}

/* ---- stores and issuers ------------------------------------------------------------------------------------------ */

static bool is_store(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "secret-store") || has_role(graph, reference, "issuer");
}

/* The values of a chart say the name, as where they hold the object itself. */
static bool is_in_values(const Graph *graph, Node reference)
{
	Rows rows = graph_rows_to(graph, FACT_NAMES, graph_name_symbol(graph, reference));
	return rows.at != rows.end;
}

/* Charts seldom make one, and a repository that holds one holds them all. */
static bool is_lost_store(const Graph *graph, Node reference)
{
	return is_store(graph, reference) && (!reference_is_excused(graph, reference) ||
	                                             is_one_slip(graph, reference) || !is_in_values(graph, reference));
}

/* Of the whole cluster one may be made by a chart or by hand; of one namespace it is like what names it. */
static Level store_level(const Graph *graph, Node reference)
{
	bool own = reference_wants(graph, reference, "SecretStore") || reference_wants(graph, reference, "Issuer");
	return (own && !reference_is_excused(graph, reference)) || missing_near(graph, reference) ? LEVEL_ERROR
	                                                                                          : LEVEL_WARNING;
}

/* All that the reference leads to stands in files that are not in use; *ret_target is the first. */
static bool is_only_archived(const Graph *graph, Node reference, Node *ret_target)
{
	Rows rows = graph_rows_of(graph, reference, FACT_REFERS_TO);
	for (const Row *row = rows.at; row != rows.end; row++) {
		Node file = graph_file_node(graph, graph_file_of(graph, row->object));
		if (strcmp(graph_text(graph, file, FACT_CLASS), "archive") != 0 ||
		        graph_has(graph, file, FACT_REACHED_BY))
			return false;
	}
	*ret_target = rows.at != rows.end ? rows.at->object : NODE_NONE;
	return rows.at != rows.end;
}

static void check_store_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	report_missing(checker, is_lost_store, store_level, NULL);
	GRAPH_NODES (graph, NODE_REFERENCE, reference) {
		Node target;
		if (!is_store(graph, reference) || is_quiet(graph, reference) ||
		        !is_only_archived(graph, reference, &target))
			continue;
		Finding *finding = report_at(checker, LEVEL_WARNING, reference, graph_place(graph, reference),
		        "the only %s %s is in a file that is not in use", graph_text(graph, reference, FACT_WANTS_KIND),
		        graph_name(graph, reference));
		add_evidence(checker, finding, graph_place(graph, target), "this one");
		set_hint(checker, finding, "move it beside what needs it, or name another");
	}
}

/* The name itself says that there is none: a path is closed by leading it there. */
static bool is_nowhere(const char *name)
{
	static const char *const words[] = {"nonexist", "non-exist", "not-exist", "does-not-exist", "doesnotexist",
	        "blackhole", "black-hole", "devnull", "dev-null", NULL};
	g_autofree char *lower = g_ascii_strdown(name, -1);
	for (size_t i = 0; words[i]; i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

static bool is_backend(const Graph *graph, Node reference)
{
	return has_role(graph, reference, "backend") && reference_wants(graph, reference, "Service") &&
	       !is_nowhere(graph_name(graph, reference));
}

/* ---- backends ------------------------------------------------------------------------------------------- */

static bool offers_port(const Graph *graph, Node service, Node reference)
{
	const Row *number = graph_find(graph, reference, FACT_WANTS_PORT),
	          *name = graph_find(graph, reference, FACT_WANTS_PORT_NAME);
	if (!number && !name)
		return true;
	if (strcmp(graph_text(graph, service, FACT_TYPE), "ExternalName") == 0 &&
	        !graph_first_child(graph, service, NODE_PORT))
		return true; /* another name of a host, which has the ports that it has */
	GRAPH_CHILDREN (graph, service, NODE_PORT, port) {
		if (number && graph_number(graph, port, FACT_NUMBER) == number->object)
			return true;
		if (name && graph_symbol(graph, port, FACT_PORT_NAME) == name->object)
			return true;
	}
	return name && strchr(graph_symbol_text(graph, name->object), '{') != NULL;
}

/* The rule route-port-is-nodeport says it better where the number is the NodePort. */
static bool is_node_port(const Graph *graph, Node service, uint32_t number)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port)
		if (number && graph_number(graph, port, FACT_NODE_PORT) == number)
			return true;
	return false;
}

static void report_backend_port(Checker *checker, Node reference, Node service)
{
	const Graph *graph = checker_graph(checker);
	const Row *wanted = graph_find(graph, reference, FACT_WANTS_PORT);
	g_autofree char *user = user_text(graph, reference);
	g_autofree char *port = wanted ? g_strdup_printf("%u", wanted->object)
	                               : g_strdup_printf("'%s'", graph_text(graph, reference, FACT_WANTS_PORT_NAME));
	if (!wanted)
		wanted = graph_find(graph, reference, FACT_WANTS_PORT_NAME);
	Finding *finding = report(checker, reference, graph_span(graph, wanted),
	        "%s leads to port %s of Service %s, which has no such port", user, port, graph_name(graph, service));
	g_autoptr(GString) list = g_string_new(NULL);
	GRAPH_CHILDREN (graph, service, NODE_PORT, child) {
		const char *name = graph_text(graph, child, FACT_PORT_NAME);
		g_string_append_printf(list, "%s%u%s%s", list->len ? ", " : "", graph_number(graph, child, FACT_NUMBER),
		        *name ? " " : "", name);
	}
	add_evidence(checker, finding, graph_place(graph, service), "the Service offers %s",
	        list->len ? list->str : "no port");
	set_detail(checker, finding, "port %s", port);
	Node only = graph_first_child(graph, service, NODE_PORT);
	Node former = wanted->kind == FACT_WANTS_PORT
	                      ? port_that_was(graph, service, FACT_FORMER_NUMBER, wanted->object)
	                      : NODE_NONE;
	if (former)
		mend_former(checker, finding, graph_span(graph, wanted), wanted->object, former, FACT_NUMBER);
	if (former || !only || graph_next_child(graph, only, NODE_PORT))
		return;
	set_because(checker, finding, FIX_VALUE, "it is the only port of the Service");
	if (wanted->kind == FACT_WANTS_PORT)
		add_renumber(checker, finding, graph_span(graph, wanted), wanted->object,
		        graph_number(graph, only, FACT_NUMBER));
	else if (*graph_text(graph, only, FACT_PORT_NAME))
		add_rename(checker, finding, graph_span(graph, wanted), graph_symbol_text(graph, wanted->object),
		        graph_text(graph, only, FACT_PORT_NAME));
}

/* Names such as "grafana" recur: only a Service of the same folder or of a known same namespace is surely meant. */
static bool is_surely_meant(const Graph *graph, Node reference, Node service)
{
	g_autofree char *folder = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, reference)));
	g_autofree char *other = g_path_get_dirname(graph_file_path(graph, graph_file_of(graph, service)));
	if (strcmp(folder, other) == 0)
		return true;
	const char *identity = graph_text(graph, service, FACT_IDENTITY);
	return *identity && !strstr(identity, "//");
}

/* Operators have kinds of that name too, whose ports stand elsewhere or nowhere. */
static bool is_core_service(const Graph *graph, Node object)
{
	return is_kind(graph, object, "Service") && !strchr(graph_text(graph, object, FACT_API_VERSION), '/');
}

/* The namespace of the route holds no Service of this repository, or those of the cluster itself: what is asked for was
 * most likely put there by helm or by hand. */
static bool is_foreign_namespace(const Graph *graph, Node object)
{
	const char *identity = graph_text(graph, object, FACT_IDENTITY), *slash = strchr(identity, '/');
	if (!slash)
		return false;
	g_autofree char *prefix = g_strdup_printf("Service/%.*s/", (int)strcspn(slash + 1, "/"), slash + 1);
	if (strcmp(prefix, "Service/kube-system/") == 0)
		return true;
	GRAPH_EACH (graph, FACT_IDENTITY, row)
		if (g_str_has_prefix(graph_symbol_text(graph, row->object), prefix))
			return false;
	return true;
}

static Level backend_level(const Graph *graph, Node reference)
{
	if (missing_near(graph, reference) ||
	        !is_foreign_namespace(graph, graph_ancestor(graph, reference, NODE_OBJECT)))
		return LEVEL_ERROR;
	return LEVEL_INFO;
}

static void check_ingress_backend_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	report_missing(checker, is_backend, backend_level, NULL);
	GRAPH_EACH (graph, FACT_REFERS_TO, row) {
		Node service = row->object;
		if (graph_node_type(graph, row->subject) != NODE_REFERENCE || !is_backend(graph, row->subject) ||
		        graph_node_type(graph, service) != NODE_OBJECT || !is_core_service(graph, service))
			continue;
		bool single = graph_rows_of(graph, row->subject, FACT_REFERS_TO).end -
		                      graph_rows_of(graph, row->subject, FACT_REFERS_TO).at ==
		              1;
		if (single && is_surely_meant(graph, row->subject, service) &&
		        !offers_port(graph, service, row->subject) &&
		        !is_node_port(graph, service, graph_number(graph, row->subject, FACT_WANTS_PORT)))
			report_backend_port(checker, row->subject, service);
	}
}

static const Rule rules[] = {
        {
                .id = "ref-config-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a ConfigMap or Secret that is named does not exist",
                .why = "The pod stays in CreateContainerConfigError or ContainerCreating until the object exists. A "
                       "Secret that no file makes "
                       "may well have been made by hand: then the note says what a rebuild of the cluster would lack.",
                .remedy = "Correct the name, or add the object, its generator or its sealed form to the repository.",
                .peers = "kube-linter: env-value-from",
                .check = check_ref_config_missing,
        },
        {
                .id = "pvc-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a claim that a pod mounts does not exist",
                .why = "The pod stays Pending: the scheduler waits for a PersistentVolumeClaim that nobody makes.",
                .remedy = "Correct claimName, or add the claim with the StorageClass in use.",
                .check = check_pvc_missing,
        },
        {
                .id = "serviceaccount-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a ServiceAccount or Role that is named does not exist",
                .why = "The controller cannot create pods (\"serviceaccount not found\"), or the binding gives no "
                       "rights.",
                .remedy = "Add the ServiceAccount or Role, or correct the name.",
                .peers = "kube-linter: non-existent-service-account",
                .check = check_serviceaccount_missing,
        },
        {
                .id = "tls-secret-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .title = "nothing makes the certificate that a route serves",
                .why = "The ingress controller serves its own self-signed certificate instead, and browsers warn.",
                .remedy = "Add a Certificate or the issuer annotation; leave secretName out where a certificate "
                          "resolver does the work.",
                .check = check_tls_secret_missing,
        },
        {
                .id = "ingress-class-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an Ingress names a class that does not exist",
                .why = "No controller takes the Ingress up: the host answers nothing, and no event says why.",
                .remedy = "Write the class that the cluster has.",
                .check = check_ingress_class_missing,
        },
        {
                .id = "middleware-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a route names a Traefik middleware that nobody defines",
                .why = "Traefik logs an error and does not serve the router at all.",
                .remedy = "Correct the name and its namespace (namespace-name@kubernetescrd in annotations), or add "
                          "the Middleware.",
                .check = check_middleware_missing,
        },
        {
                .id = "gateway-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a Gateway that a route names does not exist",
                .why = "The route is attached to nothing, and says so in its status alone: the host answers 404.",
                .remedy = "Write the name of the one that is there.",
                .check = check_gateway_missing,
        },
        {
                .id = "database-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a database cluster that is named does not exist",
                .why = "A selector of cnpg.io/cluster finds no pods, and a backup, pooler or database of that cluster "
                       "waits for it without a word.",
                .remedy = "Write the name of the Cluster as it is now.",
                .check = check_database_missing,
        },
        {
                .id = "store-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a secret store or issuer that is named does not exist",
                .why = "The ExternalSecret or Certificate waits for it without end: the Secret is never made, and pods "
                       "that need it do not start. One that was made before stays as it is and is never renewed.",
                .remedy = "Write the name as it is now, add the store to the namespace, or name one of the whole "
                          "cluster: kind ClusterSecretStore, ClusterIssuer.",
                .check = check_store_missing,
        },
        {
                .id = "ingress-backend-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a route leads to a Service or port that does not exist",
                .why = "The host answers 503 or 404 for every request.",
                .remedy = "Name the Service and the port that it offers (its port, not the container's).",
                .peers = "kube-linter: dangling-ingress; kube-score: ingress-targets-service",
                .check = check_ingress_backend_missing,
        },
};

const RuleSet rules_refs = {"refs", rules, G_N_ELEMENTS(rules)};
