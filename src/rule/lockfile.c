/* Installs that take their versions from a lock file, in images that have none.
 *
 * `npm ci` and its kin stop where the file is missing. What COPY took out of the build context before that line is
 * looked through: its owner's package.json has to be among it, or nothing is known. A step that may write the file, or
 * a stage that may bring it, leaves all open. */
#include "base/path.h"
#include "rule/ignored.h"
#include "rule/need.h"
#include "rule/rule.h"
#include "rule/search.h"

typedef struct Tool {
	const char *words;      /* the command that stops without a lock file */
	const char *option;     /* that it has to have for this, or NULL */
	const char *manifest;   /* what says that the folder is a project of the tool */
	const char *locks[3];   /* any of them will do */
	const char *instead[2]; /* commands that make the file, or do without it */
} Tool;

static const Tool tools[] = {
        {"npm ci", NULL, "package.json", {"package-lock.json", "npm-shrinkwrap.json"}, {"npm install", "npm i "}},
        {"pnpm install", "--frozen-lockfile", "package.json", {"pnpm-lock.yaml"}, {"--no-frozen-lockfile"}},
        {"pnpm i", "--frozen-lockfile", "package.json", {"pnpm-lock.yaml"}, {"--no-frozen-lockfile"}},
        {"yarn install", "--immutable", "package.json", {"yarn.lock"}, {NULL}},
        {"uv sync", "--frozen", "pyproject.toml", {"uv.lock"}, {"uv lock"}},
        {"uv sync", "--locked", "pyproject.toml", {"uv.lock"}, {"uv lock"}},
};

typedef struct Install {
	const Graph *graph;
	Node dockerfile, run;
	const Tool *tool;
	Span span;         /* of the command */
	GPtrArray *copies; /* instructions that brought files of the context before it, as Node */
	bool open;         /* something may have brought the file, or made it */
} Install;

/* ---- what the stage has ---------------------------------------------------------------------------------------- */

static Slice text_of(const Graph *graph, Node instruction)
{
	return graph_span_bytes(graph, graph_place(graph, instruction));
}

static bool ends_word(Slice text, size_t end)
{
	return end >= text.length || !(g_ascii_isalnum(text.at[end]) || strchr("-_.", text.at[end]));
}

/* Where the tool is called, or SIZE_MAX. Behind a test or before an "or else" its failure is foreseen. */
static size_t find_call(Slice text, const Tool *tool)
{
	size_t at = 0, length = strlen(tool->words);
	if (text_has(text, "||") || text_has(text, "if ") || text_has(text, "-f ") ||
	        text_has(text, "--mount=type=bind") || (tool->option && !text_has(text, tool->option)))
		return SIZE_MAX;
	for (size_t i = 0; i < G_N_ELEMENTS(tool->instead); i++)
		if (tool->instead[i] && text_has(text, tool->instead[i]))
			return SIZE_MAX;
	while ((at = slice_find(text, tool->words, at)) != SIZE_MAX) {
		bool begins = at == 0 || !(g_ascii_isalnum(text.at[at - 1]) || strchr("-_#", text.at[at - 1]));
		if (begins && ends_word(text, at + length))
			return at;
		at++;
	}
	return SIZE_MAX;
}

/* A step that may write a lock file of any tool: another install, or an archive that is unpacked. */
static bool may_write(Slice text)
{
	static const char *const words[] = {"npm i", "npm init", "pnpm i", "yarn", "git clone", "curl", "wget", "tar ",
	        "unzip", "lock", "uv add", "create-"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(text, words[i]))
			return true;
	return false;
}

static Node stage_named(const Graph *graph, Node dockerfile, Slice name)
{
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		if (slice_is_nocase(name, graph_name(graph, stage)))
			return stage;
	return NODE_NONE;
}

/* What the stage did before the instruction, or did in all for NODE_NONE. */
static void read_steps(Install *install, Node stage, Node before)
{
	const Graph *graph = install->graph;
	GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, step) {
		const char *word = graph_name(graph, step);
		if (step == before)
			return;
		if (strcmp(word, "RUN") == 0)
			install->open = install->open || may_write(text_of(graph, step));
		if (strcmp(word, "COPY") != 0 && strcmp(word, "ADD") != 0)
			continue;
		if (graph_has(graph, step, FACT_FROM_STAGE) || graph_has(graph, step, FACT_ON_BUILD))
			install->open = install->open || !text_has(text_of(graph, step), "/bin/");
		else
			g_ptr_array_add(install->copies, GUINT_TO_POINTER(step));
	}
}

