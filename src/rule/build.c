/* Dockerfiles against the folder they are built in, and against what runs them.
 *
 * A context that compose names is certain; any other is a guess: the folder, from the Dockerfile's own up to the root,
 * that has most of the sources. A folder that has all of them settles it, whatever compose says, since CI may build it
 * there. What is commonly made by a step before the build, or put there by hand, is unknown. */
#include "base/path.h"
#include "rule/built.h"
#include "rule/ignored.h"
#include "rule/listened.h"
#include "rule/moved.h"
#include "rule/need.h"
#include "rule/rule.h"
#include "rule/search.h"

/* ---- sources of COPY and ADD ---------------------------------------------------------------------------- */

/* What a build leaves behind, as whole parts of a path, and the ends of files that are built, fetched or secret. */
static bool is_made_elsewhere(Slice source)
{
	static const char *const parts[] = {"dist", "build", "target", "out", "bin", "output", "release", "releases",
	        "artifacts", "artifact", "node_modules", ".next", ".output", "_build", "public", "generated", "gen",
	        "vendor", "certs", "cert", "ssl", "keys", "secrets", "secret", "publish", "coverage", "site", "cache"};
	static const char *const ends[] = {".jar", ".war", ".whl", ".tgz", ".tar", ".gz", ".xz", ".zst", ".zip", ".deb",
	        ".rpm", ".apk", ".wasm", ".so", ".exe", ".dll", ".pem", ".crt", ".key", ".p12", ".env", ".npmrc",
	        ".netrc", ".iso", ".img", ".qcow2", ".gguf", ".onnx", ".bin", ".db", ".sqlite", ".mmdb", ".pub",
	        ".conf.local"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(source, ends[i]))
			return true;
	for (size_t start = 0; start < source.length;) {
		size_t end = MIN(slice_find_byte(source, '/', start), source.length);
		Slice part = slice_sub(source, start, end);
		for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
			if (slice_is(part, parts[i]))
				return true;
		if (slice_starts(part, ".env") || slice_starts(part, "id_rsa"))
			return true;
		start = end + 1;
	}
	return false;
}

/* A program without an ending and without a folder of that name: what a compiler wrote. */
static bool looks_compiled(Slice source)
{
	Slice name = path_name(source);
	bool known = slice_find(name, "file", 0) != SIZE_MAX || slice_ends(name, "rc") || slice_is(name, "Caddyfile");
	bool upper = name.length && g_ascii_isupper(name.at[0]);
	return name.length && source.at[source.length - 1] != '/' && slice_find_byte(name, '.', 0) == SIZE_MAX &&
	       !known && !upper && slice_find_byte(source, '/', 0) == SIZE_MAX;
}

static Slice trim_slashes(Slice path)
{
	while (path.length && path.at[0] == '/')
		path = slice_sub(path, 1, path.length);
	while (path.length && path.at[path.length - 1] == '/')
		path.length--;
	return path;
}

static bool may_be_made(Slice source)
{
	return is_made_elsewhere(trim_slashes(source)) || looks_compiled(source);
}

static bool is_literal_path(Slice source)
{
	for (size_t i = 0; i < source.length; i++)
		if (strchr("$*?[<{\\", source.at[i]))
			return false;
	return slice_find(source, "://", 0) == SIZE_MAX && !slice_starts(source, "git@");
}

/* The source as a path of the repository; NULL if it leads out of it. Free with g_free. */
static char *source_path(Slice context, Slice source)
{
	return path_resolve(context, trim_slashes(source));
}

static bool is_tracked(const Graph *graph, const char *path)
{
	Slice slice = slice_from(path);
	if (graph_find_file(graph, slice) || graph_has_folder(graph, slice) || slice.length == 0)
		return true;
	for (Slice above = path_folder(slice); above.length; above = path_folder(above))
		if (graph_find_file(graph, above))
			return true; /* a submodule or link, whose content is not read */
	return false;
}

static bool is_in(const Graph *graph, Slice context, Slice source)
{
	g_autofree char *path = source_path(context, source);
	return !path || is_tracked(graph, path);
}

typedef struct Copy {
	Node dockerfile, instruction;
	Slice source;
	Span span;
} Copy;

