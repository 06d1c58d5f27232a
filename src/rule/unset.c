/* Variables that a configuration asks its program's environment for and that compose does not give it. That .env has
 * them is not enough: compose reads .env for itself, and a container has what `environment` and `env_file` say.
 *
 * How a program writes such a variable is a row of `languages`; only what cannot mean anything else is taken, so that
 * the `$host` of nginx or the `${1}` of a rewrite is none. */
#include "base/path.h"
#include "base/variable.h"
#include "rule/configured.h"
#include "rule/extended.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

typedef struct Language {
	const char *image;  /* a part of the image's name, or of the service's where it is built here */
	const char *file;   /* how the file's path ends, in bars; NULL: any */
	const char *folder; /* what the file has in the container begins so; NULL: anything */
	const char *open, *close;
	const char *argument; /* part of a word that the program is started with, or NULL */
	const char *starts;   /* how the names begin; NULL: anyhow */
} Language;

static const Language languages[] = {
        {"caddy", "Caddyfile|.caddy|.Caddyfile", NULL, "{$", "}", NULL, NULL},
        {"caddy", "Caddyfile|.caddy|.Caddyfile", NULL, "{env.", "}", NULL, NULL},
        {"grafana", ".yaml|.yml", "/etc/grafana/provisioning", "${", "}", NULL, NULL},
        {"grafana", ".yaml|.yml", "/etc/grafana/provisioning", "$__env{", "}", NULL, NULL},
        {"traefik", ".yaml|.yml|.toml", NULL, "{{ env \"", "\"", NULL, NULL},
        {"traefik", ".yaml|.yml|.toml", NULL, "{{env \"", "\"", NULL, NULL},
        {"nginx", ".template", "/etc/nginx/templates", "${", "}", NULL, NULL},
        {"homepage", ".yaml|.yml", NULL, "{{", "}}", NULL, "HOMEPAGE_VAR_"},
        {"loki", ".yaml|.yml", NULL, "${", "}", "config.expand-env", NULL},
        {"promtail", ".yaml|.yml", NULL, "${", "}", "config.expand-env", NULL},
        {"tempo", ".yaml|.yml", NULL, "${", "}", "config.expand-env", NULL},
        {"mimir", ".yaml|.yml", NULL, "${", "}", "config.expand-env", NULL},
        {"alloy", ".alloy", NULL, "sys.env(\"", "\")", NULL, NULL},
        {"otel", ".yaml|.yml", NULL, "${env:", "}", NULL, NULL},
        {"opentelemetry", ".yaml|.yml", NULL, "${env:", "}", NULL, NULL},
};

typedef struct Use {
	Node service; /* the first that reads the file */
	Span span;
	const char *name;
	bool passed; /* some service that reads the file has it */
} Use;

typedef struct Unset {
	const Graph *graph;
	Checker *checker;
	GHashTable *uses; /* "file:place" → Use */
	GPtrArray *order; /* the same, owned */
	uint32_t left;
} Unset;

#define MOST_USES 2000

/* ---- which language -------------------------------------------------------------------------------------- */

static bool ends_so(Slice path, const char *ends)
{
	g_auto(GStrv) words = g_strsplit(ends, "|", -1);
	for (char **word = words; *word; word++)
		if (slice_ends(path, *word))
			return true;
	return false;
}

static bool is_started_with(const Graph *graph, Node service, const char *part)
{
	GRAPH_OF (graph, service, FACT_ARGUMENT, row)
		if (strstr(graph_symbol_text(graph, row->object), part))
			return true;
	return false;
}

/* Some mount of the file, or of a folder around it, lies there in the container. */
static bool lies_in(const Graph *graph, Node service, Node file, const char *folder)
{
	Slice base = graph_folder_of(graph, service);
	const char *path = graph_name(graph, file);
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
		const char *at = graph_text(graph, mount, FACT_DESTINATION);
		g_autofree char *source = path_resolve(base, slice_from(graph_text(graph, mount, FACT_HOST_PATH)));
		size_t length = source ? strlen(source) : 0;
		if (!length || !g_str_has_prefix(path, source) || (path[length] != '/' && path[length] != '\0'))
			continue;
		g_autofree char *whole = g_strconcat(at, path + length, NULL);
		if (g_str_has_prefix(whole, folder))
			return true;
	}
	return false;
}

