/* Databases and their clients: the name and user that a client asks for against what the server's image makes when it
 * starts for the first time. Only literals are compared, and only where one server of the repository is surely meant:
 * an operator, a script or a hand may have made any other name, so every trace of such a one silences the rule. */
#include "rule/rule.h"
#include "rule/search.h"

/* Programs that make their own database when they start. */
static const char *const makes_own[] = {
        "temporal", "zitadel", "nextcloud", "owncloud", "postgres-init", "init-db", "db-init"};

typedef struct Server {
	Node node; /* CONTAINER or SERVICE */
	const Row *database, *user;
	bool mysql;
	bool scripts;                  /* the repository holds scripts that it runs at its first start */
	bool database_used, user_used; /* some client asks for it, or may */
} Server;

typedef struct Demand {
	guint server;
	Node env;
	const Row *row;
	Slice name;
	bool is_user;
} Demand;

typedef struct Survey {
	const Graph *graph;
	GArray *servers; /* Server */
	GArray *demands; /* Demand */
} Survey;

/* A plain name: nothing that a shell, compose or a template would replace. */
static bool is_literal(Slice name)
{
	for (size_t i = 0; i < name.length; i++)
		if (!g_ascii_isalnum(name.at[i]) && name.at[i] != '_' && name.at[i] != '-')
			return false;
	return name.length > 0 && !slice_is_nocase(name, "all") && !slice_is_nocase(name, "changeme");
}

/* ---- servers ------------------------------------------------------------------------------------------------ */

static bool is_server_image(const char *image, bool *ret_mysql)
{
	static const char *const words[] = {
	        "mysql", "mariadb", "postgres", "postgresql", "postgis", "pgvector", "timescaledb"};
	const char *slash = strrchr(image, '/');
	g_autofree char *name = g_strdup(slash ? slash + 1 : image);
	name[strcspn(name, ":@")] = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strcmp(name, words[i]) == 0) {
			*ret_mysql = i < 2;
			return true;
		}
	return false;
}

/* The value of a variable, or of the one ConfigMap key that it is taken from; NULL where it cannot be read. */
static const Row *value_of(const Graph *graph, Node env)
{
	Node reference = graph_first_child(graph, env, NODE_REFERENCE);
	Rows objects = graph_rows_of(graph, reference, FACT_REFERS_TO);
	if (!reference || graph_has(graph, env, FACT_VALUE))
		return graph_find(graph, env, FACT_VALUE);
	if (objects.end - objects.at != 1 || graph_node_type(graph, objects.at->object) != NODE_OBJECT ||
	        strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "ConfigMap") != 0)
		return NULL;
	GRAPH_CHILDREN (graph, objects.at->object, NODE_KEY, key)
		if (graph_name_symbol(graph, key) == graph_symbol(graph, reference, FACT_WANTS_KEY))
			return graph_find(graph, key, FACT_VALUE);
	return NULL;
}

static const Row *literal_of(const Graph *graph, Node container, const char *const *names)
{
	GRAPH_CHILDREN (graph, container, NODE_ENV, env)
		for (size_t i = 0; names[i]; i++) {
			const Row *row = value_of(graph, env);
			if (strcmp(graph_name(graph, env), names[i]) == 0 && row &&
			        is_literal(graph_symbol_slice(graph, row->object)))
				return row;
		}
	return NULL;
}

/* The scripts that a mount brings are files of the repository, and so found by whoever looks for a name in them. */
static bool is_readable(const Graph *graph, Node container, Node mount)
{
	const char *name = graph_name(graph, mount);
	if (graph_node_type(graph, container) == NODE_SERVICE) {
		Slice folder = graph_folder_of(graph, container);
		if (!g_str_has_prefix(name, "./"))
			return false;
		g_autofree char *path =
		        g_strdup_printf("%.*s%s%s", SLICE_ARGS(folder), folder.length ? "/" : "", name + strlen("./"));
		g_strchomp(path);
		return graph_find_file(graph, slice_from(path)) || graph_has_folder(graph, slice_from(path));
	}
	GRAPH_CHILDREN (graph, graph_parent(graph, container), NODE_VOLUME, volume) {
		Node reference = graph_first_child(graph, volume, NODE_REFERENCE);
		if (graph_name_symbol(graph, volume) == graph_name_symbol(graph, mount))
			return reference && graph_has(graph, reference, FACT_REFERS_TO) &&
			       strcmp(graph_text(graph, reference, FACT_WANTS_KIND), "ConfigMap") == 0;
	}
	return false;
}