/* Calls found for each literal source that the build context must have. */
static void each_source(const Graph *graph, Node dockerfile, void (*found)(const Copy *copy, void *data), void *data)
{
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
			if (graph_has(graph, instruction, FACT_FROM_STAGE) ||
			        graph_has(graph, instruction, FACT_ON_BUILD))
				continue;
			GRAPH_OF (graph, instruction, FACT_SOURCE, row) {
				Copy copy = {dockerfile, instruction, graph_symbol_slice(graph, row->object),
				        graph_span(graph, row)};
				if (is_literal_path(copy.source))
					found(&copy, data);
			}
		}
}

/* ---- copy-missing -------------------------------------------------------------------------------------------- */

/* One folder that the build may be given, and which of the sources it has. */
typedef struct Context {
	const Graph *graph;
	Slice folder;
	uint32_t present, absent;
} Context;

static bool is_whole_context(Slice source)
{
	Slice plain = trim_slashes(source);
	return plain.length == 0 || slice_is(plain, ".");
}

static void count_source(const Copy *copy, void *data)
{
	Context *context = data;
	if (is_whole_context(copy->source))
		return;
	if (is_in(context->graph, context->folder, copy->source))
		context->present++;
	else if (!may_be_made(copy->source))
		context->absent++;
}

static Context read_context(const Graph *graph, Node dockerfile, Slice folder)
{
	Context context = {graph, folder, 0, 0};
	each_source(graph, dockerfile, count_source, &context);
	return context;
}

/* The folders that count: all that compose says, or the nearest of those that have most of the sources. None where some
 * folder has all of them, or no folder has any. */
static GArray *possible_contexts(const Graph *graph, Node dockerfile)
{
	GArray *contexts = g_array_new(FALSE, FALSE, sizeof(Slice));
	Slice folder = graph_folder_of(graph, dockerfile), best = folder;
	uint32_t most = 0;
	bool said;
	build_context(graph, dockerfile, &said);
	for (;; folder = path_folder(folder)) {
		Context context = read_context(graph, dockerfile, folder);
		if (context.absent == 0)
			return contexts;
		if (context.present > most) {
			most = context.present;
			best = folder;
		}
		if (folder.length == 0)
			break;
	}
	if (!said && most > 0)
		g_array_append_val(contexts, best);
	GRAPH_OF (graph, dockerfile, FACT_CONTEXT, row) {
		folder = graph_symbol_slice(graph, row->object);
		if (said)
			g_array_append_val(contexts, folder);
	}
	return contexts;
}

typedef struct Search {
	Checker *checker;
	const GArray *contexts;
	const Ignored *ignored;
	Finding *lost; /* all of the Dockerfile that is nowhere */
} Search;

/* A tracked file or folder below the context that has the source's last name: one, or nothing. */
static char *find_moved(const Graph *graph, Slice context, Slice source)
{
	Slice name = path_name(trim_slashes(source));
	g_autofree char *found = NULL;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!path_is_below(path, context) || is_quiet(graph, graph_file_node(graph, file)))
			continue;
		for (size_t end = context.length ? context.length + 1 : 0; end < path.length;) {
			size_t start = end;
			end = MIN(slice_find_byte(path, '/', start), path.length);
			if (slice_equal(slice_sub(path, start, end), name)) {
				g_autofree char *here = slice_dup(slice_sub(path, 0, end));
				if (found && strcmp(found, here) != 0)
					return NULL;
				g_free(found);
				found = g_steal_pointer(&here);
				break;
			}
			end++;
		}
	}
	return g_steal_pointer(&found);
}

