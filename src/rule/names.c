/* Containers and services that commands of scripts and documents name: `docker exec NAME`, `docker compose logs NAME`.
 * People write of containers that are not of this repository, so a name is wrong only where it is nearly that of one
 * here, or where it is the one name that compose does not take: a service's for its container, or the other way round.
 */
#include "base/near.h"
#include "base/path.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

/* So many unknown names are compared with all that are known: more are no commands that somebody wrote. */
#define MOST_UNKNOWN 1000

typedef struct Names {
	Checker *checker;
	GHashTable *containers; /* name → Node: the SERVICE that has it as container_name */
	uint32_t unknown;       /* names that were compared so far */
	GHashTable *services;   /* name → Node: the first SERVICE so called */
	GHashTable *given; /* names that `docker run --name` gives, and those of services that say none or several */
	GHashTable *documents; /* file and kind of name → Told */
	bool open;             /* some container_name holds a variable */
} Names;

/* ---- what there is ------------------------------------------------------------------------------------------- */

static void collect_services(Names *names)
{
	const Graph *graph = checker_graph(names->checker);
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		const Row *named = graph_find(graph, service, FACT_CONTAINER_NAME);
		const char *own = graph_name(graph, service);
		Node first = GPOINTER_TO_UINT(g_hash_table_lookup(names->services, own));
		if (!first)
			g_hash_table_insert(names->services, (gpointer)own, GUINT_TO_POINTER(service));
		if (!named || (first && graph_symbol(graph, first, FACT_CONTAINER_NAME) != named->object))
			g_hash_table_add(names->given, (gpointer)own);
		if (named && is_open_text(graph_symbol_text(graph, named->object)))
			names->open = true;
		else if (named)
			g_hash_table_insert(names->containers, (gpointer)graph_symbol_text(graph, named->object),
			        GUINT_TO_POINTER(service));
	}
}

/* `docker run --name NAME`, `podman create --name=NAME`, in any command. */
static void collect_run(Names *names)
{
	const Graph *graph = checker_graph(names->checker);
	GRAPH_NODES (graph, NODE_COMMAND, command) {
		bool next = false;
		GRAPH_OF (graph, command, FACT_WORD, row) {
			const char *word = graph_symbol_text(graph, row->object);
			if (next)
				g_hash_table_add(names->given, (gpointer)word);
			next = strcmp(word, "--name") == 0;
			if (g_str_has_prefix(word, "--name="))
				g_hash_table_add(names->given, (gpointer)(word + strlen("--name=")));
		}
	}
}

/* ---- what is named ------------------------------------------------------------------------------------------- */

static bool is_in(const char *word, const char *list)
{
	g_autofree char *padded = g_strdup_printf(" %s ", word);
	return strstr(list, padded) != NULL;
}

/* Options of docker and of compose whose value is the next word. */
static const char valued[] = " -e --env -u --user -w --workdir --env-file --tail --since --until -f --format --file -p "
                             "--project-name --profile --project-directory --index --context -H --host --timeout "
                             "--signal -s --detach-keys ";
/* The same after verbs for which -n and -t are no flags. */
static const char counted[] = " -n -t ";

/* One word of a command, from the front: the row of the next word that is neither an option nor the value of one. */
static const Row *next_word(const Graph *graph, const Row **at, const Row *end, const char *verb)
{
	while (*at < end) {
		const Row *row = (*at)++;
		const char *word = graph_symbol_text(graph, row->object);
		if (*word != '-')
			return row;
		bool logs = verb && strcmp(verb, "logs") == 0, follows = verb && logs && strcmp(word, "-f") == 0;
		bool value = is_in(word, valued) && !follows;
		value = value || (verb && is_in(word, counted) && (strcmp(word, "-n") == 0 ? logs : !logs) &&
		                         (strcmp(verb, "stop") == 0 || strcmp(verb, "restart") == 0 || logs));
		*at += value && *at < end;
	}
	return NULL;
}

/* The name that a command of docker takes first; *ret_compose where it is that of a service. NULL where there is none.
 */