/* Scripts that are not in the repository, and variables that list several databases, make names that nobody reads. */
static bool makes_unknown(const Graph *graph, Node container, bool *ret_scripts)
{
	GRAPH_CHILDREN (graph, container, NODE_MOUNT, mount) {
		if (!strstr(graph_text(graph, mount, FACT_DESTINATION), "initdb.d"))
			continue;
		if (!is_readable(graph, container, mount))
			return true;
		*ret_scripts = true;
	}
	GRAPH_CHILDREN (graph, container, NODE_ENV, env)
		if (strstr(graph_name(graph, env), "MULTIPLE") || strstr(graph_name(graph, env), "ADDITIONAL"))
			return true;
	return false;
}

static void find_servers(Survey *survey)
{
	static const NodeType types[] = {NODE_CONTAINER, NODE_SERVICE};
	static const char *const databases[2][3] = {{"POSTGRES_DB"}, {"MYSQL_DATABASE", "MARIADB_DATABASE"}};
	static const char *const users[2][3] = {{"POSTGRES_USER"}, {"MYSQL_USER", "MARIADB_USER"}};
	const Graph *graph = survey->graph;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (graph, types[i], node) {
			Server server = {.node = node};
			if (is_quiet(graph, node) || is_patch(graph, node) || graph_has(graph, node, FACT_INIT) ||
			        !is_server_image(graph_text(graph, node, FACT_IMAGE), &server.mysql) ||
			        makes_unknown(graph, node, &server.scripts))
				continue;
			server.database = literal_of(graph, node, databases[server.mysql]);
			server.user = literal_of(graph, node, users[server.mysql]);
			if (server.database || server.user)
				g_array_append_val(survey->servers, server);
		}
}

/* What is there without anybody asking for it. */
static bool always_exists(const Server *server, Slice name, bool is_user)
{
	if (server->mysql)
		return slice_is(name, is_user ? "root" : "mysql");
	return !is_user && (slice_is(name, "postgres") || slice_is(name, "template1"));
}

/* ---- which server a host means ---------------------------------------------------------------------------------- */

static guint server_of(const Survey *survey, Node node)
{
	for (guint i = 0; i < survey->servers->len; i++)
		if (g_array_index(survey->servers, Server, i).node == node)
			return i;
	return G_MAXUINT;
}

/* Services of the folder's compose files that answer to the name; two of them, as with an override, leave it open. */
static guint compose_server(const Survey *survey, Node client, Slice host)
{
	const Graph *graph = survey->graph;
	Node found = NODE_NONE;
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		Slice container = slice_from(graph_text(graph, service, FACT_CONTAINER_NAME));
		if (!slice_equal(slice_from(graph_name(graph, service)), host) && !slice_equal(container, host))
			continue;
		if (!slice_equal(graph_folder_of(graph, service), graph_folder_of(graph, client)))
			continue;
		if (found)
			return G_MAXUINT;
		found = service;
	}
	bool same_file = found && graph_parent(graph, found) == graph_parent(graph, client);
	return same_file ? server_of(survey, found) : G_MAXUINT;
}

/* The one namespace that an object is applied in, as the middle of its identity; false where there are several. */
static bool namespace_of(const Graph *graph, Node object, Slice *ret_namespace)
{
	Rows rows = graph_rows_of(graph, object, FACT_IDENTITY);
	if (rows.end - rows.at != 1)
		return false;
	Slice identity = graph_symbol_slice(graph, rows.at->object);
	size_t first = slice_find_byte(identity, '/', 0);
	size_t second = first == SIZE_MAX ? SIZE_MAX : slice_find_byte(identity, '/', first + 1);
	if (second == SIZE_MAX)
		return false;
	*ret_namespace = slice_sub(identity, first + 1, second);
	return true;
}

static bool is_meant(const Graph *graph, Node client, Node service, char *const *parts)
{
	Slice wanted, offered;
	if (!namespace_of(graph, service, &offered))
		return false;
	if (parts[1])
		return slice_is(offered, parts[1]) && (!parts[2] || strcmp(parts[2], "svc") == 0);
	if (!namespace_of(graph, client, &wanted) || !slice_equal(wanted, offered))
		return false;
	return wanted.length || slice_equal(graph_folder_of(graph, client), graph_folder_of(graph, service));
}

