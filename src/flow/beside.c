/* What a cluster says of the objects that the repository makes, joined by the name under which they are applied:
 * Kind/namespace/name on both sides. The rows stand at the object, or at the reference, so that a rule asks for them as
 * for anything else, and its finding has a line to mend.
 *
 * A pod is laid at the door of the workload that made it, over ReplicaSets and Jobs, or of the release or Application
 * whose label it bears. What is in no file has no line: flow counts it for a note. */
#include "flow/live.h"

#include "base/kind.h"

typedef struct Beside {
	Graph *graph;
	const Graph *live;
	GHashTable *objects;  /* "Kind/namespace/name", and "Kind//name" → Node of the cluster */
	GHashTable *files;    /* the same → Node of the repository, those without a namespace as "Kind//name" */
	GHashTable *releases; /* name → HelmRelease, HelmChart or Application of the repository */
	GPtrArray *elsewhere; /* "namespace/pod" that no file makes and that does not run */
} Beside;

static void say(Beside *beside, Node node, FactKind kind, const char *text)
{
	graph_derive(beside->graph, node, kind, graph_intern(beside->graph, slice_from(text)),
	        graph_place(beside->graph, node));
}

/* ---- names ----------------------------------------------------------------------------------------------- */

static char *identity(const char *kind, const char *namespace, const char *name)
{
	return g_strdup_printf("%s/%s/%s", kind, namespace, name);
}

static void add_name(GHashTable *names, char *take_name, Node node)
{
	if (g_hash_table_contains(names, take_name))
		g_free(take_name);
	else
		g_hash_table_insert(names, take_name, GUINT_TO_POINTER(node));
}

static Node find_name(GHashTable *names, const char *kind, const char *namespace, const char *name)
{
	g_autofree char *whole = identity(kind, namespace, name), *bare = identity(kind, "", name);
	gpointer node = g_hash_table_lookup(names, whole);
	return GPOINTER_TO_UINT(node ? node : g_hash_table_lookup(names, bare));
}

/* Kinds of operators are found with their group and without, since references name the word alone. */
static void index_live(Beside *beside)
{
	const Graph *live = beside->live;
	GRAPH_EACH (live, FACT_IDENTITY, row) {
		const char *kind = graph_text(live, row->subject, FACT_KIND),
		           *namespace = graph_text(live, row->subject, FACT_NAMESPACE),
		           *name = graph_name(live, row->subject);
		add_name(beside->objects, g_strdup(graph_symbol_text(live, row->object)), row->subject);
		add_name(beside->objects, identity(kind, namespace, name), row->subject);
	}
}

static void index_files(Beside *beside)
{
	static const char *const makers[] = {"HelmRelease", "HelmChart", "Application"};
	const Graph *graph = beside->graph;
	GRAPH_EACH (graph, FACT_IDENTITY, row)
		add_name(beside->files, g_strdup(graph_symbol_text(graph, row->object)), row->subject);
	GRAPH_NODES (graph, NODE_OBJECT, object)
		for (size_t i = 0; i < G_N_ELEMENTS(makers); i++)
			if (strcmp(graph_text(graph, object, FACT_KIND), makers[i]) == 0 &&
			        graph_has(graph, object, FACT_IDENTITY))
				add_name(beside->releases, g_strdup(graph_name(graph, object)), object);
}

/* ---- what is there --------------------------------------------------------------------------------------- */

/* Of the names that an object has, those that the cluster has; one whose namespace is unknown counts where one of that
 * name is anywhere. */
static Node live_of(const Beside *beside, const char *name)
{
	g_auto(GStrv) parts = g_strsplit(name, "/", 3);
	gpointer node = g_hash_table_lookup(beside->objects, name);
	if (node || !parts[1] || *parts[1] || kind_is_cluster_wide(parts[0]))
		return GPOINTER_TO_UINT(node);
	Node found = NODE_NONE;
	Symbol symbol;
	if (!graph_find_symbol(beside->live, slice_from(parts[2]), &symbol))
		return NODE_NONE;
	GRAPH_NAMED(beside->live, NODE_OBJECT, symbol, object)
	{
		if (strcmp(graph_text(beside->live, object, FACT_KIND), parts[0]) != 0)
			continue;
		if (found)
			return NODE_NONE; /* which of them is meant? */
		found = object;
	}
	return found;
}

