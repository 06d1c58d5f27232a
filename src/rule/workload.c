/* Workloads: the memory they ask for, and whether anything knows when they are ready. */
#include "base/near.h"
#include "rule/measured.h"
#include "rule/search.h"

/* Controllers of programs that are meant to run all the time, and that are not switched off. */
static bool is_service_workload(const Graph *graph, Node object)
{
	if (is_stopped(graph, object))
		return false;
	return is_kind(graph, object, "Deployment") || is_kind(graph, object, "StatefulSet") ||
	       is_kind(graph, object, "DaemonSet") || is_kind(graph, object, "ReplicaSet") ||
	       is_kind(graph, object, "ReplicationController");
}

/* ---- programs as their makers publish them ------------------------------------------------------------------ */

/* The file brings what the program defines and what it may do along with the program: an install.yaml that is taken as
 * it is, and anew for each version. What its makers left out, no owner writes into it. */
static bool is_published(const Graph *graph, Node object)
{
	bool definition = false, role = false, account = false;
	GRAPH_CHILDREN (graph, graph_file_node(graph, graph_file_of(graph, object)), NODE_DOCUMENT, document)
		GRAPH_CHILDREN (graph, document, NODE_OBJECT, other) {
			definition = definition || is_kind(graph, other, "CustomResourceDefinition");
			role = role || is_kind(graph, other, "ClusterRole");
			account = account || is_kind(graph, other, "ServiceAccount");
		}
	return definition && role && account;
}

/* ---- requests --------------------------------------------------------------------------------------------- */

static bool says_memory(const Graph *graph, Node container)
{
	static const FactKind kinds[] = {FACT_REQUEST, FACT_LIMIT};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, container, kinds[i], row)
			if (g_str_has_prefix(graph_symbol_text(graph, row->object), "memory="))
				return true;
	return false;
}

/* A container of a patch with the same names, which may bring what the object itself lacks. */
static bool is_patched(const Graph *graph, Node container, bool (*gives)(const Graph *graph, Node container))
{
	Node object = graph_ancestor(graph, container, NODE_OBJECT);
	GRAPH_NAMED(graph, NODE_CONTAINER, graph_name_symbol(graph, container), other)
	if (is_patch(graph, other) && gives(graph, other) &&
	        graph_name_symbol(graph, graph_ancestor(graph, other, NODE_OBJECT)) == graph_name_symbol(graph, object))
		return true;
	return false;
}

static bool asks_for_memory(const Graph *graph, Node container)
{
	return graph_has(graph, container, FACT_INIT) || says_memory(graph, container) ||
	       is_patched(graph, container, says_memory);
}

/* A LimitRange gives every pod of its namespace a request; one in the same folder is probably meant for it. */
static bool has_limit_range(const Graph *graph, Node object)
{
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("LimitRange"), &kind))
		return false;
	GRAPH_TO (graph, FACT_KIND, kind, row)
		if (graph_symbol(graph, row->subject, FACT_NAMESPACE) == graph_symbol(graph, object, FACT_NAMESPACE) ||
		        slice_equal(graph_folder_of(graph, row->subject), graph_folder_of(graph, object)))
			return true;
	return false;
}

/* All containers or none: with one left the finding stays. */
static void mend_requests_missing(Checker *checker, Finding *finding, Node pod)
{
	const Graph *graph = checker_graph(checker);
	Measure memory;
	g_autoptr(GString) because = g_string_new("measured:");
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
		if (asks_for_memory(graph, container))
			continue;
		if (!measure_of(graph, container, "memory", &memory) || !mend_requests(checker, finding, container)) {
			finding->n_edits = 0;
			return;
		}
		g_string_append_printf(because, "%s %s %" G_GINT64_FORMAT "Mi at most (%s)",
		        because->str[because->len - 1] == ':' ? "" : ",", graph_name(graph, container),
		        (memory.peak + 1048575) / 1048576, memory.evidence);
	}
	set_because(checker, finding, FIX_VALUE, "%s", because->str);
}

static void check_requests_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		Finding *finding = NULL;
		if (!is_service_workload(graph, object) || is_patch(graph, object) || has_limit_range(graph, object) ||
		        is_published(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			if (asks_for_memory(graph, container))
				continue;
			if (!finding)
				finding = report(checker, object, graph_place(graph, container),
				        "%s %s does not say how much memory it needs",
				        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
			add_evidence(checker, finding, graph_place(graph, container),
			        "container %s has neither a memory request nor a limit", graph_name(graph, container));
		}
		if (finding && graph_rows(graph, FACT_MEASURED).at != graph_rows(graph, FACT_MEASURED).end)
			mend_requests_missing(checker, finding, pod);
	}
}

