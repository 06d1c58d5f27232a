/* Programs whose data is in no volume: what they wrote goes with the container, at the next update already. Only of a
 * few images is it known for certain where their data is, and that without it nothing is left;
 * of Loki its configuration says it (source/server.c).
 *
 * PostgreSQL moved: images from 18 on keep each major version below /var/lib/postgresql, and refuse to start where
 * something is mounted at /var/lib/postgresql/data. */
#include "base/path.h"
#include "rule/developing.h"
#include "rule/extended.h"
#include "rule/holder.h"
#include "rule/reader.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* name of the image, with its owner; where its data is; the variable that moves it, or NULL. anywhere: the image
 * declares no volume there, which would lie over one that is mounted above. */
typedef struct Keeper {
	const char *image, *path, *moved_by;
	bool anywhere;
} Keeper;

#define POSTGRES "/var/lib/postgresql/data"
#define POSTGRES_18 "/var/lib/postgresql"

static const Keeper keepers[] = {
        {"postgres", POSTGRES, "PGDATA", false},
        {"pgvector/pgvector", POSTGRES, "PGDATA", false},
        {"postgis/postgis", POSTGRES, "PGDATA", false},
        {"timescale/timescaledb", POSTGRES, "PGDATA", false},
        {"mysql", "/var/lib/mysql", NULL, false},
        {"mariadb", "/var/lib/mysql", NULL, false},
        {"mongo", "/data/db", NULL, false},
        {"couchdb", "/opt/couchdb/data", NULL, false},
        {"vaultwarden/server", "/data", "DATA_FOLDER", false},
        {"n8nio/n8n", "/home/node/.n8n", "N8N_USER_FOLDER", true},
        {"louislam/uptime-kuma", "/app/data", "DATA_DIR", false},
        {"grafana/loki", "/loki", NULL, true},
};

typedef struct Use {
	const Keeper *keeper;
	Node program;
	const Row *image;
	Slice tag;
	uint32_t major; /* 0 where the tag does not say */
	bool digest;
} Use;

static Slice without_hub(Slice image)
{
	static const char *const hubs[] = {
	        "docker.io/library/", "docker.io/", "docker.n8n.io/", "ghcr.io/dani-garcia/", "library/"};
	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++)
		if (slice_starts(image, hubs[i]))
			return slice_sub(image, strlen(hubs[i]), image.length);
	return image;
}

/* 18 of 18, 18.1-alpine, 18-3.6, pg18, 0.8.1-pg18-trixie. */
static uint32_t major_of(Slice tag)
{
	size_t mark = slice_find(tag, "pg", 0), at = mark == SIZE_MAX ? 0 : mark + 2;
	uint32_t number = 0;
	for (size_t i = at; i < tag.length && i < at + 2 && g_ascii_isdigit(tag.at[i]); i++)
		number = number * 10 + (uint32_t)(tag.at[i] - '0');
	return number;
}

/* False where it is another image, or where a variable may say which. */
static bool read_use(const Graph *graph, const Row *row, Use *ret_use)
{
	Slice image = without_hub(graph_symbol_slice(graph, row->object));
	Slice name = slice_sub(image, 0, MIN(slice_find_byte(image, '@', 0), image.length));
	size_t colon = MIN(slice_find_byte(name, ':', 0), name.length);
	*ret_use = (Use){.program = row->subject,
	        .image = row,
	        .tag = slice_sub(name, MIN(colon + 1, name.length), name.length)};
	name = slice_sub(name, 0, colon);
	if (slice_find_byte(image, '$', 0) != SIZE_MAX)
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(keepers) && !ret_use->keeper; i++)
		if (slice_is(name, keepers[i].image))
			ret_use->keeper = &keepers[i];
	ret_use->major = major_of(ret_use->tag);
	ret_use->digest = slice_find_byte(image, '@', 0) != SIZE_MAX;
	return ret_use->keeper != NULL;
}

static bool is_postgres(const Use *use)
{
	return strcmp(use->keeper->path, POSTGRES) == 0;
}

