/* Health checks of compose services that can never say yes, and services that wait for one that nobody wrote.
 *
 * `["CMD", "curl -f http://localhost || exit 1"]` starts a program of that whole name; `["CMD", "curl", "-f", "…",
 * "||", "exit", "1"]` gives curl three words more. Both need a shell, which is CMD-SHELL. */
#include "rule/rule.h"

#include <string.h>

/* The words of a check in their order, and their number; only the first of them are kept. */
typedef struct Test {
	const Row *words[24];
	guint count;
} Test;

static Test read_test(const Graph *graph, Node probe)
{
	Test test = {.count = 0};
	GRAPH_OF (graph, probe, FACT_ARGUMENT, row)
		if (test.count < G_N_ELEMENTS(test.words))
			test.words[test.count++] = row;
	return test;
}

static const char *word_at(const Graph *graph, const Test *test, guint index)
{
	return graph_symbol_text(graph, test->words[index]->object);
}

/* A list: its first word says how the others are run. A text alone goes to a shell. */
static bool is_list(const Graph *graph, Node probe)
{
	Slice bytes = graph_span_bytes(graph, graph_span(graph, graph_find(graph, probe, FACT_TYPE)));
	return slice_starts(bytes, "[") || slice_starts(bytes, "-");
}

static bool is_shell(const char *program)
{
	static const char *const shells[] = {"sh", "bash", "ash", "dash", "zsh", "busybox", "env", NULL};
	const char *slash = strrchr(program, '/');
	return slice_is_any_nocase(slice_from(slash ? slash + 1 : program), shells);
}

/* Of words that only a shell understands, the first. */
static const Row *shell_word(const Graph *graph, const Test *test)
{
	static const char *const words[] = {"||", "&&", "|", ";", ">", "2>&1", "> /dev/null"};
	for (guint i = 2; i < test->count; i++)
		for (size_t j = 0; j < G_N_ELEMENTS(words); j++)
			if (strcmp(word_at(graph, test, i), words[j]) == 0)
				return test->words[i];
	return NULL;
}

static Finding *report_check(Checker *checker, Node probe, const Row *row, const char *what)
{
	const Graph *graph = checker_graph(checker);
	return report(checker, graph_parent(graph, probe), graph_span(graph, row), "the health check of %s %s",
	        graph_name(graph, graph_parent(graph, probe)), what);
}

static void mend_kind(Checker *checker, Finding *finding, const Test *test)
{
	set_hint(checker, finding, "write CMD-SHELL for CMD");
	set_because(checker, finding, FIX_VALUE, "a shell takes the text apart");
	add_rename(checker, finding, graph_span(checker_graph(checker), test->words[0]), "CMD", "CMD-SHELL");
}

static void judge_test(Checker *checker, Node probe, const Test *test)
{
	const Graph *graph = checker_graph(checker);
	const char *kind = word_at(graph, test, 0);
	if (is_open_text(kind) || strcmp(kind, "CMD-SHELL") == 0 || strcmp(kind, "NONE") == 0)
		return;
	if (strcmp(kind, "CMD") != 0) {
		Finding *finding =
		        report_check(checker, probe, test->words[0], "begins neither with CMD nor with CMD-SHELL");
		set_hint(checker, finding, "write CMD before the other words");
		return;
	}
	if (test->count < 2 || is_shell(word_at(graph, test, 1)))
		return;
	const Row *word = shell_word(graph, test);
	if (test->count == 2 && strchr(word_at(graph, test, 1), ' ') && !is_open_text(word_at(graph, test, 1)))
		mend_kind(checker,
		        report_check(
		                checker, probe, test->words[1], "starts a program of this whole name, spaces and all"),
		        test);
	else if (word) {
		g_autofree char *what = g_strdup_printf("gives '%s' to %s, and no shell reads it",
		        graph_symbol_text(graph, word->object), word_at(graph, test, 1));
		set_hint(checker, report_check(checker, probe, word, what),
		        "write CMD-SHELL, and the whole command as one text");
	}
}

static void check_healthcheck_broken(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_PROBE, probe) {
		bool compose = graph_node_type(graph, graph_parent(graph, probe)) == NODE_SERVICE &&
		               graph_ancestor(graph, probe, NODE_COMPOSE);
		if (!compose || is_quiet(graph, probe) || !graph_has(graph, probe, FACT_TYPE) || !is_list(graph, probe))
			continue;
		Test test = read_test(graph, probe);
		if (test.count)
			judge_test(checker, probe, &test);
	}
}

