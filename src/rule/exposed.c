/* Programs that answer the network: with the password that the guide has, or databases that need no visitors.
 *
 * What is bound to the machine itself, what only neighbours in the cluster reach, and what is there to develop with is
 * no door. Whether a firewall stands before it cannot be known, so the words are of what the files open. */
#include "base/credential.h"
#include "base/variable.h"
#include "rule/developing.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* ---- doors ---------------------------------------------------------------------------------------------------- */

typedef struct Door {
	Span place;
	const char *how;
	Node port; /* that of a compose service, or NODE_NONE */
} Door;

/* The port is bound to more than the machine itself; a variable may be anything. */
static bool is_bound_wide(const Graph *graph, Node port)
{
	const char *address = graph_text(graph, port, FACT_HOST_IP);
	return graph_has(graph, port, FACT_HOST_PORT) && !is_open_text(address) && !g_str_has_prefix(address, "127.") &&
	       strcmp(address, "localhost") != 0 && strcmp(address, "::1") != 0 && strcmp(address, "[::1]") != 0;
}

/* The port that a compose service publishes, or a container opens on its node; target 0 is any. */
static bool has_host_port(const Graph *graph, Node program, uint32_t target, Door *ret_door)
{
	bool service = graph_node_type(graph, program) == NODE_SERVICE;
	GRAPH_CHILDREN (graph, program, NODE_PORT, port) {
		uint32_t number = graph_number(graph, port, service ? FACT_TARGET_NUMBER : FACT_NUMBER);
		if (!is_bound_wide(graph, port) || (target && number != target))
			continue;
		ret_door->place = graph_span(graph, graph_find(graph, port, FACT_HOST_PORT));
		ret_door->how = "a port of its machine";
		ret_door->port = service ? port : NODE_NONE;
		return true;
	}
	return false;
}

static bool is_opened_by(const Graph *graph, Node service)
{
	const char *type = graph_text(graph, service, FACT_TYPE);
	return strcmp(type, "NodePort") == 0 || strcmp(type, "LoadBalancer") == 0;
}

/* The number of the container's port that has the name; 0 where it has none, as when it is another container's. */
static uint32_t number_of(const Graph *graph, Node container, Symbol name)
{
	GRAPH_CHILDREN (graph, container, NODE_PORT, port)
		if (graph_symbol(graph, port, FACT_PORT_NAME) == name)
			return graph_number(graph, port, FACT_NUMBER);
	return 0;
}

static bool has_target(const Graph *graph, Node service, Node container, uint32_t target)
{
	GRAPH_CHILDREN (graph, service, NODE_PORT, port) {
		const Row *name = graph_find(graph, port, FACT_TARGET_NAME);
		FactKind kind = graph_has(graph, port, FACT_TARGET_NUMBER) ? FACT_TARGET_NUMBER : FACT_NUMBER;
		uint32_t number = name ? number_of(graph, container, name->object) : graph_number(graph, port, kind);
		if (number == target)
			return true;
	}
	return false;
}

/* A Service with a door of its own sends to the container's pod. */
static bool has_service(const Graph *graph, Node container, uint32_t target, Door *ret_door)
{
	Node pod = graph_parent(graph, container);
	GRAPH_TO (graph, FACT_SELECTS, pod, row) {
		const Row *type = graph_find(graph, row->subject, FACT_TYPE);
		if (!is_opened_by(graph, row->subject) ||
		        (target && !has_target(graph, row->subject, container, target)) ||
		        is_patch(graph, row->subject))
			continue;
		ret_door->place = graph_span(graph, type);
		ret_door->how = graph_symbol_text(graph, type->object);
		return true;
	}
	return false;
}

/* A name leads to it. */
static bool has_route(const Graph *graph, Node program, Door *ret_door)
{
	Node route = graph_node_type(graph, program) == NODE_SERVICE ? graph_first_child(graph, program, NODE_ROUTE)
	                                                             : NODE_NONE;
	ret_door->how = "a route";
	if (route) {
		ret_door->place = graph_place(graph, route);
		return true;
	}
	GRAPH_TO (graph, FACT_SELECTS, graph_parent(graph, program), service)
		GRAPH_TO (graph, FACT_REFERS_TO, service->subject, row)
			if (has_role(graph, row->subject, "backend")) {
				ret_door->place = graph_place(graph, row->subject);
				return true;
			}
	return false;
}

