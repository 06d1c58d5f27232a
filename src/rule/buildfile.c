/* Builds that lack their files.
 *
 * Compose resolves a build from the folder of its first file, which need not be the one that holds the service: a build
 * is missing only if it is found neither from its own folder nor from any above. A script builds where it last went to,
 * as far as it says so in words that can be followed. */
#include "base/path.h"
#include "rule/gone.h"
#include "rule/moved.h"
#include "rule/rule.h"
#include "rule/search.h"

#include <string.h>

static Slice path_of(const Graph *graph, Node node)
{
	return slice_from(graph_file_path(graph, graph_file_of(graph, node)));
}

static bool is_literal(Slice text)
{
	return slice_find_byte(text, '$', 0) == SIZE_MAX && !text_has(text, "{{") && !text_has(text, "<");
}

/* Where a forge checks out what a workflow is for: a folder with workflows of its own is the root of another
 * repository, whatever brought it here. */
static Slice workflow_root(Slice path)
{
	static const char *const folders[] = {"/.github/", "/.gitea/", "/.forgejo/"};
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++) {
		size_t at = slice_find(path, folders[i], 0);
		if (at != SIZE_MAX)
			return slice_sub(path, 0, at);
	}
	return (Slice){"", 0};
}

/* ---- builds: context and Dockerfile ------------------------------------------------------------------ */

typedef struct Build {
	Slice context, file; /* as written; file is empty for the default */
	bool inlined;        /* the Dockerfile stands elsewhere: only the context is asked for */
} Build;

typedef enum Lack { LACK_NOTHING, LACK_CONTEXT, LACK_FILE } Lack;

static bool is_remote(Slice context)
{
	return text_has(context, "://") || slice_starts(context, "git@") || slice_starts(context, "github.com/");
}

/* A submodule or link at the path or above it: what lies behind it is not read. */
static bool is_behind_link(const Graph *graph, Slice path)
{
	for (;; path = path_folder(path)) {
		if (path.length == 0)
			return false;
		if (graph_find_file(graph, path))
			return true;
	}
}

/* Builders also take the default name in small letters, whether it is written or not. */
static bool has_build_file(const Graph *graph, Slice context, const Build *build)
{
	static const char *const names[] = {"Dockerfile", "dockerfile", "Containerfile"};
	bool named = build->file.length && !slice_is(build->file, names[0]);
	for (size_t i = 0; i < (build->file.length ? 2 : G_N_ELEMENTS(names)); i++) {
		Slice name = named ? build->file : slice_from(names[i]);
		g_autofree char *path = path_resolve(context, name);
		if (!path || graph_find_file(graph, slice_from(path)) || is_behind_link(graph, slice_from(path)))
			return true;
	}
	return false;
}

/* What is missing if the context is taken from this folder. */
static Lack lack_from(const Graph *graph, Slice folder, const Build *build)
{
	g_autofree char *context = path_resolve(folder, build->context);
	if (!context || is_behind_link(graph, slice_from(context)))
		return LACK_NOTHING;
	if (!graph_has_folder(graph, slice_from(context)))
		return LACK_CONTEXT;
	return build->inlined || has_build_file(graph, slice_from(context), build) ? LACK_NOTHING : LACK_FILE;
}

/* From the folder of the file and all above: what the nearest folder lacks, if each of them lacks something. */
static Lack find_lack(const Graph *graph, Slice folder, const Build *build)
{
	Lack nearest = lack_from(graph, folder, build);
	if (nearest == LACK_NOTHING)
		return LACK_NOTHING;
	while (folder.length) {
		folder = path_folder(folder);
		if (lack_from(graph, folder, build) == LACK_NOTHING)
			return LACK_NOTHING;
	}
	return nearest;
}

/* `git clone`, downloads and what writes contexts in the same line, and ignore files: somebody puts the folder there.
 */
static bool is_fetched(const Graph *graph, Span word, void *data)
{
	Slice line = graph_line_at(graph, word);
	Slice name = path_name(slice_from(graph_file_path(graph, word.file)));
	return text_has(line, "ansible-builder create") || text_has(line, "git clone") || text_has(line, "curl") ||
	       text_has(line, "wget") || text_has(line, "unzip") || text_has(line, "submodule") ||
	       slice_is(name, ".gitignore") || slice_is(name, ".gitmodules");
}