static void derive_objects(Beside *beside)
{
	Graph *graph = beside->graph;
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_IDENTITY, row) {
		Node there = row->subject == last ? NODE_NONE : live_of(beside, graph_symbol_text(graph, row->object));
		if (!there)
			continue;
		last = row->subject;
		say(beside, last, FACT_ON_CLUSTER, graph_text(beside->live, there, FACT_IDENTITY));
	}
}

/* The namespace of an identity; free with g_free. */
static char *namespace_of(const char *identity)
{
	g_auto(GStrv) parts = g_strsplit(identity, "/", 3);
	return g_strdup(parts[1] ? parts[1] : "");
}

/* What a reference of an object that is applied in a namespace names. */
static Node referred(const Beside *beside, Node reference, const char *namespace)
{
	const Graph *graph = beside->graph;
	const char *kind = graph_text(graph, reference, FACT_WANTS_KIND),
	           *own = graph_text(graph, reference, FACT_NAMESPACE);
	g_autofree char *name = identity(kind,
	        kind_is_cluster_wide(kind) ? ""
	        : *own                     ? own
	                                   : namespace,
	        graph_name(graph, reference));
	return live_of(beside, name);
}

/* In all namespaces that its object is applied in. */
static void derive_reference(Beside *beside, Node reference)
{
	Graph *graph = beside->graph;
	Node object = graph_ancestor(graph, reference, NODE_OBJECT), there = NODE_NONE;
	GRAPH_OF (graph, object, FACT_IDENTITY, row) {
		g_autofree char *namespace = namespace_of(graph_symbol_text(graph, row->object));
		there = referred(beside, reference, namespace);
		if (!there)
			return;
	}
	if (there)
		say(beside, reference, FACT_ON_CLUSTER, graph_text(beside->live, there, FACT_IDENTITY));
}

static void derive_references(Beside *beside)
{
	GRAPH_EACH (beside->graph, FACT_UNRESOLVED, row)
		if (graph_node_type(beside->graph, row->subject) == NODE_REFERENCE)
			derive_reference(beside, row->subject);
}

static void derive_namespaces(Beside *beside)
{
	Node first = graph_first_node(beside->graph, NODE_FILE);
	GRAPH_NODES (beside->live, NODE_OBJECT, object)
		if (first && strcmp(graph_text(beside->live, object, FACT_KIND), "Namespace") == 0 &&
		        !graph_has(beside->live, object, FACT_DELETED))
			say(beside, first, FACT_CLUSTER_NAMESPACE, graph_name(beside->live, object));
}

/* ---- pods ------------------------------------------------------------------------------------------------ */

static bool is_any(const char *word, const char *first, const char *second)
{
	return strcmp(word, first) == 0 || strcmp(word, second) == 0;
}

/* "it ended with 1; restarts: 7", or what the kubelet says. */
static char *words_of(const Graph *live, Node state, const char *reason)
{
	if (strcmp(reason, "CrashLoopBackOff") != 0)
		return g_strdup(graph_text(live, state, FACT_MESSAGE));
	uint32_t restarts = graph_number(live, state, FACT_RESTARTS);
	if (graph_has(live, state, FACT_KILLED))
		return g_strdup_printf("its memory limit ended it; restarts: %u", restarts);
	return g_strdup_printf("it ended with %u; restarts: %u", graph_number(live, state, FACT_EXIT_CODE), restarts);
}

#define MOST_WORDS 400 /* the scheduler names every node */

/* One line. */
static char *failure_text(const char *reason, const char *name, const char *words)
{
	g_autofree char *valid = g_utf8_make_valid(words, -1);
	if (strlen(valid) > MOST_WORDS)
		*g_utf8_find_prev_char(valid, valid + MOST_WORDS + 1) = '\0';
	return g_strdelimit(g_strdup_printf("%s of %s%s%s", reason, name, *valid ? ": " : "", valid), "\n\r\t", ' ');
}