static bool is_asked(const Graph *graph, Node program)
{
	return !is_quiet(graph, program) && !is_patch(graph, program) && !graph_has(graph, program, FACT_INIT) &&
	       !is_for_developing(graph, program);
}

/* The object that a container is of; a compose service itself. */
static Node holder_of(const Graph *graph, Node program)
{
	Node object = graph_ancestor(graph, program, NODE_OBJECT);
	return object ? object : program;
}

static const char *word_for(const Graph *graph, Node program)
{
	const char *kind = graph_text(graph, holder_of(graph, program), FACT_KIND);
	return *kind ? kind : "service";
}

/* ---- databases ------------------------------------------------------------------------------------------------- */

/* name of the image, its port, and what shows that it asks who is there: a part of a variable's name or of an argument.
 * open_by shows the contrary, for those that ask unless told otherwise. */
typedef struct Database {
	const char *image;
	uint32_t port;
	bool open;
	const char *closed_by[3], *open_by;
} Database;

static const Database databases[] = {
        {"postgres", 5432, false, {NULL}, "HOST_AUTH_METHOD=trust"},
        {"postgresql", 5432, false, {NULL}, "ALLOW_EMPTY_PASSWORD=yes"},
        {"postgis", 5432, false, {NULL}, "HOST_AUTH_METHOD=trust"},
        {"pgvector", 5432, false, {NULL}, "HOST_AUTH_METHOD=trust"},
        {"timescaledb", 5432, false, {NULL}, "HOST_AUTH_METHOD=trust"},
        {"mysql", 3306, false, {NULL}, "MYSQL_ALLOW_EMPTY_PASSWORD"},
        {"mariadb", 3306, false, {NULL}, "ALLOW_EMPTY_ROOT_PASSWORD"},
        {"redis", 6379, true, {"requirepass", "PASSWORD", ".conf"}, NULL},
        {"valkey", 6379, true, {"requirepass", "PASSWORD", ".conf"}, NULL},
        {"keydb", 6379, true, {"requirepass", "PASSWORD", ".conf"}, NULL},
        {"dragonfly", 6379, true, {"requirepass", "PASS", "flagfile"}, NULL},
        {"mongo", 27017, true, {"ROOT_USERNAME", "--auth", "onf"}, NULL},
        {"memcached", 11211, true, {"-S", "sasl", NULL}, NULL},
        {"qdrant", 6333, true, {"API_KEY", "JWT", "onfig"}, NULL},
        {"elasticsearch", 9200, false, {NULL}, "xpack.security.enabled=false"},
        {"opensearch", 9200, false, {NULL}, "DISABLE_SECURITY_PLUGIN=true"},
        {"couchdb", 5984, false, {NULL}, NULL},
        {"etcd", 2379, true, {"client-cert-auth", "CLIENT_CERT_AUTH", NULL}, NULL},
        {"ollama", 11434, false, {NULL}, NULL},
};

static const Database *database_of(const Graph *graph, Node program)
{
	const char *image = graph_text(graph, program, FACT_IMAGE), *slash = strrchr(image, '/');
	g_autofree char *name = g_strdup(slash ? slash + 1 : image);
	name[strcspn(name, ":@")] = '\0';
	for (size_t i = 0; i < G_N_ELEMENTS(databases); i++)
		if (strcmp(name, databases[i].image) == 0)
			return &databases[i];
	return NULL;
}

/* ---- default-password ------------------------------------------------------------------------------------------ */