static void report_missing(Search *search, const Copy *copy)
{
	Checker *checker = search->checker;
	const Graph *graph = checker_graph(checker);
	bool said;
	const char *context = build_context(graph, copy->dockerfile, &said);
	g_autofree char *path = source_path(slice_from(context), copy->source);
	if (!path || ignoring_pattern(search->ignored, path, true) || ignoring_pattern(search->ignored, path, false))
		return;
	g_autofree char *same = find_moved(graph, slice_from(context), copy->source),
	                *near = same ? NULL : moved_near(graph, path, 1);
	const char *moved = same ? same : near;
	if (!moved && search->lost) {
		add_evidence(checker, search->lost, copy->span, "nor is %.*s", SLICE_ARGS(copy->source));
		return;
	}
	const char *word = graph_name(graph, copy->instruction);
	Finding *finding = report_at(checker, is_pulled(graph, copy->dockerfile) ? LEVEL_WARNING : LEVEL_ERROR,
	        copy->instruction, copy->span, "%s takes %.*s, which is not in the build context %s", word,
	        SLICE_ARGS(copy->source), *context ? context : "(the root of the repository)");
	set_detail(checker, finding, "%.*s", SLICE_ARGS(copy->source));
	if (said)
		add_evidence(checker, finding, graph_span(graph, graph_find(graph, copy->dockerfile, FACT_CONTEXT)),
		        "it is built in this folder");
	if (!moved) {
		search->lost = finding;
		return;
	}
	set_hint(checker, finding, "%s exists: copy that, or move it back", moved);
	Node file = graph_find_file(graph, slice_from(moved));
	if (file)
		add_evidence(checker, finding, graph_place(graph, file),
		        near ? "this is nearly the name" : "this file has the name");
	g_autofree char *text = moved_text(copy->source, slice_from(context), path, moved);
	if (text && !g_str_has_prefix(text, "..")) {
		g_autofree char *old = slice_dup(copy->source);
		set_because(checker, finding, FIX_VALUE,
		        near ? "no other name there is so near"
		             : "it is the one file of that name in the build context");
		add_rename(checker, finding, copy->span, old, text);
	}
}

/* `# Build context must contain repo/ (rsynced source)`: a comment of the Dockerfile says how it comes there. */
static bool is_explained(const Graph *graph, const Copy *copy)
{
	Slice rest = graph_file_bytes(graph, graph_file_of(graph, copy->dockerfile)), line;
	Slice plain = trim_slashes(copy->source);
	g_autofree char *word = slice_dup(plain);
	while (slice_next_line(&rest, &line))
		if (slice_starts(slice_trim(line), "#") && slice_find(line, word, 0) != SIZE_MAX &&
		        (text_has(line, "context") || text_has(line, "must ") || text_has(line, "before")))
			return true;
	return false;
}

static bool is_download(const Graph *graph, Span word, void *data)
{
	static const char *const programs[] = {"wget ", "curl ", "aria2c ", "get_url", "url:", "dest:", NULL};
	g_autofree char *line = slice_dup(graph_line_at(graph, word));
	return text_has_part(line, programs);
}

/* `wget https://…/latest.tar.bz2` in a script: the archive is fetched before the image is built. */
static bool is_fetched(const Graph *graph, const Copy *copy)
{
	Span found;
	Slice name = path_name(trim_slashes(copy->source));
	return slice_find_byte(name, '.', 1) != SIZE_MAX && search_word(graph, name, NULL, is_download, NULL, &found);
}

/* `cp "$HERE/Dockerfile" "$CONTEXT"`: a script beside it puts the build context together, somewhere else. */
static bool is_carried_off(const Graph *graph, Node dockerfile)
{
	Slice own = slice_from(graph_file_path(graph, graph_file_of(graph, dockerfile)));
	g_autofree char *name = slice_dup(path_name(own));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), rest, line;
		if (!slice_equal(path_folder(path), path_folder(own)) || !slice_ends(path, ".sh"))
			continue;
		rest = graph_file_bytes(graph, file);
		while (slice_next_line(&rest, &line))
			if (slice_starts(slice_trim(line), "cp ") && slice_find(line, name, 0) != SIZE_MAX)
				return true;
	}
	return false;
}

static void check_source(const Copy *copy, void *data)
{
	Search *search = data;
	const Graph *graph = checker_graph(search->checker);
	if (is_whole_context(copy->source) || may_be_made(copy->source) || is_explained(graph, copy))
		return;
	for (guint i = 0; i < search->contexts->len; i++)
		if (is_in(graph, g_array_index(search->contexts, Slice, i), copy->source))
			return;
	if (!is_fetched(graph, copy) && !is_carried_off(graph, copy->dockerfile))
		report_missing(search, copy);
}

