/* Names that the labels of containers ask of Traefik: entry points and certificate resolvers stand in its static
 * configuration, middlewares and services in other labels or in files of its own. Traefik logs an unknown name and does
 * without the router, so that a page is gone and nothing has failed.
 *
 * What Traefik is told stands in words of a command, in variables, or in files that need not be YAML before a template
 * is filled in. So definitions are read from lines, and any file that speaks of the section and holds the name as a
 * word is taken to define it. */
#include "base/near.h"
#include "base/path.h"
#include "rule/holder.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

typedef enum Section { ENTRY_POINTS, RESOLVERS, MIDDLEWARES, SECTIONS } Section;

static const struct {
	const char *key, *noun;
} sections[SECTIONS] = {
        [ENTRY_POINTS] = {"entryPoints", "entry point"},
        [RESOLVERS] = {"certificatesResolvers", "certificate resolver"},
        [MIDDLEWARES] = {"middlewares", "middleware"},
};

/* "traefik.http.routers.web.tls.certresolver=le", taken apart. */
typedef struct Label {
	Slice protocol, section, name, rest, value;
	const Row *row;
} Label;

typedef struct Traefik {
	Checker *checker;
	GArray *labels;                /* Label, in the order of files */
	GHashTable *told[SECTIONS];    /* names by commands, variables and files → Span, owned both */
	GPtrArray *speaking[SECTIONS]; /* FILE nodes that speak of the section */
	GHashTable *labelled;          /* "http/middlewares/NAME", "http/services/NAME" that labels define */
	uint32_t searches;             /* names that were looked for in files so far */
	GHashTable *linked;            /* "http/NAME" of routers that name their service */
	bool open;                     /* some name in a label is a variable: any may be defined */
	bool rules_elsewhere;          /* a folder or file of its file provider does not lie in this repository */
	bool static_elsewhere;         /* nor does its static configuration */
} Traefik;

/* ---- labels -------------------------------------------------------------------------------------------- */

static Slice take_part(Slice *rest)
{
	size_t dot = MIN(slice_find_byte(*rest, '.', 0), rest->length);
	Slice part = slice_sub(*rest, 0, dot);
	*rest = slice_sub(*rest, MIN(dot + 1, rest->length), rest->length);
	return part;
}

static bool parse_label(const Graph *graph, const Row *row, Label *ret_label)
{
	Slice text = graph_symbol_slice(graph, row->object);
	size_t equals = slice_find_byte(text, '=', 0);
	if (equals == SIZE_MAX)
		return false;
	Slice key = slice_sub(text, 0, equals), first = take_part(&key);
	if (!slice_is_nocase(first, "traefik"))
		return false;
	*ret_label = (Label){.row = row, .value = slice_trim(slice_sub(text, equals + 1, text.length))};
	ret_label->protocol = take_part(&key);
	ret_label->section = take_part(&key);
	ret_label->name = take_part(&key);
	ret_label->rest = key;
	return ret_label->rest.length > 0;
}

static bool is_open(Slice text)
{
	return slice_find_byte(text, '$', 0) != SIZE_MAX || slice_find_byte(text, '{', 0) != SIZE_MAX ||
	       slice_find_byte(text, '<', 0) != SIZE_MAX;
}

static char *label_key(const Label *label, const char *section, Slice name)
{
	return g_strdup_printf("%.*s/%s/%.*s", SLICE_ARGS(label->protocol), section, SLICE_ARGS(name));
}

static void take_definition(Traefik *traefik, const Label *label)
{
	static const char *const defining[] = {"middlewares", "services", NULL};
	for (const char *const *section = defining; *section; section++)
		if (slice_is_nocase(label->section, *section))
			g_hash_table_add(traefik->labelled, label_key(label, *section, label->name));
	if (slice_is_nocase(label->section, "routers") && slice_is_nocase(label->rest, "service"))
		g_hash_table_add(traefik->linked, label_key(label, "routers", label->name));
	traefik->open = traefik->open || is_open(label->name);
}