static const Row *named_by(const Graph *graph, Node command, bool *ret_compose)
{
	static const char own[] = " exec logs restart stop start kill attach top port pause unpause ";
	static const char composed[] = " exec logs restart stop start kill run up build pull top ";
	const char *program = graph_name(graph, command);
	Rows words = graph_rows_of(graph, command, FACT_WORD);
	const Row *at = words.at, *verb = NULL;
	*ret_compose = strcmp(program, "docker-compose") == 0;
	if (!*ret_compose && strcmp(program, "docker") != 0 && strcmp(program, "podman") != 0)
		return NULL;
	verb = next_word(graph, &at, words.end, NULL);
	if (verb && strcmp(graph_symbol_text(graph, verb->object), "compose") == 0) {
		*ret_compose = true;
		verb = next_word(graph, &at, words.end, NULL);
	} else if (verb && strcmp(graph_symbol_text(graph, verb->object), "container") == 0) {
		verb = next_word(graph, &at, words.end, NULL);
	}
	const char *text = verb ? graph_symbol_text(graph, verb->object) : "";
	if (!is_in(text, *ret_compose ? composed : own))
		return NULL;
	return next_word(graph, &at, words.end, text);
}

/* ---- the rule --------------------------------------------------------------------------------------------------- */

static bool is_plain(const char *name)
{
	size_t length = strlen(name);
	return length > 1 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == length;
}

static char *nearest(const char *name, GHashTable *known)
{
	NearSearch search = near_search(slice_from(name), MIN(near_limit(slice_from(name)), 2));
	g_autoptr(GList) sorted = g_list_sort(g_hash_table_get_keys(known), (GCompareFunc)strcmp);
	for (GList *at = sorted; at; at = at->next)
		near_offer(&search, slice_from(at->data));
	return near_result(&search) == SIZE_MAX ? NULL : slice_dup(search.best);
}

/* What the name should be, and the service that is meant; NULL where nobody can say. Free with g_free. */
static char *meant(Names *names, const char *name, bool compose, Node *ret_service, bool *ret_other)
{
	const Graph *graph = checker_graph(names->checker);
	GHashTable *own = compose ? names->services : names->containers;
	GHashTable *others = compose ? names->containers : names->services;
	if (g_hash_table_contains(own, name) || (!compose && g_hash_table_contains(names->given, name)))
		return NULL;
	Node other = GPOINTER_TO_UINT(g_hash_table_lookup(others, name));
	*ret_other = other != NODE_NONE;
	*ret_service = other;
	if (other && compose)
		return g_strdup(graph_name(graph, other));
	if (other) {
		const char *container = graph_text(graph, other, FACT_CONTAINER_NAME);
		return *container && !is_open_text(container) ? g_strdup(container) : NULL;
	}
	char *near = names->unknown++ < MOST_UNKNOWN ? nearest(name, own) : NULL;
	*ret_service = near ? GPOINTER_TO_UINT(g_hash_table_lookup(own, near)) : NODE_NONE;
	return near;
}

static bool is_script(const Graph *graph, Node node)
{
	Node file = graph_file_node(graph, graph_file_of(graph, node));
	return strcmp(graph_text(graph, file, FACT_FORMAT), "markdown") != 0;
}

/* `container_name: NAME` of a template, `name: NAME` of a task of Ansible, `ContainerName=NAME`. */
static bool is_naming(const Graph *graph, Span word, void *data)
{
	Slice line = slice_trim(graph_line_at(graph, word));
	if (slice_starts(line, "- "))
		line = slice_trim(slice_sub(line, 2, line.length));
	return slice_starts(line, "container_name:") || slice_starts(line, "name:") ||
	       slice_starts(line, "ContainerName=") || slice_starts(line, "--name");
}

/* Another file than those that are read makes it: postgres.container.j2, a role, a script. */
static bool is_made_by_others(const Graph *graph, const char *name)
{
	Span span;
	g_autofree char *unit = g_strconcat(name, ".container", NULL);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (slice_starts(path_name(slice_from(graph_file_path(graph, file))), unit))
			return true;
	return search_word(graph, slice_from(name), NULL, is_naming, NULL, &span);
}

/* A guide that shows the compose file itself speaks of that one's containers. */
static bool is_shown_there(const Graph *graph, Node command, const char *name)
{
	g_autofree char *key = g_strdup_printf("container_name: %s", name);
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, command));
	return !is_script(graph, command) && slice_find(bytes, key, 0) != SIZE_MAX;
}