/* What the variable is for stands at its end: PASSWORD_PROTECT says whether there is one. */
static bool is_password(const char *name)
{
	static const char *const ends[] = {"pass", "pwd", "password", "passwd", "passphrase"};
	g_autofree char *lower = g_ascii_strdown(name, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (g_str_has_suffix(lower, ends[i]))
			return credential_is_named(slice_from(name));
	return false;
}

/* The value is nothing but ${NAME:-word}: ret_name is whoever sets it, and the word is what it is otherwise. */
static Slice fallback_of(Slice value, Slice *ret_name)
{
	size_t at = 0;
	Variable use;
	*ret_name = (Slice){"", 0};
	if (!variable_next(value, &at, &use) || use.op != '-' || use.start != 0 || use.end != value.length)
		return value;
	*ret_name = use.name;
	return use.word;
}

/* A .env file in Git gives the variable another value. */
static bool is_set_otherwise(const Graph *graph, Slice name)
{
	Symbol symbol;
	if (name.length == 0 || !graph_find_symbol(graph, name, &symbol))
		return false;
	GRAPH_NAMED(graph, NODE_ENV, symbol, env)
	if (graph_node_type(graph, graph_parent(graph, env)) == NODE_FILE &&
	        strcmp(graph_text(graph, graph_parent(graph, env), FACT_FORMAT), "dotenv") == 0 &&
	        !credential_is_default(slice_from(graph_text(graph, env, FACT_VALUE)), false))
		return true;
	return false;
}

/* The password that the program asks for, and not one that it says to another behind it. */
static bool is_its_own(const Graph *graph, Node program, const char *name)
{
	static const char *const others[] = {"db", "database", "postgres", "pg_", "pgpass", "mysql", "maria", "mongo",
	        "redis", "smtp", "mail", "elastic", "rabbit", "amqp", "ldap", "s3", "sql", "influx", "mqtt", "proxy",
	        "homepage_var"};
	g_autofree char *lower = g_ascii_strdown(name, -1);
	const char *image = graph_text(graph, program, FACT_IMAGE), *slash = strrchr(image, '/');
	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		if (strstr(lower, others[i]) && !strstr(slash ? slash : image, others[i]) &&
		        !database_of(graph, program))
			return false;
	return true;
}

/* unless is the variable that would give it another one; empty where nothing would. */
static void report_default_password(Checker *checker, Node env, const Row *value, Slice unless)
{
	const Graph *graph = checker_graph(checker);
	Node program = graph_parent(graph, env);
	Door door;
	if (!has_host_port(graph, program, 0, &door) &&
	        (graph_node_type(graph, program) == NODE_SERVICE || !has_service(graph, program, 0, &door)) &&
	        !has_route(graph, program, &door))
		return;
	Finding *finding =
	        report_at(checker, unless.length || is_compose_collection(graph) ? LEVEL_WARNING : LEVEL_ERROR, program,
	                graph_span(graph, value), "%s of %s %s is the one that everybody tries first%s%.*s%s",
	                graph_name(graph, env), word_for(graph, program), graph_name(graph, holder_of(graph, program)),
	                unless.length ? ", unless " : "", SLICE_ARGS(unless), unless.length ? " is set" : "");
	set_detail(checker, finding, "%s", graph_name(graph, env));
	if (unless.length)
		set_hint(checker, finding, "write ${%.*s:?} so that nothing starts without one", SLICE_ARGS(unless));
	add_evidence(checker, finding, door.place, "%s leads to it", door.how);
	const Database *database = database_of(graph, program);
	if (database && door.port && !unless.length)
		set_hint(checker, finding,
		        "make a password of its own, and leave out the port: services of one compose file reach it by "
		        "name; or bind it to the machine: 127.0.0.1:%u:%u",
		        database->port, database->port);
}

/* The variable is a password of the program's own that everybody tries first, unless *ret_unless is set. */
static bool has_default(const Graph *graph, Node env, Slice *ret_unless)
{
	const Row *value = graph_find(graph, env, FACT_VALUE);
	if (!value || !is_password(graph_name(graph, env)))
		return false;
	Slice text = fallback_of(graph_symbol_slice(graph, value->object), ret_unless);
	return credential_is_default(text, false) &&
	       is_its_own(graph, graph_parent(graph, env), graph_name(graph, env)) &&
	       !is_set_otherwise(graph, *ret_unless);
}

/* Beside a password of its own such a word is the user's name. */
static bool has_own_secret(const Graph *graph, Node object)
{
	GRAPH_CHILDREN (graph, object, NODE_SECRET, secret)
		if (strcmp(graph_name(graph, secret), "default password") != 0)
			return true;
	return false;
}

/* What a Secret hands to programs: which of them can be reached is not asked, for they may be anywhere. */
static void check_default_secrets(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	Finding *finding = NULL;
	Symbol name;
	if (!graph_find_symbol(graph, SLICE("default password"), &name))
		return;
	GRAPH_NAMED(graph, NODE_SECRET, name, secret)
	{
		Node object = graph_ancestor(graph, secret, NODE_OBJECT);
		const char *key = graph_text(graph, secret, FACT_NEARBY_NAME);
		if (is_quiet(graph, secret) || has_own_secret(graph, object))
			continue;
		if (object == last) {
			add_evidence(checker, finding, graph_place(graph, secret), "and that of '%s'", key);
			continue;
		}
		last = object;
		finding = report_at(checker, LEVEL_WARNING, object, graph_place(graph, secret),
		        "the value of '%s' in Secret %s is the one that everybody tries first", key,
		        graph_name(graph, object));
		set_detail(checker, finding, "%s", key);
	}
}

static void check_default_password(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_ENV, env) {
		Node program = graph_parent(graph, env);
		NodeType type = graph_node_type(graph, program);
		Slice unless;
		if ((type == NODE_SERVICE || type == NODE_CONTAINER) && has_default(graph, env, &unless) &&
		        is_asked(graph, program))
			report_default_password(checker, env, graph_find(graph, env, FACT_VALUE), unless);
	}
	check_default_secrets(checker);
}