static void collect_labels(Traefik *traefik)
{
	const Graph *graph = checker_graph(traefik->checker);
	Label label;
	GRAPH_EACH (graph, FACT_LABEL, row) {
		if (graph_node_type(graph, row->subject) != NODE_SERVICE || !parse_label(graph, row, &label))
			continue;
		g_array_append_val(traefik->labels, label);
		take_definition(traefik, &label);
	}
}

/* ---- what Traefik is told ------------------------------------------------------------------------------- */

static void add_told(Traefik *traefik, Section section, Slice name, Span place)
{
	Span *kept = g_new(Span, 1);
	*kept = place;
	char *key = slice_dup(name);
	if (name.length == 0 || g_hash_table_contains(traefik->told[section], key)) {
		g_free(key);
		g_free(kept);
		return;
	}
	g_hash_table_insert(traefik->told[section], key, kept);
}

/* `--entrypoints.web.address=:80`, TRAEFIK_ENTRYPOINTS_WEB_ADDRESS. */
static void take_word(Traefik *traefik, Slice word, const char *prefix, char end, Span place)
{
	for (Section section = 0; section < SECTIONS; section++) {
		g_autofree char *start = g_strdup_printf("%s%s%c", prefix, sections[section].key, end);
		size_t length = strlen(start);
		if (word.length <= length || !slice_is_nocase(slice_sub(word, 0, length), start))
			continue;
		Slice rest = slice_sub(word, length, word.length);
		size_t stop = MIN(slice_find_byte(rest, end, 0), MIN(slice_find_byte(rest, '=', 0), rest.length));
		g_autofree char *name = g_strndup(rest.at, stop);
		g_autofree char *small = g_ascii_strdown(name, -1);
		add_told(traefik, section, slice_from(end == '_' ? small : name), place);
	}
}

static void collect_words(Traefik *traefik)
{
	const Graph *graph = checker_graph(traefik->checker);
	GRAPH_EACH (graph, FACT_ARGUMENT, row)
		if (graph_node_type(graph, row->subject) == NODE_SERVICE) {
			Slice word = graph_symbol_slice(graph, row->object);
			while (word.length && strchr("\"'", word.at[0]))
				word = slice_sub(word, 1, word.length);
			take_word(traefik, word, "--", '.', graph_span(graph, row));
		}
	GRAPH_NODES (graph, NODE_ENV, env)
		if (g_str_has_prefix(graph_name(graph, env), "TRAEFIK_"))
			take_word(
			        traefik, slice_from(graph_name(graph, env)), "TRAEFIK_", '_', graph_place(graph, env));
}

static size_t indent_of(Slice line)
{
	size_t at = 0;
	while (at < line.length && line.at[at] == ' ')
		at++;
	return at;
}

static Span span_of(uint32_t file, Slice bytes, Slice part)
{
	uint32_t start = (uint32_t)(part.at - bytes.at);
	return (Span){file, start, start + (uint32_t)part.length};
}

/* The keys one step below `entryPoints:` of a YAML text, read from its lines. */
static void take_yaml(Traefik *traefik, Section section, uint32_t file, Slice bytes)
{
	g_autofree char *head = g_strdup_printf("%s:", sections[section].key);
	Slice rest = bytes, line;
	size_t above = SIZE_MAX, below = SIZE_MAX;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		size_t indent = indent_of(line);
		if (text.length == 0 || text.at[0] == '#')
			continue;
		if (above == SIZE_MAX || indent <= above) {
			above = slice_is(text, head) ? indent : SIZE_MAX;
			below = SIZE_MAX;
			continue;
		}
		below = below == SIZE_MAX ? indent : below;
		size_t colon = slice_find_byte(text, ':', 0);
		if (indent == below && colon != SIZE_MAX && text.at[0] != '-')
			add_told(traefik, section, slice_sub(text, 0, colon),
			        span_of(file, bytes, slice_sub(text, 0, colon)));
	}
}

