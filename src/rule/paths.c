/* Paths that scripts and CI files need and that are not there. A file that goes to places, fetches or makes things is
 * believed: only what no reading of it can find is missing. */
#include "base/path.h"
#include "rule/gone.h"
#include "rule/holder.h"
#include "rule/script.h"
#include "rule/search.h"

static Slice name_of(const Graph *graph, Node link)
{
	return graph_symbol_slice(graph, graph_name_symbol(graph, link));
}

/* What the links of one file are held against, read when the first of them is suspicious. */
typedef struct Reader {
	Checker *checker;
	Gone *gone;
	LinkIndex *index;
	Script script;
	uint32_t file; /* of script; UINT32_MAX: none */
} Reader;

static Reader reader_new(Checker *checker, const char *what)
{
	return (Reader){.checker = checker,
	        .gone = gone_new(checker, what),
	        .index = link_index_new(checker_graph(checker)),
	        .file = UINT32_MAX};
}

static void reader_clear(Reader *reader)
{
	gone_free(reader->gone);
	link_index_free(reader->index);
	if (reader->file != UINT32_MAX)
		script_clear(&reader->script);
}

static const Script *script_of(Reader *reader, uint32_t file)
{
	if (reader->file == file)
		return &reader->script;
	if (reader->file != UINT32_MAX)
		script_clear(&reader->script);
	script_read(checker_graph(reader->checker), reader->index, file, &reader->script);
	reader->file = file;
	return &reader->script;
}

/* Where it would be: beside the file if it is written so and its first folder is no folder of the root. */
static char *meant_path(const Graph *graph, Slice folder, Slice path)
{
	bool dotted = slice_starts(path, ".") && !graph_has_folder(graph, first_part(path));
	return path_resolve(dotted ? folder : (Slice){"", 0}, path);
}

/* ---- scripts --------------------------------------------------------------------------------------------------- */

/* A mere name without an ending may be anything that is on the machine. */
static bool is_script_path(Slice path)
{
	return is_literal_path(path) && (slice_find_byte(path, '/', 0) != SIZE_MAX || has_extension(path));
}

/* A line that holds the path and nothing else: an item of a list, which the script asks for before it takes it. */
static bool is_asked_for(const Graph *graph, const Script *script, Node link)
{
	Slice line = slice_trim(graph_line_at(graph, graph_place(graph, link)));
	while (line.length && strchr("\"'", line.at[0]))
		line = slice_sub(line, 1, line.length);
	while (line.length && strchr("\"'", line.at[line.length - 1]))
		line.length--;
	return script->tests_variable && slice_equal(line, name_of(graph, link));
}

/* A Dockerfile that copies or starts the file by its name: what it names is looked for in the image. */
static bool is_taken_by(const Graph *graph, Node dockerfile, Slice name)
{
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, instruction)
			GRAPH_OF (graph, instruction, FACT_SOURCE, row)
				if (slice_equal(path_name(graph_symbol_slice(graph, row->object)), name))
					return true;
	return false;
}

/* A generator makes a key of the file, or a service mounts it or its folder: a container runs it, where other files lie
 * beside it. */
static bool is_brought_into_container(const Graph *graph, uint32_t file)
{
	const char *path = graph_file_path(graph, file);
	g_autofree char *folder = slice_dup(path_folder(slice_from(path)));
	if (is_packed(graph, file))
		return true;
	GRAPH_NODES (graph, NODE_SERVICE, service)
		GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
			g_autofree char *source = mount_source(graph, service, mount);
			if (source && *source && (strcmp(source, path) == 0 || strcmp(source, folder) == 0))
				return true;
		}
	return false;
}

/* The script is one of an image: a Dockerfile beside it or above takes it by its name. */
static bool runs_in_image(const Graph *graph, uint32_t file)
{
	Slice path = slice_from(graph_file_path(graph, file)), name = path_name(path);
	if (slice_find(name, "entrypoint", 0) != SIZE_MAX || is_brought_into_container(graph, file))
		return true;
	GRAPH_NODES (graph, NODE_DOCKERFILE, dockerfile) {
		Slice folder = graph_folder_of(graph, dockerfile);
		if (path_is_below(path, folder) && is_taken_by(graph, dockerfile, name))
			return true;
	}
	return false;
}

