/* Paths that documents, scripts and CI files name and that are not there. What a path is relative to is rarely said:
 * only one that exists nowhere it could be meant is dead, and one thing that is gone is one finding however often it is
 * named. */
#include "base/glob.h"
#include "base/path.h"
#include "rule/ignored.h"
#include "rule/rule.h"

typedef struct Gone {
	Checker *checker;
	GHashTable *names; /* both are made when first asked: most repositories never do */
	Ignored *ignored;
	GHashTable *findings; /* path from the root → Finding */
	const char *format;
} Gone;

/* Last part of each path → file number + 1, or UINT32_MAX for several. */
static GHashTable *names_new(const Graph *graph)
{
	GHashTable *names = g_hash_table_new(g_str_hash, g_str_equal);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *name = path_name(slice_from(graph_file_path(graph, file))).at;
		gpointer known = g_hash_table_lookup(names, name);
		g_hash_table_insert(names, (gpointer)name, GUINT_TO_POINTER(known ? UINT32_MAX : file + 1));
	}
	return names;
}

/* The one file of that name, wherever it is now. */
static bool find_moved(Gone *gone, const char *path, Span *ret_file)
{
	const Graph *graph = checker_graph(gone->checker);
	if (!gone->names)
		gone->names = names_new(graph);
	g_autofree char *name = slice_dup(path_name(slice_from(path)));
	uint32_t found = GPOINTER_TO_UINT(g_hash_table_lookup(gone->names, name));
	if (found == 0 || found == UINT32_MAX || g_ascii_strcasecmp(name, "README.md") == 0)
		return false;
	*ret_file = (Span){found - 1, 0, 0};
	return !graph_has(graph, graph_file_node(graph, found - 1), FACT_CLASS);
}

static bool exists(const Graph *graph, const char *path)
{
	Slice text = slice_from(path);
	return text.length == 0 || graph_find_file(graph, text) || graph_has_folder(graph, text);
}

/* The path as it is meant at that folder is there, as it is or as a page of a site generator is linked. A path that
 * leads out of the repository is not. */
static bool exists_below(const Graph *graph, Slice folder, Slice path)
{
	static const char *const endings[] = {"", ".md", "/README.md", "/index.md"};
	g_autofree char *full = path_resolve(folder, path);
	for (size_t i = 0; full && i < G_N_ELEMENTS(endings); i++) {
		g_autofree char *with = g_strconcat(full, endings[i], NULL);
		if (exists(graph, with))
			return true;
	}
	return false;
}

/* From the folder and from every folder above it, the root last. True for one that leads out of the repository from
 * where it is written: that is not ours to say. */
static bool exists_above(const Graph *graph, Slice folder, Slice path)
{
	g_autofree char *here = path_resolve(folder, path);
	while (here && !exists_below(graph, folder, path)) {
		if (folder.length == 0)
			return false;
		folder = path_folder(folder);
	}
	return true;
}

/* Letters that stand for something else than themselves, URLs, paths of the machine. */
static bool is_literal_path(Slice path)
{
	if (path.length == 0 || path.length > 200 || strchr("/~$#-@%", path.at[0]))
		return false;
	for (size_t i = 0; i < path.length; i++)
		if (strchr("<>{}$*?|\"'`()[],;=\\ ", path.at[i]) || (unsigned char)path.at[i] < ' ')
			return false;
	return slice_find(path, "://", 0) == SIZE_MAX && slice_find(path, "...", 0) == SIZE_MAX &&
	       !slice_starts(path, "mailto:") && slice_find_byte(path, ':', 0) == SIZE_MAX;
}

/* Without the anchor, the query and the `:12` of a line. */
static Slice bare_path(Slice path)
{
	static const char ends[] = {'#', '?'};
	for (size_t i = 0; i < sizeof ends; i++) {
		size_t end = slice_find_byte(path, ends[i], 0);
		path = slice_sub(path, 0, end == SIZE_MAX ? path.length : end);
	}
	size_t colon = path.length;
	while (colon > 0 && g_ascii_isdigit(path.at[colon - 1]))
		colon--;
	return colon > 0 && colon < path.length && path.at[colon - 1] == ':' ? slice_sub(path, 0, colon - 1) : path;
}

