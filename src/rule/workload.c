/* Workloads and their data: what they ask for, where they may run, and whether anything keeps a copy. */
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

/* Controllers of programs that are meant to run all the time. */
static bool is_service_workload(const Graph *graph, Node object)
{
	return is_kind(graph, object, "Deployment") || is_kind(graph, object, "StatefulSet") ||
	       is_kind(graph, object, "DaemonSet");
}

/* ---- requests --------------------------------------------------------------------------------------------- */

static bool asks_for_memory(const Graph *graph, Node container)
{
	static const FactKind kinds[] = {FACT_REQUEST, FACT_LIMIT};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, container, kinds[i], row)
			if (g_str_has_prefix(graph_symbol_text(graph, row->object), "memory="))
				return true;
	return graph_has(graph, container, FACT_INIT);
}

/* A LimitRange gives every pod of its namespace a request. */
static bool has_limit_range(const Graph *graph, Node object)
{
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("LimitRange"), &kind))
		return false;
	GRAPH_TO (graph, FACT_KIND, kind, row)
		if (graph_symbol(graph, row->subject, FACT_NAMESPACE) == graph_symbol(graph, object, FACT_NAMESPACE))
			return true;
	return false;
}

static void check_requests_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		Finding *finding = NULL;
		if (!is_service_workload(graph, object) || is_patch(graph, object) || has_limit_range(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			if (asks_for_memory(graph, container))
				continue;
			if (!finding)
				finding = report(checker, object, graph_place(graph, container),
				        "%s %s does not say how much memory it needs",
				        graph_text(graph, object, FACT_KIND), graph_name(graph, object));
			else
				add_evidence(checker, finding, graph_place(graph, container), "nor does container %s",
				        graph_name(graph, container));
		}
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

static void check_readiness_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_EACH (graph, FACT_SELECTS, row) {
		Node pod = row->object, object = graph_parent(graph, pod),
		     container = graph_first_child(graph, pod, NODE_CONTAINER);
		if (!container || !is_service_workload(graph, object) || is_patch(graph, object) ||
		        has_probe(graph, pod, "readiness") || !g_hash_table_add(known, GUINT_TO_POINTER(pod)))
			continue;
		Finding *finding = report(checker, object, graph_place(graph, container),
		        "%s %s takes requests before it is known to be ready%s", graph_text(graph, object, FACT_KIND),
		        graph_name(graph, object),
		        has_probe(graph, pod, "liveness") ? ": it has a liveness probe only" : "");
		add_evidence(checker, finding, graph_place(graph, row->subject), "Service %s sends it requests",
		        graph_name(graph, row->subject));
	}
}

/* ---- placement ------------------------------------------------------------------------------------------------ */

#define HOSTNAME "kubernetes.io/hostname="

/* The one host that a pod or volume is bound to, or NULL. */
static const char *bound_host(const Graph *graph, Node node, const Row **ret_row)
{
	static const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY};
	const Row *named = graph_find(graph, node, FACT_NODE_NAME);
	*ret_row = named;
	if (named)
		return graph_symbol_text(graph, named->object);
	const char *host = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, node, kinds[i], row) {
			const char *pair = graph_symbol_text(graph, row->object);
			if (!g_str_has_prefix(pair, HOSTNAME))
				continue;
			if (host && strcmp(host, pair + strlen(HOSTNAME)) != 0)
				return NULL; /* one of several */
			host = pair + strlen(HOSTNAME);
			*ret_row = row;
		}
	return host;
}

static bool is_pinned(const Graph *graph, Node pod)
{
	return graph_has(graph, pod, FACT_NODE_SELECTOR) || graph_has(graph, pod, FACT_NODE_NAME) ||
	       graph_has(graph, pod, FACT_NODE_AFFINITY);
}

/* The repository speaks of two hosts at least. */
static bool has_several_hosts(const Graph *graph)
{
	const char *first = NULL;
	GRAPH_NODES (graph, NODE_POD, pod) {
		const Row *row;
		const char *host = bound_host(graph, pod, &row);
		if (host && first && strcmp(first, host) != 0)
			return true;
		first = host ? host : first;
	}
	Node machine = graph_first_node(graph, NODE_MACHINE);
	return machine && graph_next_node(graph, machine);
}