/* `[entryPoints.web]`, `[http.middlewares.auth.basicAuth]`. */
static void take_toml(Traefik *traefik, Section section, uint32_t file, Slice bytes)
{
	g_autofree char *mark = g_strdup_printf("%s.", sections[section].key);
	Slice rest = bytes, line;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		size_t at = slice_starts(text, "[") ? slice_find(text, mark, 0) : SIZE_MAX;
		if (at == SIZE_MAX)
			continue;
		size_t start = at + strlen(mark), end = start;
		while (end < text.length && !strchr(".]", text.at[end]))
			end++;
		add_told(traefik, section, slice_sub(text, start, end),
		        span_of(file, bytes, slice_sub(text, start, end)));
	}
}

static bool may_configure(const Graph *graph, Node file)
{
	static const char *const others[] = {"compose", "markdown", "kubernetes", "kustomize", NULL};
	GRAPH_OF (graph, file, FACT_FORMAT, row)
		for (const char *const *other = others; *other; other++)
			if (strcmp(graph_symbol_text(graph, row->object), *other) == 0)
				return false;
	return true;
}

static bool speaks_of(Slice bytes, const char *key)
{
	g_autofree char *small = g_ascii_strdown(key, -1);
	return text_has(bytes, key) || text_has(bytes, small);
}

static void collect_files(Traefik *traefik)
{
	const Graph *graph = checker_graph(traefik->checker);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Node node = graph_file_node(graph, file);
		Slice bytes = graph_file_bytes(graph, file), path = slice_from(graph_name(graph, node));
		if (!may_configure(graph, node))
			continue;
		for (Section section = 0; section < SECTIONS; section++) {
			if (!speaks_of(bytes, sections[section].key))
				continue;
			g_ptr_array_add(traefik->speaking[section], GUINT_TO_POINTER(node));
			if (is_quiet(graph, node))
				continue;
			if (slice_ends(path, ".yml") || slice_ends(path, ".yaml"))
				take_yaml(traefik, section, file, bytes);
			else if (slice_ends(path, ".toml"))
				take_toml(traefik, section, file, bytes);
		}
	}
}

/* ---- what lies elsewhere ------------------------------------------------------------------------------------ */

/* The container has something at the path that is not of this repository. */
static bool is_from_elsewhere(const Graph *graph, Node service, const char *path)
{
	Node mount = path[0] == '/' ? mount_holding(graph, service, path) : NODE_NONE;
	g_autofree char *source = mount ? mount_source(graph, service, mount) : NULL;
	return mount && !source;
}

/* `--providers.file.directory=/rules`, `directory: /rules`, `filename = "/rules.toml"`: the path, or nothing. */
static Slice provider_path(Slice line, const char *const *keys)
{
	static const char ends[] = " \t:=\"'";
	for (; *keys; keys++) {
		size_t length = strlen(*keys);
		if (line.length <= length || !slice_is_nocase(slice_sub(line, 0, length), *keys))
			continue;
		Slice path = slice_sub(line, length, line.length);
		while (path.length && strchr(ends, path.at[0]))
			path = slice_sub(path, 1, path.length);
		return slice_sub(path, 0, MIN(strcspn(path.at, " \t\r\n\"'"), path.length));
	}
	return (Slice){"", 0};
}

static void follow_provider(Traefik *traefik, Slice line, const char *const *keys, Node service)
{
	const Graph *graph = checker_graph(traefik->checker);
	g_autofree char *path = slice_dup(provider_path(line, keys));
	traefik->rules_elsewhere = traefik->rules_elsewhere || is_from_elsewhere(graph, service, path);
}

/* The file provider as the service's own words and variables have it, and as lines of a configuration do. */
static void follow_service(Traefik *traefik, Node service, const char *lines)
{
	static const char *const words[] = {"--providers.file.directory", "--providers.file.filename", NULL},
	                         *const keys[] = {"directory", "filename", NULL};
	const Graph *graph = checker_graph(traefik->checker);
	Slice rest = slice_from(lines), line;
	GRAPH_OF (graph, service, FACT_ARGUMENT, row)
		follow_provider(traefik, graph_symbol_slice(graph, row->object), words, service);
	GRAPH_CHILDREN (graph, service, NODE_ENV, env) {
		const char *name = graph_name(graph, env);
		if (strcmp(name, "TRAEFIK_PROVIDERS_FILE_DIRECTORY") == 0 ||
		        strcmp(name, "TRAEFIK_PROVIDERS_FILE_FILENAME") == 0)
			traefik->rules_elsewhere =
			        traefik->rules_elsewhere ||
			        is_from_elsewhere(graph, service, graph_text(graph, env, FACT_VALUE));
	}
	while (slice_next_line(&rest, &line))
		follow_provider(traefik, slice_trim(line), keys, service);
	traefik->static_elsewhere = traefik->static_elsewhere ||
	                            is_from_elsewhere(graph, service, "/etc/traefik/traefik.yml") ||
	                            is_from_elsewhere(graph, service, "/traefik.yml");
}