/* ---- probes ------------------------------------------------------------------------------------------------- */

static bool has_probe(const Graph *graph, Node pod, const char *name)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PROBE, probe)
			if (strcmp(graph_name(graph, probe), name) == 0)
				return true;
	return false;
}

static bool says_readiness(const Graph *graph, Node container)
{
	GRAPH_CHILDREN (graph, container, NODE_PROBE, probe)
		if (strcmp(graph_name(graph, probe), "readiness") == 0)
			return true;
	return false;
}

static bool knows_readiness(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		if (says_readiness(graph, container) || is_patched(graph, container, says_readiness))
			return true;
	return false;
}

/* The one that is no init container, or NODE_NONE. */
static Node only_container(const Graph *graph, Node pod)
{
	Node chosen = NODE_NONE;
	uint32_t count = 0;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
		count += !graph_has(graph, container, FACT_INIT);
		chosen = graph_has(graph, container, FACT_INIT) ? chosen : container;
	}
	return count == 1 ? chosen : NODE_NONE;
}

static bool has_udp(const Graph *graph, Node pod)
{
	GRAPH_TO (graph, FACT_SELECTS, pod, row)
		GRAPH_CHILDREN (graph, row->subject, NODE_PORT, port)
			if (strcmp(graph_text(graph, port, FACT_PROTOCOL), "UDP") == 0)
				return true;
	return false;
}

/* app-template asks a port of its first Service by TCP where a probe is turned on and nothing else is said. */
static void mend_values(Checker *checker, Finding *finding, Node container)
{
	const Graph *graph = checker_graph(checker);
	bool some = graph_first_child(graph, container, NODE_PROBE) != NODE_NONE;
	if (graph_has(graph, graph_parent(graph, graph_ancestor(graph, container, NODE_OBJECT)), FACT_RENDERED))
		return;
	set_because(checker, finding, FIX_VALUE, "the chart then asks the port that the Service sends to");
	add_pair_within(checker, finding, graph_place(graph, container), some ? "probes" : "image",
	        some ? "  readiness:\n    enabled: true" : "probes:\n  readiness:\n    enabled: true");
}

static void mend_readiness(Checker *checker, Finding *finding, Node pod, const char *port)
{
	const Graph *graph = checker_graph(checker);
	Node chosen = only_container(graph, pod);
	const Row *image = chosen ? graph_find(graph, chosen, FACT_IMAGE) : NULL;
	if (chosen && is_made(graph, graph_parent(graph, pod))) {
		if (!has_udp(graph, pod))
			mend_values(checker, finding, chosen);
		return;
	}
	if (!image || graph_file_of(graph, chosen) != graph_span(graph, image).file)
		return;
	set_because(checker, finding, FIX_VALUE,
	        "the Service sends to this port, so a program that is ready listens there");
	add_pair_after(checker, finding, graph_span(graph, image), "ports",
	        arena_printf(checker_arena(checker), "readinessProbe:\n  tcpSocket:\n    port: %s", port));
}

/* Whether a program of the pod may listen there: one of its ports, or where it declares none, any but 443, which is
 * mostly the door of another. */
static bool may_listen(const Graph *graph, Node pod, uint32_t number)
{
	bool any = false;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_PORT, port) {
			any = true;
			if (graph_number(graph, port, FACT_NUMBER) == number)
				return true;
		}
	return !any && number != 443;
}

/* A TCP probe on the port that the Service sends to; the Service's own port where it names no other and
 * something may listen there. */
static void hint_probe(Checker *checker, Finding *finding, Node pod, Node service)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_CHILDREN (graph, service, NODE_PORT, port) {
		const Row *number = graph_find(graph, port, FACT_TARGET_NUMBER),
		          *name = graph_find(graph, port, FACT_TARGET_NAME);
		if (strcmp(graph_text(graph, port, FACT_PROTOCOL), "UDP") == 0)
			continue;
		if (!number && !name && may_listen(graph, pod, graph_number(graph, port, FACT_NUMBER)))
			number = graph_find(graph, port, FACT_NUMBER);
		if (!number && !name)
			return;
		const char *asked = name ? graph_symbol_text(graph, name->object)
		                         : arena_printf(checker_arena(checker), "%u", number->object);
		if (is_made(graph, graph_parent(graph, pod)))
			set_hint(checker, finding, "add probes: {readiness: {enabled: true%s%s}} to the container",
			        has_udp(graph, pod) ? ", port: " : "", has_udp(graph, pod) ? asked : "");
		else
			set_hint(checker, finding, "add readinessProbe: {tcpSocket: {port: %s}}", asked);
		mend_readiness(checker, finding, pod, asked);
		return;
	}
}