/* No tag, latest, alpine: what is pulled today is 18 or newer. */
static bool is_newest(const Use *use)
{
	return use->major == 0 && !use->digest &&
	       (use->tag.length == 0 || slice_starts(use->tag, "latest") || slice_is(use->tag, "alpine"));
}

static const char *path_of(const Use *use)
{
	return is_postgres(use) && (use->major >= 18 || is_newest(use)) ? POSTGRES_18 : use->keeper->path;
}

/* What is started of the image is its server; a client of it, or a task, keeps nothing. */
static bool runs_server(const Graph *graph, const Use *use)
{
	static const char *const servers[] = {"postgres", "mysqld", "mariadbd", "mongod", "docker-entrypoint.sh", NULL};
	const Row *first = graph_find(graph, use->program, FACT_ARGUMENT);
	Slice word = first ? graph_symbol_slice(graph, first->object) : (Slice){"", 0};
	return !first || slice_starts(word, "-") || slice_is_any_nocase(path_name(word), servers);
}

static const char *value_of(const Graph *graph, Node program, const char *name)
{
	GRAPH_CHILDREN (graph, program, NODE_ENV, env)
		if (strcmp(graph_name(graph, env), name) == 0)
			return graph_has(graph, env, FACT_VALUE) ? graph_text(graph, env, FACT_VALUE) : "given";
	return "";
}

/* n8n keeps all but its key in PostgreSQL, and the key is given: nothing is left in the container. */
static bool is_in_database(const Graph *graph, const Use *use)
{
	return strcmp(use->keeper->image, "n8nio/n8n") == 0 &&
	       strcmp(value_of(graph, use->program, "DB_TYPE"), "postgresdb") == 0 &&
	       (*value_of(graph, use->program, "N8N_ENCRYPTION_KEY") || graph_has(graph, use->program, FACT_ENV_FILE));
}

/* A ConfigMap, or what one is made of, has the variable: the container takes them all. */
static bool is_said_elsewhere(const Graph *graph, const char *name)
{
	Symbol symbol;
	if (!name || !graph_find_symbol(graph, slice_from(name), &symbol))
		return false;
	if (graph_next_named(graph, NODE_KEY, symbol, 0))
		return true;
	GRAPH_NAMED(graph, NODE_ENV, symbol, env)
	if (graph_node_type(graph, graph_parent(graph, env)) == NODE_FILE)
		return true;
	return false;
}

static bool takes_variables(const Graph *graph, Node program)
{
	GRAPH_CHILDREN (graph, program, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "env-from"))
			return true;
	return false;
}

/* Some mount lies in the folder or below it. */
static Node mount_below(const Graph *graph, Node program, const char *path)
{
	GRAPH_CHILDREN (graph, program, NODE_MOUNT, mount)
		if (path_within(graph_text(graph, mount, FACT_DESTINATION), path))
			return mount;
	return NODE_NONE;
}

/* Loki is told by its configuration; the one in its image keeps all below /loki, since version 2 for certain. */
static bool has_own_config(const Graph *graph, const Use *use)
{
	if (strcmp(use->keeper->image, "grafana/loki") != 0)
		return false;
	if (use->major == 1)
		return true;
	GRAPH_OF (graph, use->program, FACT_ARGUMENT, row) {
		const char *word = graph_symbol_text(graph, row->object);
		if (strstr(word, "config") && !g_str_has_suffix(word, "/etc/loki/local-config.yaml") &&
		        !g_str_has_suffix(word, "config.file"))
			return true;
	}
	return graph_has(graph, use->program, FACT_BUILD_CONTEXT) || mount_below(graph, use->program, "/etc/loki") ||
	       mount_holding(graph, use->program, "/etc/loki");
}