/* The lines of all files that speak of providers, as one text; free with g_free. */
static char *provider_lines(const Graph *graph)
{
	GString *text = g_string_new(NULL);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice rest = graph_file_bytes(graph, file), line;
		if (!may_configure(graph, graph_file_node(graph, file)) || !text_has(rest, "providers"))
			continue;
		while (slice_next_line(&rest, &line))
			if (text_has(line, "directory") || text_has(line, "filename"))
				g_string_append_printf(text, "%.*s\n", SLICE_ARGS(line));
	}
	return g_string_free(text, FALSE);
}

static void find_elsewhere(Traefik *traefik)
{
	const Graph *graph = checker_graph(traefik->checker);
	g_autofree char *lines = provider_lines(graph);
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (strstr(graph_text(graph, service, FACT_IMAGE), "traefik"))
			follow_service(traefik, service, lines);
}

/* ---- names that are looked for ------------------------------------------------------------------------------- */

static bool holds_word(Slice bytes, Slice word)
{
	g_autofree char *text = slice_dup(word);
	for (size_t at = 0; (at = slice_find(bytes, text, at)) != SIZE_MAX; at++) {
		char before = at ? bytes.at[at - 1] : ' ';
		char after = at + word.length < bytes.length ? bytes.at[at + word.length] : ' ';
		if (!g_ascii_isalnum(before) && !strchr("-_", before) && !g_ascii_isalnum(after) &&
		        !strchr("-_", after))
			return true;
	}
	return false;
}

/* Beyond so many names nobody wrote the labels: all of them may be defined. */
#define MOST_SEARCHES 1000

static bool is_spoken_of(Traefik *traefik, Section section, Slice name)
{
	const Graph *graph = checker_graph(traefik->checker);
	if (traefik->searches++ >= MOST_SEARCHES)
		return true;
	for (guint i = 0; i < traefik->speaking[section]->len; i++) {
		Node file = GPOINTER_TO_UINT(traefik->speaking[section]->pdata[i]);
		if (holds_word(graph_file_bytes(graph, graph_file_of(graph, file)), name))
			return true;
	}
	return false;
}

/* ---- names nobody defines --------------------------------------------------------------------------------- */

static char *router_text(const Label *label)
{
	return g_strdup_printf("%s '%.*s'", slice_is_nocase(label->section, "routers") ? "router" : "middleware",
	        SLICE_ARGS(label->name));
}

/* The one name of those that was probably meant; evidence where it is defined. known: name → Span, or NULL. */
static void explain_unknown(Traefik *traefik, Finding *finding, const Label *label, Slice name, GHashTable *known)
{
	const Graph *graph = checker_graph(traefik->checker);
	NearSearch search = near_search(name, near_limit(name));
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(known), (GCompareFunc)strcmp);
	for (GList *at = names; at; at = at->next)
		near_offer(&search, slice_from(at->data));
	if (near_result(&search) == SIZE_MAX) {
		const Span *first = names ? g_hash_table_lookup(known, names->data) : NULL;
		if (first)
			add_evidence(traefik->checker, finding, *first, "'%s' is defined here", (char *)names->data);
		return;
	}
	g_autofree char *best = slice_dup(search.best), *old = slice_dup(name);
	const Span *place = g_hash_table_lookup(known, best);
	finding->level = LEVEL_ERROR;
	if (place)
		add_evidence(traefik->checker, finding, *place, "'%s' is defined here", best);
	set_hint(traefik->checker, finding, "write %s", best);
	set_because(traefik->checker, finding, FIX_VALUE, "it is the only name so near");
	add_rename(traefik->checker, finding, graph_span(graph, label->row), old, best);
}