/* The stage, and those that it begins from. */
static void read_stages(Install *install, Node stage)
{
	const Graph *graph = install->graph;
	read_steps(install, stage, install->run);
	for (uint32_t depth = 0; stage && depth < 20; depth++) {
		Node from = stage_named(graph, install->dockerfile, slice_from(graph_text(graph, stage, FACT_FROM)));
		stage = from == stage ? NODE_NONE : from;
		if (stage)
			read_steps(install, stage, NODE_NONE);
	}
}

/* ---- what the context has -------------------------------------------------------------------------------------- */

/* A file of the name, taken from that folder of the context by the source: itself, by a pattern, or with its folder.
 * Free with g_free; NULL where the source does not bring one. */
static char *taken(const Graph *graph, Slice context, Slice source, const char *name)
{
	while (source.length && source.at[0] == '/')
		source = slice_sub(source, 1, source.length);
	g_autofree char *pattern = slice_dup(path_name(source)), *whole = path_resolve(context, source);
	if (whole && (!*whole || graph_has_folder(graph, slice_from(whole)))) {
		g_autofree char *below = g_strdup_printf("%s%s%s", whole, *whole ? "/" : "", name);
		return graph_find_file(graph, slice_from(below)) ? g_steal_pointer(&below) : NULL;
	}
	g_autofree char *folder = path_resolve(context, path_folder(source));
	if (!folder || !g_pattern_match_simple(pattern, name))
		return NULL;
	g_autofree char *path = g_strdup_printf("%s%s%s", folder, *folder ? "/" : "", name);
	return graph_find_file(graph, slice_from(path)) ? g_steal_pointer(&path) : NULL;
}

/* The first file of the name that some COPY takes; ret_copy may be NULL. */
static char *find_taken(const Install *install, Slice context, const char *name, Node *ret_copy)
{
	const Graph *graph = install->graph;
	for (guint i = 0; i < install->copies->len; i++) {
		Node copy = GPOINTER_TO_UINT(install->copies->pdata[i]);
		GRAPH_OF (graph, copy, FACT_SOURCE, row) {
			char *path = taken(graph, context, graph_symbol_slice(graph, row->object), name);
			if (path && ret_copy)
				*ret_copy = copy;
			if (path)
				return path;
		}
	}
	return NULL;
}

typedef bool SourceTest(const Install *install, Slice context, Slice source);

static bool any_source(const Install *install, Slice context, SourceTest *test)
{
	for (guint i = 0; i < install->copies->len; i++)
		GRAPH_OF (install->graph, GPOINTER_TO_UINT(install->copies->pdata[i]), FACT_SOURCE, row)
			if (test(install, context, graph_symbol_slice(install->graph, row->object)))
				return true;
	return false;
}

static bool is_lock(const Tool *tool, Slice name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tool->locks); i++)
		if (tool->locks[i] && slice_is(name, tool->locks[i]))
			return true;
	return false;
}

/* With a variable it may be anything; a lock file by its whole name is missed by another rule. */
static bool is_open_source(const Install *install, Slice context, Slice source)
{
	return slice_find_byte(source, '$', 0) != SIZE_MAX || is_lock(install->tool, path_name(source));
}

/* A folder with a lock file somewhere in it: the install may go there. */
static bool holds_lock(const Install *install, Slice context, Slice source)
{
	const Graph *graph = install->graph;
	while (source.length && source.at[0] == '/')
		source = slice_sub(source, 1, source.length);
	g_autofree char *folder = path_resolve(context, source);
	for (uint32_t file = 0; folder && file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (is_lock(install->tool, path_name(path)) && (!*folder || path_is_below(path, slice_from(folder))))
			return true;
	}
	return false;
}

/* ---- the rule ---------------------------------------------------------------------------------------------------- */

typedef struct Lack {
	Node copy;      /* that brings the manifest */
	char *manifest; /* path of it; NULL where nothing is known to be missing */
	Node pattern;   /* of .dockerignore, that keeps the lock file out, or NODE_NONE */
} Lack;

/* What the image lacks if it is built in that folder. A lock file that the build does not get is none. */
static Lack find_lack(const Install *install, Ignored *ignored, Slice context)
{
	const Tool *tool = install->tool;
	Lack lack = {.manifest = find_taken(install, context, tool->manifest, &lack.copy)};
	Node ignore_file = docker_ignore_file(install->graph, install->dockerfile, context);
	for (size_t i = 0; lack.manifest && i < G_N_ELEMENTS(tool->locks) && tool->locks[i]; i++) {
		g_autofree char *lock = find_taken(install, context, tool->locks[i], NULL);
		if (lock && ignore_file)
			lack.pattern = docker_ignoring_pattern(ignored, ignore_file, context, lock);
		if (lock && !lack.pattern)
			g_clear_pointer(&lack.manifest, g_free);
	}
	if (lack.manifest && !lack.pattern && any_source(install, context, holds_lock))
		g_clear_pointer(&lack.manifest, g_free);
	return lack;
}