/* What CMD or ENTRYPOINT starts. Two builds of one Dockerfile may lack the same. */
static void check_starts(Checker *checker, const Ignored *ignored, GHashTable *lost)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_LACKS_START, row) {
		const char *path = graph_symbol_text(graph, row->object);
		bool repeated = graph_find(graph, row->subject, FACT_LACKS_START) != row;
		Node dockerfile = graph_ancestor(graph, row->subject, NODE_DOCKERFILE);
		if (repeated || ignoring_pattern(ignored, path, false) ||
		        g_hash_table_contains(lost, GUINT_TO_POINTER(dockerfile)))
			continue;
		Finding *finding = report(checker, row->subject, graph_span(graph, row),
		        "%s starts %s, which is not in the image", graph_name(graph, row->subject), path);
		if (graph_find_file(graph, slice_from(path)))
			set_hint(checker, finding, "copy %s", path);
	}
}

static void check_copy_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Ignored) ignored = ignored_new(graph);
	g_autoptr(GHashTable) lost = g_hash_table_new(NULL, NULL); /* what they start comes of what they lack */
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		g_autoptr(GArray) contexts = possible_contexts(graph, dockerfile);
		Search search = {checker, contexts, ignored, NULL};
		if (contexts->len)
			each_source(graph, dockerfile, check_source, &search);
		if (search.lost)
			g_hash_table_add(lost, GUINT_TO_POINTER(dockerfile));
	}
	check_starts(checker, ignored, lost);
}

/* ---- copy-ignored-file ------------------------------------------------------------------------------------------ */

typedef struct IgnoredCopies {
	Checker *checker;
	Ignored *ignored;
	Slice context;
	Node ignore_file;
} IgnoredCopies;

static void check_ignored_source(const Copy *copy, void *data)
{
	const IgnoredCopies *ignored = data;
	const Graph *graph = checker_graph(ignored->checker);
	g_autofree char *path = source_path(ignored->context, copy->source);
	if (!path || !*path || strlen(path) == ignored->context.length)
		return;
	Node pattern = docker_ignoring_pattern(ignored->ignored, ignored->ignore_file, ignored->context, path);
	if (!pattern)
		return;
	Finding *finding = report(ignored->checker, copy->instruction, copy->span,
	        "%s takes %.*s, which the ignore file keeps out of the build", graph_name(graph, copy->instruction),
	        SLICE_ARGS(copy->source));
	add_evidence(ignored->checker, finding, graph_place(graph, pattern), "this pattern leaves it out");
	set_hint(ignored->checker, finding, "add !%s behind %s",
	        path + ignored->context.length + (ignored->context.length > 0), graph_name(graph, pattern));
	set_detail(ignored->checker, finding, "%.*s", SLICE_ARGS(copy->source));
	set_because(ignored->checker, finding, FIX_VALUE,
	        "the Dockerfile needs it, and the exception takes back nothing else");
	add_lines_below(ignored->checker, finding, graph_place(graph, pattern),
	        arena_printf(checker_arena(ignored->checker), "!%s",
	                path + ignored->context.length + (ignored->context.length > 0)));
}

static void check_copy_ignored_file(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Ignored) all = ignored_new(graph);
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		bool said;
		Slice context = slice_from(build_context(graph, dockerfile, &said));
		IgnoredCopies ignored = {checker, all, context, docker_ignore_file(graph, dockerfile, context)};
		if (ignored.ignore_file)
			each_source(graph, dockerfile, check_ignored_source, &ignored);
	}
}

/* ---- port-not-exposed ----------------------------------------------------------------------------------------------
 */

typedef struct Start {
	uint32_t port; /* 0 if it is not known */
	Span span;
	const char *variable; /* that may say another, or NULL */
} Start;

static bool port_of(Slice text, uint32_t *ret_port)
{
	size_t colon = slice_find_byte(text, ':', 0);
	if (colon != SIZE_MAX)
		text = slice_sub(text, colon + 1, text.length);
	return slice_to_number(text, ret_port) && *ret_port > 0 && *ret_port < 65536;
}

