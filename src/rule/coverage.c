/* Data that the backup jobs of a cluster leave out.
 *
 * A job that runs restic or a dump copies what it mounts, and what its command or its own name speaks of; so much can
 * be read. As soon as anything else makes copies (an operator, a program of a machine, a script), what is left out can
 * no longer be told, and nothing is said. Nor is it where the owner has spoken: a claim or workload in whose manifest
 * the word backup stands was thought of. */
#include "rule/coverage.h"

#include "rule/cluster.h"
#include "rule/search.h"

/* ---- jobs ------------------------------------------------------------------------------------------------------- */

static const char *const copiers[] = {"restic", "borg", "kopia", "rclone", "rsync", "duplicati", "duplicacy", NULL};
static const char *const dumps[] = {"pg_dump", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump", NULL};

static bool is_job(const Graph *graph, Node object)
{
	return is_kind(graph, object, "CronJob") || is_kind(graph, object, "Job");
}

static bool copies(const Graph *graph, Node container)
{
	const char *image = graph_text(graph, container, FACT_IMAGE);
	if (text_has_part(image, copiers) || strstr(image, "backup"))
		return true;
	GRAPH_OF (graph, container, FACT_ARGUMENT, row) {
		const char *text = graph_symbol_text(graph, row->object);
		if (text_has_part(text, copiers) || text_has_part(text, dumps))
			return true;
	}
	return false;
}

static bool is_backup_job(const Graph *graph, Node object)
{
	Node pod = graph_first_child(graph, object, NODE_POD);
	if (!pod || !is_job(graph, object) || is_quiet(graph, object) || strstr(graph_name(graph, object), "restore"))
		return false;
	GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container)
		if (copies(graph, container))
			return true;
	return false;
}

/* A folder of a machine or a share may hold anything. */
static bool mounts_anything(const Graph *graph, Node job)
{
	GRAPH_CHILDREN (graph, graph_first_child(graph, job, NODE_POD), NODE_VOLUME, volume)
		if (graph_has(graph, volume, FACT_HOST_PATH) ||
		        strcmp(graph_text(graph, volume, FACT_TYPE), "nfs") == 0)
			return true;
	return false;
}

/* Also a variable that nobody can read: the list of what is copied may come from it. */
static bool takes_lists(const Graph *graph, Node job)
{
	GRAPH_CHILDREN (graph, graph_first_child(graph, job, NODE_POD), NODE_CONTAINER, container) {
		GRAPH_OF (graph, container, FACT_ARGUMENT, row)
			if (strstr(graph_symbol_text(graph, row->object), "kubectl"))
				return true;
		GRAPH_CHILDREN (graph, container, NODE_REFERENCE, reference)
			if (strcmp(graph_text(graph, reference, FACT_ROLE), "envFrom") == 0)
				return true;
	}
	return false;
}

/* All backup jobs; NULL where one of them may copy anything. Free with g_array_unref. */
static GArray *find_jobs(const Graph *graph)
{
	g_autoptr(GArray) jobs = g_array_new(FALSE, FALSE, sizeof(Node));
	GRAPH_NODES (graph, NODE_OBJECT, object) {
		if (!is_backup_job(graph, object))
			continue;
		if (mounts_anything(graph, object) || takes_lists(graph, object))
			return NULL;
		g_array_append_val(jobs, object);
	}
	return g_steal_pointer(&jobs);
}

/* ---- other ways ------------------------------------------------------------------------------------------------ */

static bool is_spoken(const Graph *graph, uint32_t file, void *data)
{
	const char *path = graph_file_path(graph, file);
	return !g_str_has_suffix(path, ".md") && !g_str_has_suffix(path, ".txt") &&
	       !g_str_has_suffix(path, ".gitignore");
}

/* The object of a manifest that a place is in, or NODE_NONE. */
static Node object_at(const Graph *graph, Span place)
{
	GRAPH_CHILDREN (graph, graph_file_node(graph, place.file), NODE_DOCUMENT, document) {
		Span span = graph_place(graph, document);
		if (place.start >= span.start && place.start < span.end)
			return graph_first_child(graph, document, NODE_OBJECT);
	}
	return NODE_NONE;
}