/* A path below a variable that holds the script's own folder or the root: its place is certain, where the script runs
 * in the repository. */
static void check_expanded(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	uint32_t file = graph_file_of(graph, link);
	const Script *script = script_of(reader, file);
	if (is_asked_for(graph, script, link))
		return;
	g_autofree char *full = script_expand(script, name_of(graph, link));
	Slice path = slice_from(full);
	if (full && is_script_path(path) && !path_exists(graph, path) && !script_makes(script, path) &&
	        !is_kept_out(reader->gone, (Slice){"", 0}, path) && !runs_in_image(graph, file))
		gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), path);
}

/* `.husky/_/husky.sh`: husky writes it where the packages are installed. */
static bool is_written_by_tool(Slice path)
{
	return slice_ends(path, "_/husky.sh");
}

/* `./server` behind `sh build.sh`: a compiler writes it. */
static bool is_built_there(const Graph *graph, Node link)
{
	Slice path = name_of(graph, link);
	bool plain = slice_starts(path, "./") && slice_find_byte(path, '/', 2) == SIZE_MAX && !has_extension(path);
	uint32_t file = graph_file_of(graph, link);
	Slice before = slice_sub(graph_file_bytes(graph, file), 0, graph_place(graph, link).start);
	return plain && (slice_find(before, "build", 0) != SIZE_MAX || slice_find(before, "make", 0) != SIZE_MAX);
}

/* What a role of Ansible lays on a machine runs there, beside other files. */
static bool is_laid_elsewhere(Slice path)
{
	return (slice_starts(path, "roles/") || text_has(path, "/roles/")) &&
	       (text_has(path, "/templates/") || text_has(path, "/files/"));
}

/* "# shellcheck source=…" above: it stands elsewhere here than where the script runs. */
static bool has_source_elsewhere(const Graph *graph, Node link)
{
	Span place = graph_place(graph, link);
	Slice line = graph_line_at(graph, place);
	size_t start = (size_t)(line.at - graph_file_bytes(graph, place.file).at);
	if (start < 2)
		return false;
	Slice above = graph_line_at(graph, (Span){place.file, (uint32_t)start - 1, (uint32_t)start - 1});
	return text_has(above, "shellcheck source=");
}

static void check_script_link(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Node command = graph_ancestor(graph, link, NODE_COMMAND);
	Slice folder = graph_folder_of(graph, link), path = name_of(graph, link);
	if (graph_has(graph, command, FACT_GUARDED) || graph_has(graph, command, FACT_FENCE) ||
	        is_written_by_tool(path) || is_built_there(graph, link) || has_source_elsewhere(graph, link))
		return;
	if (slice_starts(path, "$"))
		check_expanded(reader, link);
	if (!is_script_path(path) ||
	        is_laid_elsewhere(slice_from(graph_file_path(graph, graph_file_of(graph, link)))) ||
	        is_kept_out(reader->gone, folder, path) ||
	        script_knows(script_of(reader, graph_file_of(graph, link)), path) ||
	        runs_in_image(graph, graph_file_of(graph, link)))
		return;
	g_autofree char *full = meant_path(graph, folder, path);
	if (full)
		gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(full));
}

static void check_script_wrong_target(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Reader reader = reader_new(checker, "a command here needs");
	GRAPH_NODES (graph, NODE_LINK, link)
		if (has_role(graph, link, "script-path") && !is_quiet(graph, link))
			check_script_link(&reader, link);
	gone_report(reader.gone);
	reader_clear(&reader);
}

/* ---- CI: triggers ------------------------------------------------------------------------------------------------ */

/* The end of a bracket expression, and whether it has the byte. */
static size_t match_bracket(Slice pattern, size_t at, char c, bool *ret_has)
{
	size_t i = at + 1;
	*ret_has = false;
	for (; i < pattern.length && pattern.at[i] != ']'; i++) {
		bool range = i + 2 < pattern.length && pattern.at[i + 1] == '-' && pattern.at[i + 2] != ']';
		*ret_has = *ret_has || (range ? c >= pattern.at[i] && c <= pattern.at[i + 2] : c == pattern.at[i]);
		i += range ? 2 : 0;
	}
	return MIN(i + 1, pattern.length);
}