/* The container behind the Service that a host names, where it is the only one in question. */
static guint cluster_server(const Survey *survey, Node client, Slice host)
{
	const Graph *graph = survey->graph;
	g_autofree char *text = slice_dup(host);
	g_auto(GStrv) parts = g_strsplit(text, ".", 4);
	guint found = G_MAXUINT, services = 0;
	Symbol name;
	if (!parts[0] || !graph_find_symbol(graph, slice_from(parts[0]), &name))
		return G_MAXUINT;
	GRAPH_NAMED(graph, NODE_OBJECT, name, service)
	{
		Rows pods = graph_rows_of(graph, service, FACT_SELECTS);
		if (strcmp(graph_text(graph, service, FACT_KIND), "Service") != 0 || is_patch(graph, service) ||
		        !is_meant(graph, graph_ancestor(graph, client, NODE_OBJECT), service, parts))
			continue;
		if (++services > 1 || pods.end - pods.at != 1 || graph_has(graph, service, FACT_MAY_SELECT))
			return G_MAXUINT;
		GRAPH_CHILDREN (graph, pods.at->object, NODE_CONTAINER, container) {
			guint server = server_of(survey, container);
			if (server != G_MAXUINT && found != G_MAXUINT)
				return G_MAXUINT;
			found = server != G_MAXUINT ? server : found;
		}
	}
	return found;
}

static guint find_server(const Survey *survey, Node client, Slice host)
{
	size_t colon = slice_find_byte(host, ':', 0);
	host = slice_sub(host, 0, MIN(colon, host.length));
	if (graph_node_type(survey->graph, client) == NODE_SERVICE)
		return compose_server(survey, client, host);
	return cluster_server(survey, client, host);
}

/* ---- what clients ask for ---------------------------------------------------------------------------------------- */

static bool makes_its_own(const Graph *graph, Node client)
{
	const char *image = graph_text(graph, client, FACT_IMAGE);
	for (size_t i = 0; i < G_N_ELEMENTS(makes_own); i++)
		if (strstr(image, makes_own[i]))
			return true;
	return false;
}

/* A name that cannot be read may be the right one, so it counts as a use of what the server makes. */
static void add_demand(Survey *survey, guint at, Node env, const Row *row, Slice name, bool is_user)
{
	Server *server = &g_array_index(survey->servers, Server, at);
	const Row *made = is_user ? server->user : server->database;
	if (!made)
		return;
	if (!is_literal(name) || slice_equal(graph_symbol_slice(survey->graph, made->object), name)) {
		if (is_user)
			server->user_used = true;
		else
			server->database_used = true;
		return;
	}
	Demand demand = {at, env, row, name, is_user};
	bool own = !is_user && makes_its_own(survey->graph, graph_parent(survey->graph, env));
	if (!own && !always_exists(server, name, is_user))
		g_array_append_val(survey->demands, demand);
}

/* scheme://user:password@host:port/database?options, the password perhaps still a variable. */
static void read_url(Survey *survey, Node client, Node env, const Row *row)
{
	Slice url = graph_symbol_slice(survey->graph, row->object);
	size_t start = slice_find(url, "://", 0);
	if (start == SIZE_MAX || !(slice_starts(url, "postgres") || slice_starts(url, "mysql") ||
	                                 slice_starts(url, "mariadb") || slice_starts(url, "jdbc:postgresql") ||
	                                 slice_starts(url, "jdbc:mysql") || slice_starts(url, "jdbc:mariadb")))
		return;
	Slice rest = slice_sub(url, start + 3, url.length);
	size_t slash = MIN(slice_find_byte(rest, '/', 0), rest.length), at = SIZE_MAX;
	for (size_t i = 0; i < slash; i++)
		at = rest.at[i] == '@' ? i : at;
	Slice host = slice_sub(rest, at == SIZE_MAX ? 0 : at + 1, slash);
	guint server = find_server(survey, client, host);
	if (server == G_MAXUINT || g_array_index(survey->servers, Server, server).node == client)
		return;
	if (at != SIZE_MAX)
		add_demand(survey, server, env, row, slice_sub(rest, 0, MIN(slice_find_byte(rest, ':', 0), at)), true);
	if (slash < rest.length) {
		Slice name = slice_sub(rest, slash + 1, rest.length);
		size_t end = MIN(slice_find_byte(name, '?', 0), name.length);
		if (end)
			add_demand(survey, server, env, row, slice_sub(name, 0, end), false);
	}
}