static bool is_put_there(const Graph *graph, Slice context)
{
	g_autofree char *path = path_resolve((Slice){"", 0}, context);
	Slice name = path_name(slice_from(path ? path : ""));
	Span span;
	if (name.length == 0 || search_word(graph, name, NULL, is_fetched, NULL, &span))
		return true;
	g_autofree char *repository = g_strdup_printf("%.*s.git", SLICE_ARGS(name));
	return search_word(graph, slice_from(repository), NULL, is_fetched, NULL, &span);
}

/* `mkdir -p workspace` in a step before: the workflow makes what it builds. */
static bool is_made_by_step(const Graph *graph, uint32_t file, Slice context)
{
	Slice rest = graph_file_bytes(graph, file), line;
	while (slice_starts(context, "./"))
		context = slice_sub(context, 2, context.length);
	g_autofree char *name = slice_dup(slice_sub(context, 0, MIN(slice_find_byte(context, '/', 0), context.length)));
	while (*name && slice_next_line(&rest, &line)) {
		size_t at = slice_find(line, "mkdir ", 0);
		if (at != SIZE_MAX && slice_find(line, name, at) != SIZE_MAX)
			return true;
	}
	return false;
}

/* A line that says to clone something from somewhere. */
static bool says_to_clone(Slice text)
{
	Slice line;
	while (slice_next_line(&text, &line)) {
		g_autofree char *lower = g_ascii_strdown(line.at, (gssize)MIN(line.length, 500));
		if (strstr(lower, "clone") && (strstr(lower, "://") || strstr(lower, "git@")))
			return true;
	}
	return false;
}

/* The compose file is kept here, and its documents say from where the rest is brought to it. */
static bool is_cloned_beside(const Graph *graph, Slice folder)
{
	g_autofree char *start = folder.length ? g_strdup_printf("%.*s/", SLICE_ARGS(folder)) : g_strdup("");
	for (uint32_t file = graph_first_file(graph, start); file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!slice_starts(path, start))
			break;
		bool told = slice_ends(path, ".md") || slice_ends(path, ".txt") || slice_ends(path, ".yml") ||
		            slice_ends(path, ".yaml") || slice_ends(path, ".sh");
		if (told && slice_equal(path_folder(path), folder) && says_to_clone(graph_file_bytes(graph, file)))
			return true;
	}
	return false;
}

/* A tracked file of the context whose name says that it is a Dockerfile. */
static Node other_build_file(const Graph *graph, Slice folder)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file)), name = path_name(path);
		g_autofree char *lower = g_ascii_strdown(name.at, (gssize)name.length);
		bool is_one = g_str_has_prefix(lower, "dockerfile") || g_str_has_suffix(lower, "dockerfile") ||
		              g_str_has_prefix(lower, "containerfile");
		if (is_one && slice_equal(path_folder(path), folder))
			return graph_file_node(graph, file);
	}
	return NODE_NONE;
}

static void add_near_build_file(Checker *checker, Finding *finding, Slice folder, const Build *build)
{
	const Graph *graph = checker_graph(checker);
	g_autofree char *context = path_resolve(folder, build->context);
	Node other = context ? other_build_file(graph, slice_from(context)) : NODE_NONE;
	if (!other)
		return;
	add_evidence(checker, finding, graph_place(graph, other), "this one is in the context");
	Slice path = path_of(graph, other);
	if (graph_node_type(graph, finding->subject) == NODE_WORKFLOW)
		set_hint(checker, finding, "name it: file: %.*s", SLICE_ARGS(path));
	else
		set_hint(checker, finding, "name it: dockerfile: %.*s", SLICE_ARGS(path_name(path)));
}

/* An image that a registry has is pulled where the build is not possible. */
static bool is_pulled(const Graph *graph, Node service)
{
	return strchr(graph_text(graph, service, FACT_IMAGE), '/') != NULL;
}

/* A slip in the name of a folder that is there. */
static void mend_context(Checker *checker, Finding *finding, const Row *row, Slice folder)
{
	const Graph *graph = checker_graph(checker);
	Slice written = graph_symbol_slice(graph, row->object);
	g_autofree char *path = path_resolve(folder, written), *near = path ? moved_near(graph, path, 1) : NULL;
	g_autofree char *text = near ? moved_text(written, folder, path, near) : NULL, *old = slice_dup(written);
	if (!text)
		return;
	set_hint(checker, finding, "write %s", text);
	set_because(checker, finding, FIX_VALUE, "no other name there is so near");
	add_rename(checker, finding, graph_span(graph, row), old, text);
}