/* ---- database-exposed ------------------------------------------------------------------------------------------ */

/* Variables as NAME=value, words of its command, and what is mounted over its settings. */
static bool says(const Graph *graph, Node program, const char *part)
{
	GRAPH_CHILDREN (graph, program, NODE_ENV, env) {
		g_autofree char *pair =
		        g_strdup_printf("%s=%s", graph_name(graph, env), graph_text(graph, env, FACT_VALUE));
		if (strstr(pair, part))
			return true;
	}
	GRAPH_OF (graph, program, FACT_ARGUMENT, row)
		if (strstr(graph_symbol_text(graph, row->object), part))
			return true;
	GRAPH_CHILDREN (graph, program, NODE_MOUNT, mount)
		if (strstr(graph_text(graph, mount, FACT_DESTINATION), part))
			return true;
	return false;
}

/* Variables may come from elsewhere; then what it asks is not known. */
static bool takes_unknown(const Graph *graph, Node program)
{
	if (graph_has(graph, program, FACT_ENV_FILE) || graph_has(graph, program, FACT_EXTENDS))
		return true;
	GRAPH_CHILDREN (graph, program, NODE_REFERENCE, reference)
		if (has_role(graph, reference, "env-from"))
			return true;
	return false;
}

static bool asks_nothing(const Graph *graph, Node program, const Database *database)
{
	if (database->open_by && says(graph, program, database->open_by))
		return true;
	if (!database->open || takes_unknown(graph, program))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(database->closed_by) && database->closed_by[i]; i++)
		if (says(graph, program, database->closed_by[i]))
			return false;
	return true;
}

/* A name by which neighbours or the machine itself reach a service. */
static bool is_inside(const Graph *graph, const char *host)
{
	Symbol name;
	if (strcmp(host, "localhost") == 0 || g_str_has_prefix(host, "127.") || strcmp(host, "0.0.0.0") == 0)
		return true;
	return graph_find_symbol(graph, slice_from(host), &name) &&
	       graph_next_named(graph, NODE_SERVICE, name, NODE_NONE);
}

/* Something in the repository asks for that port at an address or name of a machine. */
static bool is_asked_from_outside(const Graph *graph, uint32_t number)
{
	GRAPH_TO (graph, FACT_NUMBER, number, row)
		if (graph_node_type(graph, row->subject) == NODE_MENTION &&
		        !is_inside(graph, graph_name(graph, row->subject)))
			return true;
	return false;
}