bool is_at_rest(const Graph *graph, Node object)
{
	static const char *const kinds[] = {"PersistentVolume", "PersistentVolumeClaim", "Namespace", "Secret",
	        "SealedSecret", "ExternalSecret", "Service", "NetworkPolicy", "ServiceAccount", NULL};
	return object && slice_is_any_nocase(slice_from(graph_text(graph, object, FACT_KIND)), kinds);
}

bool makes_copies(const Graph *graph, Span word, void *data)
{
	static const char *const others[] = {"rest-server", "secret", NULL};
	const GArray *jobs = data;
	Slice line = slice_trim(graph_line_at(graph, word));
	Node object = object_at(graph, word);
	if (slice_starts(line, "#") || slice_starts(line, "//") || is_at_rest(graph, object))
		return false;
	for (guint i = 0; jobs && i < jobs->len; i++)
		if (g_array_index(jobs, Node, i) == object)
			return false;
	g_autofree char *text = slice_dup(line);
	return !text_has_part(text, others);
}

/* Programs and kinds that make copies by themselves, of what nobody can tell here. */
static bool has_other_ways(const Graph *graph, const GArray *jobs)
{
	static const char *const words[] = {"velero", "k8up", "borg", "borgmatic", "duplicati", "pg_dump", "pg_dumpall",
	        "mysqldump", "mariadb-dump", "mongodump", "mongoexport", "ScheduledBackup", "RecurringJob", "sanoid",
	        "syncoid", "zrepl", "vzdump", "barman", "pg_basebackup", "VolumeSnapshot", "proxmox-backup-client",
	        "pgbackrest", "wal-g", "litestream", "btrbk", "urbackup", "volsync", "ReplicationSource", "kopia",
	        "rclone", "rsync", "restic", "backrest", "longhorn"};
	Span span;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (search_word(graph, slice_from(words[i]), is_spoken, makes_copies, (gpointer)jobs, &span))
			return true;
	return false;
}

/* A workload or script that is called after what it does, and is none of the jobs. */
static bool has_other_program(const Graph *graph)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *path = graph_file_path(graph, file), *name = strrchr(path, '/');
		name = name ? name + 1 : path;
		if (strstr(name, "backup") && (g_str_has_suffix(name, ".sh") || g_str_has_suffix(name, ".py") ||
		                                      g_str_has_suffix(name, ".timer")))
			return true;
	}
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (strstr(graph_name(graph, service), "backup"))
			return true;
	GRAPH_NODES (graph, NODE_POD, pod) {
		Node object = graph_parent(graph, pod);
		if (!is_job(graph, object) && strstr(graph_name(graph, object), "backup"))
			return true;
	}
	return false;
}

/* ---- what is copied ---------------------------------------------------------------------------------------------- */

typedef struct Data {
	const Graph *graph;
	Node mount, container, pod, object;
	const char *claim; /* or NULL for one that a template makes */
} Data;

static Data data_of(const Graph *graph, Node mount)
{
	Node container = graph_parent(graph, mount), pod = graph_parent(graph, container);
	Data data = {graph, mount, container, pod, graph_parent(graph, pod), NULL};
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (graph_name_symbol(graph, volume) == graph_name_symbol(graph, mount) && reference)
			data.claim = graph_name(graph, reference);
	}
	return data;
}

/* The claim itself, or TEMPLATE-NAME-NUMBER. */
static bool is_claim_of(const Data *data, const char *claim)
{
	if (data->claim)
		return strcmp(claim, data->claim) == 0;
	g_autofree char *start =
	        g_strdup_printf("%s-%s-", graph_name(data->graph, data->mount), graph_name(data->graph, data->object));
	return g_str_has_prefix(claim, start);
}

static bool job_mounts(const Data *data, Node job)
{
	const Graph *graph = data->graph;
	GRAPH_CHILDREN (graph, graph_first_child(graph, job, NODE_POD), NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (reference && is_claim_of(data, graph_name(graph, reference)))
			return true;
	}
	return false;
}

static bool job_says(const Graph *graph, Node job, const char *name)
{
	if (strstr(graph_name(graph, job), name))
		return true;
	GRAPH_CHILDREN (graph, graph_first_child(graph, job, NODE_POD), NODE_CONTAINER, container) {
		GRAPH_OF (graph, container, FACT_ARGUMENT, row)
			if (strstr(graph_symbol_text(graph, row->object), name))
				return true;
		GRAPH_CHILDREN (graph, container, NODE_ENV, env)
			if (strstr(graph_text(graph, env, FACT_VALUE), name))
				return true;
	}
	return false;
}

