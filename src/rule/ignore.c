/* Ignore files against what the tracked files need.
 *
 * A pattern is blamed only where nobody had the place in mind: it matches at any depth, and what it hides is the source
 * of a program, not what a build makes or an owner keeps to himself. */
#include "base/package.h"
#include "base/path.h"
#include "rule/ignored.h"
#include "rule/need.h"
#include "rule/rule.h"

/* ---- ignore-hides-source ------------------------------------------------------------------------------ */

typedef struct Hiding {
	Checker *checker;
	Ignored *ignored;
	GHashTable *findings; /* PATTERN node to Finding */
	GHashTable *places;   /* import and COPY nodes that are told already */
	Node dockerfile;      /* that needs are of */
	Needs needs;
} Hiding;

static const Needs *needs_of(Hiding *hiding, Node dockerfile)
{
	if (hiding->dockerfile != dockerfile) {
		if (hiding->dockerfile)
			needs_clear(&hiding->needs);
		needs_read(checker_graph(hiding->checker), dockerfile, &hiding->needs);
		hiding->dockerfile = dockerfile;
	}
	return &hiding->needs;
}

static Node dockerfile_of(const Graph *graph, Node file)
{
	const Row *row = graph_find(graph, file, FACT_RUNS_IN);
	return row ? row->object : NODE_NONE;
}

/* A name that some package gives is not the repository's. */
static bool is_package(Hiding *hiding, Node import)
{
	const Graph *graph = checker_graph(hiding->checker);
	Node dockerfile = dockerfile_of(graph, graph_parent(graph, import));
	Slice name = slice_from(graph_name(graph, import));
	Slice top = slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length));
	if (strcmp(graph_text(graph, import, FACT_NOT_IN_IMAGE), "module") == 0 || !dockerfile)
		return false;
	return package_is_common(top) || needs_name(needs_of(hiding, dockerfile), top);
}

/* settings.py that is kept out on purpose has a settings.example.py beside it, or one in another order. */
static bool has_example(const Graph *graph, const char *path)
{
	static const char *const words[] = {"example", "sample", "template", "dist"};
	Slice folder = path_folder(slice_from(path)), name = path_name(slice_from(path));
	Slice stem = slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length));
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice other = slice_from(graph_file_path(graph, file));
		if (!slice_equal(path_folder(other), folder))
			continue;
		Slice beside = path_name(other);
		for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
			if (beside.length > stem.length && slice_equal(slice_sub(beside, 0, stem.length), stem) &&
			        slice_find(beside, words[i], stem.length) != SIZE_MAX)
				return true;
	}
	return false;
}

/* The line that takes the hidden folder or file back in, as seen from the ignore file. Free with g_free. */
static char *exception_for(const Graph *graph, const Ignored *ignored, Node pattern, const char *path)
{
	Slice whole = slice_from(path), folder = graph_folder_of(graph, pattern);
	size_t skip = folder.length ? folder.length + 1 : 0;
	for (size_t end = skip; end < whole.length;) {
		end = MIN(slice_find_byte(whole, '/', end + 1), whole.length);
		g_autofree char *part = slice_dup(slice_sub(whole, 0, end));
		bool is_folder = end < whole.length;
		if (ignoring_pattern(ignored, part, is_folder) == pattern)
			return g_strconcat("!/", part + skip, is_folder ? "/" : NULL, NULL);
	}
	return g_strdup_printf("!/%s", path + skip);
}

/* Of what Git ignores the folder is taken back, with all that comes into Git; of what a build leaves out each file that
 * its program needs, as seen from the context. */
static void mend_hiding(Hiding *hiding, Finding *finding, Node pattern, const char *path, const Slice *context)
{
	const Graph *graph = checker_graph(hiding->checker);
	Span place = graph_place(graph, pattern);
	if (context) {
		const char *below = path + context->length + (context->length > 0);
		add_lines_below(
		        hiding->checker, finding, place, arena_printf(checker_arena(hiding->checker), "!%s", below));
		return;
	}
	g_autofree char *exception = exception_for(graph, hiding->ignored, pattern, path);
	add_lines_below(hiding->checker, finding, place, exception);
	add_tracked(hiding->checker, finding, path);
}