static bool is_system_path(const char *path)
{
	static const char *const prefixes[] = {"/dev", "/proc", "/sys", "/run", "/var/run", "/etc", "/lib", "/usr",
	        "/boot", "/var/log", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/rancher",
	        "/opt/cni", "/tmp", "/sbin", "/bin"};
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		size_t length = strlen(prefixes[i]);
		if (strncmp(path, prefixes[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
			return true;
	}
	return strcmp(path, "/") == 0 || g_str_has_suffix(path, ".sock") || strstr(path, "${") || strstr(path, "{{");
}

/* What is mounted there may be a share that every node has. */
static bool may_be_share(const char *path)
{
	return g_str_has_prefix(path, "/mnt") || g_str_has_prefix(path, "/media") || strstr(path, "nfs") ||
	       strstr(path, "nas");
}

static void check_hostpath_unpinned(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	if (!has_several_hosts(graph))
		return;
	GRAPH_EACH (graph, FACT_HOST_PATH, row) {
		Node volume = row->subject, pod = graph_parent(graph, volume),
		     object = graph_ancestor(graph, volume, NODE_OBJECT);
		const char *path = graph_symbol_text(graph, row->object);
		if (graph_node_type(graph, volume) != NODE_VOLUME || graph_node_type(graph, pod) != NODE_POD ||
		        is_patch(graph, object) || is_kind(graph, object, "DaemonSet") || is_system_path(path) ||
		        is_pinned(graph, pod))
			continue;
		Finding *finding = report_at(checker, may_be_share(path) ? LEVEL_WARNING : LEVEL_ERROR, object,
		        graph_span(graph, row), "%s %s keeps data in %s of whatever node it lands on",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object), path);
		set_detail(checker, finding, "%s", path);
		set_hint(checker, finding, "pin it with nodeSelector kubernetes.io/hostname to the node that holds %s",
		        path);
	}
}

/* Whether a volume is bound to the claim: by claimRef, or by the claim's volumeName. */
static bool is_bound_to(const Graph *graph, Node volume, const char *claim)
{
	GRAPH_CHILDREN (graph, volume, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "claim") && strcmp(graph_name(graph, reference), claim) == 0)
			return true;
	Symbol name;
	if (!graph_find_symbol(graph, slice_from(claim), &name))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	if (is_kind(graph, object, "PersistentVolumeClaim") &&
	        graph_symbol(graph, object, FACT_VOLUME_NAME) == graph_name_symbol(graph, volume) &&
	        graph_name_symbol(graph, volume))
		return true;
	return false;
}

static void check_claim(Checker *checker, Node pod, const char *claim, Span place)
{
	const Graph *graph = checker_graph(checker);
	const Row *pin, *held;
	const char *host = bound_host(graph, pod, &pin);
	Symbol kind;
	if (!host || !graph_find_symbol(graph, SLICE("PersistentVolume"), &kind))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		const char *other =
		        is_bound_to(graph, row->subject, claim) ? bound_host(graph, row->subject, &held) : NULL;
		if (!other || strcmp(host, other) == 0)
			continue;
		Node object = graph_parent(graph, pod);
		Finding *finding = report(checker, object, graph_span(graph, pin),
		        "%s %s must run on %s, and its volume is on %s: it stays Pending",
		        graph_text(graph, object, FACT_KIND), graph_name(graph, object), host, other);
		add_evidence(checker, finding, graph_span(graph, held), "volume %s is bound to %s",
		        graph_name(graph, row->subject), other);
		add_evidence(checker, finding, place, "the claim %s is named here", claim);
	}
}

static void check_unschedulable(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (is_quiet(graph, pod) || is_patch(graph, object))
			continue;
		GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume)
			GRAPH_CHILDREN (graph, volume, NODE_REFERENCE, reference)
				if (strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "PersistentVolumeClaim") == 0)
					check_claim(checker, pod, graph_name(graph, reference),
					        graph_place(graph, reference));
		GRAPH_CHILDREN (graph, object, NODE_VOLUME, template) {
			g_autofree char *claim =
			        g_strdup_printf("%s-%s-0", graph_name(graph, template), graph_name(graph, object));
			check_claim(checker, pod, claim, graph_place(graph, template));
		}
	}
}

/* ---- backups ------------------------------------------------------------------------------------------------------
 */

/* Parts of image names of programs whose volume is worth something. */
static const char *const stateful[] = {"postgres", "mariadb", "mysql", "mongo", "redis", "qdrant", "influxdb", "n8n",
        "vaultwarden", "gitea", "forgejo", "nextcloud", "immich", "home-assistant", "paperless", "photoprism", "minio",
        "couchdb", "elasticsearch", "mealie", "bookstack", "wikijs", "open-webui", "jellyfin", "plex", "grafana",
        "weaviate", "chroma", "timescale", "valkey", "vikunja", "actual", "firefly"};

static bool is_stateful(const Graph *graph, Node container)
{
	const char *image = graph_text(graph, container, FACT_IMAGE);
	for (size_t i = 0; i < G_N_ELEMENTS(stateful); i++)
		if (strstr(image, stateful[i]))
			return true;
	return false;
}

static bool is_document(const Graph *graph, uint32_t file, void *data)
{
	Slice path = slice_from(graph_file_path(graph, file));
	return slice_ends(path, ".md") || slice_ends(path, ".txt");
}

static bool is_no_document(const Graph *graph, uint32_t file, void *data)
{
	return !is_document(graph, file, data);
}