/* One step of a trigger pattern: the bytes it takes, and how often. */
typedef struct Atom {
	size_t end;
	bool any, slash, repeat, skip; /* any byte; a slash too; more than once; or not at all */
} Atom;

static Atom next_atom(Slice pattern, size_t at)
{
	bool has;
	Atom atom = {.end = at + 1};
	if (pattern.at[at] == '*') {
		while (atom.end < pattern.length && pattern.at[atom.end] == '*')
			atom.end++;
		atom.any = atom.repeat = atom.skip = true;
		atom.slash = atom.end - at > 1;
		return atom;
	}
	if (pattern.at[at] == '[')
		atom.end = match_bracket(pattern, at, '\0', &has);
	else if (pattern.at[at] == '\\' && at + 1 < pattern.length)
		atom.end = at + 2;
	if (atom.end < pattern.length && strchr("?+", pattern.at[atom.end])) {
		atom.skip = pattern.at[atom.end] == '?';
		atom.repeat = !atom.skip;
		atom.end++;
	}
	return atom;
}

static bool atom_takes(Slice pattern, size_t at, const Atom *atom, char c)
{
	bool has = false;
	if (atom->any)
		return atom->slash || c != '/';
	if (pattern.at[at] == '[')
		match_bracket(pattern, at, c, &has);
	else
		has = pattern.at[pattern.at[at] == '\\' && at + 1 < pattern.length ? at + 1 : at] == c;
	return has;
}

/* Marks the places of the pattern that can be reached from marked ones without taking a byte. */
static void spread(Slice pattern, bool *now)
{
	for (size_t at = 0; at < pattern.length; at++) {
		Atom atom = now[at] ? next_atom(pattern, at) : (Atom){.skip = false};
		if (!atom.skip)
			continue;
		now[atom.end] = true;
		if (atom.slash && atom.end < pattern.length && pattern.at[atom.end] == '/')
			now[atom.end + 1] = true; /* two stars and a slash also stand for no folder at all */
	}
}

/* The patterns of GitHub: `**` crosses slashes wherever it stands, `?` and `+` follow what they repeat. Walks a set of
 * places in the pattern, so the cost is length × length. */
static bool trigger_matches(Slice pattern, Slice path)
{
	if (pattern.length >= 512)
		return true;
	bool now[514] = {true}, next[514];
	spread(pattern, now);
	for (size_t i = 0; i < path.length; i++) {
		memset(next, 0, sizeof next);
		for (size_t at = 0; at < pattern.length; at++) {
			if (!now[at])
				continue;
			Atom atom = next_atom(pattern, at);
			if (!atom_takes(pattern, at, &atom, path.at[i]))
				continue;
			next[atom.repeat ? at : atom.end] = true;
			next[atom.end] = true;
		}
		spread(pattern, next);
		memcpy(now, next, sizeof now);
	}
	return now[pattern.length];
}

/* The folders of a pattern before its first wildcard, or the whole of one that has none. */
static Slice literal_folder(Slice pattern)
{
	size_t end = 0;
	while (end < pattern.length && !strchr("*?[!+\\", pattern.at[end]))
		end++;
	return end == pattern.length ? pattern : path_folder(slice_sub(pattern, 0, end));
}

static bool any_file_matches(const Graph *graph, Slice pattern)
{
	Slice folder = literal_folder(pattern);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (path_is_below(path, folder) && trigger_matches(pattern, path))
			return true;
	}
	return false;
}

/* A pattern in a folder that is there may wait for files to come; one whose folder is gone was left behind. */
static bool is_dead_trigger(const Graph *graph, Slice pattern)
{
	Slice folder = literal_folder(pattern);
	g_autofree char *path = path_resolve((Slice){"", 0}, folder);
	return pattern.length && pattern.at[0] != '!' && folder.length && path &&
	       !path_exists(graph, slice_from(path)) && !text_has(pattern, "$") && !text_has(pattern, "{") &&
	       !any_file_matches(graph, pattern);
}