/* A dump program without a host that is written here, of the family that the image is of. */
static bool job_dumps(const Data *data, Node job)
{
	static const struct {
		const char *program, *family;
	} families[] = {{"pg_", "postgres"}, {"pg_", "pgvector"}, {"pg_", "timescale"}, {"mysqldump", "mysql"},
	        {"mysqldump", "mariadb"}, {"mariadb-dump", "mariadb"}, {"mongodump", "mongo"}};
	const char *image = graph_text(data->graph, data->container, FACT_IMAGE);
	for (size_t i = 0; i < G_N_ELEMENTS(families); i++)
		if (strstr(image, families[i].family) && job_says(data->graph, job, families[i].program))
			return true;
	return false;
}

static bool copies_data(const Data *data, Node job)
{
	const Graph *graph = data->graph;
	if (job_mounts(data, job) || job_dumps(data, job) || job_says(graph, job, graph_name(graph, data->object)))
		return true;
	GRAPH_TO (graph, FACT_SELECTS, data->pod, row)
		if (job_says(graph, job, graph_name(graph, row->subject)))
			return true;
	return false;
}

/* The manifest of the workload, or of its claim, speaks of backups: its owner has thought of it. */
static bool is_thought_of(const Data *data)
{
	const Graph *graph = data->graph;
	Symbol claim;
	if (text_has(graph_file_bytes(graph, graph_file_of(graph, data->object)), "backup"))
		return true;
	if (!data->claim || !graph_find_symbol(graph, slice_from(data->claim), &claim))
		return false;
	GRAPH_NAMED(graph, NODE_OBJECT, claim, object)
	if (is_kind(graph, object, "PersistentVolumeClaim") &&
	        text_has(graph_span_bytes(graph, graph_place(graph, graph_ancestor(graph, object, NODE_DOCUMENT))),
	                "backup"))
		return true;
	return false;
}

/* ---- reporting ------------------------------------------------------------------------------------------------ */

/* The job that copies it, or NODE_NONE. */
static Node job_of(const Data *data, const GArray *jobs)
{
	for (guint i = 0; i < jobs->len; i++)
		if (copies_data(data, g_array_index(jobs, Node, i)))
			return g_array_index(jobs, Node, i);
	return NODE_NONE;
}

const char *copied_by(const Graph *graph, Node mount)
{
	g_autoptr(GArray) jobs = find_jobs(graph);
	Node pod = graph_parent(graph, graph_parent(graph, mount));
	if (!jobs || graph_node_type(graph, pod) != NODE_POD)
		return "";
	Data data = data_of(graph, mount);
	Node job = job_of(&data, jobs);
	return job ? graph_name(graph, job) : "";
}

static Finding *report_first(Checker *checker, const Data *data, const GArray *jobs)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report_at(checker, LEVEL_WARNING, data->mount, graph_place(graph, data->mount),
	        "the backup jobs of this repository leave out what %s %s keeps",
	        graph_text(graph, data->object, FACT_KIND), graph_name(graph, data->object));
	set_detail(checker, finding, "left out");
	set_hint(checker, finding,
	        "copy it as the others are copied; if it is not worth that, a comment with the word backup says so");
	for (guint i = 0; i < MIN(jobs->len, 4); i++) {
		Node job = g_array_index(jobs, Node, i);
		add_evidence(
		        checker, finding, graph_place(graph, job), "%s copies something else", graph_name(graph, job));
	}
	return finding;
}

bool report_uncopied(Checker *checker, const GArray *mounts)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) jobs = find_jobs(graph);
	Finding *finding = NULL;
	if (!jobs || jobs->len == 0 || has_other_program(graph) || has_other_ways(graph, jobs))
		return false;
	for (guint i = 0; i < mounts->len; i++) {
		Node mount = g_array_index(mounts, Node, i);
		if (graph_node_type(graph, graph_parent(graph, mount)) != NODE_CONTAINER)
			continue;
		Data data = data_of(graph, mount);
		if (job_of(&data, jobs) || is_thought_of(&data) ||
		        !share_cluster(graph, data.object, g_array_index(jobs, Node, 0)))
			continue;
		if (!finding)
			finding = report_first(checker, &data, jobs);
		else
			add_evidence(checker, finding, graph_place(graph, mount), "nor does any copy what %s keeps",
			        graph_name(graph, data.object));
	}
	return true;
}