static bool is_spoken(const Graph *graph, Node service, Node file, bool copied, const Language *language)
{
	const char *image = graph_text(graph, service, FACT_IMAGE);
	const char *const parts[] = {language->image, NULL};
	const char *slash = strrchr(*image ? image : "", '/');
	const char *name = copied || !*image ? graph_name(graph, service) : slash ? slash + 1 : image;
	return text_has_part(name, parts) &&
	       (!language->file || ends_so(slice_from(graph_name(graph, file)), language->file)) &&
	       (!language->folder || (!copied && lies_in(graph, service, file, language->folder))) &&
	       (!language->argument || is_started_with(graph, service, language->argument));
}

/* ---- what the service has --------------------------------------------------------------------------------- */

static bool holds(const Graph *graph, Node parent, const char *name)
{
	GRAPH_CHILDREN (graph, parent, NODE_ENV, env)
		if (strcmp(graph_name(graph, env), name) == 0)
			return true;
	return false;
}

/* What an image sets itself is not seen but in a Dockerfile of the repository. */
static bool is_set_by_image(const Graph *graph, const char *name)
{
	static const char *const starts[] = {"GF_PATHS_", "XDG_", "CADDY_", "NGINX_"};
	static const char *const words[] = {"HOSTNAME", "HOME", "PATH", "TZ", NULL};
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (g_str_has_prefix(name, starts[i]))
			return true;
	if (slice_is_any_nocase(slice_from(name), words))
		return true;
	GRAPH_EACH (graph, FACT_ASSIGNS, row)
		if (slice_starts(graph_symbol_slice(graph, row->object), name))
			return true;
	return false;
}

/* An env_file that Git does not hold may have it. */
static bool is_passed(const Graph *graph, Node service, const char *name)
{
	static const FactKind kinds[] = {FACT_ENV_FILE, FACT_ENV_FILE_OPTIONAL};
	Slice folder = graph_folder_of(graph, service);
	if (graph_has(graph, service, FACT_EXTENDS) || is_extended(graph, service) || holds(graph, service, name) ||
	        is_set_by_image(graph, name) || file_has(graph, graph_file_of(graph, service), "override.yaml") ||
	        file_has(graph, graph_file_of(graph, service), "override.yml"))
		return true; /* a comment says that a file beside it, of the machine alone, adds the rest */
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++)
		GRAPH_OF (graph, service, kinds[i], row) {
			g_autofree char *path = path_resolve(folder, graph_symbol_slice(graph, row->object));
			Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
			if (!file || holds(graph, file, name))
				return true;
		}
	return false;
}

/* ---- uses -------------------------------------------------------------------------------------------------- */

static bool is_name(Slice name)
{
	return name.length > 1 && name.length < 100 && variable_is_name(name);
}

static bool is_comment(Slice bytes, size_t at)
{
	while (at > 0 && bytes.at[at - 1] != '\n')
		at--;
	while (at < bytes.length && (bytes.at[at] == ' ' || bytes.at[at] == '\t'))
		at++;
	return at < bytes.length && (bytes.at[at] == '#' || (bytes.at[at] == '/' && bytes.at[at + 1] == '/'));
}

/* What stands in its place where it is not set: coalesce(sys.env("NAME"), "…"), {{ env "NAME" | default "…" }}. */
static bool has_fallback(const Graph *graph, uint32_t file, size_t at)
{
	Slice line = graph_line_at(graph, (Span){file, (uint32_t)at, (uint32_t)at});
	return text_has(line, "coalesce") || text_has(line, "default");
}

static void note_use(Unset *unset, Node service, Node file, size_t start, Slice name)
{
	const Graph *graph = unset->graph;
	uint32_t number = graph_file_of(graph, file);
	g_autofree char *key = g_strdup_printf("%u:%zu", number, start), *text = slice_dup(name);
	bool passed = is_passed(graph, service, text);
	Use *use = g_hash_table_lookup(unset->uses, key);
	if (use) {
		use->passed |= passed;
		return;
	}
	use = g_new0(Use, 1);
	*use = (Use){service, {number, (uint32_t)start, (uint32_t)(start + name.length)},
	        arena_text(checker_arena(unset->checker), name), passed};
	g_hash_table_insert(unset->uses, g_steal_pointer(&key), use);
	g_ptr_array_add(unset->order, use);
}