/* A container that waits for anything but its image to come and others to end. */
static char *waiting_failure(const Graph *live, Node pod, const char *name)
{
	GRAPH_CHILDREN (live, pod, NODE_STATE, state) {
		const char *reason = graph_text(live, state, FACT_REASON);
		if (strcmp(graph_text(live, state, FACT_PHASE), "waiting") != 0 || !*reason ||
		        is_any(reason, "ContainerCreating", "PodInitializing"))
			continue;
		g_autofree char *container = g_strdup_printf("%s/%s", name, graph_name(live, state)),
		                *words = words_of(live, state, reason);
		return failure_text(reason, container, words);
	}
	return NULL;
}

static char *unscheduled_failure(const Graph *live, Node pod, const char *name)
{
	GRAPH_CHILDREN (live, pod, NODE_STATE, state)
		if (strcmp(graph_name(live, state), "PodScheduled") == 0 &&
		        strcmp(graph_text(live, state, FACT_PHASE), "False") == 0)
			return failure_text(
			        graph_text(live, state, FACT_REASON), name, graph_text(live, state, FACT_MESSAGE));
	return NULL;
}

/* NULL for a pod that runs, has done its work, is on its way, or goes. */
static char *pod_failure(const Graph *live, Node pod)
{
	const char *phase = graph_text(live, pod, FACT_PHASE), *reason = graph_text(live, pod, FACT_REASON);
	if (graph_has(live, pod, FACT_DELETED) || strcmp(phase, "Succeeded") == 0)
		return NULL;
	g_autofree char *name = g_strdup_printf("%s/%s", graph_text(live, pod, FACT_NAMESPACE), graph_name(live, pod));
	if (strcmp(phase, "Failed") == 0)
		return failure_text(*reason ? reason : phase, name, graph_text(live, pod, FACT_MESSAGE));
	char *failure = unscheduled_failure(live, pod, name);
	return failure ? failure : waiting_failure(live, pod, name);
}

static bool is_running(const Graph *live, Node pod)
{
	return strcmp(graph_text(live, pod, FACT_PHASE), "Running") == 0 && !graph_has(live, pod, FACT_DELETED);
}

/* "Kind/name" of what made the pod and is written in files: a Deployment for its ReplicaSet, a CronJob for its Job.
 * Free with g_free. */
static char *workload_of(const Beside *beside, Node pod)
{
	const Graph *live = beside->live;
	const char *owner = graph_text(live, pod, FACT_OWNER);
	if (!*owner)
		return g_strdup_printf("Pod/%s", graph_name(live, pod));
	GRAPH_OF (live, pod, FACT_LABEL, row) {
		const char *pair = graph_symbol_text(live, row->object), *hash = strchr(pair, '=') + 1;
		g_autofree char *tail = g_strconcat("-", hash, NULL);
		if (g_str_has_prefix(pair, "pod-template-hash=") && g_str_has_prefix(owner, "ReplicaSet/") &&
		        g_str_has_suffix(owner, tail)) {
			const char *name = owner + strlen("ReplicaSet/");
			return g_strdup_printf("Deployment/%.*s", (int)(strlen(name) - strlen(tail)), name);
		}
	}
	if (!g_str_has_prefix(owner, "Job/"))
		return g_strdup(owner);
	Node job = find_name(beside->objects, "Job", graph_text(live, pod, FACT_NAMESPACE), owner + strlen("Job/"));
	const char *maker = job ? graph_text(live, job, FACT_OWNER) : "";
	return g_strdup(*maker ? maker : owner);
}

/* The release or Application of the repository whose label the pod bears. */
static Node release_of(const Beside *beside, Node pod)
{
	static const char *const labels[] = {
	        "helm.toolkit.fluxcd.io/name=", "argocd.argoproj.io/instance=", "app.kubernetes.io/instance="};
	GRAPH_OF (beside->live, pod, FACT_LABEL, row)
		for (size_t i = 0; i < G_N_ELEMENTS(labels); i++) {
			const char *pair = graph_symbol_text(beside->live, row->object);
			gpointer found = g_str_has_prefix(pair, labels[i])
			                         ? g_hash_table_lookup(beside->releases, pair + strlen(labels[i]))
			                         : NULL;
			if (found)
				return GPOINTER_TO_UINT(found);
		}
	return NODE_NONE;
}