/* Any word of a program or kind that makes copies: what it covers is a question that is not asked here. */
static bool speaks_of_backups(const Graph *graph, SearchFile *in_file)
{
	static const char *const words[] = {"velero", "volsync", "VolSync", "ReplicationSource", "k8up", "restic",
	        "borg", "borgmatic", "kopia", "rclone", "rsync", "duplicati", "pg_dump", "pg_dumpall", "mysqldump",
	        "mariadb-dump", "mongodump", "ScheduledBackup", "RecurringJob", "sanoid", "syncoid", "zrepl", "vzdump",
	        "barman", "pgbackrest", "wal-g", "litestream", "snapraid", "btrbk", "urbackup", NULL};
	return search_any_word(graph, words, in_file, NULL);
}

/* Compose files for developing hold nothing that is worth a copy. */
static bool is_for_developing(const Graph *graph, Node node)
{
	const char *path = graph_file_path(graph, graph_file_of(graph, node));
	return strstr(path, "dev") || strstr(path, "test") || strstr(path, "local");
}

/* A mount of something that outlives the container. */
static bool keeps_data(const Graph *graph, Node container, Node mount)
{
	if (graph_has(graph, mount, FACT_READ_ONLY) || graph_has(graph, mount, FACT_EPHEMERAL))
		return false;
	if (graph_node_type(graph, container) == NODE_SERVICE) {
		const char *name = graph_name(graph, mount);
		return *name && !is_system_path(name) && strchr(path_name(slice_from(name)).at, 0x2e) == NULL;
	}
	Node pod = graph_parent(graph, container);
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume)
		if (graph_name_symbol(graph, volume) == graph_name_symbol(graph, mount))
			return strcmp(graph_text(graph, volume, FACT_TYPE), "persistentVolumeClaim") == 0 ||
			       graph_has(graph, volume, FACT_HOST_PATH);
	GRAPH_CHILDREN (graph, graph_parent(graph, pod), NODE_VOLUME, template)
		if (graph_name_symbol(graph, template) == graph_name_symbol(graph, mount))
			return true;
	return false;
}

static void check_volume_without_backup(Checker *checker)
{
	static const NodeType types[] = {NODE_CONTAINER, NODE_SERVICE};
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) mounts = g_array_new(FALSE, FALSE, sizeof(Node));
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (graph, types[i], container) {
			if (is_quiet(graph, container) || !is_stateful(graph, container) ||
			        is_patch(graph, container) ||
			        (types[i] == NODE_SERVICE && is_for_developing(graph, container)))
				continue;
			GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount)
				if (keeps_data(graph, container, mount)) {
					g_array_append_val(mounts, mount);
					break;
				}
		}
	if (mounts->len == 0 || speaks_of_backups(graph, is_no_document))
		return;
	bool planned = speaks_of_backups(graph, is_document);
	Node first = g_array_index(mounts, Node, 0);
	Finding *finding = report_at(checker, planned ? LEVEL_WARNING : LEVEL_ERROR, first, graph_place(graph, first),
	        planned ? "%u programs keep data in volumes, and only documents speak of a backup"
	                : "%u programs keep data in volumes, and nothing in this repository backs any of them up",
	        mounts->len);
	for (guint i = 0; i < mounts->len; i++) {
		Node mount = g_array_index(mounts, Node, i);
		add_evidence(checker, finding, graph_place(graph, mount), "%s, volume %s",
		        graph_name(graph, graph_parent(graph, mount)), graph_name(graph, mount));
	}
}

static const Rule rules[] = {
        {
                .id = "volume-without-backup",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "data that nothing backs up",
                .why = "A dead disk, a deleted claim or a bad upgrade ends the data. Word of a backup was looked for "
                       "everywhere: Velero, VolSync, "
                       "k8up, restic, borg, kopia, rclone, rsync, dumps, snapshots.",
                .remedy = "Back up the databases by dump and the rest by file, and restore once to see that it works. "
                          "Where something outside of "
                          "the repository does it, say so with a suppression and its reason.",
                .check = check_volume_without_backup,
        },
        {
                .id = "hostpath-unpinned",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "data on a path of a node that the pod is not bound to",
                .why = "After a restart on another node the program starts with an empty folder, and the data looks "
                       "lost.",
                .remedy = "Bind the workload to the node that holds the path, or use a claim.",
                .check = check_hostpath_unpinned,
        },
        {
                .id = "unschedulable",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
                .title = "a pod and its volume are bound to different nodes",
                .why = "No node satisfies both, so the pod stays Pending for ever (\"volume node affinity conflict\").",
                .remedy = "Bind the pod to the node that holds the volume, or move the data first.",
                .check = check_unschedulable,
        },
        {
                .id = "requests-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a workload does not say how much memory it needs",
                .why = "The scheduler counts it as nothing and fills small nodes past what they have; when memory runs "
                       "out, it is among the first "
                       "to be killed.",
                .remedy = "Set a memory request near its measured use, and a limit above its peak.",
                .peers = "kube-linter: unset-memory-requirements; kube-score: container-resources",
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
                .peers = "kube-linter: no-readiness-probe; kube-score: pod-probes",
                .check = check_readiness_missing,
        },
};

const RuleSet rules_workload = {"workload", rules, G_N_ELEMENTS(rules)};