/* ---- compose-health-missing ----------------------------------------------------------------------------------- */

/* Images whose Dockerfile has no HEALTHCHECK. */
static bool has_no_check(Slice image)
{
	static const char *const names[] = {"postgres", "redis", "valkey/valkey", "mysql", "mariadb", "mongo",
	        "rabbitmq", "nginx", "memcached", "pgvector/pgvector", "postgis/postgis", "timescale/timescaledb",
	        "eclipse-mosquitto", "nats", "caddy", "httpd", "alpine", "busybox", "debian", "ubuntu", "python",
	        "node"};
	static const char *const hubs[] = {"docker.io/library/", "docker.io/", "library/"};
	for (size_t i = 0; i < G_N_ELEMENTS(hubs); i++)
		if (slice_starts(image, hubs[i])) {
			image = slice_sub(image, strlen(hubs[i]), image.length);
			break;
		}
	Slice name = slice_sub(image, 0, MIN(slice_find_byte(image, '@', 0), image.length));
	name = slice_sub(name, 0, MIN(slice_find_byte(name, ':', 0), name.length));
	return slice_is_any(name, names, G_N_ELEMENTS(names));
}

/* Some file, which may be put beside this one, has a check for a service of the name, or says what it is made of. */
static bool may_have_check(const Graph *graph, Symbol name)
{
	GRAPH_NAMED(graph, NODE_SERVICE, name, service)
	if (graph_first_child(graph, service, NODE_PROBE) || graph_has(graph, service, FACT_EXTENDS) ||
	        graph_has(graph, service, FACT_BUILD_CONTEXT))
		return true;
	return false;
}

static size_t indent_of(Slice line)
{
	size_t at = 0;
	while (at < line.length && line.at[at] == ' ')
		at++;
	return at;
}

/* The condition stands behind the name, or in the deeper lines below it; nothing is missing where it need not be met.
 */
static bool must_be_healthy(const Graph *graph, Span name)
{
	Slice bytes = graph_file_bytes(graph, name.file), rest = slice_sub(bytes, name.end, bytes.length), line;
	size_t depth = indent_of(graph_line_at(graph, name));
	bool healthy = false, first = true;
	for (; slice_next_line(&rest, &line) && (first || indent_of(line) > depth); first = false) {
		if (slice_find(line, "required: false", 0) != SIZE_MAX)
			return false;
		healthy = healthy || slice_find(line, "service_healthy", 0) != SIZE_MAX;
	}
	return healthy;
}

static void check_compose_health_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_WAITS_FOR, row) {
		if (graph_node_type(graph, row->subject) != NODE_SERVICE || is_quiet(graph, row->subject) ||
		        !must_be_healthy(graph, graph_span(graph, row)) || may_have_check(graph, row->object))
			continue;
		GRAPH_CHILDREN (graph, graph_parent(graph, row->subject), NODE_SERVICE, service) {
			const Row *image = graph_find(graph, service, FACT_IMAGE);
			if (graph_name_symbol(graph, service) != row->object || !image ||
			        !has_no_check(graph_symbol_slice(graph, image->object)))
				continue;
			Finding *finding = report(checker, row->subject, graph_span(graph, row),
			        "service %s waits until %s is healthy, and %s has no health check",
			        graph_name(graph, row->subject), graph_name(graph, service),
			        graph_name(graph, service));
			add_evidence(checker, finding, graph_span(graph, image),
			        "its image brings none, and none is written here");
			set_detail(checker, finding, "%s", graph_name(graph, service));
			set_hint(checker, finding, "give %s a healthcheck, or write condition: service_started",
			        graph_name(graph, service));
		}
	}
}

static const Rule rules[] = {
        {
                .id = "healthcheck-broken",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a health check that cannot succeed",
                .why = "CMD starts one program with the words behind it, without a shell: no ||, no pipes, no text to "
                       "take apart. The service stays unhealthy for ever, and what waits for it does not start.",
                .remedy = "CMD with one word for each argument, or CMD-SHELL with the whole command as one text.",
                .check = check_healthcheck_broken,
        },
        {
                .id = "compose-health-missing",
                .level = LEVEL_ERROR,
                .title = "a service waits for a health check that does not exist",
                .why = "Compose gives up: \"dependency failed to start: container has no healthcheck configured\". "
                       "The service that waits is not started.",
                .remedy = "Give the other one a healthcheck, or wait for its start alone.",
                .check = check_compose_health_missing,
        },
};

const RuleSet rules_health = {"health", rules, G_N_ELEMENTS(rules)};