static Finding *report_unknown(Traefik *traefik, const Label *label, const char *noun, Slice name)
{
	const Graph *graph = checker_graph(traefik->checker);
	g_autofree char *router = router_text(label);
	Finding *finding = report_at(traefik->checker, LEVEL_WARNING, label->row->subject,
	        graph_span(graph, label->row), "%s names the %s '%.*s', which nothing in this repository defines",
	        router, noun, SLICE_ARGS(name));
	set_detail(traefik->checker, finding, "%.*s %s %.*s", SLICE_ARGS(label->name), noun, SLICE_ARGS(name));
	return finding;
}

static void check_told(Traefik *traefik, const Label *label, Section section, Slice name)
{
	g_autofree char *key = slice_dup(name);
	bool elsewhere = section == MIDDLEWARES ? traefik->rules_elsewhere : traefik->static_elsewhere;
	if (elsewhere || g_hash_table_size(traefik->told[section]) == 0 ||
	        g_hash_table_contains(traefik->told[section], key) || is_spoken_of(traefik, section, name))
		return;
	Finding *finding = report_unknown(traefik, label, sections[section].noun, name);
	explain_unknown(traefik, finding, label, name, traefik->told[section]);
}

/* A name of a file without "@file" is looked for among labels only. */
static void report_unqualified(Traefik *traefik, const Label *label, Slice name, const Span *place)
{
	const Graph *graph = checker_graph(traefik->checker);
	g_autofree char *router = router_text(label), *old = slice_dup(name), *new = g_strconcat(old, "@file", NULL);
	Finding *finding = report(traefik->checker, label->row->subject, graph_span(graph, label->row),
	        "%s names the middleware '%s' without @file, and no label defines one of that name", router, old);
	set_detail(traefik->checker, finding, "%.*s middleware %s", SLICE_ARGS(label->name), old);
	add_evidence(traefik->checker, finding, *place, "it is defined here, in a file");
	set_hint(traefik->checker, finding, "write %s", new);
	set_because(traefik->checker, finding, FIX_VALUE, "a name without @ is one of the labels");
	add_rename(traefik->checker, finding, graph_span(graph, label->row), old, new);
}

/* Those that labels define, of the protocol; values are NULL. */
static GHashTable *labelled_names(const Traefik *traefik, const Label *label, const char *section)
{
	GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *prefix = label_key(label, section, (Slice){"", 0});
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, traefik->labelled);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		if (g_str_has_prefix(key, prefix))
			g_hash_table_insert(names, g_strdup((char *)key + strlen(prefix)), NULL);
	return names;
}

static void check_middleware(Traefik *traefik, const Label *label, Slice name)
{
	size_t at = slice_find_byte(name, '@', 0);
	Slice bare = slice_sub(name, 0, MIN(at, name.length));
	g_autofree char *own = slice_dup(bare);
	if (at != SIZE_MAX && slice_is(slice_sub(name, at, name.length), "@file")) {
		check_told(traefik, label, MIDDLEWARES, bare);
		return;
	}
	g_autofree char *key = label_key(label, "middlewares", bare);
	if ((at != SIZE_MAX && !slice_is(slice_sub(name, at, name.length), "@docker")) || traefik->open ||
	        g_hash_table_contains(traefik->labelled, key))
		return;
	const Span *place = g_hash_table_lookup(traefik->told[MIDDLEWARES], own);
	g_autoptr(GHashTable) names = labelled_names(traefik, label, "middlewares");
	if (place && at == SIZE_MAX)
		report_unqualified(traefik, label, bare, place);
	else if (!place && g_hash_table_size(names) > 0 && !is_spoken_of(traefik, MIDDLEWARES, bare))
		explain_unknown(traefik, report_unknown(traefik, label, "middleware", bare), label, bare, names);
}

