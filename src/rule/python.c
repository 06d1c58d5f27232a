/* Imports that lead nowhere. The joins (src/link/program.c) say which import no file of its image gives; here it is
 * decided whose fault that is: a file of the repository that is missing, elsewhere or not copied, or a package that no
 * list names. One missing module is one finding, however many files import it. */
#include "base/package.h"
#include "base/path.h"
#include "rule/holder.h"
#include "rule/ignored.h"
#include "rule/import.h"
#include "rule/modules.h"
#include "rule/need.h"
#include "rule/rule.h"

/* ---- what is missing --------------------------------------------------------------------------------- */

static Slice without_dots(Slice name)
{
	while (name.length && name.at[0] == '.')
		name = slice_sub(name, 1, name.length);
	return name;
}

static Slice top_of(const Graph *graph, Node import)
{
	Slice name = without_dots(slice_from(graph_name(graph, import)));
	return slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length));
}

static bool is_reason(const Graph *graph, Node import, const char *reason)
{
	return strcmp(graph_text(graph, import, FACT_NOT_IN_IMAGE), reason) == 0;
}

/* In a folder without __init__.py, which an installed package of that name goes before: migrations of alembic are kept
 * in alembic/. */
static bool is_below_folder(const Graph *graph, Node import)
{
	return is_reason(graph, import, "folder");
}

static bool is_local(const Graph *graph, Node import)
{
	return is_reason(graph, import, "module") || is_below_folder(graph, import);
}

static Node dockerfile_of(const Graph *graph, Node import)
{
	const Row *row = graph_find(graph, graph_parent(graph, import), FACT_RUNS_IN);
	return row ? row->object : NODE_NONE;
}

/* The module as a path of the repository: PATH.py, or PATH/ with programs in it. NULL if neither is tracked. */
static char *module_file(const Graph *graph, const char *path)
{
	g_autofree char *file = g_strconcat(path, ".py", NULL);
	g_autofree char *package = g_strconcat(path, "/__init__.py", NULL);
	if (graph_find_file(graph, slice_from(file)))
		return g_steal_pointer(&file);
	return graph_find_file(graph, slice_from(package)) ? g_steal_pointer(&package) : NULL;
}

/* The one Python file of the repository that has the module's own name and that of its folder; NULL if there is none
 * or more than one. `tail` is the module with slashes. */
static const char *find_elsewhere(const Graph *graph, const char *tail)
{
	const char *found = NULL;
	g_autofree char *file = g_strconcat("/", tail, ".py", NULL),
	                *package = g_strconcat("/", tail, "/__init__.py", NULL);
	Symbol python;
	if (!graph_find_symbol(graph, SLICE("python"), &python))
		return NULL;
	GRAPH_TO (graph, FACT_FORMAT, python, row) {
		const char *path = graph_name(graph, row->subject);
		Slice slice = slice_from(path);
		bool same = slice_ends(slice, file) || slice_ends(slice, package) || slice_is(slice, file + 1) ||
		            slice_is(slice, package + 1);
		if (!same || is_quiet(graph, row->subject))
			continue;
		if (found)
			return NULL;
		found = path;
	}
	return found;
}

typedef struct Missing {
	Node import;     /* the first that names it */
	Node dockerfile; /* NODE_NONE for a relative import outside of images */
	char *path;      /* where it would stand, without .py */
	char *module;    /* as it is called, in dots */
	char *elsewhere; /* where it stands instead, or NULL */
	GArray *imports; /* Node: all that name it */
} Missing;

static void missing_free(Missing *missing)
{
	g_free(missing->path);
	g_free(missing->module);
	g_free(missing->elsewhere);
	g_array_unref(missing->imports);
	g_free(missing);
}

/* ---- import-unresolved ---------------------------------------------------------------------------------- */

/* The repository's own file that is meant: beside the place where it is looked for, or the only one so called. */
static char *find_meant(const Graph *graph, Node import, bool local)
{
	GRAPH_OF (graph, import, FACT_WANTS_PATH, row) {
		char *file = module_file(graph, graph_symbol_text(graph, row->object));
		if (file)
			return file;
	}
	g_autofree char *tail = slice_dup(without_dots(slice_from(graph_name(graph, import))));
	g_strdelimit(tail, ".", '/');
	if (!*tail || (!local && !strchr(tail, '/') && package_is_common(slice_from(tail))))
		return NULL;
	return g_strdup(find_elsewhere(graph, tail));
}

/* The first place that the import is looked for at; rows of one import have one at least if it is local. */
static const char *wanted_path(const Graph *graph, Node import)
{
	return graph_text(graph, import, FACT_WANTS_PATH);
}