/* What stands before HOST or HOSTNAME, if it speaks of a database: DB_, PG, WORDPRESS_DB_, GITEA__database__. */
static bool database_prefix(Slice name, Slice *ret_prefix)
{
	static const char *const ends[] = {"HOSTNAME", "HOST"};
	static const char *const words[] = {"DB", "DATABASE", "PG", "POSTGRES", "MYSQL", "MARIADB"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (!slice_ends(name, ends[i]))
			continue;
		*ret_prefix = slice_sub(name, 0, name.length - strlen(ends[i]));
		g_autofree char *upper = g_ascii_strup(ret_prefix->at, (gssize)ret_prefix->length);
		for (size_t word = 0; word < G_N_ELEMENTS(words); word++)
			if (strstr(upper, words[word]))
				return true;
		return false;
	}
	return false;
}

static bool is_one_of(Slice name, const char *const *words)
{
	for (; *words; words++)
		if (slice_is(name, *words))
			return true;
	return false;
}

/* The variables beside PREFIX_HOST that have the same prefix. One that is set elsewhere counts as unreadable. */
static void read_group(Survey *survey, Node client, Node host, const Row *row)
{
	static const char *const databases[] = {
	        "DATABASE", "DB", "NAME", "DBNAME", "DB_NAME", "DATABASE_NAME", "DATABASENAME", NULL};
	static const char *const users[] = {"USER", "USERNAME", NULL};
	const Graph *graph = survey->graph;
	Slice prefix;
	if (!database_prefix(slice_from(graph_name(graph, host)), &prefix))
		return;
	guint server = find_server(survey, client, graph_symbol_slice(graph, row->object));
	if (server == G_MAXUINT || g_array_index(survey->servers, Server, server).node == client)
		return;
	GRAPH_CHILDREN (graph, client, NODE_ENV, env) {
		Slice name = slice_from(graph_name(graph, env));
		if (name.length <= prefix.length || memcmp(name.at, prefix.at, prefix.length) != 0)
			continue;
		Slice end = slice_sub(name, prefix.length, name.length);
		bool is_user = is_one_of(end, users);
		const Row *value = value_of(graph, env);
		if (is_user || is_one_of(end, databases))
			add_demand(survey, server, env, value,
			        value ? graph_symbol_slice(graph, value->object) : (Slice){"", 0}, is_user);
	}
}

static void find_demands(Survey *survey)
{
	const Graph *graph = survey->graph;
	GRAPH_NODES (graph, NODE_ENV, env) {
		Node client = graph_parent(graph, env);
		NodeType type = graph_node_type(graph, client);
		const Row *row = value_of(graph, env);
		if (!row || (type != NODE_CONTAINER && type != NODE_SERVICE) || is_quiet(graph, client) ||
		        is_patch(graph, client) || graph_has(graph, client, FACT_INIT))
			continue;
		read_url(survey, client, env, row);
		read_group(survey, client, env, row);
	}
}

/* ---- names that something else makes ------------------------------------------------------------------------------
 */

/* Where SQL makes something, its name comes first: a variable behind it is a password and hides nothing. */
static bool has_open_name(const char *rest)
{
	static const char condition[] = "if not exists";
	rest += strspn(rest, " ");
	if (g_str_has_prefix(rest, condition))
		rest += strlen(condition);
	rest += strspn(rest, " \"'`[\\");
	return *rest == '$' || *rest == '{' || *rest == '%' || *rest == ':' || *rest == '\0';
}

/* A line that makes databases or users: with this name, or with one that a variable holds. */
static bool is_made_on_line(Slice line, const char *lower_name)
{
	static const char *const sql[] = {"create database", "create user", "create role", "create schema"};
	static const char *const programs[] = {"createdb", "createuser", "db:create", "db:setup", "db:prepare"};
	g_autofree char *lower = g_ascii_strdown(line.at, (gssize)line.length);
	for (size_t i = 0; i < G_N_ELEMENTS(sql); i++) {
		const char *at = strstr(lower, sql[i]);
		if (at && (strstr(at, lower_name) || has_open_name(at + strlen(sql[i]))))
			return true;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		const char *at = strstr(lower, programs[i]);
		if (at && (strchr(programs[i], ':') || strstr(at, lower_name) || strpbrk(at, "${%")))
			return true;
	}
	return false;
}

#define MOST_SCANNED ((size_t)1024 * 1024)

/* A file of SQL, or a script that makes databases or users: whatever it names there may be made by it. */
static bool may_make(Slice path, Slice bytes)
{
	return slice_ends(path, ".sql") ||
	       (slice_ends(path, ".sh") &&
	               (text_has(bytes, "CREATE ") || text_has(bytes, "createdb") || text_has(bytes, "createuser") ||
	                       text_has(bytes, "create database")));
}