/* A service that no label defines, on a container whose labels define others. */
static void check_service(Traefik *traefik, const Label *label)
{
	g_autofree char *key = label_key(label, "services", label->value);
	g_autoptr(GHashTable) own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (traefik->open || is_open(label->value) || slice_find_byte(label->value, '@', 0) != SIZE_MAX ||
	        g_hash_table_contains(traefik->labelled, key))
		return;
	for (guint i = 0; i < traefik->labels->len; i++) {
		const Label *other = &g_array_index(traefik->labels, Label, i);
		if (other->row->subject == label->row->subject && slice_is_nocase(other->section, "services") &&
		        slice_equal(other->protocol, label->protocol))
			g_hash_table_insert(own, slice_dup(other->name), NULL);
	}
	if (g_hash_table_size(own) == 0)
		return;
	Finding *finding = report_unknown(traefik, label, "service", label->value);
	finding->level = LEVEL_ERROR;
	explain_unknown(traefik, finding, label, label->value, own);
}

/* Of a list with commas. */
static void check_names(Traefik *traefik, const Label *label, Section section)
{
	for (size_t start = 0; start < label->value.length;) {
		size_t comma = MIN(slice_find_byte(label->value, ',', start), label->value.length);
		Slice name = slice_trim(slice_sub(label->value, start, comma));
		start = comma + 1;
		if (name.length == 0 || is_open(name))
			continue;
		if (section == MIDDLEWARES)
			check_middleware(traefik, label, name);
		else
			check_told(traefik, label, section, name);
	}
}

static void check_label(Traefik *traefik, const Label *label)
{
	bool router = slice_is_nocase(label->section, "routers");
	bool chain =
	        slice_is_nocase(label->section, "middlewares") && slice_is_nocase(label->rest, "chain.middlewares");
	if (router && slice_is_nocase(label->rest, "entrypoints"))
		check_names(traefik, label, ENTRY_POINTS);
	else if (router && slice_is_nocase(label->rest, "tls.certresolver"))
		check_names(traefik, label, RESOLVERS);
	else if (chain || (router && slice_is_nocase(label->rest, "middlewares")))
		check_names(traefik, label, MIDDLEWARES);
	else if (router && slice_is_nocase(label->rest, "service"))
		check_service(traefik, label);
}

/* ---- several services on one container ---------------------------------------------------------------------- */

/* Two services of the container, by labels of the protocol; false where there are fewer. */
static bool find_two(const Traefik *traefik, const Label *label, const Label **ret_one, const Label **ret_other)
{
	*ret_one = NULL;
	for (guint i = 0; i < traefik->labels->len; i++) {
		const Label *other = &g_array_index(traefik->labels, Label, i);
		if (other->row->subject != label->row->subject || !slice_is_nocase(other->section, "services") ||
		        !slice_equal(other->protocol, label->protocol))
			continue;
		if (*ret_one && !slice_equal((*ret_one)->name, other->name)) {
			*ret_other = other;
			return true;
		}
		*ret_one = *ret_one ? *ret_one : other;
	}
	return false;
}

static bool defines_service(const Traefik *traefik, const Label *label)
{
	g_autofree char *key = label_key(label, "services", label->name);
	return g_hash_table_contains(traefik->labelled, key);
}

/* The service that bears the router's name is meant: a label below the rule, written as that is. */
static void mend_ambiguous(Traefik *traefik, Finding *finding, const Label *label)
{
	const Graph *graph = checker_graph(traefik->checker);
	Slice line = graph_line_at(graph, graph_span(graph, label->row));
	size_t at = slice_find(line, "traefik.", 0);
	if (at == SIZE_MAX)
		return;
	char quote = at > 0 && strchr("\"'", line.at[at - 1]) ? line.at[at - 1] : '\0';
	char closing[2] = {quote, '\0'};
	bool list = slice_starts(slice_trim(line), "-");
	set_because(traefik->checker, finding, FIX_VALUE, "one of the services bears the router's name");
	add_lines_below(traefik->checker, finding, graph_span(graph, label->row),
	        arena_printf(checker_arena(traefik->checker), "%.*straefik.%.*s.routers.%.*s.service%s%s%.*s%s",
	                (int)at, line.at, SLICE_ARGS(label->protocol), SLICE_ARGS(label->name), list ? "" : closing,
	                list ? "=" : ": ", SLICE_ARGS(label->name), list ? closing : ""));
}