/* Documents that speak of what is to come, and paths with a name that stands for any name. */
static bool is_plan(const char *document)
{
	static const char *const words[] = {
	        "plan", "spec", "template", "proposal", "adr", "rfc", "todo", "roadmap", "task", "skill", "idea"};
	g_autofree char *lower = g_ascii_strdown(document, -1);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

static bool is_sample_path(Slice path)
{
	static const char *const words[] = {"my-", "new-", "foo", "example", "your", "xxx", "-name", "some-", "sample"};
	g_autofree char *lower = g_ascii_strdown(path.at, (gssize)path.length);
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (strstr(lower, words[i]))
			return true;
	return false;
}

static Slice first_part(Slice path)
{
	while (slice_starts(path, "./") || slice_starts(path, "../"))
		path = slice_sub(path, slice_starts(path, "./") ? 2 : 3, path.length);
	size_t slash = slice_find_byte(path, '/', 0);
	return slash == SIZE_MAX ? (Slice){"", 0} : slice_sub(path, 0, slash);
}

static bool has_extension(Slice path)
{
	Slice name = path_name(path);
	size_t dot = name.length;
	while (dot > 1 && name.at[dot - 1] != '.')
		dot--;
	return dot > 1 && name.length - dot >= 1 && name.length - dot <= 5 && g_ascii_isalpha(name.at[dot]);
}

/* A path in prose is meant as one of this repository when it begins with a folder that is here, and looks like a file
 * or says that it is a folder. */
static bool is_ours(const Graph *graph, const char *document, Slice path)
{
	Slice first = first_part(path), folder = path_folder(slice_from(document));
	if (is_plan(document) || is_sample_path(path))
		return false;
	if (first.length == 0 || !(has_extension(path) || path.at[path.length - 1] == '/'))
		return false;
	g_autofree char *sibling = path_resolve(folder, first);
	return graph_has_folder(graph, first) || (sibling && graph_has_folder(graph, slice_from(sibling)));
}

/* Files that are of one machine or secret on purpose, and what .gitignore keeps out: not there, and meant so. */
static bool is_kept_out(Gone *gone, Slice folder, Slice path)
{
	static const char *const local[] = {".env", "kubeconfig", "secret", ".key", ".pem", "terraform.tfstate",
	        "node_modules", "venv", ".local", "override"};
	g_autofree char *text = slice_dup(path);
	for (size_t i = 0; i < G_N_ELEMENTS(local); i++)
		if (strstr(text, local[i]))
			return true;
	if (!gone->ignored)
		gone->ignored = ignored_new(checker_graph(gone->checker));
	g_autofree char *here = path_resolve(folder, path), *root = path_resolve((Slice){"", 0}, path);
	return (here && ignoring_pattern(gone->ignored, here, false)) ||
	       (root && ignoring_pattern(gone->ignored, root, false));
}

/* ---- findings, one for each thing that is gone -------------------------------------------------------------- */

static Gone gone_new(Checker *checker, const char *what)
{
	return (Gone){.checker = checker,
	        .findings = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .format = what};
}

static void gone_clear(Gone *gone)
{
	g_clear_pointer(&gone->names, g_hash_table_unref);
	ignored_free(gone->ignored);
	g_hash_table_unref(gone->findings);
}

static void gone_add(Gone *gone, Level level, Node subject, Span span, Slice path)
{
	const Graph *graph = checker_graph(gone->checker);
	g_autofree char *full = path_resolve((Slice){"", 0}, path);
	char *key = full ? g_steal_pointer(&full) : slice_dup(path);
	Finding *finding = g_hash_table_lookup(gone->findings, key);
	Span moved;
	if (finding) {
		add_evidence(gone->checker, finding, span, "named here too");
		g_free(key);
		return;
	}
	finding = report_at(gone->checker, level, subject, span, "%s '%.*s', which is not in the repository",
	        gone->format, SLICE_ARGS(path));
	set_detail(gone->checker, finding, "%s", key);
	if (find_moved(gone, key, &moved)) {
		const char *now = graph_file_path(graph, moved.file);
		add_evidence(gone->checker, finding, moved, "the one file of that name is here");
		set_hint(gone->checker, finding, "write the path of %s", now);
	}
	g_hash_table_insert(gone->findings, key, finding);
}

/* ---- documents ------------------------------------------------------------------------------------------------ */

static bool is_dead_link(Gone *gone, Node link, Slice folder, Slice path)
{
	const Graph *graph = checker_graph(gone->checker);
	bool prose = has_role(graph, link, "code-path");
	const char *document = graph_file_path(graph, graph_file_of(graph, link));
	if (!is_literal_path(path) || (prose && !is_ours(graph, document, path)))
		return false;
	if (!prose && !has_extension(path) && first_part(path).length == 0)
		return false; /* a page of a wiki or site */
	return !exists_above(graph, folder, path) && !is_kept_out(gone, folder, path);
}

static void check_doc_dead_path(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Gone gone = gone_new(checker, "the document names");
	GRAPH_NODES (graph, NODE_LINK, link) {
		if ((!has_role(graph, link, "link") && !has_role(graph, link, "code-path")) || is_quiet(graph, link))
			continue;
		Slice folder = path_folder(slice_from(graph_file_path(graph, graph_file_of(graph, link))));
		Slice path = bare_path(graph_symbol_slice(graph, graph_name_symbol(graph, link)));
		if (is_dead_link(&gone, link, folder, path))
			gone_add(&gone, LEVEL_WARNING, link, graph_place(graph, link), path);
	}
	gone_clear(&gone);
}

/* ---- commands -------------------------------------------------------------------------------------------------- */

/* Options whose value is a path that must exist, by program. */
static const struct {
	const char *program, *option;
} path_options[] = {
        {"kubectl", "-f"},
        {"kubectl", "--filename"},
        {"kubectl", "-k"},
        {"kubectl", "--kustomize"},
        {"docker", "-f"},
        {"docker", "--file"},
        {"docker-compose", "-f"},
        {"docker-compose", "--file"},
        {"podman", "-f"},
        {"podman-compose", "-f"},
        {"helm", "-f"},
        {"helm", "--values"},
};

static bool takes_path(Slice program, Slice option)
{
	for (size_t i = 0; i < G_N_ELEMENTS(path_options); i++)
		if (slice_is(program, path_options[i].program) && slice_is(option, path_options[i].option))
			return true;
	return false;
}

/* bash X, sh X, source X, python X: the first word that is no option. */
static bool runs_first_word(Slice program)
{
	static const char *const names[] = {"bash", "sh", "source", ".", "python", "python3"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(program, names[i]))
			return true;
	return false;
}

typedef struct Use {
	Slice path;
	Span span;
} Use;

/* The paths that a command needs, at most as many as fit. */
static size_t needed_paths(const Graph *graph, Node command, Use *uses, size_t room)
{
	Slice program = graph_symbol_slice(graph, graph_name_symbol(graph, command)), before = {"", 0};
	size_t count = 0;
	bool first = runs_first_word(program);
	if (slice_starts(program, "./") || slice_starts(program, "../"))
		uses[count++] = (Use){program, graph_place(graph, command)};
	GRAPH_OF (graph, command, FACT_WORD, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		if (count == room)
			break;
		if (takes_path(program, before) || (first && word.length && word.at[0] != '-' && has_extension(word)))
			uses[count++] = (Use){word, graph_span(graph, row)};
		else if (first && slice_is(word, "-m"))
			first = false;
		if (word.length && word.at[0] != '-')
			first = false;
		before = word;
	}
	return count;
}

/* Words of `cd` in the same file: a path may be meant from there. */
static bool exists_after_cd(const Graph *graph, Node command, Slice folder, Slice path)
{
	Symbol cd;
	if (!graph_find_symbol(graph, SLICE("cd"), &cd))
		return false;
	GRAPH_CHILDREN (graph, graph_parent(graph, command), NODE_COMMAND, other) {
		const Row *word = graph_name_symbol(graph, other) == cd ? graph_find(graph, other, FACT_WORD) : NULL;
		if (!word)
			continue;
		Slice target = graph_symbol_slice(graph, word->object);
		if (!is_literal_path(target))
			return true; /* somewhere that is not said */
		g_autofree char *here = path_resolve(folder, target), *root = path_resolve((Slice){"", 0}, target);
		if (!here || exists_above(graph, slice_from(here), path) ||
		        (root && exists_above(graph, slice_from(root), path)))
			return true;
	}
	return false;
}

/* The file itself makes the path, or brings another repository in. */
static bool is_made_here(const Graph *graph, Node command, Slice path)
{
	static const char *const makers[] = {"> ", ">", "-o ", "tee ", "mkdir -p ", "mkdir ", "cp ", "--output "};
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, command));
	g_autofree char *text = slice_dup(path);
	for (size_t i = 0; i < G_N_ELEMENTS(makers); i++) {
		g_autofree char *made = g_strconcat(makers[i], text, NULL);
		if (slice_find(bytes, made, 0) != SIZE_MAX)
			return true;
	}
	return slice_find(bytes, "git clone", 0) != SIZE_MAX || slice_find(bytes, "wget ", 0) != SIZE_MAX ||
	       slice_find(bytes, "curl -O", 0) != SIZE_MAX || slice_find(bytes, "curl -L", 0) != SIZE_MAX;
}