/* context: that of the build which leaves the path out; NULL where Git does. */
static Finding *finding_of(Hiding *hiding, Level level, Node pattern, const char *path, const Slice *context)
{
	const Graph *graph = checker_graph(hiding->checker);
	Finding *finding = g_hash_table_lookup(hiding->findings, GUINT_TO_POINTER(pattern));
	const char *what = context ? "the build" : "Git";
	if (finding) {
		finding->level = MAX(finding->level, level);
		mend_hiding(hiding, finding, pattern, path, context);
		return finding;
	}
	finding = report_at(hiding->checker, level, pattern, graph_place(graph, pattern),
	        "the pattern '%s' keeps %s out of %s", graph_name(graph, pattern), path, what);
	g_hash_table_insert(hiding->findings, GUINT_TO_POINTER(pattern), finding);
	g_autofree char *exception = exception_for(graph, hiding->ignored, pattern, path);
	if (!context)
		set_hint(hiding->checker, finding,
		        "add the line %s behind it, or begin the pattern with / if only the "
		        "folder beside the ignore file is meant; then git add %s",
		        exception, path);
	else
		set_hint(hiding->checker, finding, "make the pattern narrower, or take the path back in behind it");
	set_because(hiding->checker, finding, FIX_VALUE,
	        context ? "the exceptions take back what the program needs and nothing else"
	                : "the exception takes back %s and nothing else",
	        path);
	mend_hiding(hiding, finding, pattern, path, context);
	return finding;
}

/* The COPY that takes the folder of a path, or where the image starts. */
static void add_copy(Hiding *hiding, Finding *finding, Node dockerfile, const char *path)
{
	const Graph *graph = checker_graph(hiding->checker);
	bool said;
	Slice context = slice_from(build_context(graph, dockerfile, &said));
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, copy) {
			if (graph_has(graph, copy, FACT_FROM_STAGE))
				continue;
			GRAPH_OF (graph, copy, FACT_SOURCE, row) {
				g_autofree char *source = path_resolve(context, graph_symbol_slice(graph, row->object));
				if (!source || !path_is_below(slice_from(path), slice_from(source)))
					continue;
				if (g_hash_table_add(hiding->places, GUINT_TO_POINTER(copy)))
					add_evidence(hiding->checker, finding, graph_span(graph, row),
					        "the image takes this folder as it is in Git");
				return;
			}
		}
}

/* What a step before the build makes under that name. */
static bool is_build_output(Slice pattern)
{
	static const char *const names[] = {"build", "dist", "out", "target", "gen", "generated", "output", "*_pb2"};
	while (pattern.length && pattern.at[pattern.length - 1] == '/')
		pattern.length--;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(pattern, names[i]))
			return true;
	return false;
}

static void check_hidden_import(Hiding *hiding, Node import)
{
	const Graph *graph = checker_graph(hiding->checker);
	g_autofree char *path = NULL;
	Node pattern = ignored_import(hiding->ignored, import, &path);
	if (!pattern || is_build_output(slice_from(graph_name(graph, pattern))) || is_quiet(graph, import) ||
	        is_package(hiding, import) || has_example(graph, path))
		return;
	Finding *finding = finding_of(hiding, LEVEL_ERROR, pattern, path, NULL);
	add_evidence(hiding->checker, finding, graph_place(graph, import), "this import needs it");
	Node dockerfile = dockerfile_of(graph, graph_parent(graph, import));
	if (dockerfile)
		add_copy(hiding, finding, dockerfile, path);
}