/* ${PORT:-8000} and $PORT, as far as ENV of the stage says what they are. */
static bool expand_port(const Graph *graph, Node stage, Slice text, Start *start)
{
	size_t dollar = slice_find_byte(text, '$', 0);
	if (dollar == SIZE_MAX)
		return port_of(text, &start->port);
	size_t at = dollar + 1 + (dollar + 1 < text.length && text.at[dollar + 1] == '{'), end = at;
	while (end < text.length && (g_ascii_isalnum(text.at[end]) || text.at[end] == '_'))
		end++;
	Slice name = slice_sub(text, at, end), value = {NULL, 0};
	GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, env)
		GRAPH_OF (graph, env, FACT_ASSIGNS, row) {
			Slice pair = graph_symbol_slice(graph, row->object);
			if (pair.length > name.length && pair.at[name.length] == '=' &&
			        slice_equal(slice_sub(pair, 0, name.length), name) &&
			        strcmp(graph_name(graph, env), "ENV") == 0)
				value = slice_sub(pair, name.length + 1, pair.length);
		}
	size_t fallback = slice_find(text, ":-", end);
	if (!value.at && fallback == end && text.at[text.length - 1] == '}')
		value = slice_sub(text, fallback + 2, text.length - 1);
	start->variable = name.length ? "set" : NULL;
	return value.at && port_of(value, &start->port);
}

static bool is_port_option(Slice word, bool gunicorn)
{
	return slice_is(word, "--port") || slice_is(word, "--server.port") ||
	       (gunicorn && (slice_is(word, "-b") || slice_is(word, "--bind")));
}

static bool is_server(Slice name)
{
	static const char *const names[] = {"uvicorn", "gunicorn", "hypercorn", "flask", "fastapi", "streamlit",
	        "daphne", "granian", "vllm", "litellm", "chainlit", "waitress-serve"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return false;
}

/* --port 8000, --port=8000, -b 0.0.0.0:8000 behind the name of a server. */
static void read_start_words(const Graph *graph, Node stage, Node command, Start *start)
{
	Rows rows = graph_rows_of(graph, command, FACT_ARGUMENT);
	bool server = false, gunicorn = false;
	for (const Row *row = rows.at; row != rows.end; row++) {
		Slice word = graph_symbol_slice(graph, row->object), name = path_name(word);
		gunicorn |= slice_is(name, "gunicorn") || slice_is(name, "hypercorn");
		server |= is_server(name);
		size_t equals = slice_find_byte(word, '=', 0);
		Start found = {.span = graph_span(graph, row)};
		if (!server)
			continue;
		if (equals != SIZE_MAX && is_port_option(slice_sub(word, 0, equals), gunicorn)) {
			if (expand_port(graph, stage, slice_sub(word, equals + 1, word.length), &found))
				*start = found;
		} else if (is_port_option(word, gunicorn) && row + 1 != rows.end) {
			found.span = graph_span(graph, row + 1);
			if (expand_port(graph, stage, graph_symbol_slice(graph, row[1].object), &found))
				*start = found;
		}
	}
}

/* `python main.py`: the port that the file itself starts on. */
static void read_start_file(const Graph *graph, Node dockerfile, Node command, Start *start)
{
	GRAPH_OF (graph, command, FACT_ARGUMENT, word) {
		Slice name = graph_symbol_slice(graph, word->object);
		if (!slice_ends(name, ".py"))
			continue;
		GRAPH_TO (graph, FACT_RUNS_IN, dockerfile, row) {
			if (!slice_equal(path_name(slice_from(graph_name(graph, row->subject))), path_name(name)))
				continue;
			Node port = graph_first_child(graph, row->subject, NODE_PORT);
			const Row *number = port ? graph_find(graph, port, FACT_NUMBER) : NULL;
			if (!number || graph_next_child(graph, port, NODE_PORT))
				continue;
			*start = (Start){number->object, graph_span(graph, number),
			        graph_has(graph, port, FACT_NEARBY_NAME) ? graph_text(graph, port, FACT_NEARBY_NAME)
			                                                 : NULL};
		}
	}
}

static Node last_stage(const Graph *graph, Node dockerfile)
{
	Node last = NODE_NONE;
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		last = stage;
	return last;
}

static Start read_start(const Graph *graph, Node dockerfile, Node stage)
{
	Start start = {0};
	GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction) {
		const char *word = graph_name(graph, instruction);
		if (strcmp(word, "CMD") != 0 && strcmp(word, "ENTRYPOINT") != 0)
			continue;
		read_start_file(graph, dockerfile, instruction, &start);
		read_start_words(graph, stage, instruction, &start);
	}
	return start;
}

