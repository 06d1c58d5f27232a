/* Data of workloads: whether they find it again on another node, whether pod and volume can meet, and whether anything
 * keeps a copy. */
#include "rule/storage.h"
#include "base/path.h"
#include "rule/coverage.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- placement ------------------------------------------------------------------------------------------------ */

static bool is_open(const char *text)
{
	return strstr(text, "${") || strstr(text, "$(") || strstr(text, "{{") || strchr(text, '<');
}

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

/* Every node of a homelab runs the same system, so asking for it binds to none of them. */
static bool is_pinned(const Graph *graph, Node pod)
{
	GRAPH_OF (graph, pod, FACT_NODE_SELECTOR, row)
		if (!g_str_has_prefix(graph_symbol_text(graph, row->object), "kubernetes.io/os="))
			return true;
	return graph_has(graph, pod, FACT_NODE_NAME) || graph_has(graph, pod, FACT_NODE_AFFINITY);
}

/* Folders that a cluster is made of, where a repository has several of them side by side. */
static bool is_part_of_cluster(Slice folder)
{
	static const char *const names[] = {"apps", "bootstrap", "flux", "flux-system", "infrastructure", "infra",
	        "talos", "manifests", "core", "system", "config", "crds", "components", NULL};
	return slice_is_any_nocase(folder, names);
}

/* How many such folders are in both. */
static uint32_t parts_in_common(const Graph *graph, Slice one, Slice other)
{
	uint32_t count = 0;
	Slice last = {"", 0};
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!path_is_below(path, one))
			continue;
		Slice rest = slice_sub(path, one.length + 1, path.length);
		Slice part = slice_sub(rest, 0, MIN(slice_find_byte(rest, '/', 0), rest.length));
		if (part.length == rest.length || slice_equal(part, last) || !is_part_of_cluster(part))
			continue;
		g_autofree char *twin = g_strdup_printf("%.*s/%.*s", SLICE_ARGS(other), SLICE_ARGS(part));
		count += graph_has_folder(graph, slice_from(twin));
		last = part;
	}
	return count;
}

/* kubernetes/oak of kubernetes/oak/apps/web.yaml, where kubernetes/elm beside it is made like it; empty where there is
 * no such folder. */
static Slice cluster_folder(const Graph *graph, Slice path)
{
	static const char *const parents[] = {"clusters", "sites", NULL};
	for (size_t start = 0, end; (end = slice_find_byte(path, '/', start)) != SIZE_MAX; start = end + 1) {
		Slice own = slice_sub(path, 0, end), last = own;
		if (start && slice_is_any_nocase(path_name(slice_sub(path, 0, start - 1)), parents))
			return own;
		for (uint32_t file = 0; file < graph_files(graph); file++) {
			Slice other = slice_from(graph_file_path(graph, file));
			size_t until = start < other.length ? slice_find_byte(other, '/', start) : SIZE_MAX;
			if (until == SIZE_MAX || (start && memcmp(other.at, path.at, start) != 0))
				continue;
			Slice sibling = slice_sub(other, 0, until);
			if (slice_equal(sibling, own) || slice_equal(sibling, last))
				continue;
			last = sibling;
			if (parts_in_common(graph, own, sibling) >= 2)
				return own;
		}
	}
	return (Slice){"", 0};
}

/* A host that something in the folder is bound to, other than the one that is known already; NULL for none. */
static const char *host_in(const Graph *graph, Slice folder, const char *known)
{
	static const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY, FACT_NODE_NAME};
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_EACH (graph, kinds[i], row) {
			const char *host = graph_symbol_text(graph, row->object);
			Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, row->subject)));
			bool name = kinds[i] == FACT_NODE_NAME || g_str_has_prefix(host, HOSTNAME);
			host += kinds[i] == FACT_NODE_NAME || !name ? 0 : strlen(HOSTNAME);
			if (name && path_is_below(path, folder) && (!known || strcmp(known, host) != 0))
				return host;
		}
	return NULL;
}

/* Where clusters lie side by side, two hosts of its own have to be known: the others may be of another. */
static bool may_land_elsewhere(const Graph *graph, Node object)
{
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, object)));
	Slice cluster = cluster_folder(graph, path);
	const char *first = cluster.length ? host_in(graph, cluster, NULL) : NULL;
	return cluster.length == 0 || (first && host_in(graph, cluster, first));
}