/* So many names of one document are told one by one. */
#define FEW_NAMES 3

typedef struct Told {
	Finding *last;
	guint count;
} Told;

static gpointer document_key(uint32_t file, bool compose)
{
	return GUINT_TO_POINTER(file * 2 + compose + 1);
}

/* A document that renames have left behind has its further names in the last of its findings; NULL where it has few. */
static Finding *document_finding(Names *names, uint32_t file, bool compose)
{
	const Told *told = g_hash_table_lookup(names->documents, document_key(file, compose));
	return told && told->count >= FEW_NAMES ? told->last : NULL;
}

static void note_document(Names *names, uint32_t file, bool compose, Finding *finding)
{
	Told *told = g_hash_table_lookup(names->documents, document_key(file, compose));
	if (!told)
		g_hash_table_insert(names->documents, document_key(file, compose), told = g_new0(Told, 1));
	told->last = finding;
	told->count++;
}

static void check_command(Names *names, Node command, GHashTable *known)
{
	const Graph *graph = checker_graph(names->checker);
	bool compose, other = false;
	Node service = NODE_NONE;
	const Row *named = named_by(graph, command, &compose);
	const char *name = named ? graph_symbol_text(graph, named->object) : "";
	if (!is_plain(name) || (names->open && !compose) || (!compose && is_shown_there(graph, command, name)))
		return;
	g_autofree char *wanted = meant(names, name, compose, &service, &other);
	if (!wanted || is_quiet(graph, service) || (!compose && is_made_by_others(graph, name)))
		return;
	const char *path = graph_file_path(graph, graph_file_of(graph, command));
	char *key = g_strdup_printf("%s %s %d", path, name, compose);
	Finding *finding = g_hash_table_lookup(known, key);
	bool again = finding != NULL;
	if (!finding && !is_script(graph, command))
		finding = document_finding(names, graph_file_of(graph, command), compose);
	if (finding) {
		add_evidence(names->checker, finding, graph_span(graph, named),
		        again ? "named here too" : "nor '%s', which is '%s' now", name, wanted);
		add_rename(names->checker, finding, graph_span(graph, named), name, wanted);
		g_hash_table_insert(known, key, finding);
		return;
	}
	finding = report_at(names->checker, is_script(graph, command) ? LEVEL_ERROR : LEVEL_WARNING, command,
	        graph_span(graph, named),
	        compose ? "no service of compose is called '%s'" : "no container is called '%s'", name);
	set_detail(names->checker, finding, "%s", name);
	add_evidence(names->checker, finding, graph_place(graph, service), "%s is '%s'",
	        !other    ? "the nearest name"
	        : compose ? "the name of this service"
	                  : "the container of this service",
	        wanted);
	set_hint(names->checker, finding, "write %s", wanted);
	set_because(names->checker, finding, FIX_VALUE,
	        other ? "it is what the service is called there" : "no other name is so near");
	add_rename(names->checker, finding, graph_span(graph, named), name, wanted);
	g_hash_table_insert(known, key, finding);
	if (!is_script(graph, command))
		note_document(names, graph_file_of(graph, command), compose, finding);
}

static void check_doc_names_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) containers = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) services = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) given = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GHashTable) documents = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	Names names = {.checker = checker,
	        .containers = containers,
	        .services = services,
	        .given = given,
	        .documents = documents};
	collect_services(&names);
	if (g_hash_table_size(services) == 0)
		return;
	collect_run(&names);
	GRAPH_NODES (graph, NODE_COMMAND, command)
		if (!is_quiet(graph, command))
			check_command(&names, command, known);
}

static const Rule rules[] = {
        {
                .id = "doc-names-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a command names a container or service that is called otherwise",
                .why = "The command fails (\"No such container\", \"no such service\") at the moment when somebody "
                       "needs "
                       "it: a backup, a repair, an update. It is an error in a script.",
                .remedy =
                        "Write the name as it is now: docker takes that of the container, compose that of the service.",
                .check = check_doc_names_missing,
        },
};

const RuleSet rules_names = {"names", rules, G_N_ELEMENTS(rules)};