typedef struct Collector {
	const Graph *graph;
	Ignored *ignored;
	GHashTable *all;  /* path to Missing */
	GPtrArray *order; /* Missing */
	Node dockerfile;  /* that needs are of */
	Needs needs;
} Collector;

/* What the image's packages give is no business of the repository's files. */
static bool is_installed(Collector *collector, Node dockerfile, Slice top)
{
	if (!dockerfile)
		return false;
	if (collector->dockerfile != dockerfile) {
		if (collector->dockerfile)
			needs_clear(&collector->needs);
		needs_read(collector->graph, dockerfile, &collector->needs);
		collector->dockerfile = dockerfile;
	}
	return needs_name(&collector->needs, top);
}

/* The path up to the module's first part: a package that is missing as a whole is missing once. */
static char *package_path(const Graph *graph, Node import, const char *path)
{
	Slice name = without_dots(slice_from(graph_name(graph, import))), whole = slice_from(path);
	for (size_t i = 0; i < name.length; i++)
		if (name.at[i] == '.')
			whole = path_folder(whole);
	return slice_dup(whole);
}

static void add_import(Collector *collector, Node import)
{
	const Graph *graph = collector->graph;
	Node dockerfile = dockerfile_of(graph, import);
	bool local = is_local(graph, import);
	const char *path = wanted_path(graph, import);
	if (!*path || ignored_import(collector->ignored, import, NULL) ||
	        ((!local || is_below_folder(graph, import)) &&
	                is_installed(collector, dockerfile, top_of(graph, import))))
		return;
	g_autofree char *key = local ? g_strdup(path) : package_path(graph, import, path);
	Missing *missing = g_hash_table_lookup(collector->all, key);
	if (!missing) {
		char *elsewhere = find_meant(graph, import, local);
		if (!local && !elsewhere)
			return;
		missing = g_new0(Missing, 1);
		*missing = (Missing){.import = import,
		        .dockerfile = dockerfile,
		        .path = g_steal_pointer(&key),
		        .module = local ? g_strdup(graph_name(graph, import)) : slice_dup(top_of(graph, import)),
		        .elsewhere = elsewhere,
		        .imports = g_array_new(FALSE, FALSE, sizeof(Node))};
		g_hash_table_insert(collector->all, missing->path, missing);
		g_ptr_array_add(collector->order, missing);
	}
	g_array_append_val(missing->imports, import);
}

static void add_places(Checker *checker, Finding *finding, const Missing *missing)
{
	const Graph *graph = checker_graph(checker);
	for (guint i = 1; i < missing->imports->len; i++)
		add_evidence(checker, finding, graph_place(graph, g_array_index(missing->imports, Node, i)),
		        "imported here too");
	if (missing->dockerfile)
		add_evidence(
		        checker, finding, start_span(graph, missing->dockerfile), "the image that runs it starts here");
}

static bool is_not_copied(const Missing *missing)
{
	return missing->elsewhere && g_str_has_prefix(missing->elsewhere, missing->path);
}

static Finding *report_unresolved(Checker *checker, const Missing *missing)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, missing->import);
	Finding *finding;
	if (is_reason(graph, missing->import, "beside")) {
		finding = report(checker, missing->import, place,
		        "'%s' stands beside this file, but the program is started from another folder",
		        missing->module);
		set_hint(checker, finding,
		        "import it by its whole name, with the package that it is in, or relative: from . import %s",
		        missing->module);
	} else if (is_not_copied(missing)) {
		finding = report(checker, missing->import, place,
		        "'%s' is not copied into the image, so this import fails", missing->module);
		bool package = missing->elsewhere[strlen(missing->path)] == '/';
		set_hint(checker, finding, "copy %s in the Dockerfile", package ? missing->path : missing->elsewhere);
	} else if (missing->elsewhere) {
		finding = report(checker, missing->import, place, "the image has no module '%s'; the repository has %s",
		        missing->module, missing->elsewhere);
		set_hint(checker, finding, "import it from where it is now, or move or copy %s", missing->elsewhere);
	} else {
		finding = report(checker, missing->import, place, "'%s' leads nowhere: there is no %s.py",
		        missing->module, missing->path);
	}
	if (missing->elsewhere) {
		Node file = graph_find_file(graph, slice_from(missing->elsewhere));
		if (file)
			add_evidence(checker, finding, graph_place(graph, file), "the module that is meant");
	}
	set_detail(checker, finding, "%s", missing->path);
	add_places(checker, finding, missing);
	if (!is_not_copied(missing) || is_reason(graph, missing->import, "beside"))
		mend_imports(checker, finding, missing->imports, missing->elsewhere);
	return finding;
}

