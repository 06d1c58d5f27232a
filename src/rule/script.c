/* Commands are not run, and their order is not followed: whatever a file makes, tests or changes to anywhere counts
 * everywhere in it. So a path is called missing only if no reading of the file finds it. */
#include "rule/script.h"

#include "base/path.h"
#include "rule/gone.h"
#include "rule/search.h"

#define MOST_FOLDERS 64
#define MOST_STEPS 8

struct LinkIndex {
	uint32_t files;
	Node first[];
};

LinkIndex *link_index_new(const Graph *graph)
{
	uint32_t files = graph_files(graph);
	LinkIndex *index = g_malloc0(sizeof *index + files * sizeof(Node));
	index->files = files;
	GRAPH_NODES (graph, NODE_LINK, link) {
		uint32_t file = graph_file_of(graph, link);
		if (file < files && !index->first[file])
			index->first[file] = link;
	}
	return index;
}

void link_index_free(LinkIndex *index)
{
	g_free(index);
}

static void add_folder(Script *script, Slice folder, Slice path)
{
	char *full = path_resolve(folder, path);
	if (full && script->folders->len < MOST_FOLDERS)
		g_ptr_array_add(script->folders, full);
	else
		g_free(full);
}

/* What follows the last variable or substitution of a word that begins with one. */
static Slice behind_variable(Slice word)
{
	size_t end = word.length;
	while (end > 0 && !strchr("$)}`", word.at[end - 1]))
		end--;
	if (end > 0 && word.at[end - 1] == '$')
		while (end < word.length && (g_ascii_isalnum(word.at[end]) || word.at[end] == '_'))
			end++;
	Slice rest = slice_sub(word, end, word.length);
	return slice_starts(rest, "/") ? slice_sub(rest, 1, rest.length) : rest;
}