/* A variable, the server's own words or a file may say where the data is. */
static bool may_be_elsewhere(const Graph *graph, const Use *use)
{
	static const char *const parts[] = {"datadir", "data_directory", "dbpath", "-D", NULL};
	bool mounts = false;
	if (has_own_config(graph, use))
		return true;
	GRAPH_CHILDREN (graph, use->program, NODE_ENV, env)
		if ((use->keeper->moved_by && strcmp(graph_name(graph, env), use->keeper->moved_by) == 0) ||
		        (strncmp(use->keeper->path, "/home/", 6) == 0 && strcmp(graph_name(graph, env), "HOME") == 0))
			return true;
	if (takes_variables(graph, use->program) && is_said_elsewhere(graph, use->keeper->moved_by))
		return true;
	GRAPH_OF (graph, use->program, FACT_ARGUMENT, row)
		if (text_has_part(graph_symbol_text(graph, row->object), parts))
			return true;
	GRAPH_CHILDREN (graph, use->program, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION);
		if (*at == '\0' || is_open_text(at))
			return true;
		mounts = true;
	}
	return mounts && graph_has(graph, use->program, FACT_ENV_FILE);
}

/* Another file says more of the service: its base, or one that is put beside this one. */
static bool is_part(const Graph *graph, Node program)
{
	if (graph_has(graph, program, FACT_EXTENDS) || is_patch(graph, program))
		return true;
	if (graph_node_type(graph, program) != NODE_SERVICE)
		return false;
	if (is_extended(graph, program))
		return true;
	Slice folder = graph_folder_of(graph, program);
	GRAPH_NAMED(graph, NODE_SERVICE, graph_name_symbol(graph, program), other)
	if (other != program && slice_equal(folder, graph_folder_of(graph, other)))
		return true;
	return false;
}

/* The mount that is at the path; where the image declares no volume of its own, one above it serves as well. */
static Node mount_at(const Graph *graph, Node program, const char *path, bool above)
{
	GRAPH_CHILDREN (graph, program, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION);
		const char *rest = path_within(path, at);
		if (rest && (above || *rest == '\0'))
			return mount;
	}
	return NODE_NONE;
}

static const char *noun_of(const Graph *graph, Node program)
{
	return graph_node_type(graph, program) == NODE_SERVICE ? "service" : "container";
}

/* PostgreSQL 18 and newer with a volume where the older ones had it. */
static void report_refused(Checker *checker, const Use *use, Node mount)
{
	const Graph *graph = checker_graph(checker);
	const Row *place = graph_find(graph, mount, FACT_DESTINATION);
	Finding *finding = report_at(checker, use->major ? LEVEL_ERROR : LEVEL_WARNING, use->program,
	        graph_span(graph, place), "%s %s does not start: PostgreSQL %s refuses a volume at " POSTGRES,
	        noun_of(graph, use->program), graph_name(graph, use->program),
	        use->major ? "18 and newer" : "of today, 18 and newer,");
	add_evidence(checker, finding, graph_span(graph, use->image), "this is the image");
	set_hint(checker, finding,
	        "mount it at " POSTGRES_18
	        "; data of an older version needs a dump and a restore, or that version's tag");
}

static void report_unkept(Checker *checker, const Use *use)
{
	const Graph *graph = checker_graph(checker);
	const char *path = path_of(use);
	Finding *finding = report(checker, use->program, graph_span(graph, use->image),
	        "%s %s keeps its data in no volume: nothing is mounted at %s", noun_of(graph, use->program),
	        graph_name(graph, use->program), path);
	GRAPH_CHILDREN (graph, use->program, NODE_MOUNT, mount) {
		const Row *row = graph_find(graph, mount, FACT_DESTINATION);
		const char *at = graph_symbol_text(graph, row->object);
		if (graph_has(graph, mount, FACT_EPHEMERAL) || strchr(path_name(slice_from(at)).at, '.'))
			continue;
		add_evidence(checker, finding, graph_span(graph, row),
		        path_within(path, at) ? "%s is mounted, and the image lays a volume of its own over %s"
		                              : "%s is mounted",
		        at, path);
	}
	set_hint(checker, finding, "mount a volume at %s", path);
}