/* One COPY leaves out several modules that one file imports. */
static bool is_same_cause(const Graph *graph, const Missing *missing, const Missing *before)
{
	return before && missing->dockerfile && missing->dockerfile == before->dockerfile && is_not_copied(missing) &&
	       is_not_copied(before) && graph_file_of(graph, missing->import) == graph_file_of(graph, before->import) &&
	       !is_reason(graph, missing->import, "beside") && !is_reason(graph, before->import, "beside");
}

static void check_import_unresolved(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Collector collector = {.graph = graph,
	        .ignored = ignored_new(graph),
	        .all = g_hash_table_new(g_str_hash, g_str_equal),
	        .order = g_ptr_array_new_with_free_func((GDestroyNotify)missing_free)};
	GRAPH_EACH (graph, FACT_NOT_IN_IMAGE, row)
		if (!is_quiet(graph, row->subject) && !is_packed(graph, graph_file_of(graph, row->subject)))
			add_import(&collector, row->subject);
	Finding *last = NULL;
	const Missing *before = NULL;
	for (guint i = 0; i < collector.order->len; i++) {
		const Missing *missing = collector.order->pdata[i];
		if (is_same_cause(graph, missing, before)) {
			add_evidence(
			        checker, last, graph_place(graph, missing->import), "nor is '%s'", missing->module);
			set_hint(checker, last,
			        "copy them all in the Dockerfile: %s and the others that are named here",
			        before->elsewhere);
			continue;
		}
		last = report_unresolved(checker, missing);
		before = missing;
	}
	if (collector.dockerfile)
		needs_clear(&collector.needs);
	ignored_free(collector.ignored);
	g_hash_table_unref(collector.all);
	g_ptr_array_unref(collector.order);
	check_script_imports(checker);
}

/* ---- requirement-missing --------------------------------------------------------------------------------- */

typedef struct Lack {
	Node dockerfile;
	Needs *needs;
	const Ignored *ignored;
	GHashTable *found; /* first part of a module to Finding */
} Lack;

/* A list of requirements is plain lines; which version, its owner knows. */
static void mend_requirement(Checker *checker, Finding *finding, Node list, Slice package)
{
	const Graph *graph = checker_graph(checker);
	const char *path = graph_name(graph, list);
	set_hint(checker, finding, "add %.*s to %s", SLICE_ARGS(package), path);
	uint32_t file = graph_file_of(graph, list);
	Slice text = graph_file_bytes(graph, file);
	if (!g_str_has_suffix(path, ".txt"))
		return;
	uint32_t last = text.length ? (uint32_t)text.length - 1 : 0;
	g_autofree char *line = slice_dup(package);
	set_because(
	        checker, finding, FIX_VALUE, "it is the package that gives the module, in whatever version is current");
	if (text.length)
		add_lines_below(checker, finding, (Span){file, last, last}, line);
	else
		add_edit(checker, finding, (Span){file, 0, 0},
		        slice_from(arena_printf(checker_arena(checker), "%s\n", line)));
}

static void report_requirement(Checker *checker, Lack *lack, Node import, Span place, Slice top)
{
	const Graph *graph = checker_graph(checker);
	char *key = arena_text(checker_arena(checker), top);
	Finding *finding = g_hash_table_lookup(lack->found, key);
	if (finding) {
		add_evidence(checker, finding, place, "imported here too");
		return;
	}
	Slice package = package_for(top);
	Level level = graph_has(graph, import, FACT_LAZY) ? LEVEL_WARNING : LEVEL_ERROR;
	finding = report_at(checker, level, import, place,
	        "neither a file of the image nor a package that it installs gives '%s'", key);
	for (guint i = 0; i < MIN(lack->needs->files->len, 3); i++)
		add_evidence(checker, finding, graph_place(graph, g_array_index(lack->needs->files, Node, i)),
		        "this list has no %.*s", SLICE_ARGS(package));
	add_evidence(checker, finding, start_span(graph, lack->dockerfile), "the image that runs it starts here");
	if (lack->needs->files->len)
		mend_requirement(checker, finding, g_array_index(lack->needs->files, Node, 0), package);
	set_detail(checker, finding, "%s", key);
	g_hash_table_insert(lack->found, key, finding);
}

/* RUN speaks of the package, as apt and apk do: python3-requests. */
static bool is_mentioned(const Graph *graph, Node dockerfile, Slice package)
{
	g_autofree char *word = g_strdup_printf("-%.*s", SLICE_ARGS(package));
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, run)
			if (slice_find(graph_span_bytes(graph, graph_place(graph, run)), word, 0) != SIZE_MAX)
				return true;
	return false;
}