/* Another entry of the list still starts it; its own file does so only when it is edited. */
static bool has_live_trigger(const Graph *graph, Node workflow)
{
	Slice own = slice_from(graph_file_path(graph, graph_file_of(graph, workflow)));
	GRAPH_CHILDREN (graph, workflow, NODE_LINK, link) {
		Slice pattern = name_of(graph, link);
		if (has_role(graph, link, "trigger") && !slice_starts(pattern, "!") && !slice_equal(pattern, own) &&
		        any_file_matches(graph, pattern))
			return true;
	}
	return false;
}

/* The folder that a pattern begins with, where it is now. */
static bool mend_trigger(Reader *reader, Finding *finding, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice pattern = name_of(graph, link), root = {"", 0};
	g_autofree char *folder = path_resolve(root, literal_folder(pattern));
	g_autofree char *near = folder ? moved_near(graph, folder, 1) : NULL;
	const char *moved = folder ? moved_to(gone_moved(reader->gone), folder) : NULL, *now = moved ? moved : near;
	g_autofree char *text =
	        now ? moved_text(graph_span_bytes(graph, graph_place(graph, link)), root, folder, now) : NULL;
	if (!text)
		return false;
	set_because(reader->checker, finding, FIX_VALUE, "it is %s now, and nothing else is so like it", now);
	add_edit(reader->checker, finding, graph_place(graph, link), slice_from(text));
	return true;
}

/* triggers holds the Finding of each workflow: all that is gone from one list is one. */
static void check_trigger(Reader *reader, GHashTable *triggers, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice pattern = name_of(graph, link);
	Node workflow = graph_parent(graph, link);
	if (!is_dead_trigger(graph, pattern))
		return;
	Finding *finding = g_hash_table_lookup(triggers, GUINT_TO_POINTER(workflow));
	if (finding) {
		add_evidence(reader->checker, finding, graph_place(graph, link), "'%.*s' is listed here",
		        SLICE_ARGS(pattern));
		if (finding->n_edits && !mend_trigger(reader, finding, link))
			finding->n_edits = 0;
		return;
	}
	bool live = has_live_trigger(graph, workflow) || graph_has(graph, workflow, FACT_SCHEDULE) ||
	            graph_has(graph, workflow, FACT_ANY_CHANGE);
	finding = report_at(reader->checker, live ? LEVEL_WARNING : LEVEL_ERROR, link, graph_place(graph, link),
	        live ? "the workflow is started by changes of '%.*s', and there is no such path"
	             : "no change of the code starts this workflow: it waits for changes of '%.*s', and there is no "
	               "such path",
	        SLICE_ARGS(pattern));
	set_detail(reader->checker, finding, "%.*s", SLICE_ARGS(pattern));
	g_hash_table_insert(triggers, GUINT_TO_POINTER(workflow), finding);
	mend_trigger(reader, finding, link);
	Node moved = find_moved(reader->gone, literal_folder(pattern));
	if (moved && literal_folder(pattern).length == pattern.length) {
		add_evidence(reader->checker, finding, graph_place(graph, moved), "the one file of that name is here");
		set_hint(reader->checker, finding, "write %s", graph_name(graph, moved));
	}
}

/* ---- CI: what the steps need ----------------------------------------------------------------------------------- */