static void judge(Checker *checker, const Use *use)
{
	const Graph *graph = checker_graph(checker);
	Node below = is_postgres(use) ? mount_below(graph, use->program, POSTGRES_18) : NODE_NONE;
	bool old_place = below && mount_at(graph, use->program, POSTGRES, false);
	bool unknown = use->digest || strcmp(use->keeper->image, "postgres") != 0;
	if (use->major == 0 && is_postgres(use) && (unknown || !is_newest(use)) && below)
		return; /* which version that is, only its registry knows */
	if (strcmp(path_of(use), POSTGRES_18) == 0) {
		if (old_place)
			report_refused(checker, use, mount_at(graph, use->program, POSTGRES, false));
		else if (!below)
			report_unkept(checker, use);
		return;
	}
	if (!mount_at(graph, use->program, path_of(use), use->keeper->anywhere))
		report_unkept(checker, use);
}

/* ---- folders that a configuration says ----------------------------------------------------------------------------
 */

static bool is_kept(const Graph *graph, Node program, const char *path)
{
	return mount_holding(graph, program, path) || mount_below(graph, program, path);
}

/* Words of the command outweigh the file, and a mount whose place is a variable may be anywhere. */
static bool may_be_told_otherwise(const Graph *graph, Node program)
{
	static const char *const parts[] = {"path-prefix", "directory", ".dir", NULL};
	GRAPH_OF (graph, program, FACT_ARGUMENT, row)
		if (text_has_part(graph_symbol_text(graph, row->object), parts))
			return true;
	GRAPH_CHILDREN (graph, program, NODE_MOUNT, mount)
		if (is_open_text(graph_text(graph, mount, FACT_DESTINATION)))
			return true;
	return false;
}

static void check_keeper(Node program, const Row *row, const char *config, void *data)
{
	Checker *checker = data;
	const Graph *graph = checker_graph(checker);
	const char *path = graph_symbol_text(graph, row->object);
	if (!starts_loki(graph, program, config) || is_kept(graph, program, path) ||
	        graph_has(graph, program, FACT_INIT) || is_for_developing(graph, program) || is_part(graph, program) ||
	        has_patch(graph, graph_ancestor(graph, program, NODE_OBJECT)) || may_be_told_otherwise(graph, program))
		return;
	Finding *finding = report(checker, row->subject, graph_span(graph, row),
	        "%s %s keeps its data in no volume: nothing is mounted at %s", noun_of(graph, program),
	        graph_name(graph, program), path);
	set_detail(checker, finding, "%s %s", graph_name(graph, program), path);
	add_evidence(checker, finding, graph_span(graph, graph_find(graph, program, FACT_IMAGE)),
	        "it reads this configuration as %s", config);
	GRAPH_OF (graph, row->subject, FACT_WRITES_PATH, other)
		if (!is_kept(graph, program, graph_symbol_text(graph, other->object)))
			add_evidence(checker, finding, graph_span(graph, other), "nor is %s in a volume",
			        graph_symbol_text(graph, other->object));
	set_hint(checker, finding, "mount a volume at %s or above it", path);
}

static void check_data_not_kept(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_IMAGE, row) {
		NodeType type = graph_node_type(graph, row->subject);
		Use use;
		if ((type == NODE_SERVICE || type == NODE_CONTAINER) && read_use(graph, row, &use) &&
		        !is_quiet(graph, row->subject) && !graph_has(graph, row->subject, FACT_INIT) &&
		        !is_for_developing(graph, row->subject) && !is_part(graph, row->subject) &&
		        runs_server(graph, &use) && !may_be_elsewhere(graph, &use) && !is_in_database(graph, &use))
			judge(checker, &use);
	}
	GRAPH_EACH (graph, FACT_KEEPS_PATH, row)
		if (!is_quiet(graph, row->subject))
			each_reader(graph, row, check_keeper, checker);
}

static const Rule rules[] = {
        {
                .id = "data-not-kept",
                .level = LEVEL_WARNING,
                .title = "a program keeps its data in no volume",
                .why = "What a container writes goes with it: the next update of its image, or `down` and `up`, starts "
                       "with an empty database. A volume beside the folder that the program uses keeps nothing.",
                .remedy = "Mount a volume at the path where the image keeps its data.",
                .check = check_data_not_kept,
        },
};

const RuleSet rules_unkept = {"unkept", rules, G_N_ELEMENTS(rules)};