/* The first one that stays, or NODE_NONE. */
static Node main_container(const Graph *graph, Node pod)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		if (!graph_has(graph, container, FACT_INIT))
			return container;
	return NODE_NONE;
}

static void check_readiness_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_EACH (graph, FACT_SELECTS, row) {
		Node pod = row->object, object = graph_parent(graph, pod), container = main_container(graph, pod);
		if (!container || !is_service_workload(graph, object) || is_patch(graph, object) ||
		        knows_readiness(graph, pod) || is_published(graph, object) ||
		        !g_hash_table_add(known, GUINT_TO_POINTER(pod)))
			continue;
		bool alive = has_probe(graph, pod, "liveness"), started = has_probe(graph, pod, "startup");
		Finding *finding = report(checker, object, graph_place(graph, container),
		        "%s %s has no readiness probe, and Service %s sends it requests%s",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object),
		        graph_name(graph, row->subject),
		        alive && started ? ": its liveness and startup probes do not stop them"
		        : alive          ? ": its liveness probe does not stop them"
		        : started        ? ": its startup probe only delays them"
		                         : "");
		add_evidence(checker, finding, graph_place(graph, row->subject), "Service %s sends it requests",
		        graph_name(graph, row->subject));
		hint_probe(checker, finding, pod, row->subject);
	}
}

/* ---- liveness ----------------------------------------------------------------------------------------------- */

#define LONG_START 60u /* seconds */

/* Programs that take more than a minute before they answer, at least at their first start, after an upgrade or after a
 * crash: those of Java, and those that make their database,
 * bring it up to date or repair it. */
static bool starts_slowly(const Graph *graph, Node container)
{
	static const char *const parts[] = {"elasticsearch", "opensearch", "keycloak", "sonatype/nexus", "sonarqube",
	        "jenkins/", "minecraft-server", "gitlab/gitlab", "gitlab-ce", "nextcloud", "owncloud", "cassandra",
	        "neo4j", "confluence", "jira", "unifi-network-application", "graylog", "zammad", "mssql/server",
	        "mysql:", "mariadb:", "openhab", "authentik", "wikijs", "onlyoffice", NULL};
	static const char *const beside[] = {"exporter", "operator", "backup", "proxy", "init", NULL};
	const char *image = graph_text(graph, container, FACT_IMAGE);
	return text_has_part(image, parts) && !text_has_part(image, beside);
}

static Node probe_of(const Graph *graph, Node container, const char *name)
{
	GRAPH_CHILDREN (graph, container, NODE_PROBE, probe)
		if (strcmp(graph_name(graph, probe), name) == 0)
			return probe;
	return NODE_NONE;
}

static bool says_startup(const Graph *graph, Node container)
{
	return probe_of(graph, container, "startup") || probe_of(graph, container, "liveness");
}

/* Below a probe that stands in lines of its own; what it asks is what the new one asks too. */
static void mend_liveness(Checker *checker, Finding *finding, Node container)
{
	const Graph *graph = checker_graph(checker);
	const Row *image = graph_find(graph, container, FACT_IMAGE),
	          *port = graph_find(graph, probe_of(graph, container, "liveness"), FACT_NUMBER);
	set_hint(checker, finding,
	        "add a startupProbe that asks the same, with periodSeconds: 10 and failureThreshold: 60: ten minutes");
	if (!port || !image || graph_span(graph, image).file != graph_file_of(graph, container))
		return;
	set_because(checker, finding, FIX_VALUE, "the port that liveness asks opens when the start is done");
	add_pair_after(checker, finding, graph_span(graph, image), "ports",
	        arena_printf(checker_arena(checker),
	                "startupProbe:\n  tcpSocket:\n    port: %u\n  periodSeconds: 10\n  failureThreshold: 60",
	                port->object));
}