/* `lib/`, from a template for another language, hides src/lib/ as well. */
static void check_hidden_script(Hiding *hiding, const Row *row)
{
	const Graph *graph = checker_graph(hiding->checker);
	g_autofree char *folder = NULL;
	Node import = row->subject,
	     pattern = ignored_script_folder(hiding->ignored, graph_symbol_text(graph, row->object), &folder);
	if (!pattern || is_build_output(slice_from(graph_name(graph, pattern))) || is_quiet(graph, import))
		return;
	Finding *finding = finding_of(hiding, LEVEL_ERROR, pattern, folder, NULL);
	add_evidence(hiding->checker, finding, graph_place(graph, import), "this import needs it");
}

/* A program file that the build never sees, although it is tracked. */
static void check_hidden_program(Hiding *hiding, Node file, Node dockerfile)
{
	const Graph *graph = checker_graph(hiding->checker);
	bool said;
	Slice context = slice_from(build_context(graph, dockerfile, &said));
	Node ignore_file = docker_ignore_file(graph, dockerfile, context);
	const char *path = graph_name(graph, file);
	if (!ignore_file || is_quiet(graph, file) || !path_is_below(slice_from(path), context))
		return;
	Node pattern = docker_ignoring_pattern(hiding->ignored, ignore_file, context, path);
	if (!pattern)
		return;
	Finding *finding = finding_of(hiding, LEVEL_ERROR, pattern, path, &context);
	add_evidence(hiding->checker, finding, graph_place(graph, file), "the image's program needs this file");
	if (g_hash_table_add(hiding->places, GUINT_TO_POINTER(dockerfile)))
		add_evidence(hiding->checker, finding, start_span(graph, dockerfile), "the image starts here");
}

static void check_ignore_hides_source(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Hiding hiding = {.checker = checker,
	        .ignored = ignored_new(graph),
	        .findings = g_hash_table_new(NULL, NULL),
	        .places = g_hash_table_new(NULL, NULL)};
	GRAPH_EACH (graph, FACT_NOT_IN_IMAGE, row)
		check_hidden_import(&hiding, row->subject);
	GRAPH_EACH (graph, FACT_MODULE_LOST, row)
		check_hidden_script(&hiding, row);
	GRAPH_EACH (graph, FACT_RUNS_IN, row)
		check_hidden_program(&hiding, row->subject, row->object);
	GRAPH_EACH (graph, FACT_SCRIPT_IN, row)
		check_hidden_program(&hiding, row->subject, row->object);
	if (hiding.dockerfile)
		needs_clear(&hiding.needs);
	ignored_free(hiding.ignored);
	g_hash_table_unref(hiding.findings);
	g_hash_table_unref(hiding.places);
}

/* ---- ignore-exception-dead -------------------------------------------------------------------------------- */

/* The folders of a negated pattern up to the first wildcard, and the whole of it if there is none. */
static Slice literal_part(Slice pattern)
{
	pattern = slice_sub(pattern, 1, pattern.length);
	while (pattern.length && pattern.at[0] == '/')
		pattern = slice_sub(pattern, 1, pattern.length);
	for (size_t i = 0; i < pattern.length; i++)
		if (strchr("*?[\\", pattern.at[i]))
			return path_folder(slice_sub(pattern, 0, i));
	while (pattern.length && pattern.at[pattern.length - 1] == '/')
		pattern.length--;
	return pattern;
}

static bool is_tracked(const Graph *graph, Slice path)
{
	return graph_find_file(graph, path) || graph_has_folder(graph, path);
}

/* Where the last two parts of the path, or its last one if that is told apart by a dot, stand now: "" if nowhere. */
static Slice find_moved(const Graph *graph, Slice path)
{
	Slice folder = path_folder(path), tail = slice_sub(path, path_folder(folder).length, path.length);
	if (tail.length && tail.at[0] == '/')
		tail = slice_sub(tail, 1, tail.length);
	for (uint32_t file = 0; file < graph_files(graph) && folder.length; file++) {
		Slice whole = slice_from(graph_file_path(graph, file));
		for (Slice part = whole; part.length; part = path_folder(part)) {
			if (part.length > tail.length && part.at[part.length - tail.length - 1] == '/' &&
			        slice_equal(slice_sub(part, part.length - tail.length, part.length), tail))
				return part;
		}
	}
	return (Slice){"", 0};
}