/* " (of HelmChart traefik)" where the cluster has a chart of k3s that the pod is of: k3s brings some of its own, and
 * calls a release's instance by the name of the chart, with its namespace or without. "" else; free with g_free. */
static char *chart_text(const Beside *beside, Node pod)
{
	const Graph *live = beside->live;
	GRAPH_OF (live, pod, FACT_LABEL, row) {
		const char *pair = graph_symbol_text(live, row->object), *instance = strchr(pair, '=') + 1;
		if (!g_str_has_prefix(pair, "app.kubernetes.io/instance="))
			continue;
		GRAPH_NODES (live, NODE_OBJECT, chart) {
			const char *name = graph_name(live, chart);
			g_autofree char *joined = g_strdup_printf("%s-%s", name, graph_text(live, pod, FACT_NAMESPACE));
			if (strcmp(graph_text(live, chart, FACT_KIND), "HelmChart") == 0 &&
			        is_any(instance, name, joined))
				return g_strdup_printf(" (of HelmChart %s)", name);
		}
	}
	return g_strdup("");
}

/* What of a workload is seen: pods that run, and the first that does not. */
typedef struct Seen {
	Node object; /* of the repository, or NODE_NONE */
	Node pod;    /* of the cluster */
	char *failure;
	bool ended; /* that is of a pod which has ended, and is over where another one runs */
	uint32_t running, failing;
} Seen;

static void seen_free(void *data)
{
	Seen *seen = data;
	g_free(seen->failure);
	g_free(seen);
}

static void see_pod(Beside *beside, GHashTable *workloads, GPtrArray *order, Node pod)
{
	const Graph *live = beside->live;
	const char *namespace = graph_text(live, pod, FACT_NAMESPACE);
	g_autofree char *workload = workload_of(beside, pod), *failure = pod_failure(live, pod);
	char *key = g_strdup_printf("%s/%s", namespace, workload);
	Seen *seen = g_hash_table_lookup(workloads, key);
	if (!seen) {
		g_auto(GStrv) parts = g_strsplit(workload, "/", 2);
		seen = g_new0(Seen, 1);
		seen->object = find_name(beside->files, parts[0], namespace, parts[1]);
		seen->object = seen->object ? seen->object : release_of(beside, pod);
		g_hash_table_insert(workloads, g_strdup(key), seen);
		g_ptr_array_add(order, seen);
	}
	g_free(key);
	seen->running += is_running(live, pod) && !failure;
	seen->failing += failure != NULL;
	if (failure && (!seen->failure || seen->ended)) {
		g_free(seen->failure);
		seen->failure = g_steal_pointer(&failure);
		seen->ended = strcmp(graph_text(live, pod, FACT_PHASE), "Failed") == 0;
		seen->pod = pod;
	}
}

static void derive_failure(Beside *beside, const Seen *seen)
{
	const Graph *live = beside->live;
	bool over = seen->ended && (seen->running || g_str_has_prefix(graph_text(live, seen->pod, FACT_OWNER), "Job/"));
	if (!seen->failure || over)
		return;
	if (seen->object) {
		say(beside, seen->object, FACT_FAILS, seen->failure);
		return;
	}
	g_autofree char *chart = chart_text(beside, seen->pod);
	g_ptr_array_add(beside->elsewhere, g_strdup_printf("%s/%s%s", graph_text(live, seen->pod, FACT_NAMESPACE),
	                                           graph_name(live, seen->pod), chart));
}

static void derive_pods(Beside *beside)
{
	g_autoptr(GHashTable) workloads = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, seen_free);
	g_autoptr(GPtrArray) order = g_ptr_array_new();
	GRAPH_NODES (beside->live, NODE_OBJECT, object)
		if (strcmp(graph_text(beside->live, object, FACT_KIND), "Pod") == 0)
			see_pod(beside, workloads, order, object);
	for (guint i = 0; i < order->len; i++)
		derive_failure(beside, order->pdata[i]);
}