/* Another repository is checked out, or an earlier step makes folders: what is there then cannot be said. */
static bool brings_files(const Graph *graph, Node link, Slice path)
{
	Slice bytes = graph_file_bytes(graph, graph_file_of(graph, link));
	static const char *const marks[] = {"repository:", "download-artifact", "git clone", "mkdir", "sparse-checkout",
	        "submodule", "actions/cache/restore", "artifacts:", "run build", "go build", "cargo build",
	        "make build"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (text_has(bytes, marks[i]))
			return true;
	Slice first = first_part(path).length ? first_part(path) : path_name(path);
	g_autofree char *checkout = g_strdup_printf("path: %.*s", SLICE_ARGS(first));
	return text_has(bytes, checkout);
}

static bool is_step_need(const Graph *graph, Node link)
{
	return has_role(graph, link, "working-directory") || has_role(graph, link, "local-action") ||
	       has_role(graph, link, "script-path") || has_role(graph, link, "step-input");
}

static void check_step(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice path = name_of(graph, link), root = {"", 0};
	Node command = graph_ancestor(graph, link, NODE_COMMAND);
	if (slice_starts(path, "/") && has_role(graph, link, "local-action"))
		path = slice_sub(path, 1, path.length); /* GitLab writes them from the root */
	if (!is_literal_path(path) || exists_below(graph, root, path) || is_kept_out(reader->gone, root, path) ||
	        brings_files(graph, link, path))
		return;
	if (command && (!is_script_path(path) || graph_has(graph, command, FACT_GUARDED) ||
	                       script_knows(script_of(reader, graph_file_of(graph, link)), path)))
		return;
	g_autofree char *full = path_resolve(root, path);
	if (full)
		gone_add(reader->gone, has_role(graph, link, "step-input") ? LEVEL_WARNING : LEVEL_ERROR, link,
		        graph_place(graph, link), slice_from(full));
}

/* ---- CI: workflows that nobody runs --------------------------------------------------------------------------- */

/* A forge looks for workflows at the root alone. A folder of templates, or one that is a copy of another repository,
 * holds them for others. */
static bool is_nested_workflow(const Graph *graph, Node workflow)
{
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, workflow)));
	return graph_node_type(graph, graph_parent(graph, workflow)) == NODE_DOCUMENT &&
	       (text_has(path, "/.github/") || text_has(path, "/.gitea/") || text_has(path, "/.forgejo/"));
}

static bool is_for_others(Slice path)
{
	static const char *const words[] = {
	        "template", "skeleton", "scaffold", "boilerplate", "cookiecutter", "upstream"};
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (text_has(path, words[i]))
			return true;
	return false;
}

static void check_nested(Checker *checker, Node workflow)
{
	const Graph *graph = checker_graph(checker);
	Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, workflow)));
	if (is_quiet(graph, workflow) || is_for_others(path))
		return;
	Finding *finding = report_at(checker, LEVEL_WARNING, workflow, graph_place(graph, workflow),
	        "no forge runs this workflow: only the folder at the root of the repository is looked at");
	set_hint(checker, finding,
	        "move it to the .github/workflows at the root, with its paths written from there, or "
	        "delete it");
}

static void check_ci_path_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Reader reader = reader_new(checker, "the workflow needs");
	g_autoptr(GHashTable) triggers = g_hash_table_new(g_direct_hash, g_direct_equal);
	GRAPH_NODES (graph, NODE_WORKFLOW, workflow)
		if (is_nested_workflow(graph, workflow))
			check_nested(checker, workflow);
	GRAPH_NODES (graph, NODE_LINK, link) {
		Node workflow = graph_ancestor(graph, link, NODE_WORKFLOW);
		if (!workflow || is_quiet(graph, link))
			continue;
		Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, link)));
		if (text_has(path, "/.github/") || text_has(path, "/.gitea/") || text_has(path, "/.forgejo/"))
			continue;
		if (has_role(graph, link, "trigger"))
			check_trigger(&reader, triggers, link);
		else if (is_step_need(graph, link))
			check_step(&reader, link);
	}
	gone_report(reader.gone);
	reader_clear(&reader);
}

/* ---- configuration -------------------------------------------------------------------------------------------- */

/* A path from the file's own folder, or from the root where the role says so; from any folder above it is found too. */
static void check_config_path(Reader *reader, Node link, bool from_root)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice own = graph_folder_of(graph, link), folder = from_root ? (Slice){"", 0} : own,
	      path = name_of(graph, link);
	while (from_root && slice_starts(path, "/"))
		path = slice_sub(path, 1, path.length);
	if (!is_literal_path(path) || exists_above(graph, own, path) || is_kept_out(reader->gone, folder, path))
		return;
	g_autofree char *full = path_resolve(folder, path);
	if (full)
		gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(full));
}