/* Neighbours reach it by its name, whatever it is bound to; so does a client on the machine. */
static void mend_binding(Checker *checker, Finding *finding, const Door *door)
{
	const Graph *graph = checker_graph(checker);
	uint32_t number = graph_number(graph, door->port, FACT_HOST_PORT);
	const Row *address = graph_find(graph, door->port, FACT_HOST_IP);
	if (is_asked_from_outside(graph, number))
		return;
	set_because(checker, finding, FIX_VALUE,
	        "it asks for no password, and nothing in this repository asks for port %u of the machine", number);
	Slice line = graph_line_at(graph, door->place);
	bool whole = slice_starts(slice_trim(line), "published:"); /* of the long form */
	if (address)
		add_rename(checker, finding, graph_span(graph, address), graph_symbol_text(graph, address->object),
		        "127.0.0.1");
	else if (whole)
		add_pair_below(checker, finding, door->place, "host_ip: 127.0.0.1");
	else if (slice_find(line, "published", 0) == SIZE_MAX)
		add_rename(checker, finding, door->place, arena_printf(checker_arena(checker), "%u", number),
		        arena_printf(checker_arena(checker), "127.0.0.1:%u", number));
}

/* default-password says of the same door what is worse. */
static bool has_default_password(const Graph *graph, Node program)
{
	Slice unless;
	GRAPH_CHILDREN (graph, program, NODE_ENV, env)
		if (has_default(graph, env, &unless))
			return true;
	return false;
}

static void check_database(Checker *checker, Node program)
{
	const Graph *graph = checker_graph(checker);
	const Database *database = database_of(graph, program);
	bool service = graph_node_type(graph, program) == NODE_SERVICE;
	Door door = {0};
	if (!database || !is_asked(graph, program) || has_default_password(graph, program) ||
	        (!has_host_port(graph, program, database->port, &door) &&
	                (service || !has_service(graph, program, database->port, &door))))
		return;
	bool nothing = asks_nothing(graph, program, database);
	Finding *finding = report_at(checker, nothing ? LEVEL_WARNING : LEVEL_INFO, program, door.place,
	        nothing ? "%s %s answers the whole network, and asks nobody for a password"
	                : "%s %s answers the whole network",
	        word_for(graph, program), graph_name(graph, holder_of(graph, program)));
	add_evidence(checker, finding, graph_span(graph, graph_find(graph, program, FACT_IMAGE)), "it is %s",
	        graph_text(graph, program, FACT_IMAGE));
	if (nothing && door.port)
		mend_binding(checker, finding, &door);
	if (service)
		set_hint(checker, finding,
		        "leave out the port: services of one compose file reach it by name; or bind it to the machine: "
		        "127.0.0.1:%u:%u",
		        database->port, database->port);
	else
		set_hint(checker, finding, "make its Service a ClusterIP: pods reach it by name");
}

static void check_database_exposed(Checker *checker)
{
	static const NodeType types[] = {NODE_SERVICE, NODE_CONTAINER};
	const Graph *graph = checker_graph(checker);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_NODES (graph, types[i], program)
			check_database(checker, program);
}

static const Rule rules[] = {
        {
                .id = "default-password",
                .level = LEVEL_ERROR,
                .title = "a program in the network with the password of its guide",
                .why = "Programs that look for open doors try these words first, and whoever is in the network can "
                       "reach this one.",
                .remedy = "Make a password of its own, kept outside of Git. Many images only read the variable at "
                          "their first start: change it in the program too.",
                .check = check_default_password,
        },
        {
                .id = "database-exposed",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a database that the whole network reaches",
                .why = "A published port is open to every device of the network, whatever rules the machine's firewall "
                       "has for others: the engine goes around ufw. Where no password is asked, each of them can read "
                       "the data and delete it.",
                .remedy = "Leave the port out: its clients reach it by name. Where the machine itself needs it, bind "
                          "it to 127.0.0.1; where another machine does, set a password.",
                .check = check_database_exposed,
        },
};

const RuleSet rules_exposed = {"exposed", rules, G_N_ELEMENTS(rules)};