/* ---- claims ---------------------------------------------------------------------------------------------- */

/* A StatefulSet makes the claim TEMPLATE-NAME-NUMBER. */
static Node template_of(const Beside *beside, const char *claim)
{
	const Graph *graph = beside->graph;
	GRAPH_NODES (graph, NODE_VOLUME, volume) {
		g_autofree char *stem = g_strdup_printf(
		        "%s-%s-", graph_name(graph, volume), graph_name(graph, graph_parent(graph, volume)));
		if (strcmp(graph_text(graph, volume, FACT_TYPE), "claim-template") != 0 ||
		        !g_str_has_prefix(claim, stem))
			continue;
		const char *number = claim + strlen(stem);
		if (*number && strspn(number, "0123456789") == strlen(number))
			return volume;
	}
	return NODE_NONE;
}

static Node claim_of(const Beside *beside, const char *namespace, const char *name)
{
	Node claim = find_name(beside->files, "PersistentVolumeClaim", namespace, name);
	return claim ? claim : template_of(beside, name);
}

/* The last event about an object; NODE_NONE if there is none. */
static Node event_of(const Beside *beside, const char *kind, const char *namespace, const char *name)
{
	const Graph *live = beside->live;
	Node last = NODE_NONE;
	Symbol symbol;
	if (!graph_find_symbol(live, slice_from(name), &symbol))
		return NODE_NONE;
	GRAPH_NAMED(live, NODE_REFERENCE, symbol, reference)
	if (strcmp(graph_text(live, reference, FACT_ROLE), "event") == 0 &&
	        strcmp(graph_text(live, reference, FACT_WANTS_KIND), kind) == 0 &&
	        strcmp(graph_text(live, reference, FACT_NAMESPACE), namespace) == 0)
		last = graph_parent(live, reference);
	return last;
}

/* One that waits for its first pod is as it should be; its pod says so if it cannot get one. */
static char *claim_failure(const Beside *beside, Node claim)
{
	const Graph *live = beside->live;
	const char *phase = graph_text(live, claim, FACT_PHASE), *namespace = graph_text(live, claim, FACT_NAMESPACE),
	           *name = graph_name(live, claim), *class = graph_text(live, claim, FACT_CLASS_NAME);
	g_autofree char *title = g_strdup_printf("%s/%s", namespace, name);
	if (strcmp(phase, "Lost") == 0)
		return failure_text(phase, title, "its volume is gone");
	if (strcmp(phase, "Pending") != 0)
		return NULL;
	Node event = event_of(beside, "PersistentVolumeClaim", namespace, name),
	     known = find_name(beside->objects, "StorageClass", "", class);
	if (event)
		return failure_text(phase, title, graph_text(live, event, FACT_MESSAGE));
	if (known && strcmp(graph_text(live, known, FACT_BINDING), "Immediate") == 0)
		return failure_text(phase, title, "no volume fits it, and nobody makes one");
	return NULL;
}

static void derive_claims(Beside *beside)
{
	const Graph *live = beside->live;
	GRAPH_NODES (live, NODE_OBJECT, object) {
		const char *kind = graph_text(live, object, FACT_KIND);
		g_autofree char *failure = NULL;
		Node node = NODE_NONE;
		if (strcmp(kind, "PersistentVolumeClaim") == 0) {
			failure = claim_failure(beside, object);
			node = failure ? claim_of(beside, graph_text(live, object, FACT_NAMESPACE),
			                         graph_name(live, object))
			               : NODE_NONE;
		} else if (strcmp(kind, "PersistentVolume") == 0 &&
		           is_any(graph_text(live, object, FACT_PHASE), "Released", "Failed")) {
			failure = failure_text(graph_text(live, object, FACT_PHASE), graph_name(live, object),
			        graph_text(live, object, FACT_MESSAGE));
			node = find_name(beside->files, kind, "", graph_name(live, object));
		}
		if (failure && node)
			say(beside, node, FACT_FAILS, failure);
	}
}