/* The repository speaks of two hosts at least. */
static bool has_several_hosts(const Graph *graph)
{
	static const FactKind kinds[] = {FACT_NODE_SELECTOR, FACT_NODE_AFFINITY, FACT_NODE_NAME};
	const char *first = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_EACH (graph, kinds[i], row) {
			const char *host = graph_symbol_text(graph, row->object);
			if (kinds[i] != FACT_NODE_NAME && !g_str_has_prefix(host, HOSTNAME))
				continue;
			host += kinds[i] == FACT_NODE_NAME ? 0 : strlen(HOSTNAME);
			if (is_open(host) || is_quiet(graph, row->subject))
				continue;
			if (first && strcmp(first, host) != 0)
				return true;
			first = host;
		}
	Node machine = graph_first_node(graph, NODE_MACHINE);
	return machine && graph_next_node(graph, machine);
}

bool is_machine_path(const char *path)
{
	static const char *const prefixes[] = {"/dev", "/proc", "/sys", "/run", "/var/run", "/etc", "/lib", "/usr",
	        "/boot", "/var/log", "/var/lib/kubelet", "/var/lib/docker", "/var/lib/containerd", "/var/lib/rancher",
	        "/opt/cni", "/tmp", "/sbin", "/bin"};
	for (size_t i = 0; i < G_N_ELEMENTS(prefixes); i++) {
		size_t length = strlen(prefixes[i]);
		if (strncmp(path, prefixes[i], length) == 0 && (path[length] == '\0' || path[length] == '/'))
			return true;
	}
	return strcmp(path, "/") == 0 || g_str_has_suffix(path, ".sock");
}

static bool is_system_path(const char *path)
{
	return is_machine_path(path) || is_open(path);
}

/* What is mounted there may be a share that every node has. */
static bool may_be_share(const char *path)
{
	return g_str_has_prefix(path, "/mnt") || g_str_has_prefix(path, "/media") || strstr(path, "nfs") ||
	       strstr(path, "nas");
}

/* Nothing writes there: what is read may be the same on every node. */
static bool is_only_read(const Graph *graph, Node pod, Node volume)
{
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount)
			if (graph_name_symbol(graph, mount) == graph_name_symbol(graph, volume) &&
			        !graph_has(graph, mount, FACT_READ_ONLY))
				return false;
	return true;
}

/* The one host on which other pods keep the same folder; NULL for none and for several. *ret_row is the selector of one
 * of them. */
static const char *host_of_path(const Graph *graph, Symbol path, const Row **ret_row)
{
	const char *found = NULL;
	GRAPH_TO (graph, FACT_HOST_PATH, path, row) {
		const Row *pin;
		Node pod = graph_parent(graph, row->subject);
		const char *host = graph_node_type(graph, pod) == NODE_POD && !is_quiet(graph, pod)
		                           ? bound_host(graph, pod, &pin)
		                           : NULL;
		if (!host || is_open(host))
			continue;
		if (found && strcmp(found, host) != 0)
			return NULL;
		found = host;
		*ret_row = pin;
	}
	return found;
}

static void mend_host_path(Checker *checker, Finding *finding, Node pod, const Row *path)
{
	const Graph *graph = checker_graph(checker);
	const Row *pin;
	const char *host = host_of_path(graph, path->object, &pin);
	if (!host || !add_node_selector(checker, finding, pod, host))
		return;
	Node other = graph_ancestor(graph, pin->subject, NODE_OBJECT);
	add_evidence(checker, finding, graph_span(graph, pin), "%s %s keeps the same folder on %s",
	        graph_text(graph, other, FACT_KIND), graph_name(graph, other), host);
	set_because(checker, finding, FIX_VALUE, "whatever else uses this folder is bound to %s", host);
}