/* known: path → Finding, for a folder and what lies below it have one cause. */
static void check_exception(Checker *checker, Node pattern, GHashTable *known)
{
	const Graph *graph = checker_graph(checker);
	Slice written = slice_from(graph_name(graph, pattern)), literal = literal_part(written);
	Slice name = path_name(literal);
	bool keeper = slice_is(name, ".gitkeep") || slice_is(name, ".keep") || slice_is(name, ".gitignore");
	if (slice_find_byte(written, '/', 0) == SIZE_MAX || literal.length == 0 || keeper)
		return;
	Slice folder = graph_folder_of(graph, pattern);
	g_autofree char *path = path_resolve(folder, literal);
	if (!path || !*path || is_tracked(graph, slice_from(path)))
		return;
	/* A file that is kept out of a folder that exists may come any day; folders that never were are from a
	 * template. */
	Slice parent = path_folder(slice_from(path));
	Slice first = slice_sub(literal, 0, MIN(slice_find_byte(literal, '/', 0), literal.length));
	g_autofree char *top = path_resolve(folder, first);
	bool gone = parent.length && !is_tracked(graph, parent) && top && graph_has_folder(graph, slice_from(top));
	Slice moved = find_moved(graph, slice_from(path));
	if (!gone && moved.length == 0)
		return;
	Finding *finding = g_hash_table_lookup(known, path);
	if (finding)
		add_evidence(checker, finding, graph_place(graph, pattern), "nor does this one");
	else
		finding = report(checker, pattern, graph_place(graph, pattern),
		        "this exception takes back nothing: there is no %s", path);
	if (moved.length)
		set_hint(checker, finding, "%.*s has the name: follow the move, or delete the line", SLICE_ARGS(moved));
	if (moved.length && folder.length == 0) {
		g_autofree char *old = slice_dup(literal), *now = slice_dup(moved);
		set_because(checker, finding, FIX_VALUE, "no other path has that name");
		add_rename(checker, finding, graph_place(graph, pattern), old, now);
	}
	g_hash_table_insert(known, g_steal_pointer(&path), finding);
}

static void check_ignore_exception_dead(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GRAPH_EACH (graph, FACT_NEGATED, row)
		if (graph_node_type(graph, row->subject) == NODE_PATTERN && !is_quiet(graph, row->subject))
			check_exception(checker, row->subject, known);
}

/* ---- ignore-file-ignored ---------------------------------------------------------------------------------- */

static void check_ignore_pattern(Checker *checker, const Ignored *ignored, Node pattern, const char *name)
{
	const Graph *graph = checker_graph(checker);
	Slice folder = graph_folder_of(graph, pattern);
	g_autofree char *path = path_resolve(folder, slice_from(name));
	if (!path || graph_find_file(graph, slice_from(path)) || ignoring_pattern(ignored, path, false) != pattern)
		return;
	/* Whether there is a .dockerignore at all nobody knows. */
	Level level = strcmp(name, ".dockerignore") == 0 ? LEVEL_INFO : LEVEL_WARNING;
	Finding *finding = report_at(checker, level, pattern, graph_place(graph, pattern),
	        "'%s' keeps %s itself out of Git: only one machine obeys it", graph_name(graph, pattern), name);
	set_detail(checker, finding, "%s", name);
	set_because(checker, finding, FIX_SAFE, "the file is for everybody who clones");
	if (strcmp(graph_name(graph, pattern), name) == 0)
		add_deletion(checker, finding, graph_place(graph, pattern));
	else
		add_lines_below(checker, finding, graph_place(graph, pattern),
		        arena_printf(checker_arena(checker), "!%s", name));
}