static void check_command(Gone *gone, Node command)
{
	const Graph *graph = checker_graph(gone->checker);
	Slice folder = path_folder(slice_from(graph_file_path(graph, graph_file_of(graph, command))));
	const char *document = graph_file_path(graph, graph_file_of(graph, command));
	bool prose =
	        graph_has(graph, command, FACT_FENCE) && strcmp(graph_text(graph, command, FACT_FENCE), "run") != 0;
	Use uses[16];
	size_t count = needed_paths(graph, command, uses, G_N_ELEMENTS(uses));
	for (size_t i = 0; i < count; i++) {
		Slice path = uses[i].path;
		if (!is_literal_path(path) || (prose && !is_ours(graph, document, path)) ||
		        exists_above(graph, folder, path) || is_kept_out(gone, folder, path) ||
		        exists_after_cd(graph, command, folder, path) || is_made_here(graph, command, path))
			continue;
		gone_add(gone, LEVEL_WARNING, command, uses[i].span, path);
	}
}

static void check_script_wrong_target(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Gone gone = gone_new(checker, "a command here needs");
	GRAPH_NODES (graph, NODE_COMMAND, command)
		if (!is_quiet(graph, command) && !graph_has(graph, command, FACT_GUARDED))
			check_command(&gone, command);
	gone_clear(&gone);
}