static void check_host_path(Checker *checker, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Node volume = row->subject, pod = graph_parent(graph, volume),
	     object = graph_ancestor(graph, volume, NODE_OBJECT);
	const char *path = graph_symbol_text(graph, row->object);
	if (graph_node_type(graph, volume) != NODE_VOLUME || graph_node_type(graph, pod) != NODE_POD ||
	        is_patch(graph, object) || is_kind(graph, object, "DaemonSet") || is_system_path(path) ||
	        is_pinned(graph, pod) || is_only_read(graph, pod, volume) || !may_land_elsewhere(graph, object))
		return;
	Finding *finding = report_at(checker, may_be_share(path) ? LEVEL_WARNING : LEVEL_ERROR, object,
	        graph_span(graph, row), "%s %s keeps data in %s of whatever node it lands on",
	        graph_text(graph, object, FACT_KIND), graph_name(graph, object), path);
	set_detail(checker, finding, "%s", path);
	set_hint(checker, finding, "pin it with nodeSelector kubernetes.io/hostname to the node that holds %s", path);
	mend_host_path(checker, finding, pod, row);
}

/* Node rules without values (Exists, matchFields) give no facts, so the bytes of the document are asked. */
static bool has_node_rule(const Graph *graph, Node object)
{
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, object));
	return text_has(bytes, "nodeAffinity") && !graph_has(graph, object, FACT_NODE_AFFINITY) &&
	       slice_find(bytes, "nodeAffinity", graph_place(graph, object).start) != SIZE_MAX;
}

/* The API server refuses a local volume that does not say on which node it is. */
static void check_local_volume(Checker *checker, Node object)
{
	const Graph *graph = checker_graph(checker);
	const Row *path = graph_find(graph, object, FACT_HOST_PATH);
	if (is_patch(graph, object) || strcmp(graph_text(graph, object, FACT_TYPE), "local") != 0 || !path ||
	        graph_has(graph, object, FACT_NODE_AFFINITY) || has_node_rule(graph, object))
		return;
	Finding *finding = report(checker, object, graph_span(graph, path),
	        "local volume %s does not say on which node %s is, and is refused", graph_name(graph, object),
	        graph_symbol_text(graph, path->object));
	set_hint(checker, finding, "add spec.nodeAffinity with the kubernetes.io/hostname of the node that holds it");
}

static void check_hostpath_unpinned(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol kind;
	if (graph_find_symbol(graph, SLICE("PersistentVolume"), &kind))
		GRAPH_TO (graph, FACT_KIND, kind, row)
			check_local_volume(checker, row->subject);
	if (!has_several_hosts(graph))
		return;
	GRAPH_EACH (graph, FACT_HOST_PATH, row)
		check_host_path(checker, row);
}

/* A namespace that is not written is told elsewhere and may be any. */
static bool may_be_same(Symbol a, Symbol b)
{
	return !a || !b || a == b;
}

/* Whether a volume is bound to the claim: by claimRef, or by the claim's volumeName. */
static bool is_bound_to(const Graph *graph, Node volume, const char *claim, Node pod)
{
	Symbol home = graph_symbol(graph, graph_parent(graph, pod), FACT_NAMESPACE);
	GRAPH_CHILDREN (graph, volume, NODE_REFERENCE, reference)
		if (strcmp(graph_text(graph, reference, FACT_ROLE), "claim") == 0 &&
		        strcmp(graph_name(graph, reference), claim) == 0)
			return may_be_same(graph_symbol(graph, reference, FACT_NAMESPACE), home);
	Symbol name;
	if (!graph_find_symbol(graph, slice_from(claim), &name))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, name, object)
	if (is_kind(graph, object, "PersistentVolumeClaim") &&
	        may_be_same(graph_symbol(graph, object, FACT_NAMESPACE), home) &&
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
		const char *other = is_bound_to(graph, row->subject, claim, pod) && !is_quiet(graph, row->subject)
		                            ? bound_host(graph, row->subject, &held)
		                            : NULL;
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

static bool is_name_of(const Graph *graph, Node machine, const char *host)
{
	if (g_ascii_strcasecmp(graph_name(graph, machine), host) == 0)
		return true;
	GRAPH_OF (graph, machine, FACT_ALIAS, row)
		if (g_ascii_strcasecmp(graph_symbol_text(graph, row->object), host) == 0)
			return true;
	return false;
}

/* Where labwright.yaml lists the machines, a pod can only be bound to one of them. */
static void check_host_exists(Checker *checker, Node pod)
{
	const Graph *graph = checker_graph(checker);
	const Row *pin;
	const char *host = bound_host(graph, pod, &pin);
	Node first = graph_first_node(graph, NODE_MACHINE);
	if (!host || !first || is_open(host))
		return;
	GRAPH_NODES (graph, NODE_MACHINE, machine)
		if (is_name_of(graph, machine, host))
			return;
	Node object = graph_parent(graph, pod);
	Finding *finding = report(checker, object, graph_span(graph, pin),
	        "%s %s must run on %s, and labwright.yaml knows no such node", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object), host);
	set_detail(checker, finding, "node");
	add_evidence(checker, finding, graph_place(graph, first), "the nodes are listed here");
	set_hint(checker, finding, "correct the name, or add %s to the nodes of labwright.yaml", host);
}