static void check_liveness_risky(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_CONTAINER, container) {
		Node object = graph_ancestor(graph, container, NODE_OBJECT),
		     probe = probe_of(graph, container, "liveness");
		const Row *patience = probe ? graph_find(graph, probe, FACT_PATIENCE) : NULL;
		if (!patience || patience->object >= LONG_START || probe_of(graph, container, "startup") ||
		        !is_service_workload(graph, object) || is_patch(graph, object) ||
		        !starts_slowly(graph, container) || is_patched(graph, container, says_startup))
			continue;
		Finding *finding = report(checker, container, graph_place(graph, probe),
		        "container %s of %s %s is killed if it does not answer within %u seconds of its start",
		        graph_name(graph, container), graph_text(graph, object, FACT_KIND), graph_name(graph, object),
		        patience->object);
		add_evidence(checker, finding, graph_span(graph, graph_find(graph, container, FACT_IMAGE)),
		        "it is %s, which may take longer after an upgrade or a crash",
		        graph_text(graph, container, FACT_IMAGE));
		mend_liveness(checker, finding, container);
	}
}

/* ---- one probe for two questions ------------------------------------------------------------------------------ */

/* What is written is the same, or one stands for both (`*probe`). */
static void check_liveness_as_readiness(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_CONTAINER, container) {
		Node object = graph_ancestor(graph, container, NODE_OBJECT),
		     liveness = probe_of(graph, container, "liveness"),
		     readiness = probe_of(graph, container, "readiness");
		if (!liveness || !readiness || !is_service_workload(graph, object) || is_patch(graph, object) ||
		        !slice_equal(slice_trim(graph_span_bytes(graph, graph_place(graph, liveness))),
		                slice_trim(graph_span_bytes(graph, graph_place(graph, readiness)))))
			continue;
		Finding *finding = report(checker, container, graph_place(graph, liveness),
		        "container %s of %s %s is killed by the probe that only takes requests from it",
		        graph_name(graph, container), graph_text(graph, object, FACT_KIND), graph_name(graph, object));
		add_evidence(checker, finding, graph_place(graph, readiness), "its readiness probe asks the same");
	}
}

/* ---- mounts of nothing -------------------------------------------------------------------------------------- */

/* The API server knows these and refuses them as a whole; other kinds may find volumes in other places. */
static bool is_checked_by_api(const Graph *graph, Node object)
{
	return is_service_workload(graph, object) || is_kind(graph, object, "Job") ||
	       is_kind(graph, object, "CronJob") || is_kind(graph, object, "Pod");
}

/* The pod's volume of that name; `search` is offered all of them. */
static bool has_volume(const Graph *graph, Node pod, Symbol name, NearSearch *search, GArray *offered)
{
	const Node parents[] = {pod, graph_parent(graph, pod)}; /* a StatefulSet's templates are its own */
	for (size_t i = 0; i < G_N_ELEMENTS(parents); i++)
		GRAPH_CHILDREN (graph, parents[i], NODE_VOLUME, volume) {
			if (graph_name_symbol(graph, volume) == name)
				return true;
			near_offer(search, slice_from(graph_name(graph, volume)));
			g_array_append_val(offered, volume);
		}
	return false;
}

static bool is_kustomization(const Graph *graph, uint32_t file, void *data)
{
	return strcmp(graph_text(graph, graph_file_node(graph, file), FACT_FORMAT), "kustomize") == 0;
}

/* A kustomization that brings the file in has a patch that Git does not hold: each user writes one. */
static bool has_unseen_patch(const Graph *graph, Node mount)
{
	GRAPH_OF (graph, graph_file_node(graph, graph_file_of(graph, mount)), FACT_REACHED_BY, row)
		GRAPH_CHILDREN (graph, row->object, NODE_ENTRY, entry)
			if (has_role(graph, entry, "patch") && graph_has(graph, entry, FACT_UNRESOLVED))
				return true;
	return false;
}

/* A patch, in a file of its own or within a kustomization, speaks of a volume so called. */
static bool is_given_by_patch(const Graph *graph, Node mount)
{
	Span found;
	if (has_unseen_patch(graph, mount))
		return true;
	GRAPH_NAMED(graph, NODE_VOLUME, graph_name_symbol(graph, mount), volume)
	if (is_patch(graph, volume))
		return true;
	return search_word(graph, slice_from(graph_name(graph, mount)), is_kustomization, NULL, NULL, &found);
}