/* ---- CI -----------------------------------------------------------------------------------------------------------
 */

static bool any_file_matches(const Graph *graph, Slice pattern, Arena *arena)
{
	const Glob *glob = glob_new_git(pattern, true, arena);
	for (uint32_t file = 0; glob && file < graph_files(graph); file++)
		if (glob_matches(glob, slice_from(graph_file_path(graph, file))))
			return true;
	return !glob;
}

/* The folders of a pattern before its first wildcard. */
static Slice literal_folder(Slice pattern)
{
	size_t end = 0;
	while (end < pattern.length && !strchr("*?[!+", pattern.at[end]))
		end++;
	return end == pattern.length ? pattern : path_folder(slice_sub(pattern, 0, end));
}

/* A pattern in a folder that is there may wait for files to come; one whose folder is gone was left behind. */
static bool is_dead_trigger(const Graph *graph, Slice pattern, Arena *arena)
{
	Slice folder = literal_folder(pattern);
	g_autofree char *path = path_resolve((Slice){"", 0}, folder);
	return pattern.length && pattern.at[0] != '!' && folder.length && path && !exists(graph, path) &&
	       slice_find(pattern, "${{", 0) == SIZE_MAX && !any_file_matches(graph, pattern, arena);
}

static bool has_live_trigger(const Graph *graph, Node workflow, Arena *arena)
{
	GRAPH_CHILDREN (graph, workflow, NODE_LINK, link) {
		Slice pattern = graph_symbol_slice(graph, graph_name_symbol(graph, link));
		if (has_role(graph, link, "trigger") && any_file_matches(graph, pattern, arena))
			return true;
	}
	return false;
}