static void check_unschedulable(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (is_quiet(graph, pod) || is_patch(graph, object))
			continue;
		check_host_exists(checker, pod);
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
        "couchdb", "elasticsearch", "mealie", "bookstack", "wikijs", "open-webui", "jellyfin", "plex",
        "grafana/grafana", "bitnami/grafana", "weaviate", "chroma", "timescale", "valkey", "vikunja", "actual",
        "firefly", NULL};

static bool is_stateful(const Graph *graph, Node container)
{
	static const char *const beside[] = {
	        "exporter", "express", "insight", "operator", "promtail", "backup", "machine-learning", NULL};
	const char *image = graph_text(graph, container, FACT_IMAGE);
	return !text_has_part(image, beside) && text_has_part(image, stateful);
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

/* Programs and kinds that make copies. Those that VolSync itself works with stand apart: beside it they say nothing. */
static const char *const whole_words[] = {"velero", "k8up", "borg", "borgmatic", "duplicati", "pg_dump", "pg_dumpall",
        "mysqldump", "mariadb-dump", "mongodump", "mongoexport", "ScheduledBackup", "RecurringJob", "sanoid", "syncoid",
        "zrepl", "vzdump", "barman", "pg_basebackup", "VolumeSnapshot", "proxmox-backup-client", "pgbackrest", "wal-g",
        "litestream", "snapraid", "btrbk", "urbackup", "backrest", "duplicacy", "autorestic", "resticprofile",
        "databasus"};
static const char *const volsync_words[] = {
        "volsync", "VolSync", "ReplicationSource", "restic", "kopia", "rclone", "rsync"};

static bool speaks_of(const Graph *graph, const char *const *words, size_t count, SearchFile *in_file)
{
	Span span;
	for (size_t i = 0; i < count; i++)
		if (search_word(graph, slice_from(words[i]), in_file, in_file == is_document ? NULL : makes_copies,
		            NULL, &span))
			return true;
	return false;
}

/* What the copies cover is a question that is not asked here. */
static bool speaks_of_backups(const Graph *graph, SearchFile *in_file)
{
	return speaks_of(graph, whole_words, G_N_ELEMENTS(whole_words), in_file) ||
	       speaks_of(graph, volsync_words, G_N_ELEMENTS(volsync_words), in_file);
}

static bool names_backup(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	return strstr(lower, "backup") != NULL;
}

/* An object by which an operator is told to copy: SnapshotPolicy, ScheduledBackup. Kubernetes' own kinds of snapshots
 * only say how. */
static bool orders_copies(const Graph *graph, Node object)
{
	g_autofree char *kind = g_ascii_strdown(graph_text(graph, object, FACT_KIND), -1);
	const char *version = graph_text(graph, object, FACT_API_VERSION), *slash = strchr(version, '/');
	Slice group = {version, slash ? (size_t)(slash - version) : 0};
	return (strstr(kind, "backup") || strstr(kind, "snapshot")) && slice_find_byte(group, '.', 0) != SIZE_MAX &&
	       !slice_ends(group, ".k8s.io");
}

/* A script, job, service or image that is called after what it does. */
static bool has_backup_by_name(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		g_autofree char *name = g_path_get_basename(graph_file_path(graph, file));
		if (is_no_document(graph, file, NULL) && names_backup(name))
			return true;
	}
	GRAPH_NODES (graph, NODE_OBJECT, object)
		if ((names_backup(graph_name(graph, object)) && !is_at_rest(graph, object)) ||
		        orders_copies(graph, object))
			return true;
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (names_backup(graph_name(graph, service)))
			return true;
	GRAPH_EACH (graph, FACT_IMAGE, row)
		if (names_backup(graph_symbol_text(graph, row->object)))
			return true;
	return false;
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

/* The first lasting mount of each program whose data is worth a copy. */
static GArray *find_valued_mounts(const Graph *graph)
{
	static const NodeType types[] = {NODE_CONTAINER, NODE_SERVICE};
	GArray *mounts = g_array_new(FALSE, FALSE, sizeof(Node));
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
	return mounts;
}

/* What a cluster runs is told by its manifests, its backups too; what copies the machine of a compose file as a whole
 * is seldom written beside it. Of a database, or of what people put in themselves, nothing comes back; the state of a
 * player can be made again, films are found again, a cache fills itself, and dashboards are drawn anew. */
static Level level_of_loss(const Graph *graph, const GArray *mounts, bool planned)
{
	static const char *const made_again[] = {"redis", "valkey", "jellyfin", "plex", "grafana", NULL},
	                         *const precious[] = {"postgres", "mariadb", "mysql", "mongo", "couchdb", "timescale",
	                                 "nextcloud", "immich", "photoprism", "paperless", "vaultwarden", "gitea",
	                                 "forgejo", "bookstack", "wikijs", "vikunja", "actual", "firefly", NULL};
	bool cluster = false, lasting = false, gone = false;
	for (guint i = 0; i < mounts->len; i++) {
		Node program = graph_parent(graph, g_array_index(mounts, Node, i));
		const char *image = graph_text(graph, program, FACT_IMAGE);
		cluster |= graph_node_type(graph, program) == NODE_CONTAINER;
		lasting |= !text_has_part(image, made_again);
		gone |= text_has_part(image, precious);
	}
	if (!lasting)
		return cluster ? LEVEL_WARNING : LEVEL_INFO;
	return !planned && cluster && gone ? LEVEL_ERROR : LEVEL_WARNING;
}

static void report_no_backup(Checker *checker, const GArray *mounts)
{
	const Graph *graph = checker_graph(checker);
	bool planned = speaks_of_backups(graph, is_document), one = mounts->len == 1;
	g_autofree char *why =
	        planned ? g_strdup("only documents speak of a backup")
	                : g_strdup_printf("nothing in this repository backs %s up", one ? "it" : "any of them");
	Node first = g_array_index(mounts, Node, 0);
	Finding *finding = report_at(checker, level_of_loss(graph, mounts, planned), first, graph_place(graph, first),
	        "%u %s data in volumes, and %s", mounts->len, one ? "program keeps" : "programs keep", why);
	for (guint i = 0; i < mounts->len; i++) {
		Node mount = g_array_index(mounts, Node, i);
		add_evidence(checker, finding, graph_place(graph, mount), "%s, volume %s",
		        graph_name(graph, graph_parent(graph, mount)), graph_name(graph, mount));
	}
}

/* The claim that a mount of a pod is of, or NULL. */
static const char *claim_of(const Graph *graph, Node mount)
{
	Node pod = graph_parent(graph, graph_parent(graph, mount));
	if (graph_node_type(graph, pod) != NODE_POD)
		return NULL;
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (graph_name_symbol(graph, volume) == graph_name_symbol(graph, mount) && reference &&
		        strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "PersistentVolumeClaim") == 0)
			return graph_name(graph, reference);
	}
	return NULL;
}