/* The script's own folder, or the root of the repository, by the ways in which scripts find them. */
static bool is_own_place(Slice word)
{
	static const char *const marks[] = {"dirname", "BASH_SOURCE", "SCRIPT", "script", "ROOT", "root", "REPO",
	        "repo", "show-toplevel", "justfile_directory", "CURDIR", "GITHUB_WORKSPACE", "CI_PROJECT_DIR", "$DIR",
	        "$HERE"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (text_has(word, marks[i]))
			return true;
	return false;
}

/* What the file gives the variable that is the whole word: NAME = value, NAME := value, NAME=value at the beginning of
 * a line. The word itself where nothing does. */
static Slice value_of(const Script *script, Slice word)
{
	Slice name = word, bytes = graph_file_bytes(script->graph, script->file), line;
	while (name.length && strchr("$({", name.at[0]))
		name = slice_sub(name, 1, name.length);
	while (name.length && strchr(")}/", name.at[name.length - 1]))
		name.length--;
	for (size_t i = 0; i < name.length; i++)
		if (!g_ascii_isalnum(name.at[i]) && name.at[i] != '_')
			return word;
	while (name.length && slice_next_line(&bytes, &line)) {
		if (line.length <= name.length || memcmp(line.at, name.at, name.length) != 0)
			continue;
		Slice rest = slice_trim(slice_sub(line, name.length, line.length));
		while (rest.length && strchr(":?", rest.at[0]))
			rest = slice_sub(rest, 1, rest.length);
		if (slice_starts(rest, "="))
			return slice_trim(slice_sub(rest, 1, rest.length));
	}
	return word;
}

static void read_folder(Script *script, Slice word)
{
	Slice here = path_folder(slice_from(graph_file_path(script->graph, script->file)));
	Slice value = slice_starts(word, "$") ? value_of(script, word) : word;
	if (is_own_place(value))
		word = value;
	while (word.length && strchr("\"'", word.at[0]))
		word = slice_sub(word, 1, word.length);
	while (word.length && strchr("\"'", word.at[word.length - 1]))
		word.length--;
	bool literal = is_literal_path(word), own = !literal && is_own_place(word);
	if (!literal && !own) {
		script->lost = script->lost || !slice_is(word, "-");
		return;
	}
	Slice path = literal ? word : behind_variable(word);
	g_autofree char *folder = path_resolve(here, path);
	if (literal && !exists_above(script->graph, here, path) && folder && *folder) {
		script->lost = true; /* made, cloned, or of another repository */
		return;
	}
	guint before = script->folders->len; /* `cd apps`, and further down `cd web` */
	for (guint i = 0; i < before && i < MOST_STEPS; i++)
		add_folder(script, slice_from(script->folders->pdata[i]), path);
	add_folder(script, here, path);
	add_folder(script, (Slice){"", 0}, path);
	if (own)
		add_folder(script, path_folder(here), path); /* "$(dirname "$SCRIPT_DIR")" */
}

static void add_made(Script *script, Slice word)
{
	script->lost = script->lost || slice_is(word, "*");
	script->tests_variable = script->tests_variable || slice_starts(word, "$");
	Slice path = word.length && word.at[0] == '$' ? path_name(word) : word;
	char *full = path.at == word.at ? path_resolve((Slice){"", 0}, path) : script_expand(script, word);
	g_hash_table_add(script->made, slice_dup(path_name(path)));
	if (full)
		g_hash_table_add(script->made, full);
}

static void add_variable(Script *script, Node link)
{
	const char *name = graph_name(script->graph, link), *path = graph_text(script->graph, link, FACT_PATH);
	const char *known = g_hash_table_lookup(script->folder_of, name);
	g_hash_table_insert(script->folder_of, (gpointer)name, (gpointer)(known && strcmp(known, path) ? "" : path));
}

void script_read(const Graph *graph, const LinkIndex *index, uint32_t file, Script *ret_script)
{
	*ret_script = (Script){.graph = graph,
	        .file = file,
	        .folders = g_ptr_array_new_with_free_func(g_free),
	        .made = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .folder_of = g_hash_table_new(g_str_hash, g_str_equal)};
	for (Node link = index->first[file]; link && graph_file_of(graph, link) == file;
	        link = graph_next_node(graph, link)) {
		Slice word = graph_symbol_slice(graph, graph_name_symbol(graph, link));
		if (has_role(graph, link, "makes") || has_role(graph, link, "tests"))
			add_made(ret_script, word);
		else if (has_role(graph, link, "folder"))
			read_folder(ret_script, word);
		else if (has_role(graph, link, "variable"))
			add_variable(ret_script, link);
		else if (has_role(graph, link, "working-directory") && slice_find(word, "${", 0) != SIZE_MAX)
			ret_script->lost = true; /* filled in by the workflow, as for each job of a matrix */
		else if (has_role(graph, link, "working-directory"))
			add_folder(ret_script, (Slice){"", 0}, word);
	}
}

void script_clear(Script *script)
{
	g_ptr_array_unref(script->folders);
	g_hash_table_unref(script->made);
	g_hash_table_unref(script->folder_of);
}

/* The path, a folder above it, or a file of its name. */
bool script_makes(const Script *script, Slice path)
{
	g_autofree char *full = path_resolve((Slice){"", 0}, path), *name = slice_dup(path_name(path));
	if (g_hash_table_contains(script->made, name))
		return true;
	for (char *slash; full && *full; *slash = '\0') {
		if (g_hash_table_contains(script->made, full))
			return true;
		slash = strrchr(full, '/');
		if (!slash)
			return false;
	}
	return false;
}

/* `./shed/tools/x.yaml` for tools/x.yaml of a repository whose checkout is called shed: run from beside it. */
static bool is_seen_from_beside(const Script *script, Slice path)
{
	while (slice_starts(path, "./"))
		path = slice_sub(path, 2, path.length);
	size_t slash = slice_find_byte(path, '/', 0);
	if (slash == SIZE_MAX || slash == 0 || graph_has_folder(script->graph, slice_sub(path, 0, slash)))
		return false;
	Slice rest = slice_sub(path, slash + 1, path.length);
	return slice_find_byte(rest, '/', 0) != SIZE_MAX && path_exists(script->graph, rest);
}

bool script_knows(const Script *script, Slice path)
{
	Slice here = path_folder(slice_from(graph_file_path(script->graph, script->file)));
	if (script->lost || exists_above(script->graph, here, path) || script_makes(script, path) ||
	        is_seen_from_beside(script, path))
		return true;
	for (guint i = 0; i < script->folders->len; i++)
		if (exists_above(script->graph, slice_from(script->folders->pdata[i]), path))
			return true;
	return false;
}

/* ---- variables --------------------------------------------------------------------------------------------- */

#define MOST_EXPANSIONS 8

/* `$NAME` and what follows it. */
static bool split_variable(Slice word, char **ret_name, Slice *ret_rest)
{
	bool braced = slice_starts(word, "${");
	size_t start = braced ? 2 : 1, end = start;
	if (!slice_starts(word, "$"))
		return false;
	while (end < word.length && (g_ascii_isalnum(word.at[end]) || word.at[end] == '_'))
		end++;
	if (end == start || (braced && (end == word.length || word.at[end] != '}')))
		return false;
	*ret_name = slice_dup(slice_sub(word, start, end));
	*ret_rest = slice_sub(word, end + braced, word.length);
	return true;
}

/* `$(dirname "$0")/x` as "./x"; other words as they are. Quotes are gone already. */
static char *without_dirname(Slice word)
{
	static const char *const starts[] = {"$(dirname $0)", "$(dirname ${0})", "$(dirname ${BASH_SOURCE[0]})",
	        "$(dirname $BASH_SOURCE)", "$(dirname ${BASH_SOURCE})", "${0%/*}", "$(dirname -- $0)",
	        "$(dirname -- ${BASH_SOURCE[0]})"};
	for (size_t i = 0; i < G_N_ELEMENTS(starts); i++)
		if (slice_starts(word, starts[i]))
			return g_strdup_printf(".%.*s", SLICE_ARGS(slice_sub(word, strlen(starts[i]), word.length)));
	return slice_dup(word);
}

char *script_expand(const Script *script, Slice word)
{
	Slice here = path_folder(slice_from(graph_file_path(script->graph, script->file))), rest;
	g_autofree char *path = without_dirname(word);
	for (uint32_t i = 0; i < MOST_EXPANSIONS && path[0] == '$'; i++) {
		g_autofree char *name = NULL;
		if (!split_variable(slice_from(path), &name, &rest) || (rest.length && rest.at[0] != '/'))
			return NULL;
		const char *folder = g_hash_table_lookup(script->folder_of, name);
		if (!folder || !*folder)
			return NULL;
		char *next = g_strconcat(folder, rest.at, NULL);
		g_free(path);
		path = next;
	}
	if (path[0] == '/')
		return path_resolve((Slice){"", 0}, slice_from(path + strspn(path, "/")));
	return path[0] == '.' ? path_resolve(here, slice_from(path)) : NULL;
}