static void derive_filled(Beside *beside)
{
	g_autoptr(GHashTable) done = g_hash_table_new(NULL, NULL);
	GRAPH_EACH (beside->live, FACT_FILLED, row) {
		Node claim = claim_of(beside, graph_text(beside->live, row->subject, FACT_NAMESPACE),
		        graph_name(beside->live, row->subject));
		if (claim && g_hash_table_add(done, GUINT_TO_POINTER(claim)))
			graph_derive(
			        beside->graph, claim, FACT_FILLED_TO, row->object, graph_place(beside->graph, claim));
	}
}

/* ---- certificates ---------------------------------------------------------------------------------------- */

/* Some object that the reference stands in is applied there. */
static bool is_in(const Graph *graph, Node reference, const char *namespace)
{
	GRAPH_OF (graph, graph_ancestor(graph, reference, NODE_OBJECT), FACT_IDENTITY, row) {
		g_autofree char *own = namespace_of(graph_symbol_text(graph, row->object));
		if (!*own || strcmp(own, namespace) == 0)
			return true;
	}
	return false;
}

/* A Certificate's own end where it is not renewed; of a Secret that nobody renews at each route that serves it. */
static void derive_end(Beside *beside, Node object, const char *day)
{
	const Graph *live = beside->live;
	Graph *graph = beside->graph;
	const char *namespace = graph_text(live, object, FACT_NAMESPACE), *name = graph_name(live, object);
	g_autofree char *text = g_strdup_printf("%s %s/%s", day, namespace, name);
	if (strcmp(graph_text(live, object, FACT_KIND), "Certificate") == 0) {
		Node node = find_name(beside->files, "Certificate.cert-manager.io", namespace, name);
		if (node)
			say(beside, node, FACT_ENDS_ON, text);
		return;
	}
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return;
	GRAPH_NAMED(graph, NODE_REFERENCE, symbol, reference)
	if (strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "Secret") == 0 &&
	        strcmp(graph_text(graph, reference, FACT_ROLE), "tls") == 0 && is_in(graph, reference, namespace))
		say(beside, reference, FACT_ENDS_ON, text);
}

/* cert-manager says of a Certificate that it is not Ready once it could not renew it. */
static bool is_renewed(const Graph *live, Node object)
{
	GRAPH_CHILDREN (live, object, NODE_STATE, state)
		if (strcmp(graph_name(live, state), "Ready") == 0)
			return strcmp(graph_text(live, state, FACT_PHASE), "True") == 0;
	return false;
}

static void derive_ends(Beside *beside)
{
	GRAPH_EACH (beside->live, FACT_ENDS, row)
		if (!is_renewed(beside->live, row->subject))
			derive_end(beside, row->subject, graph_symbol_text(beside->live, row->object));
}

/* ---- all ------------------------------------------------------------------------------------------------- */

static void note_elsewhere(const Beside *beside, GString *notes)
{
	guint n = beside->elsewhere->len;
	if (!notes || n == 0)
		return;
	g_string_append_printf(notes, "note: of what no file makes, %u workload%s of the cluster do%s not run: ", n,
	        n == 1 ? "" : "s", n == 1 ? "es" : "");
	for (guint i = 0; i < MIN(n, 3); i++)
		g_string_append_printf(notes, "%s%s", i ? ", " : "", (char *)beside->elsewhere->pdata[i]);
	g_string_append(notes, n > 3 ? " …; labwright status\n" : "; labwright status\n");
}

void beside_derive(Scan *scan, GString *notes)
{
	if (!scan->usage)
		return;
	Beside beside = {scan->graph, scan->usage->graph, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL), g_ptr_array_new_with_free_func(g_free)};
	index_live(&beside);
	index_files(&beside);
	derive_objects(&beside);
	derive_references(&beside);
	derive_namespaces(&beside);
	derive_pods(&beside);
	derive_claims(&beside);
	derive_filled(&beside);
	derive_ends(&beside);
	held_derive(beside.graph, beside.live);
	graph_finish(scan->graph);
	note_elsewhere(&beside, notes);
	g_hash_table_unref(beside.objects);
	g_hash_table_unref(beside.files);
	g_hash_table_unref(beside.releases);
	g_ptr_array_unref(beside.elsewhere);
}