static void check_config_glob(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice pattern = name_of(graph, link);
	while (slice_starts(pattern, "/"))
		pattern = slice_sub(pattern, 1, pattern.length);
	Slice folder = literal_folder(pattern);
	bool anchored = slice_find_byte(folder, '/', 0) != SIZE_MAX || pattern.at != name_of(graph, link).at;
	if (anchored && is_dead_trigger(graph, pattern) && !is_kept_out(reader->gone, (Slice){"", 0}, folder))
		gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), folder);
}

/* The folders that every path a regular expression matches has in it; empty where that is not plain. */
static char *regex_folder(Slice regex)
{
	g_autoptr(GString) text = g_string_new(NULL);
	size_t i = slice_starts(regex, "(^|/)") ? strlen("(^|/)") : slice_starts(regex, "^") ? 1 : 0;
	for (; i < regex.length && !strchr(".*+?([{|^$)]}", regex.at[i]); i++) {
		if (regex.at[i] == '\\' && i + 1 < regex.length && strchr("./-", regex.at[i + 1]))
			i++;
		else if (regex.at[i] == '\\')
			break;
		g_string_append_c(text, regex.at[i]);
	}
	bool alternative = slice_find_byte(regex, '|', i) != SIZE_MAX && slice_find_byte(regex, '(', 0) == SIZE_MAX;
	Slice folder = path_folder((Slice){text->str, text->len});
	return alternative ? g_strdup("") : slice_dup(folder);
}

/* A rule of SOPS for a folder that is gone seals nothing any more, and leaves nothing open either. */
static bool is_of_sops(const Graph *graph, Node link)
{
	return slice_starts(path_name(slice_from(graph_file_path(graph, graph_file_of(graph, link)))), ".sops.");
}

static void check_config_regex(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	g_autofree char *folder = regex_folder(name_of(graph, link));
	const char *plain = folder[0] == '/' ? folder + 1 : folder;
	if (*plain && is_literal_path(slice_from(plain)) && !path_exists(graph, slice_from(plain)) &&
	        !is_short_form(reader->gone, slice_from(plain)) &&
	        !is_kept_out(reader->gone, (Slice){"", 0}, slice_from(plain)))
		gone_add(reader->gone, is_of_sops(graph, link) ? LEVEL_INFO : LEVEL_WARNING, link,
		        graph_place(graph, link), slice_from(plain));
}

/* github>owner/name//path: what stands before and behind the two slashes; without its ending, .json is meant. */
static bool split_preset(Slice preset, Slice *ret_repository, char **ret_path)
{
	size_t mark = slice_find(preset, "//", 0), from = slice_find_byte(preset, '>', 0);
	if (mark == SIZE_MAX || from == SIZE_MAX || from > mark)
		return false;
	Slice path = bare_path(slice_sub(preset, mark + 2, preset.length));
	path = slice_sub(path, 0, MIN(slice_find_byte(path, '(', 0), path.length));
	*ret_repository = slice_sub(preset, from + 1, mark);
	*ret_path = g_strdup_printf("%.*s%s", SLICE_ARGS(path), has_extension(path) ? "" : ".json");
	return is_literal_path(slice_from(*ret_path));
}

/* A preset names its repository. It is this one if another preset of the same repository is a file here. */
static void check_presets(Reader *reader)
{
	const Graph *graph = checker_graph(reader->checker);
	g_autoptr(GHashTable) own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (int pass = 0; pass < 2; pass++) {
		GRAPH_NODES (graph, NODE_LINK, link) {
			Slice repository;
			g_autofree char *path = NULL;
			if (!has_role(graph, link, "preset") || !split_preset(name_of(graph, link), &repository, &path))
				continue;
			g_autofree char *name = slice_dup(repository);
			bool there = path_exists(graph, slice_from(path));
			if (pass == 0 && there)
				g_hash_table_add(own, g_steal_pointer(&name));
			else if (pass == 1 && !there && g_hash_table_contains(own, name) && !is_quiet(graph, link))
				gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), slice_from(path));
		}
	}
}