static void check_program(Checker *checker, Lack *lack, Node file)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_CHILDREN (graph, file, NODE_IMPORT, import) {
		const Row *row = graph_find(graph, import, FACT_NOT_IN_IMAGE);
		if (!row || is_local(graph, import))
			continue;
		Slice top = top_of(graph, import);
		if (needs_give(lack->needs, top) || is_mentioned(graph, lack->dockerfile, package_for(top)))
			continue;
		g_autofree char *meant = find_meant(graph, import, false);
		if (!meant && !ignored_import(lack->ignored, import, NULL))
			report_requirement(checker, lack, import, graph_place(graph, import), top);
	}
}

/* The server that CMD starts is a package too. */
static void check_server(Checker *checker, Lack *lack, Node command)
{
	static const char *const servers[] = {
	        "uvicorn", "gunicorn", "hypercorn", "daphne", "granian", "celery", "streamlit"};
	const Graph *graph = checker_graph(checker);
	GRAPH_OF (graph, command, FACT_ARGUMENT, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		for (size_t i = 0; i < G_N_ELEMENTS(servers); i++) {
			if (!slice_is(word, servers[i]))
				continue;
			if (!needs_give(lack->needs, word) && !is_mentioned(graph, lack->dockerfile, word) &&
			        !g_hash_table_contains(lack->found, servers[i]))
				report_requirement(checker, lack, command, graph_span(graph, row), word);
			return;
		}
	}
}

static void check_servers(Checker *checker, Lack *lack)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	GRAPH_CHILDREN (graph, lack->dockerfile, NODE_STAGE, stage)
		last = stage;
	GRAPH_CHILDREN (graph, last, NODE_INSTRUCTION, instruction) {
		const char *word = graph_name(graph, instruction);
		if (strcmp(word, "CMD") == 0 || strcmp(word, "ENTRYPOINT") == 0)
			check_server(checker, lack, instruction);
	}
}

static void check_requirement_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Ignored) ignored = ignored_new(graph);
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		Rows programs = graph_rows_to(graph, FACT_RUNS_IN, dockerfile);
		if (programs.at == programs.end || is_quiet(graph, dockerfile))
			continue;
		Needs needs;
		needs_read(graph, dockerfile, &needs);
		Lack lack = {dockerfile, &needs, ignored, g_hash_table_new(g_str_hash, g_str_equal)};
		bool known = needs.plain_base && !needs.open && needs.files->len > 0;
		for (const Row *row = programs.at; known && row != programs.end; row++)
			if (!is_quiet(graph, row->subject))
				check_program(checker, &lack, row->subject);
		if (known)
			check_servers(checker, &lack);
		g_hash_table_unref(lack.found);
		needs_clear(&needs);
	}
	check_script_packages(checker);
}

/* ---- source-syntax ---------------------------------------------------------------------------------------- */

/* Minor version of the Python 3 that an official image brings, "python:3.12-slim"; false where the tag does not say. */
static bool base_version(const Graph *graph, Node dockerfile, uint32_t *ret_minor)
{
	Slice name = path_name(base_image(graph, dockerfile));
	if (!slice_starts(name, "python:3."))
		return false;
	name = slice_sub(name, strlen("python:3."), name.length);
	size_t end = 0;
	while (end < name.length && g_ascii_isdigit(name.at[end]))
		end++;
	return slice_to_number(slice_sub(name, 0, end), ret_minor);
}

/* The image whose Python is not newer than the one that was asked, and so knows no syntax that this one does not. */
static Node image_not_newer(const Graph *graph, Node file)
{
	Slice version = slice_from(graph_text(graph, file, FACT_COMPILED_BY));
	uint32_t ours = 0, theirs;
	if (!slice_starts(version, "3.") || !slice_to_number(slice_sub(version, 2, version.length), &ours))
		return NODE_NONE;
	GRAPH_OF (graph, file, FACT_RUNS_IN, row)
		if (base_version(graph, row->object, &theirs) && theirs <= ours)
			return row->object;
	return NODE_NONE;
}

static bool is_one_of_prefixes(const char *text, const char *const *prefixes)
{
	for (; *prefixes; prefixes++)
		if (g_str_has_prefix(text, *prefixes))
			return true;
	return false;
}

/* No version of Python reads these: lines that are indented wrong, and what a merge left behind. */
static bool is_wrong_in_all(const char *message, Slice line)
{
	static const char *const kinds[] = {"IndentationError", "TabError", NULL};
	return is_one_of_prefixes(message, kinds) || slice_starts(line, "<<<<<<< ") || slice_starts(line, ">>>>>>> ");
}