/* Every text of a ReplicationSource, its sourcePVC among them. Returns the first object; *ret_open where one of them
 * holds a variable, and so may be of any claim. */
static Node find_sources(const Graph *graph, GHashTable *covered, bool *ret_open)
{
	Node first = NODE_NONE;
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("ReplicationSource"), &kind))
		return NODE_NONE;
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		Node object = row->subject;
		first = first ? first : object;
		*ret_open = *ret_open || is_open(graph_name(graph, object));
		GRAPH_OF (graph, object, FACT_NAMES, text) {
			const char *name = graph_symbol_text(graph, text->object);
			*ret_open = *ret_open || is_open(name);
			g_hash_table_add(covered, (gpointer)name);
		}
	}
	return first;
}

/* VolSync copies claim by claim: one that no source names has no copy, as long as nothing else makes any. */
static void report_left_out(Checker *checker, const GArray *mounts)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) covered = g_hash_table_new(g_str_hash, g_str_equal);
	bool open = false;
	Node source = find_sources(graph, covered, &open);
	Finding *finding = NULL;
	if (!source || open || speaks_of(graph, whole_words, G_N_ELEMENTS(whole_words), is_no_document))
		return;
	for (guint i = 0; i < mounts->len; i++) {
		Node mount = g_array_index(mounts, Node, i);
		const char *claim = claim_of(graph, mount);
		if (!claim || is_open(claim) || g_hash_table_contains(covered, claim))
			continue;
		if (!finding) {
			finding = report_at(checker, LEVEL_WARNING, mount, graph_place(graph, mount),
			        "VolSync copies other claims, and none of its sources names claim %s", claim);
			set_detail(checker, finding, "left out");
			add_evidence(checker, finding, graph_place(graph, source), "one that is copied");
			set_hint(checker, finding, "add a ReplicationSource with sourcePVC: %s", claim);
		}
		add_evidence(checker, finding, graph_place(graph, mount), "%s keeps data in claim %s",
		        graph_name(graph, graph_parent(graph, mount)), claim);
	}
}