static void check_config_link(Reader *reader, Node link)
{
	const Graph *graph = checker_graph(reader->checker);
	Slice path = name_of(graph, link);
	bool script = has_role(graph, link, "config-script");
	if (has_role(graph, link, "config-file"))
		check_config_path(reader, link, false);
	else if (has_role(graph, link, "config-root") || (script && has_extension(path) && first_part(path).length))
		check_config_path(reader, link, true);
	else if (has_role(graph, link, "config-glob"))
		check_config_glob(reader, link);
	else if (has_role(graph, link, "config-regex"))
		check_config_regex(reader, link);
}

/* ---- paths of the machine ------------------------------------------------------------------------------------ */

/* Folders that no repository is checked out in. */
static bool is_system_folder(Slice prefix)
{
	static const char *const folders[] = {"/usr", "/bin", "/sbin", "/etc", "/var", "/lib", "/dev", "/proc", "/run"};
	size_t slash = slice_find_byte(prefix, '/', 1);
	if (slash == SIZE_MAX)
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(folders); i++)
		if (slice_is(slice_sub(prefix, 0, slash), folders[i]))
			return true;
	return false;
}

/* The folder before the longest end of an absolute path that is a file here in a folder; false if none is. */
static bool find_checkout(const Graph *graph, Slice path, Slice *ret_prefix)
{
	for (size_t slash = 0; (slash = slice_find_byte(path, '/', slash + 1)) != SIZE_MAX;) {
		Slice rest = slice_sub(path, slash + 1, path.length);
		if (slice_find_byte(rest, '/', 0) == SIZE_MAX || !graph_find_file(graph, rest))
			continue;
		*ret_prefix = slice_sub(path, 0, slash);
		return !is_system_folder(*ret_prefix);
	}
	return false;
}

/* Where the repository lies on the machine is learned from the paths that are right. */
static void check_machine_paths(Reader *reader)
{
	const Graph *graph = checker_graph(reader->checker);
	g_autoptr(GPtrArray) places = g_ptr_array_new_with_free_func(g_free);
	Slice prefix;
	GRAPH_NODES (graph, NODE_LINK, link)
		if (has_role(graph, link, "machine-path") && places->len < 16 &&
		        find_checkout(graph, name_of(graph, link), &prefix))
			g_ptr_array_add(places, slice_dup(prefix));
	GRAPH_NODES (graph, NODE_LINK, link) {
		Slice path = name_of(graph, link);
		if (!has_role(graph, link, "machine-path") || is_quiet(graph, link))
			continue;
		for (guint i = 0; i < places->len; i++) {
			Slice place = slice_from(places->pdata[i]);
			if (!path_is_below(path, place) || path.length <= place.length + 1)
				continue;
			Slice rest = slice_sub(path, place.length + 1, path.length);
			if (is_literal_path(rest) && !path_exists(graph, rest) &&
			        !is_kept_out(reader->gone, (Slice){"", 0}, rest))
				gone_add(reader->gone, LEVEL_WARNING, link, graph_place(graph, link), rest);
			break;
		}
	}
}

static void check_config_path_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Reader reader = reader_new(checker, "this configuration names");
	GRAPH_NODES (graph, NODE_LINK, link)
		if (!is_quiet(graph, link))
			check_config_link(&reader, link);
	check_presets(&reader);
	check_machine_paths(&reader);
	gone_report(reader.gone);
	reader_clear(&reader);
}

static const Rule rules[] = {
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
                       "told; a missing working directory, script or local action fails every run.",
                .remedy = "Write the paths where the files are now.",
                .peers = "actionlint",
                .check = check_ci_path_missing,
        },
        {
                .id = "config-path-missing",
                .level = LEVEL_WARNING,
                .fix = FIX_VALUE,
                .title = "a tool's configuration names a path that is gone",
                .why = "The tool says nothing and does less: updates are not looked for, secrets are not encrypted, a "
                       "service does not start, a page is not in the menu.",
                .remedy = "Write the path where the files are now, or take the entry out.",
                .check = check_config_path_missing,
        },
};

const RuleSet rules_paths = {"paths", rules, G_N_ELEMENTS(rules)};
