/* Backups that may not come back: files of a database that are copied while it writes to them, copies that die with
 * their source.
 *
 * Said only where both sides are seen. The first: a program that copies files and a database mount the same volume, and
 * nothing in the repository speaks of a dump, a snapshot or of stopping the database first. The second: both volumes
 * are kept by one engine, for whether two paths lie on one disk cannot be told from files. */
#include "base/path.h"
#include "rule/cluster.h"
#include "rule/extended.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- who is who ----------------------------------------------------------------------------------------------- */

/* Servers whose files change together, so that a copy taken over minutes is of no moment at all. */
static bool is_database(const Graph *graph, Node program)
{
	static const char *const names[] = {"postgres", "postgresql", "postgis", "pgvector", "timescaledb", "mysql",
	        "mariadb", "mongo", "mongodb", "percona-server", NULL};
	const char *image = graph_text(graph, program, FACT_IMAGE), *slash = strrchr(image, '/');
	Slice name = slice_from(slash ? slash + 1 : image);
	return slice_is_any_nocase(slice_sub(name, 0, strcspn(name.at, ":@")), names);
}

static bool is_copier(const Graph *graph, Node program)
{
	static const char *const parts[] = {"restic", "borg", "kopia", "duplicati", "duplicacy", "backrest", "rsync",
	        "rclone", "volume-backup", NULL};
	if (is_database(graph, program))
		return false;
	if (text_has_part(graph_text(graph, program, FACT_IMAGE), parts))
		return true;
	GRAPH_OF (graph, program, FACT_ARGUMENT, row)
		if (text_has_part(graph_symbol_text(graph, row->object), parts))
			return true;
	return false;
}

static bool is_no_document(const Graph *graph, uint32_t file, void *data)
{
	Slice path = slice_from(graph_file_path(graph, file));
	return !slice_ends(path, ".md") && !slice_ends(path, ".txt");
}

/* Some file takes dumps or snapshots, or stops what it copies. Of which database is not asked. */
static bool takes_care(const Graph *graph)
{
	static const char *const words[] = {"pg_dump", "pg_dumpall", "pg_basebackup", "pgbackrest", "wal-g", "barman",
	        "mysqldump", "mariadb-dump", "mariadb-backup", "xtrabackup", "mongodump", "automysqlbackup",
	        "postgres-backup", "postgres-backup-local", "mysql-backup", "db-backup", "pgbackup", "databasus",
	        "VolumeSnapshot", "ReplicationSource", "velero", "zfs", "btrfs", "lvcreate", "sanoid", "LVM",
	        "docker-volume-backup.stop-during-backup", "docker-volume-backup.archive-pre", "stop-during-backup",
	        "docker-compose stop", "compose stop", "docker stop", "compose down", "docker-compose down",
	        "postgresql_databases", "mysql_databases", "mariadb_databases", "mongodb_databases", NULL};
	return search_any_word(graph, words, is_no_document, NULL);
}

/* ---- volumes in common ------------------------------------------------------------------------------------------ */

/* The claim or host path of a volume of a pod; empty where it is of another kind. */
static const char *pod_source(const Graph *graph, Node pod, Symbol volume_name, bool *ret_path)
{
	GRAPH_CHILDREN (graph, pod, NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (graph_name_symbol(graph, volume) != volume_name)
			continue;
		*ret_path = graph_has(graph, volume, FACT_HOST_PATH);
		if (*ret_path)
			return graph_text(graph, volume, FACT_HOST_PATH);
		if (reference && strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "PersistentVolumeClaim") == 0)
			return graph_name(graph, reference);
	}
	return "";
}

/* What a mount is of: a path of the machine, or the name of a volume or claim. */
static const char *source_of(const Graph *graph, Node mount, bool *ret_path)
{
	Node program = graph_parent(graph, mount);
	*ret_path = false;
	if (graph_has(graph, mount, FACT_EPHEMERAL))
		return "";
	if (graph_node_type(graph, program) == NODE_CONTAINER)
		return pod_source(graph, graph_parent(graph, program), graph_name_symbol(graph, mount), ret_path);
	const char *name = graph_name(graph, mount);
	*ret_path = strchr("/.~$", *name) != NULL && *name;
	return name;
}

/* A path holds itself and what lies below it; the root of a machine is copied with exceptions that nobody can see. */
static bool holds(const char *path, const char *other)
{
	size_t length = strlen(path);
	while (length > 1 && path[length - 1] == '/')
		length--;
	return length > 1 && strncmp(path, other, length) == 0 && (other[length] == '\0' || other[length] == '/');
}