static void check_volume_without_backup(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) mounts = find_valued_mounts(graph);
	if (mounts->len == 0 || report_uncopied(checker, mounts))
		return;
	if (has_backup_by_name(graph))
		return;
	if (speaks_of_backups(graph, is_no_document))
		report_left_out(checker, mounts);
	else
		report_no_backup(checker, mounts);
}

/* ---- reclaim-delete --------------------------------------------------------------------------------------------- */

/* A volume that somebody wrote down by hand leads to data that is there; what a driver makes by itself comes from a
 * class. Kubernetes itself deletes neither shares nor folders: only drivers do. Ceph's driver leaves what is called a
 * static volume. */
static bool is_static(const Graph *graph, const Row *type)
{
	Span place = graph_span(graph, type);
	Slice bytes = graph_file_bytes(graph, place.file), rest = slice_sub(bytes, place.start, bytes.length);
	return slice_find(slice_sub(rest, 0, MIN(slice_find(rest, "\n---", 0), rest.length)), "staticVolume", 0) !=
	       SIZE_MAX;
}

static void check_reclaim_delete(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol kind;
	if (!graph_find_symbol(graph, SLICE("PersistentVolume"), &kind))
		return;
	GRAPH_TO (graph, FACT_KIND, kind, row) {
		Node volume = row->subject;
		const Row *policy = graph_find(graph, volume, FACT_STRATEGY),
		          *type = graph_find(graph, volume, FACT_TYPE);
		if (!policy || strcmp(graph_symbol_text(graph, policy->object), "Delete") != 0 || !type ||
		        strcmp(graph_symbol_text(graph, type->object), "csi") != 0 || is_patch(graph, volume) ||
		        is_static(graph, type))
			continue;
		Finding *finding = report(checker, volume, graph_span(graph, policy),
		        "the data of volume %s is deleted with its claim", graph_name(graph, volume));
		add_evidence(checker, finding, graph_span(graph, type), "a driver does so, and does not ask");
		set_because(checker, finding, FIX_VALUE, "a volume that was written by hand has its data already");
		add_value_edit(checker, finding, graph_span(graph, policy), "Retain");
	}
}

static const Rule rules[] = {
        {
                .id = "volume-without-backup",
                .level = LEVEL_ERROR,
                .fix = FIX_PROPOSAL,
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
                .id = "reclaim-delete",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "data that goes with its claim",
                .why = "Who deletes the claim deletes the data: by hand, by a namespace that goes, or by GitOps that "
                       "prunes what a commit has moved.",
                .remedy =
                        "`persistentVolumeReclaimPolicy: Retain` keeps the data until somebody deletes it on purpose.",
                .check = check_reclaim_delete,
        },
};

const RuleSet rules_storage = {"storage", rules, G_N_ELEMENTS(rules)};