static bool is_python2_line(Slice line)
{
	if (slice_starts(line, "#!"))
		return slice_find(line, "python2", 0) != SIZE_MAX;
	if (slice_starts(line, "print \"") || slice_starts(line, "print '") || slice_starts(line, "print >>"))
		return true;
	return (slice_starts(line, "except ") || slice_starts(line, "raise ")) &&
	       slice_find(line, ", ", 0) != SIZE_MAX && slice_find_byte(line, '(', 0) == SIZE_MAX;
}

/* Python 2 is another language, whose programs other images may run. */
static bool is_python2(const char *message, Slice bytes)
{
	static const char *const kinds[] = {"SyntaxError: Missing parentheses in call to",
	        "SyntaxError: multiple exception types must be parenthesized", "SyntaxError: leading zeros in decimal",
	        NULL};
	Slice line, rest = bytes;
	if (is_one_of_prefixes(message, kinds))
		return true;
	while (slice_next_line(&rest, &line))
		if (is_python2_line(slice_trim(line)))
			return true;
	return false;
}

/* Text that becomes a program once another one has filled it in. */
static bool is_program_template(Slice bytes, Slice line)
{
	static const char *const anywhere[] = {"{%", "<%", NULL}, *const here[] = {"{{", "${", "$(", "@@", NULL};
	for (const char *const *mark = anywhere; *mark; mark++)
		if (slice_find(bytes, *mark, 0) != SIZE_MAX)
			return true;
	for (const char *const *mark = here; *mark; mark++)
		if (slice_find(line, *mark, 0) != SIZE_MAX)
			return true;
	return false;
}

static void check_source_syntax(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_COMPILE_ERROR, row) {
		Node file = row->subject;
		Span place = graph_span(graph, row);
		const char *message = graph_symbol_text(graph, row->object), *words = strstr(message, ": ");
		Slice bytes = graph_file_bytes(graph, graph_file_of(graph, file)),
		      line = graph_span_bytes(graph, place);
		Node dockerfile = image_not_newer(graph, file);
		if (is_quiet(graph, file) || (!dockerfile && !is_wrong_in_all(message, line)) ||
		        is_python2(message, bytes) || is_program_template(bytes, line))
			continue;
		if (!dockerfile)
			dockerfile = graph_find(graph, file, FACT_RUNS_IN)->object;
		if (is_quiet(graph, dockerfile))
			continue;
		Finding *finding = report(
		        checker, file, place, "Python cannot read this program: %s", words ? words + 2 : message);
		add_evidence(checker, finding, start_span(graph, dockerfile), "this image runs it");
	}
}

static const Rule rules[] = {
        {
                .id = "import-unresolved",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "an import that no tracked file of the image provides",
                .why = "Imports are resolved from the container's own folders, not from the repository's. An image of "
                       "Python builds without a word, and the program stops with ModuleNotFoundError when it starts: "
                       "in Kubernetes that is a CrashLoopBackOff. JavaScript stops so too, or is not bundled at all.",
                .remedy = "Commit the missing file, copy its folder in the Dockerfile, or correct the import: in "
                          "Python to the module's path as seen from WORKDIR and PYTHONPATH.",
                .peers = "pylint: import-error; pyright: reportMissingImports; eslint: import/no-unresolved",
                .check = check_import_unresolved,
        },
        {
                .id = "requirement-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a third-party import that no requirements file or package.json of the image names",
                .why = "It works on the machine where somebody once installed the package by hand. In a fresh image "
                       "the "
                       "import fails and the program does not start.",
                .remedy = "Add the package to the requirements file or package.json that the Dockerfile installs. In "
                          "Python its name may differ from the module's.",
                .peers = "deptry: DEP001; eslint: import/no-extraneous-dependencies",
                .check = check_requirement_missing,
        },
        {
                .id = "source-syntax",
                .level = LEVEL_ERROR,
                .title = "a Python program of an image that does not compile",
                .why = "The image builds, since nothing reads the program until it starts or imports the file: then "
                       "Python stops with a SyntaxError, and the container is restarted for ever. Your own python3 "
                       "was asked to compile the file; it was not run.",
                .remedy = "Look at the named line and the one above it: an unclosed bracket or quote, indentation, or "
                          "what a merge left behind.",
                .peers = "pyflakes, ruff: E999; pylint: syntax-error",
                .check = check_source_syntax,
        },
};

const RuleSet rules_python = {"python", rules, G_N_ELEMENTS(rules)};