static void report_mount(Checker *checker, Node object, Node mount, Node near)
{
	const Graph *graph = checker_graph(checker);
	const char *name = graph_name(graph, mount);
	Finding *finding = report(checker, object, graph_place(graph, mount),
	        "container %s mounts volume %s, which %s %s does not have",
	        graph_name(graph, graph_parent(graph, mount)), name, graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object));
	set_detail(checker, finding, "%s", name);
	if (!near)
		return;
	add_evidence(checker, finding, graph_place(graph, near), "this is nearly the name");
	set_hint(checker, finding, "write %s", graph_name(graph, near));
	set_because(checker, finding, FIX_VALUE, "no other volume of the pod has a name so near");
	add_rename(checker, finding, graph_place(graph, mount), name, graph_name(graph, near));
}

static void check_volume_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_MOUNT, mount) {
		Node container = graph_parent(graph, mount), pod = graph_parent(graph, container);
		Slice name = slice_from(graph_name(graph, mount));
		NearSearch search = near_search(name, near_limit(name));
		g_autoptr(GArray) offered = g_array_new(FALSE, FALSE, sizeof(Node));
		if (graph_node_type(graph, container) != NODE_CONTAINER || graph_node_type(graph, pod) != NODE_POD ||
		        name.length == 0 || is_open_text(name.at) || is_quiet(graph, mount))
			continue;
		Node object = graph_parent(graph, pod);
		if (!is_checked_by_api(graph, object) || is_patch(graph, object) ||
		        has_volume(graph, pod, graph_name_symbol(graph, mount), &search, offered) ||
		        is_given_by_patch(graph, mount))
			continue;
		size_t near = near_result(&search);
		report_mount(checker, object, mount, near == SIZE_MAX ? NODE_NONE : g_array_index(offered, Node, near));
	}
}

static const Rule rules[] = {
        {
                .id = "requests-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a workload does not say how much memory it needs",
                .why = "The scheduler counts it as nothing and fills small nodes past what they have; when memory runs "
                       "out, it is among the first "
                       "to be killed.",
                .remedy = "Set a memory request near its measured use, and a limit above its peak.",
                .peers = "kube-linter: unset-memory-requirements; Trivy: KSV-0016, KSV-0018; Checkov: CKV_K8S_12, "
                         "CKV_K8S_13; Kubescape: C-0004, C-0269, C-0271; kube-score: container-resources",
                .check = check_requests_missing,
        },
        {
                .id = "readiness-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a pod behind a Service has no readiness probe",
                .why = "Requests are sent to it while it still starts, and it is never taken out when it hangs.",
                .remedy = "Add a readiness probe: a TCP probe on the Service's port is better than none, the program's "
                          "own health path best.",
                .peers = "kube-linter: no-readiness-probe; Checkov: CKV_K8S_9; Kubescape: C-0018; kube-score: "
                         "pod-probes",
                .check = check_readiness_missing,
        },
        {
                .id = "liveness-risky",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a slow start that a liveness probe ends",
                .why = "A liveness probe that fails kills the container, and the next one starts from the beginning. "
                       "While a database repairs itself or a program brings its data up to date, that goes round and "
                       "round, and may break what it was mending.",
                .remedy = "A startup probe holds the liveness probe back until the program has answered once; give it "
                          "minutes.",
                .check = check_liveness_risky,
        },
        {
                .id = "liveness-as-readiness",
                .level = LEVEL_WARNING,
                .profile = PROFILE_STRICT,
                .title = "one probe says whether a program gets requests and whether it is killed",
                .why = "A program that is busy for a moment, or whose database is away, needs to be left alone until "
                       "it "
                       "answers again; killed, it loses what it did, and starts into the same trouble.",
                .remedy = "Take the liveness probe out, or let it ask something simpler or fail later: a higher "
                          "failureThreshold.",
                .peers = "kube-score: pod-probes-identical",
                .check = check_liveness_as_readiness,
        },
        {
                .id = "volume-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a container mounts a volume that its pod does not have",
                .why = "The API server refuses the whole workload (\"volumeMounts[0].name: Not found\"), and whatever "
                       "ran "
                       "before goes on in its old form.",
                .remedy = "Write the name of one of the pod's volumes, or add the volume.",
                .check = check_volume_missing,
        },
};

const RuleSet rules_workload = {"workload", rules, G_N_ELEMENTS(rules)};