/* Whether some port node covers the number; ret_any is set where there is a number at all, ret_port to the first. */
static bool has_port(const Graph *graph, Node parent, FactKind kind, uint32_t port, Node *ret_port)
{
	GRAPH_CHILDREN (graph, parent, NODE_PORT, node) {
		uint32_t first = graph_number(graph, node, kind);
		uint32_t last = MAX(first, graph_number(graph, node, FACT_TARGET_END));
		if (first == 0 || (first <= port && port <= last))
			return true;
		if (!*ret_port)
			*ret_port = node;
	}
	return false;
}

static Finding *report_port(
        Checker *checker, Node dockerfile, const Start *start, Node other, FactKind kind, const char *what)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, dockerfile, start->span, "the program starts on port %u, but %s %u",
	        start->port, what, graph_number(graph, other, kind));
	add_evidence(checker, finding, graph_place(graph, other), "this says %u", graph_number(graph, other, kind));
	g_autofree char *there = graph_describe(graph, graph_parent(graph, other));
	set_detail(checker, finding, "%s", there);
	return finding;
}

static void check_exposed(Checker *checker, Node dockerfile, Node stage, const Start *start)
{
	const Graph *graph = checker_graph(checker);
	Node exposed = NODE_NONE;
	GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction)
		if (has_port(graph, instruction, FACT_NUMBER, start->port, &exposed))
			return;
	if (!exposed)
		return;
	Finding *finding = report_port(checker, dockerfile, start, exposed, FACT_NUMBER, "EXPOSE says");
	set_because(checker, finding, FIX_VALUE, "EXPOSE only tells what the program does");
	add_renumber(
	        checker, finding, graph_place(graph, exposed), graph_number(graph, exposed, FACT_NUMBER), start->port);
}

static bool sets_variable(const Graph *graph, Node parent)
{
	GRAPH_CHILDREN (graph, parent, NODE_ENV, env)
		if (slice_find(slice_from(graph_name(graph, env)), "PORT", 0) != SIZE_MAX)
			return true;
	return graph_has(graph, parent, FACT_ENV_FILE) || graph_has(graph, parent, FACT_ENV_FILE_OPTIONAL);
}

/* A compose service that builds this Dockerfile and starts it as it is. */
static void check_services(Checker *checker, Node dockerfile, const Start *start)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_OF (graph, dockerfile, FACT_CONTEXT, row) {
		Span said = graph_span(graph, row);
		GRAPH_EACH (graph, FACT_BUILD_CONTEXT, build) {
			Span span = graph_span(graph, build);
			Node service = build->subject, other = NODE_NONE;
			if (span.file != said.file || span.start != said.start ||
			        graph_has(graph, service, FACT_ARGUMENT) ||
			        graph_has(graph, service, FACT_HOST_NETWORK) ||
			        (start->variable && sets_variable(graph, service)))
				continue;
			if (!has_port(graph, service, FACT_TARGET_NUMBER, start->port, &other) && other)
				report_port(
				        checker, dockerfile, start, other, FACT_TARGET_NUMBER, "the service publishes");
		}
	}
}

/* ghcr.io/me/app:1.2 is built from a folder called app, if only one Dockerfile lies in such a folder. */
static Slice image_name(Slice image)
{
	Slice name = path_name(slice_sub(image, 0, MIN(slice_find_byte(image, '@', 0), image.length)));
	return slice_sub(name, 0, MIN(slice_find_byte(name, ':', 0), name.length));
}

static Slice folder_name(const Graph *graph, Node dockerfile)
{
	return path_name(graph_folder_of(graph, dockerfile));
}