static void check_service_build(Checker *checker, const Row *row)
{
	const Graph *graph = checker_graph(checker);
	Node service = row->subject;
	const Row *file = graph_find(graph, service, FACT_BUILD_FILE);
	Build build = {.context = graph_symbol_slice(graph, row->object),
	        .inlined = graph_has(graph, service, FACT_BUILD_INLINE)};
	if (file)
		build.file = graph_symbol_slice(graph, file->object);
	build.inlined |= !is_literal(build.file);
	bool step = graph_node_type(graph, service) == NODE_WORKFLOW; /* CI builds at the root */
	Slice folder = step ? workflow_root(path_of(graph, service)) : path_folder(path_of(graph, service));
	if (is_quiet(graph, service) || !is_literal(build.context) || is_remote(build.context) ||
	        graph_has(graph, service, FACT_EXTENDS)) /* its base says the rest of the build */
		return;
	Lack lack = find_lack(graph, folder, &build);
	if (lack == LACK_NOTHING || (lack == LACK_CONTEXT && is_put_there(graph, build.context)) ||
	        (!step && folder.length && is_cloned_beside(graph, folder)) ||
	        (step && is_made_by_step(graph, graph_file_of(graph, service), build.context)))
		return;
	Level level = is_pulled(graph, service) ? LEVEL_WARNING : LEVEL_ERROR;
	if (lack == LACK_CONTEXT) {
		Finding *finding = report_at(checker, level, service, graph_span(graph, row),
		        "'%s' is built in %.*s, and nothing in that folder is tracked", graph_name(graph, service),
		        SLICE_ARGS(build.context));
		if (step)
			set_detail(checker, finding, "%.*s", SLICE_ARGS(build.context));
		mend_context(checker, finding, row, folder);
		return;
	}
	Slice name = build.file.length ? build.file : SLICE("Dockerfile");
	Finding *finding = report_at(checker, level, service, graph_span(graph, file ? file : row),
	        "'%s' is built with %.*s in %.*s, and that file is not tracked", graph_name(graph, service),
	        SLICE_ARGS(name), SLICE_ARGS(build.context));
	add_near_build_file(checker, finding, folder, &build);
}

/* ---- builds by command -------------------------------------------------------------------------------- */

typedef struct Words {
	Slice at[64];
	uint32_t count;
} Words;

static void words_of(const Graph *graph, Node command, Words *words)
{
	words->count = 0;
	GRAPH_OF (graph, command, FACT_WORD, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		bool program = words->count == 0 && slice_is(word, graph_name(graph, command));
		if (!program && words->count < G_N_ELEMENTS(words->at))
			words->at[words->count++] = word;
	}
}

/* Options of `docker build` that take no value in the next word. */
static bool is_lone_option(Slice word)
{
	static const char *const options[] = {"--no-cache", "--pull", "--push", "--load", "-q", "--quiet", "--rm",
	        "--squash", "--force-rm", "--compress", "--debug", "-D"};
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++)
		if (slice_is(word, options[i]))
			return true;
	return slice_find_byte(word, '=', 0) != SIZE_MAX;
}

/* `docker build [-f FILE] DIR` and its kin; false for other commands and those whose words are not literal. */
static bool read_build_command(const Words *words, Build *build)
{
	uint32_t i = 0;
	*build = (Build){0};
	if (i < words->count && (slice_is(words->at[i], "buildx") || slice_is(words->at[i], "image")))
		i++;
	if (i >= words->count || !slice_is(words->at[i], "build"))
		return false;
	for (i++; i < words->count; i++) {
		Slice word = words->at[i];
		if (!is_literal(word) || text_has(word, "*") || text_has(word, "`"))
			return false;
		if (slice_starts(word, "--file="))
			build->file = slice_sub(word, strlen("--file="), word.length);
		else if ((slice_is(word, "-f") || slice_is(word, "--file")) && i + 1 < words->count)
			build->file = words->at[++i];
		else if (word.length && word.at[0] == '-' && !is_lone_option(word))
			i++;
		else if (word.length && word.at[0] != '-')
			build->context = word;
	}
	return build->context.length && is_literal(build->file) && !slice_is(build->context, "-") &&
	       !slice_is(build->file, "-") && !is_remote(build->context);
}

/* The file of a command is named from where the command is run, not from its context. */
static bool command_file_is_missing(const Graph *graph, Slice folder, const Build *build)
{
	for (;; folder = path_folder(folder)) {
		g_autofree char *path = path_resolve(folder, build->file);
		if (!path || graph_find_file(graph, slice_from(path)) || is_behind_link(graph, slice_from(path)))
			return false;
		if (folder.length == 0)
			return true;
	}
}