static void check_ignore_file_ignored(Checker *checker)
{
	static const char *const names[] = {".gitignore", ".dockerignore"};
	const Graph *graph = checker_graph(checker);
	g_autoptr(Ignored) ignored = ignored_new(graph);
	GRAPH_NODES (graph, NODE_PATTERN, pattern) {
		Slice written = slice_from(graph_name(graph, pattern));
		if (slice_find(written, "ignore", 0) == SIZE_MAX || graph_has(graph, pattern, FACT_NEGATED) ||
		        !slice_ends(slice_from(graph_file_path(graph, graph_file_of(graph, pattern))), ".gitignore"))
			continue;
		for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
			check_ignore_pattern(checker, ignored, pattern, names[i]);
	}
}

/* ---- ignore-file-comment -------------------------------------------------------------------------------------- */

/* Where a comment begins behind a pattern, as people write it: blanks, #, and a blank or a word; or SIZE_MAX. */
static size_t find_comment(Slice pattern)
{
	for (size_t at = 1; at + 1 < pattern.length; at++)
		if (pattern.at[at] == '#' && strchr(" \t", pattern.at[at - 1]) &&
		        (strchr(" \t", pattern.at[at + 1]) || g_ascii_isalpha(pattern.at[at + 1])) &&
		        (at < 2 || pattern.at[at - 2] != '\\'))
			return at;
	return SIZE_MAX;
}

static void check_ignore_file_comment(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = NULL;
	uint32_t file = 0; /* of that finding */
	GRAPH_NODES (graph, NODE_PATTERN, pattern) {
		Span place = graph_place(graph, pattern);
		Slice written = graph_span_bytes(graph, place);
		size_t hash = find_comment(written);
		if (hash == SIZE_MAX)
			continue;
		Slice before = slice_trim(slice_sub(written, 0, hash)),
		      comment = slice_trim(slice_sub(written, hash, written.length));
		if (finding && file == place.file)
			add_evidence(checker, finding, place, "so is '%.*s'", SLICE_ARGS(before));
		else
			finding = report(checker, pattern, place,
			        "the pattern is '%.*s' with all that follows, and matches no file of the name '%.*s'",
			        SLICE_ARGS(before), SLICE_ARGS(before));
		file = place.file;
		set_hint(checker, finding, "put the comment on a line of its own");
		set_because(checker, finding, FIX_SAFE, "a comment begins only at the start of a line");
		add_edit(checker, finding, place,
		        slice_from(arena_printf(
		                checker_arena(checker), "%.*s\n%.*s", SLICE_ARGS(comment), SLICE_ARGS(before))));
	}
}

static const Rule rules[] = {
        {
                .id = "ignore-hides-source",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an ignore rule keeps a file out that something tracked needs",
                .why = "A .gitignore pattern without a slash in front or in the middle matches at any depth. On the "
                       "machine where the file was written everything works; CI builds from Git, the image lacks the "
                       "module, and the pod crashes when it imports it.",
                .remedy = "Anchor the pattern with a leading slash, or add the narrow exception behind it, and add the "
                          "file to Git.",
                .check = check_ignore_hides_source,
        },
        {
                .id = "ignore-exception-dead",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a negated ignore rule matches no path",
                .why = "The tree it was written for was moved or renamed. The pattern above it now hides the files at "
                       "their new place, and nothing says so.",
                .remedy = "Let the exception follow the move, or delete it.",
                .check = check_ignore_exception_dead,
        },
        {
                .id = "ignore-file-ignored",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "an ignore file is itself ignored",
                .why = "It exists on one machine only. Every other clone, CI above all, adds and copies what it was "
                       "meant to keep out.",
                .remedy = "Delete the pattern and commit the ignore file. What only your machine needs belongs in "
                          ".git/info/exclude.",
                .check = check_ignore_file_ignored,
        },
        {
                .id = "ignore-file-comment",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "a comment behind a pattern is part of the pattern",
                .why = "Ignore files know comments only at the start of a line. The pattern with the comment in it "
                       "matches nothing, so what it should keep out comes into Git or into the image.",
                .remedy = "Put the comment on the line above.",
                .check = check_ignore_file_comment,
        },
};

const RuleSet rules_ignore = {"ignore", rules, G_N_ELEMENTS(rules)};