/* Another repository is checked out, or an earlier step makes folders: what is there then cannot be said. */
static bool brings_files(const Graph *graph, Node link, Slice path)
{
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, link));
	static const char *const marks[] = {"repository:", "download-artifact", "git clone", "mkdir"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(bytes, marks[i], 0) != SIZE_MAX)
			return true;
	g_autofree char *checkout = g_strdup_printf("path: %.*s", SLICE_ARGS(path));
	return slice_find(bytes, checkout, 0) != SIZE_MAX;
}

static void check_ci_path_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Gone gone = gone_new(checker, "the workflow needs");
	GRAPH_NODES (graph, NODE_LINK, link) {
		Node workflow = graph_ancestor(graph, link, NODE_WORKFLOW);
		Slice path = graph_symbol_slice(graph, graph_name_symbol(graph, link));
		if (!workflow)
			continue;
		if (has_role(graph, link, "trigger")) {
			if (!is_dead_trigger(graph, path, checker_arena(checker)))
				continue;
			char *key = g_strdup_printf("%u %.*s", graph_file_of(graph, link), SLICE_ARGS(path));
			if (!g_hash_table_add(gone.findings, key))
				continue; /* push and pull_request list the same paths */
			Level level =
			        has_live_trigger(graph, workflow, checker_arena(checker)) ? LEVEL_WARNING : LEVEL_ERROR;
			Finding *finding = report_at(checker, level, link, graph_place(graph, link),
			        "the workflow is started by changes of '%.*s', and there is no such path",
			        SLICE_ARGS(path));
			set_detail(checker, finding, "%.*s", SLICE_ARGS(path));
			Slice folder = literal_folder(path);
			Span moved;
			if (find_moved(&gone, folder.at, &moved) && folder.length == path.length)
				add_evidence(checker, finding, moved, "the one file of that name is here");
		} else if (!has_role(graph, link, "build-context") && !has_role(graph, link, "build-file") &&
		           is_literal_path(path) && !exists_below(graph, (Slice){"", 0}, path) &&
		           !brings_files(graph, link, path) && !is_kept_out(&gone, (Slice){"", 0}, path)) {
			gone_add(&gone, LEVEL_ERROR, link, graph_place(graph, link), path);
		}
	}
	gone_clear(&gone);
}

static const Rule rules[] = {
        {
                .id = "doc-dead-path",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a document names a path that is gone",
                .why = "Whoever follows the document, most likely you on a bad evening, finds nothing there and begins "
                       "to doubt the rest.",
                .remedy = "Write the path where the file is now, or take the sentence out.",
                .peers = "lychee; markdown-link-check",
                .check = check_doc_dead_path,
        },
        {
                .id = "script-wrong-target",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a command needs a path that does not exist",
                .why = "The script stops there, or goes on with half of its work done; a deploy script may report "
                       "success all the same.",
                .remedy = "Write the path where the file is now; test for it where it may be absent.",
                .check = check_script_wrong_target,
        },
        {
                .id = "ci-path-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a CI workflow names a path that is gone",
                .why = "A trigger path that matches nothing means that the workflow never runs again, and nobody is "
                       "told; a missing working "
                       "directory, build context or local action fails every run.",
                .remedy = "Write the paths where the files are now.",
                .peers = "actionlint",
                .check = check_ci_path_missing,
        },
};

const RuleSet rules_docs = {"docs", rules, G_N_ELEMENTS(rules)};