/* True if the file changes to a folder that is not its own, one above it or the repository's root, or brings another
 * repository or build along. */
static bool goes_elsewhere(const Graph *graph, uint32_t file)
{
	static const char *const homes[] = {
	        "dirname", "--show-toplevel", "BASH_SOURCE", "SCRIPT_DIR", "ROOT", "REPO", "cd -", "cd .."};
	Slice bytes = graph_file_bytes(graph, file);
	for (size_t at = 0; (at = slice_find(bytes, "cd ", at)) != SIZE_MAX; at++) {
		Slice line = graph_line_at(graph, (Span){file, (uint32_t)at, (uint32_t)at});
		bool home = false;
		for (size_t i = 0; i < G_N_ELEMENTS(homes) && !home; i++)
			home = text_has(line, homes[i]);
		if (!home && (at == 0 || !g_ascii_isalnum(bytes.at[at - 1])))
			return true;
	}
	return text_has(bytes, "working-directory") || text_has(bytes, "dir: ") || text_has(bytes, "repository:") ||
	       text_has(bytes, "download-artifact");
}

static bool is_in_prose(const Graph *graph, Node command)
{
	const char *fence = graph_text(graph, command, FACT_FENCE);
	return *fence && strcmp(fence, "run") != 0;
}

/* `cd "$(dirname "$0")/server"`, the last before the command: the folder below the script's own that it goes to, with
 * the line that says so; NULL where there is none such. Free with g_free. */
static char *folder_gone_to(const Graph *graph, Node command, Span *ret_line)
{
	uint32_t file = graph_file_of(graph, command);
	Slice before = slice_sub(graph_file_bytes(graph, file), 0, graph_place(graph, command).start), line;
	g_autofree char *folder = NULL;
	for (Slice rest = before; slice_next_line(&rest, &line);) {
		Slice text = slice_trim(line);
		if (!slice_starts(text, "cd "))
			continue;
		size_t end = SIZE_MAX;
		for (size_t at = 0; (at = slice_find(text, ")", at)) != SIZE_MAX; at++)
			end = at;
		g_clear_pointer(&folder, g_free);
		if (end == SIZE_MAX ||
		        !(text_has(text, "dirname") && (text_has(text, "$0") || text_has(text, "BASH_SOURCE"))))
			continue;
		Slice tail = slice_sub(text, end + 1, text.length);
		while (tail.length && strchr("\"/", tail.at[0]))
			tail = slice_sub(tail, 1, tail.length);
		tail = slice_sub(tail, 0, MIN(slice_find_byte(tail, '"', 0), tail.length));
		if (tail.length == 0 || !is_literal_path(tail))
			continue;
		folder = path_resolve(path_folder(path_of(graph, command)), tail);
		uint32_t start = (uint32_t)(text.at - before.at);
		*ret_line = (Span){file, start, start + (uint32_t)text.length};
	}
	return g_steal_pointer(&folder);
}

/* Every word of the one name is a word of the other, and there are two at least. */
static bool are_words_of(Slice few, Slice many)
{
	uint32_t count = 0;
	for (size_t start = 0, end; start < few.length; start = end + 1, count++) {
		end = MIN(slice_find_byte(few, '-', start), few.length);
		g_autofree char *word = g_strdup_printf("-%.*s-", SLICE_ARGS(slice_sub(few, start, end)));
		g_autofree char *all = g_strdup_printf("-%.*s-", SLICE_ARGS(many));
		if (!strstr(all, word))
			return false;
	}
	return count >= 2;
}

/* The one Dockerfile in a folder that has all words of the name but some, or some more. */
static Node build_file_like(const Graph *graph, Slice name)
{
	Node found = NODE_NONE;
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		Slice folder = path_name(path_folder(path_of(graph, dockerfile)));
		if (is_quiet(graph, dockerfile) || (!are_words_of(folder, name) && !are_words_of(name, folder)))
			continue;
		if (found)
			return NODE_NONE;
		found = dockerfile;
	}
	return found;
}

static void hint_near_folder(Checker *checker, Finding *finding, Slice folder)
{
	const Graph *graph = checker_graph(checker);
	Node like = build_file_like(graph, path_name(folder));
	if (!like)
		return;
	Slice now = path_folder(path_of(graph, like));
	add_evidence(checker, finding, graph_place(graph, like), "a folder of nearly that name has this one");
	set_hint(checker, finding, "build %.*s, if that is what it is called now", SLICE_ARGS(now));
}