static bool is_only_one(const Graph *graph, Node dockerfile)
{
	GRAPH_NODES (graph, NODE_DOCKERFILE, other)
		if (other != dockerfile && slice_equal(folder_name(graph, other), folder_name(graph, dockerfile)))
			return false;
	return true;
}

/* Images of others have such names too: only one with a registry or an owner, and not from a public library. */
static bool is_own_image(Slice image)
{
	return slice_find_byte(image, '/', 0) == SIZE_MAX || slice_find_byte(path_folder(image), '/', 0) != SIZE_MAX ||
	       slice_find_byte(path_folder(image), ':', 0) != SIZE_MAX;
}

/* me/shop/web is not built from a folder web that lies nowhere below shop, if a folder shop is there. */
static bool is_of_other_folder(const Graph *graph, Slice image, Slice path)
{
	Slice project = path_name(path_folder(image));
	Slice folders = path_folder(path);
	for (Slice rest = folders; rest.length; rest = path_folder(rest))
		if (slice_equal(path_name(rest), project))
			return false;
	for (uint32_t file = 0; project.length && file < graph_files(graph); file++) {
		Slice folder = path_folder(slice_from(graph_file_path(graph, file)));
		for (; folder.length; folder = path_folder(folder))
			if (slice_equal(path_name(folder), project))
				return true;
	}
	return false;
}

static void check_containers(Checker *checker, Node dockerfile, const Start *start)
{
	const Graph *graph = checker_graph(checker);
	Slice name = folder_name(graph, dockerfile);
	if (name.length < 3 || !is_only_one(graph, dockerfile))
		return;
	GRAPH_NODES (graph, NODE_CONTAINER, container) {
		Slice image = slice_from(graph_text(graph, container, FACT_IMAGE));
		Node other = NODE_NONE;
		if (!slice_equal(image_name(image), name) || !is_own_image(image) || is_quiet(graph, container) ||
		        graph_has(graph, container, FACT_ARGUMENT) ||
		        (start->variable && sets_variable(graph, container)))
			continue;
		if (!has_port(graph, container, FACT_NUMBER, start->port, &other) && other &&
		        !is_of_other_folder(
		                graph, image, slice_from(graph_file_path(graph, graph_file_of(graph, dockerfile)))))
			report_port(checker, dockerfile, start, other, FACT_NUMBER, "its container declares");
	}
}

static void check_port_not_exposed(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		Node stage = last_stage(graph, dockerfile);
		Start start = stage ? read_start(graph, dockerfile, stage) : (Start){0};
		if (start.port == 0)
			continue;
		check_exposed(checker, dockerfile, stage, &start);
		check_services(checker, dockerfile, &start);
		check_containers(checker, dockerfile, &start);
	}
	check_listened_ports(checker);
}

static const Rule rules[] = {
        {
                .id = "copy-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "COPY names a path that the build context lacks, or CMD one that the image lacks",
                .why = "The build stops at this line, noticed by whoever builds next, often a CI run long after the "
                       "file was "
                       "moved or forgotten. A program that is started and was not copied stops the container at once.",
                .remedy = "Correct the path as seen from the build context, or commit the file.",
                .check = check_copy_missing,
        },
        {
                .id = "copy-ignored-file",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "COPY takes a path that .dockerignore keeps out",
                .why = "Docker never sees what .dockerignore excludes: the file is there for everybody but the build, "
                       "which stops with \"not found\".",
                .remedy = "Take the path back in with a `!` line behind the pattern, or make the pattern narrower. "
                          "Patterns are anchored at the build context.",
                .peers = "BuildKit: CopyIgnoredFile",
                .check = check_copy_ignored_file,
        },
        {
                .id = "port-not-exposed",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "the program starts on another port than is declared",
                .why = "EXPOSE, published ports and container ports are what everybody else reads: proxies, Services "
                       "and people. Whoever follows them reaches nothing. The number is read from how the program is "
                       "started, or from the configuration that is mounted.",
                .remedy = "Make the number the program is started with and the declared one the same.",
                .check = check_port_not_exposed,
        },
};

const RuleSet rules_build = {"build", rules, G_N_ELEMENTS(rules)};