static void check_ambiguous(Traefik *traefik, const Label *label)
{
	const Graph *graph = checker_graph(traefik->checker);
	const Label *one, *other;
	g_autofree char *key = label_key(label, "routers", label->name);
	if (!slice_is_nocase(label->section, "routers") || !slice_is_nocase(label->rest, "rule") || traefik->open ||
	        g_hash_table_contains(traefik->linked, key) || !find_two(traefik, label, &one, &other))
		return;
	Finding *finding = report(traefik->checker, label->row->subject, graph_span(graph, label->row),
	        "router '%.*s' names no service, and the container defines two", SLICE_ARGS(label->name));
	set_detail(traefik->checker, finding, "%.*s", SLICE_ARGS(label->name));
	add_evidence(traefik->checker, finding, graph_span(graph, one->row), "one is '%.*s'", SLICE_ARGS(one->name));
	add_evidence(
	        traefik->checker, finding, graph_span(graph, other->row), "another is '%.*s'", SLICE_ARGS(other->name));
	set_hint(traefik->checker, finding, "add the label traefik.%.*s.routers.%.*s.service",
	        SLICE_ARGS(label->protocol), SLICE_ARGS(label->name));
	if (defines_service(traefik, label))
		mend_ambiguous(traefik, finding, label);
}

/* ---- the rules ----------------------------------------------------------------------------------------------- */

static void traefik_init(Traefik *traefik, Checker *checker)
{
	*traefik = (Traefik){.checker = checker,
	        .labels = g_array_new(FALSE, FALSE, sizeof(Label)),
	        .labelled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .linked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
	for (Section section = 0; section < SECTIONS; section++) {
		traefik->told[section] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		traefik->speaking[section] = g_ptr_array_new();
	}
	collect_labels(traefik);
}

static void traefik_clear(Traefik *traefik)
{
	g_array_unref(traefik->labels);
	g_hash_table_unref(traefik->labelled);
	g_hash_table_unref(traefik->linked);
	for (Section section = 0; section < SECTIONS; section++) {
		g_hash_table_unref(traefik->told[section]);
		g_ptr_array_unref(traefik->speaking[section]);
	}
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Traefik, traefik_clear)

static void each_label(Traefik *traefik, void (*check)(Traefik *traefik, const Label *label))
{
	const Graph *graph = checker_graph(traefik->checker);
	for (guint i = 0; i < traefik->labels->len; i++) {
		const Label *label = &g_array_index(traefik->labels, Label, i);
		if (!is_quiet(graph, label->row->subject) && !is_open(label->name))
			check(traefik, label);
	}
}

static void check_name_undefined(Checker *checker)
{
	g_auto(Traefik) traefik;
	traefik_init(&traefik, checker);
	if (traefik.labels->len == 0)
		return;
	collect_words(&traefik);
	collect_files(&traefik);
	find_elsewhere(&traefik);
	each_label(&traefik, check_label);
}

static void check_service_ambiguous(Checker *checker)
{
	g_auto(Traefik) traefik;
	traefik_init(&traefik, checker);
	each_label(&traefik, check_ambiguous);
}

static const Rule rules[] = {
        {
                .id = "traefik-name-undefined",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a label names an entry point, resolver, middleware or service that Traefik does not have",
                .why = "Traefik logs the unknown name and leaves the router out, or serves it with its own "
                       "certificate: the container runs and its page answers 404. It is a warning where no defined "
                       "name is near, since another machine's configuration may have it.",
                .remedy = "Correct the name on one side. A middleware of a file is called NAME@file in labels.",
                .check = check_name_undefined,
        },
        {
                .id = "traefik-service-ambiguous",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a router names no service, and its container has several",
                .why = "Traefik cannot tell which of the services is meant (\"cannot be linked automatically\"), and "
                       "leaves the router out.",
                .remedy = "Add traefik.http.routers.NAME.service with the service that is meant.",
                .check = check_service_ambiguous,
        },
};

const RuleSet rules_traefik = {"traefik", rules, G_N_ELEMENTS(rules)};