/* Paths that begin at a dot, and names, mean the same within one file only; claims within one namespace. */
static bool is_one_place(const Graph *graph, Node mount, Node other)
{
	bool path, other_path;
	const char *source = source_of(graph, mount, &path), *target = source_of(graph, other, &other_path);
	bool one_file = graph_file_of(graph, mount) == graph_file_of(graph, other);
	if (!*source || !*target || path != other_path)
		return false;
	if (path)
		return holds(source, target) && (one_file || *source == '/') && share_cluster(graph, mount, other);
	Node object = graph_ancestor(graph, mount, NODE_OBJECT), holder = graph_ancestor(graph, other, NODE_OBJECT);
	bool near = object && holder ? graph_symbol(graph, object, FACT_NAMESPACE) ==
	                                               graph_symbol(graph, holder, FACT_NAMESPACE) &&
	                                       share_cluster(graph, object, holder)
	                             : one_file && !object && !holder;
	return near && strcmp(source, target) == 0;
}

/* The mount of a database that a mount of the copier holds. */
static Node copied_mount(const Graph *graph, Node copier, Node database, Node *ret_mount)
{
	GRAPH_CHILDREN (graph, copier, NODE_MOUNT, mount)
		GRAPH_CHILDREN (graph, database, NODE_MOUNT, other)
			if (!graph_has(graph, other, FACT_READ_ONLY) && is_one_place(graph, mount, other)) {
				*ret_mount = mount;
				return other;
			}
	return NODE_NONE;
}

/* ---- db-file-copy-only ------------------------------------------------------------------------------------------ */

#define MOST_COPIERS 64

static GArray *find_programs(const Graph *graph, bool (*is_one)(const Graph *graph, Node program))
{
	static const NodeType types[] = {NODE_SERVICE, NODE_CONTAINER};
	GArray *programs = g_array_new(FALSE, FALSE, sizeof(Node));
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (graph, types[i], program)
			if (!is_quiet(graph, program) && !is_patch(graph, program) && is_one(graph, program))
				g_array_append_val(programs, program);
	return programs;
}

/* One finding for each that copies: whoever has it take dumps, has it take all of them. */
static void report_copy(Checker *checker, Node copier, Node mount, Node database, Node data, GHashTable *copies)
{
	const Graph *graph = checker_graph(checker);
	Finding *known = g_hash_table_lookup(copies, GUINT_TO_POINTER(copier));
	if (known) {
		add_evidence(checker, known, graph_place(graph, data), "and those of %s", graph_name(graph, database));
		return;
	}
	Finding *finding = report(checker, database, graph_place(graph, data),
	        "the files of %s are copied while it writes to them", graph_name(graph, database));
	add_evidence(checker, finding, graph_place(graph, mount), "%s copies them", graph_name(graph, copier));
	add_evidence(checker, finding, graph_span(graph, graph_find(graph, database, FACT_IMAGE)), "they are of %s",
	        graph_text(graph, database, FACT_IMAGE));
	g_hash_table_insert(copies, GUINT_TO_POINTER(copier), finding);
}

static void check_db_file_copy_only(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GArray) copiers = find_programs(graph, is_copier);
	g_autoptr(GArray) databases = find_programs(graph, is_database);
	g_autoptr(GHashTable) copies = g_hash_table_new(NULL, NULL);
	bool asked = false;
	for (guint i = 0; i < databases->len && copiers->len <= MOST_COPIERS; i++)
		for (guint j = 0; j < copiers->len; j++) {
			Node database = g_array_index(databases, Node, i), copier = g_array_index(copiers, Node, j),
			     mount;
			Node data = copied_mount(graph, copier, database, &mount);
			if (!data || is_extended(graph, database))
				continue;
			if (!asked && takes_care(graph))
				return;
			asked = true;
			report_copy(checker, copier, mount, database, data, copies);
			break;
		}
}

/* ---- backup-same-disk ------------------------------------------------------------------------------------------- */

/* Images that put what they copy into a folder of the container, unless they are told of a place in the network. */
static const struct {
	const char *image, *target;
} keepers[] = {{"docker-volume-backup", "/archive"}, {"postgres-backup-local", "/backups"}, {"mysql-backup", "/backup"},
        {"db-backup", "/backup"}};

static const char *target_of(const Graph *graph, Node service)
{
	const char *image = graph_text(graph, service, FACT_IMAGE), *slash = strrchr(image, '/');
	Slice name = slice_from(slash ? slash + 1 : image);
	name = slice_sub(name, 0, strcspn(name.at, ":@"));
	for (size_t i = 0; i < G_N_ELEMENTS(keepers); i++)
		if (slice_is(name, keepers[i].image))
			return keepers[i].target;
	return NULL;
}

/* Variables of its own may name a place in the network, and so may those that a file brings. */
static bool may_send_away(const Graph *graph, Node service)
{
	static const char *const parts[] = {"AWS", "S3", "WEBDAV", "SSH", "AZURE", "DROPBOX", "GOOGLE", "RCLONE", "SMB",
	        "TARGET", "BLOBXFER", "B2", "BACKEND", "BACKUP_LOCATION", "FTP", NULL};
	GRAPH_CHILDREN (graph, service, NODE_ENV, env)
		if (text_has_part(graph_name(graph, env), parts))
			return true;
	return graph_has(graph, service, FACT_ENV_FILE) || graph_has(graph, service, FACT_ENV_FILE_OPTIONAL) ||
	       graph_has(graph, service, FACT_EXTENDS);
}