/* Several commands of one file may lack the same. The finding where it is the first, else NULL. */
static Finding *report_once(Checker *checker, GHashTable *known, Node command, const char *message)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, command);
	char *key = g_strdup_printf("%u %s", place.file, message);
	Finding *finding = g_hash_table_lookup(known, key);
	if (finding) {
		add_evidence(checker, finding, place, "and here");
		g_free(key);
		return NULL;
	}
	finding = report(checker, command, place, "%s", message);
	g_hash_table_insert(known, key, finding);
	return finding;
}

/* The folder to build is missing: it is named, and the one that it may have become. */
static void report_no_folder(
        Checker *checker, GHashTable *known, Node command, Slice folder, const char *why, Span goes)
{
	Finding *finding = report_once(checker, known, command,
	        arena_printf(checker_arena(checker), "this builds %.*s, %s", SLICE_ARGS(folder), why));
	if (finding && goes.end)
		add_evidence(checker, finding, goes, "it goes there here");
	if (finding)
		hint_near_folder(checker, finding, folder);
}

/* `cat <<EOF > Dockerfile`: the script makes what it builds. */
static bool writes_build_file(const Graph *graph, uint32_t file)
{
	Slice rest = graph_file_bytes(graph, file), line;
	while (slice_next_line(&rest, &line)) {
		size_t at = slice_find_byte(line, '>', 0);
		if (at != SIZE_MAX && slice_find(slice_sub(line, at, line.length), "ockerfile", 0) != SIZE_MAX)
			return true;
	}
	return false;
}

static void check_command_build(Checker *checker, Node command, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Words words;
	Build build;
	words_of(graph, command, &words);
	uint32_t file = graph_file_of(graph, command);
	/* Where a script changes folders, and in prose, the words are relative to a place that is not known. */
	if (is_quiet(graph, command) || !read_build_command(&words, &build) || is_in_prose(graph, command) ||
	        graph_has(graph, command, FACT_GUARDED) || goes_elsewhere(graph, file) ||
	        writes_build_file(graph, file))
		return;
	bool step = graph_has(graph, command, FACT_FENCE); /* CI runs it at the root */
	Slice folder = step ? workflow_root(path_of(graph, command)) : path_folder(path_of(graph, command));
	Span goes = {0};
	g_autofree char *below = step ? NULL : folder_gone_to(graph, command, &goes);
	if (below && !path_exists(graph, slice_from(below)) && !is_put_there(graph, slice_from(below))) {
		report_no_folder(checker, known, command, slice_from(below), "a folder that does not exist", goes);
		return;
	}
	if (below)
		folder = slice_from(below);
	Build context = {.context = build.context, .file = build.file, .inlined = build.file.length > 0};
	Lack lack = find_lack(graph, folder, &context);
	bool here = slice_is(build.context, ".");
	const char *built = arena_text(checker_arena(checker), here ? folder : build.context);
	if (*built == '\0')
		built = "the root of the repository";
	if (lack == LACK_CONTEXT && !is_put_there(graph, build.context))
		report_no_folder(
		        checker, known, command, slice_from(built), "and nothing in that folder is tracked", (Span){0});
	else if (lack == LACK_FILE)
		report_once(checker, known, command,
		        arena_printf(
		                checker_arena(checker), "this builds %s, and no Dockerfile is tracked there", built));
	else if (build.file.length && command_file_is_missing(graph, folder, &build))
		report_once(checker, known, command,
		        arena_printf(checker_arena(checker), "this builds with %.*s, and that file is not tracked",
		                SLICE_ARGS(build.file)));
}

static void check_build_file_missing(Checker *checker)
{
	static const char *const programs[] = {"docker", "podman", "nerdctl"};
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row)
		check_service_build(checker, row);
	for (size_t i = 0; i < G_N_ELEMENTS(programs); i++) {
		Symbol name;
		if (!graph_find_symbol(graph, slice_from(programs[i]), &name))
			continue;
		GRAPH_NAMED(graph, NODE_COMMAND, name, command)
		check_command_build(checker, command, known);
	}
}

static const Rule rules[] = {
        {
                .id = "build-file-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a build names a folder or Dockerfile that is not tracked",
                .why = "On the machine where it was written the build may work, because the files lie there. A clone "
                       "does not have them, so neither CI nor the next machine can build the image.",
                .remedy = "Add the files to Git, correct the path, or use an image that a registry has.",
                .check = check_build_file_missing,
        },
};

const RuleSet rules_buildfile = {"buildfile", rules, G_N_ELEMENTS(rules)};