static bool is_made_elsewhere(const Graph *graph, Slice name)
{
	g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
	g_autofree char *plain = slice_dup(name);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice bytes = graph_file_bytes(graph, file), path = slice_from(graph_file_path(graph, file)), line;
		if (bytes.length > MOST_SCANNED)
			continue;
		if (may_make(path, bytes) && text_has(bytes, plain))
			return true;
		while (slice_next_line(&bytes, &line))
			if (is_made_on_line(line, lower))
				return true;
	}
	return false;
}

/* ---- the rule
 * -------------------------------------------------------------------------------------------------------- */

/* A server that somebody else uses as it was made may well have been given more databases by hand. */
static void report_demand(Checker *checker, const Survey *survey, const Demand *demand)
{
	const Graph *graph = survey->graph;
	const Server *server = &g_array_index(survey->servers, Server, demand->server);
	const Row *made = demand->is_user ? server->user : server->database;
	bool used = demand->is_user ? server->user_used : server->database_used;
	const char *what = demand->is_user ? "user" : "database", *name = graph_symbol_text(graph, made->object);
	Finding *finding = report_at(checker, used && !server->scripts ? LEVEL_WARNING : LEVEL_ERROR, demand->env,
	        graph_span(graph, demand->row), "%s asks for %s %.*s, and its server %s makes %s%s",
	        graph_name(graph, graph_parent(graph, demand->env)), what, SLICE_ARGS(demand->name),
	        graph_name(graph, server->node),
	        server->scripts ? "no such, neither by variable nor by script" : "only ", server->scripts ? "" : name);
	set_detail(checker, finding, "%s", what);
	add_evidence(checker, finding, graph_span(graph, made), "the server makes %s %s", what, name);
	if (server->scripts)
		set_hint(checker, finding, "write a name that the scripts of %s make, or have them make %s %.*s",
		        graph_name(graph, server->node), what, SLICE_ARGS(demand->name));
	else if (used)
		set_hint(checker, finding, "write how %s %.*s is made into the repository, or use %s", what,
		        SLICE_ARGS(demand->name), name);
	else {
		g_autofree char *old = slice_dup(demand->name);
		set_hint(checker, finding, "write %s, or have the server make %.*s", name, SLICE_ARGS(demand->name));
		set_because(checker, finding, FIX_VALUE, "it is all that the server makes");
		add_rename(checker, finding, graph_span(graph, demand->row), old, name);
	}
}

/* An anchor gives one line to several services: it is reported for the first. */
static bool is_told(const Survey *survey, guint at)
{
	const Demand *demand = &g_array_index(survey->demands, Demand, at);
	Span span = graph_span(survey->graph, demand->row);
	for (guint i = 0; i < at; i++) {
		const Demand *other = &g_array_index(survey->demands, Demand, i);
		Span before = graph_span(survey->graph, other->row);
		if (other->server == demand->server && other->is_user == demand->is_user && before.file == span.file &&
		        before.start == span.start)
			return true;
	}
	return false;
}

static void check_credential_name_drift(Checker *checker)
{
	Survey survey = {.graph = checker_graph(checker)};
	g_autoptr(GArray) servers = survey.servers = g_array_new(FALSE, FALSE, sizeof(Server));
	g_autoptr(GArray) demands = survey.demands = g_array_new(FALSE, FALSE, sizeof(Demand));
	g_autoptr(GHashTable) elsewhere = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	find_servers(&survey);
	if (servers->len)
		find_demands(&survey);
	for (guint i = 0; i < demands->len; i++) {
		const Demand *demand = &g_array_index(demands, Demand, i);
		g_autofree char *name = slice_dup(demand->name);
		gpointer known;
		if (!g_hash_table_lookup_extended(elsewhere, name, NULL, &known)) {
			known = GINT_TO_POINTER(is_made_elsewhere(survey.graph, demand->name));
			g_hash_table_insert(elsewhere, g_strdup(name), known);
		}
		if (!known && !is_told(&survey, i))
			report_demand(checker, &survey, demand);
	}
}

static const Rule rules[] = {
        {
                .id = "credential-name-drift",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a client asks for a database or user that its server does not make",
                .why = "The server makes one database and one user when it starts on an empty volume, and refuses all "
                       "others: \"database does not exist\", or \"password authentication failed\" for a user that is "
                       "missing. A rebuilt homelab does not come up.",
                .remedy =
                        "Write the same name on both sides. On a volume that already holds data, changing the server's "
                        "variable changes nothing: create the name there by SQL.",
                .check = check_credential_name_drift,
        },
};

const RuleSet rules_database = {"database", rules, G_N_ELEMENTS(rules)};