static void explain_lack(Checker *checker, Finding *finding, const Install *install, const Lack *lack, Ignored *ignored)
{
	const Graph *graph = install->graph;
	const char *name = install->tool->locks[0];
	Slice folder = path_folder(slice_from(lack->manifest));
	g_autofree char *lock = g_strdup_printf("%.*s%s%s", SLICE_ARGS(folder), folder.length ? "/" : "", name);
	bool tracked = graph_find_file(graph, slice_from(lock));
	Node hiding = tracked ? NODE_NONE : ignoring_pattern(ignored, lock, false);
	add_evidence(checker, finding, graph_place(graph, lack->copy), "this brings %s%s", install->tool->manifest,
	        tracked && !lack->pattern ? " alone" : "");
	if (lack->pattern)
		add_evidence(
		        checker, finding, graph_place(graph, lack->pattern), "this pattern keeps it out of the build");
	if (hiding)
		add_evidence(checker, finding, graph_place(graph, hiding), "this pattern keeps it out of Git");
	if (lack->pattern)
		set_hint(checker, finding, "take the pattern out of the ignore file");
	else if (tracked)
		set_hint(checker, finding, "copy %s too, before this line", name);
	else
		set_hint(checker, finding, "make it in %.*s and commit it%s", folder.length ? (int)folder.length : 8,
		        folder.length ? folder.at : "the root", hiding ? ", which takes that pattern out" : "");
}

static void report_lack(Checker *checker, const Install *install, const Lack *lack, Ignored *ignored)
{
	const char *name = install->tool->locks[0];
	Finding *finding = report(checker, install->run, install->span,
	        "'%s%s%s' stops without %s, and the image has none", install->tool->words,
	        install->tool->option ? " " : "", install->tool->option ? install->tool->option : "", name);
	set_detail(checker, finding, "%s", name);
	explain_lack(checker, finding, install, lack, ignored);
}

/* In every folder that it is built in; where nothing says which, in the nearest that has the manifest, if no folder
 * above has all. */
static void check_install(Checker *checker, const Install *install, Ignored *ignored)
{
	const Graph *graph = install->graph;
	Lack first = {0};
	bool said, whole = true;
	build_context(graph, install->dockerfile, &said);
	Slice folder = graph_folder_of(graph, install->dockerfile);
	for (bool top = false; !said && !top && !first.manifest; folder = path_folder(folder)) {
		top = folder.length == 0;
		whole = whole && !any_source(install, folder, is_open_source);
		first = find_lack(install, ignored, folder);
	}
	GRAPH_OF (graph, install->dockerfile, FACT_CONTEXT, row) {
		Slice context = graph_symbol_slice(graph, row->object);
		if (!said || !whole)
			break;
		g_free(first.manifest);
		first = find_lack(install, ignored, context);
		whole = first.manifest && !any_source(install, context, is_open_source);
	}
	if (first.manifest && whole)
		report_lack(checker, install, &first, ignored);
	g_free(first.manifest);
}

static void check_run(Checker *checker, Node dockerfile, Node stage, Node run, Ignored *ignored)
{
	const Graph *graph = checker_graph(checker);
	Slice text = text_of(graph, run);
	Span place = graph_place(graph, run);
	for (size_t i = 0; i < G_N_ELEMENTS(tools); i++) {
		size_t at = find_call(text, &tools[i]);
		if (at == SIZE_MAX)
			continue;
		g_autoptr(GPtrArray) copies = g_ptr_array_new();
		uint32_t start = place.start + (uint32_t)at;
		Install install = {graph, dockerfile, run, &tools[i],
		        {place.file, start, start + (uint32_t)strlen(tools[i].words)}, copies, false};
		read_stages(&install, stage);
		if (!install.open)
			check_install(checker, &install, ignored);
		return;
	}
}

static void check_lock_file_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(Ignored) ignored = ignored_new(graph);
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		if (is_quiet(graph, dockerfile))
			continue;
		GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
			GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, run)
				if (strcmp(graph_name(graph, run), "RUN") == 0)
					check_run(checker, dockerfile, stage, run, ignored);
	}
}

static const Rule rules[] = {
        {
                .id = "lock-file-missing",
                .level = LEVEL_ERROR,
                .title = "an install that stops for want of its lock file",
                .why = "npm ci, pnpm install --frozen-lockfile and uv sync --frozen take every version from the lock "
                       "file, and stop where there is none: the image cannot be built. On the machine where it was "
                       "written the file is there, so that nobody sees it.",
                .remedy = "Commit the lock file and copy it beside the manifest, or install without one.",
                .check = check_lock_file_missing,
        },
};

const RuleSet rules_lockfile = {"lockfile", rules, G_N_ELEMENTS(rules)};