/* A volume that the engine keeps in its own folder, as it does with all that say nothing else. */
static bool is_of_engine(const Graph *graph, Node compose, Node mount)
{
	bool path;
	const char *name = source_of(graph, mount, &path);
	if (path || !*name || is_open_text(name))
		return false;
	GRAPH_CHILDREN (graph, compose, NODE_VOLUME, volume)
		if (strcmp(graph_name(graph, volume), name) == 0)
			return !graph_has(graph, volume, FACT_EXTERNAL) && !graph_has(graph, volume, FACT_TYPE) &&
			       !graph_has(graph, volume, FACT_HOST_PATH) && !graph_has(graph, volume, FACT_EPHEMERAL) &&
			       !graph_has(graph, volume, FACT_VOLUME_NAME);
	return false;
}

/* Another program has the copies too, and may carry them away. */
static bool is_shared(const Graph *graph, Node mount)
{
	GRAPH_NAMED(graph, NODE_MOUNT, graph_name_symbol(graph, mount), other)
	if (graph_parent(graph, other) != graph_parent(graph, mount))
		return true;
	return false;
}

/* Something, be it on the machine itself, copies to another one. */
static bool goes_elsewhere(const Graph *graph)
{
	static const char *const words[] = {"restic", "borg", "borgmatic", "borgbackup", "kopia", "duplicati",
	        "duplicacy", "rclone", "rsync", "syncthing", "scp", "sftp", "s3cmd", "aws", "vzdump",
	        "proxmox-backup-client", "zfs", "syncoid", "btrbk", "offsite", "off-site", "urbackup", "backrest",
	        NULL};
	return search_any_word(graph, words, NULL, NULL);
}

static Node mount_at(const Graph *graph, Node service, const char *target)
{
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount)
		if (strcmp(graph_text(graph, mount, FACT_DESTINATION), target) == 0)
			return mount;
	return NODE_NONE;
}

/* What it keeps copies of: a volume that it mounts besides, or that of a database of the same file. */
static Node copied_volume(const Graph *graph, Node compose, Node service, Node target)
{
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount)
		if (mount != target && is_of_engine(graph, compose, mount))
			return mount;
	GRAPH_CHILDREN (graph, compose, NODE_SERVICE, other)
		GRAPH_CHILDREN (graph, other, NODE_MOUNT, mount)
			if (is_database(graph, other) && is_of_engine(graph, compose, mount))
				return mount;
	return NODE_NONE;
}

static void check_backup_same_disk(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	bool asked = false;
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		const char *target = target_of(graph, service);
		Node compose = graph_parent(graph, service),
		     mount = target && !is_quiet(graph, service) ? mount_at(graph, service, target) : NODE_NONE;
		if (!mount || may_send_away(graph, service) || !is_of_engine(graph, compose, mount) ||
		        is_shared(graph, mount))
			continue;
		Node copied = copied_volume(graph, compose, service, mount);
		if (!copied)
			continue;
		if (!asked && goes_elsewhere(graph))
			return;
		asked = true;
		Finding *finding = report(checker, service, graph_place(graph, mount),
		        "the copies of %s lie on the disk of what they are copies of", graph_name(graph, service));
		add_evidence(checker, finding, graph_place(graph, copied), "volume %s is kept by the same engine",
		        graph_name(graph, copied));
		set_hint(checker, finding, "mount a folder of another disk at %s, or name a place in the network",
		        target);
	}
}

static const Rule rules[] = {
        {
                .id = "db-file-copy-only",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .title = "a database that is backed up by its files alone",
                .why = "A copy of many files takes minutes, and the database writes to them meanwhile: what was copied "
                       "first does not fit to what was copied last, and it may not start from such a copy.",
                .remedy = "Take a dump first (`pg_dump`, `mariadb-dump`, `mongodump`) and copy that, stop the database "
                          "for the copy, or copy a snapshot of the file system.",
                .check = check_db_file_copy_only,
        },
        {
                .id = "backup-same-disk",
                .level = LEVEL_WARNING,
                .fix = FIX_PROPOSAL,
                .title = "a backup on the disk of its source",
                .why = "The engine keeps its volumes in one folder. When that disk fails, or somebody prunes volumes, "
                       "the data goes and its copies with it.",
                .remedy = "Keep the copies on another machine, or at least on another disk. Where something outside of "
                          "the repository carries them away, say so with a suppression and its reason.",
                .check = check_backup_same_disk,
        },
};

const RuleSet rules_backup = {"backup", rules, G_N_ELEMENTS(rules)};