static void read_uses(Unset *unset, Node service, Node file, const Language *language)
{
	uint32_t number = graph_file_of(unset->graph, file);
	Slice bytes = graph_file_bytes(unset->graph, number);
	for (size_t at = 0; unset->left && (at = slice_find(bytes, language->open, at)) != SIZE_MAX;) {
		size_t begin = at, start = at += strlen(language->open),
		       end = slice_find(bytes, language->close, start);
		if (end == SIZE_MAX)
			return;
		Slice name = slice_sub(bytes, start, end);
		bool escaped = begin > 0 && bytes.at[begin - 1] == '$';
		if (!is_name(name) || escaped || is_comment(bytes, begin) ||
		        has_fallback(unset->graph, number, begin) ||
		        (language->starts && !slice_starts(name, language->starts)))
			continue;
		unset->left--;
		note_use(unset, service, file, start, name);
	}
}

static void read_file(Node service, Node file, bool copied, void *data)
{
	Unset *unset = data;
	if (is_quiet(unset->graph, file))
		return;
	for (size_t i = 0; i < G_N_ELEMENTS(languages); i++)
		if (is_spoken(unset->graph, service, file, copied, &languages[i]))
			read_uses(unset, service, file, &languages[i]);
}

/* A line of .env that has the variable: its owner takes it for passed on. */
static Node set_elsewhere(const Graph *graph, const char *name)
{
	Symbol symbol;
	if (graph_find_symbol(graph, slice_from(name), &symbol))
		GRAPH_NAMED(graph, NODE_ENV, symbol, env)
	if (graph_node_type(graph, graph_parent(graph, env)) == NODE_FILE)
		return env;
	return NODE_NONE;
}

static Finding *report_use(Unset *unset, const Use *use)
{
	const Graph *graph = unset->graph;
	Node elsewhere = set_elsewhere(graph, use->name);
	Finding *finding = report(unset->checker, use->service, use->span,
	        "service %s reads %s from its environment, and compose does not set it there",
	        graph_name(graph, use->service), use->name);
	set_detail(unset->checker, finding, "%s", use->name);
	add_evidence(unset->checker, finding, graph_place(graph, use->service), "the service that reads the file");
	if (elsewhere)
		add_evidence(unset->checker, finding, graph_place(graph, elsewhere),
		        "here it is set, for compose and not for the container");
	set_hint(unset->checker, finding, "add to environment: %s: ${%s}", use->name, use->name);
	return finding;
}

/* One finding for each variable of a file, wherever it is read there. */
static void check_config_variable_unset(Checker *checker)
{
	Unset unset = {checker_graph(checker), checker, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        g_ptr_array_new_with_free_func(g_free), MOST_USES};
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	each_configured(unset.graph, read_file, &unset);
	for (guint i = 0; i < unset.order->len; i++) {
		const Use *use = unset.order->pdata[i];
		if (use->passed)
			continue;
		char *key = g_strdup_printf("%u %u %s", use->span.file, use->service, use->name);
		Finding *finding = g_hash_table_lookup(known, key);
		if (finding)
			add_evidence(checker, finding, use->span, "read here too");
		else
			finding = report_use(&unset, use);
		g_hash_table_insert(known, key, finding);
	}
	g_hash_table_unref(unset.uses);
	g_ptr_array_unref(unset.order);
}

static const Rule rules[] = {
        {
                .id = "config-variable-unset",
                .level = LEVEL_WARNING,
                .title = "a configuration reads a variable that its container does not have",
                .why = "The program puts nothing in its place: a site without a name, a password that is empty, a "
                       "token that is refused. A .env file beside the compose file is read by compose alone.",
                .remedy = "Pass it on: environment: NAME: ${NAME}, or env_file.",
                .check = check_config_variable_unset,
        },
};

const RuleSet rules_unset = {"unset", rules, G_N_ELEMENTS(rules)};
