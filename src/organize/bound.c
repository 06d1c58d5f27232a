/* What ties a part to its place, whatever its area: things beside it that Git does not hold, charts that something
 * installs by their path, patterns that take whatever lies in a folder, and addresses under which files are fetched.
 * A reference by name can be rewritten; these cannot. */
#include "base/path.h"
#include "organize/organize.h"

struct Bonds {
	const Graph *graph;
	Arena *arena;
	GHashTable *patterns; /* folder → where it is written that all below it is taken */
	GHashTable *fetched;  /* path → where its address is */
	GHashTable *named;    /* folder at the top → where a tool's settings at the top have its name */
	GHashTable *loose;    /* pattern of names at the top → where a command has it */
};

/* ---- texts ------------------------------------------------------------------------------------------------- */

static const char *place(const Bonds *bonds, uint32_t file, size_t at)
{
	uint32_t line, column;
	graph_position(bonds->graph, (Span){file, (uint32_t)at, (uint32_t)at}, &line, &column);
	return arena_printf(bonds->arena, "%s:%u", graph_file_path(bonds->graph, file), line);
}

static bool note_folder(const Bonds *bonds, Slice from, Slice folder, uint32_t file, size_t at)
{
	g_autofree char *path = path_resolve(from, folder);
	if (!path || *path == '\0' || !graph_has_folder(bonds->graph, slice_from(path)))
		return false;
	const char *key = arena_text(bonds->arena, slice_from(path));
	if (!g_hash_table_contains(bonds->patterns, key))
		g_hash_table_insert(bonds->patterns, (gpointer)key, (gpointer)place(bonds, file, at));
	return true;
}

/* "services/" before a wildcard or a variable: seen from the root, from the file, and behind a variable's own folder.
 * The clone's place on a machine may stand before it. */
static void note_pattern(const Bonds *bonds, uint32_t file, Slice text, size_t slash)
{
	size_t start = slash;
	while (start > 0 && slash - start < 256 && path_is_byte(text.at[start - 1]))
		start--;
	Slice word = slice_sub(text, start, slash);
	bool variable = start > 0 && strchr("$}", text.at[start - 1]);
	if (slice_find(word, "//", 0) != SIZE_MAX)
		return;
	if (variable) {
		size_t first = slice_find_byte(word, '/', 0);
		if (first == SIZE_MAX)
			return;
		word = slice_sub(word, first + 1, word.length);
	}
	Slice own = path_folder(slice_from(graph_file_path(bonds->graph, file)));
	bool home = slice_starts(word, "/home/") || slice_starts(word, "/opt/") || slice_starts(word, "/srv/") ||
	            slice_starts(word, "/root/") || slice_starts(word, "~/");
	note_folder(bonds, own, word, file, slash);
	note_folder(bonds, (Slice){"", 0}, word, file, slash);
	for (size_t next = home ? slice_find_byte(word, '/', 1) : SIZE_MAX; next != SIZE_MAX;
	        next = slice_find_byte(word, '/', next + 1))
		if (note_folder(bonds, (Slice){"", 0}, slice_sub(word, next + 1, word.length), file, slash))
			return;
}

/* Which part of an address on a forge says that a branch and a path follow. */
static bool is_page_of_file(Slice address)
{
	static const char *const marks[] = {"raw", "/blob/", "/tree/", "/src/branch/"};
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(address, marks[i], 0) != SIZE_MAX)
			return true;
	return false;
}

/* ".../raw/main/setup.sh", ".../blob/main/docs/disks.md": the end of the address is a path of this repository. */
static void note_address(const Bonds *bonds, uint32_t file, Slice text, size_t start)
{
	size_t end = start;
	while (end < text.length && path_is_byte(text.at[end]))
		end++;
	Slice address = slice_sub(text, start, end);
	if (!is_page_of_file(address))
		return;
	int parts = 0; /* owner, repository, branch: no fewer come before the path */
	for (size_t slash = slice_find_byte(address, '/', 0); slash != SIZE_MAX;
	        slash = slice_find_byte(address, '/', slash + 1)) {
		g_autofree char *path = slice_dup(slice_sub(address, slash + 1, address.length));
		if (++parts < 4 || !graph_has_path(bonds->graph, slice_from(path)))
			continue;
		const char *key = arena_text(bonds->arena, slice_from(path));
		g_hash_table_insert(bonds->fetched, (gpointer)key, (gpointer)place(bonds, file, start));
	}
}

/* `"infra": {…}` of a tool's JSON: the folder itself, by a name that no reader takes for a path. */
static void note_name(const Bonds *bonds, uint32_t file, Slice text, size_t quote)
{
	size_t end = slice_find_byte(text, '"', quote + 1);
	if (end == SIZE_MAX || end - quote > 64 || end == quote + 1)
		return;
	g_autofree char *name = slice_dup(slice_sub(text, quote + 1, end));
	if (!strchr(name, '/') && graph_has_folder(bonds->graph, slice_from(name)) &&
	        !g_hash_table_contains(bonds->named, name))
		g_hash_table_insert(
		        bonds->named, arena_text(bonds->arena, slice_from(name)), (gpointer)place(bonds, file, quote));
}

static void read_names(const Bonds *bonds, uint32_t file)
{
	Slice path = slice_from(graph_file_path(bonds->graph, file)), text = graph_file_bytes(bonds->graph, file);
	if (path_folder(path).length || !slice_ends(path, ".json"))
		return;
	for (size_t at = slice_find_byte(text, '"', 0); at != SIZE_MAX; at = slice_find_byte(text, '"', at + 1))
		note_name(bonds, file, text, at);
}

/* Commands are written in it that are run at the top. */
static bool has_commands(Slice path)
{
	Slice name = path_name(path);
	bool workflow = path.at[0] == '.' && (slice_ends(name, ".yml") || slice_ends(name, ".yaml"));
	bool top = path_folder(path).length == 0 && (slice_is(name, "Makefile") || slice_is(name, "Dockerfile") ||
	                                                    slice_is(name, "justfile") || slice_ends(name, ".sh"));
	return workflow || top || slice_ends(name, ".md");
}

/* `chmod +x *.sh`: a word of a command that takes whatever is called so at the top. What find(1) and its like are given
 * is quoted, or follows an option that says so. */
static void note_glob(const Bonds *bonds, uint32_t file, Slice text, size_t star)
{
	size_t start = star, end = star;
	while (start > 0 && path_is_byte(text.at[start - 1]))
		start--;
	while (end < text.length && (path_is_byte(text.at[end]) || text.at[end] == '*'))
		end++;
	Slice word = slice_sub(text, start, end);
	bool own = start > 0 && text.at[start - 1] == ' ' && (end == text.length || strchr(" \n\r;)`", text.at[end]));
	size_t before = start;
	while (before > 0 && text.at[before - 1] == ' ')
		before--;
	Slice said = slice_sub(text, before > 8 ? before - 8 : 0, before);
	if (!own || word.length < 4 || slice_find_byte(word, '/', 0) != SIZE_MAX || slice_ends(said, "name") ||
	        slice_ends(said, "-path") || !(slice_ends(word, ".sh") || slice_ends(word, ".md")))
		return;
	const char *pattern = arena_text(bonds->arena, word);
	if (!g_hash_table_contains(bonds->loose, pattern))
		g_hash_table_insert(bonds->loose, (gpointer)pattern, (gpointer)place(bonds, file, start));
}

static void read_globs(const Bonds *bonds, uint32_t file)
{
	Slice text = graph_file_bytes(bonds->graph, file);
	if (!has_commands(slice_from(graph_file_path(bonds->graph, file))))
		return;
	for (size_t at = slice_find_byte(text, '*', 0); at != SIZE_MAX; at = slice_find_byte(text, '*', at + 1))
		note_glob(bonds, file, text, at);
}

/* A document tells how things are laid out; only what a program reads can lose them. */
static void read_text(const Bonds *bonds, uint32_t file)
{
	const Graph *graph = bonds->graph;
	Slice text = graph_file_bytes(graph, file);
	bool document = slice_ends(slice_from(graph_file_path(graph, file)), ".md");
	for (size_t at = slice_find_byte(text, '/', 0); at != SIZE_MAX; at = slice_find_byte(text, '/', at + 1)) {
		char next = at + 1 < text.length ? text.at[at + 1] : '\0';
		if (!document && next && strchr("*${<", next))
			note_pattern(bonds, file, text, at);
		else if (next == '/' && at > 0 && text.at[at - 1] == ':')
			note_address(bonds, file, text, at + 2);
	}
}

Bonds *bonds_new(const Graph *graph, Arena *arena)
{
	Bonds *bonds = g_new0(Bonds, 1);
	*bonds = (Bonds){.graph = graph,
	        .arena = arena,
	        .patterns = g_hash_table_new(g_str_hash, g_str_equal),
	        .fetched = g_hash_table_new(g_str_hash, g_str_equal),
	        .named = g_hash_table_new(g_str_hash, g_str_equal),
	        .loose = g_hash_table_new(g_str_hash, g_str_equal)};
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (!graph_has(graph, graph_file_node(graph, file), FACT_CLASS)) {
			read_text(bonds, file);
			read_names(bonds, file);
			read_globs(bonds, file);
		}
	return bonds;
}

void bonds_free(Bonds *bonds)
{
	g_hash_table_unref(bonds->patterns);
	g_hash_table_unref(bonds->fetched);
	g_hash_table_unref(bonds->named);
	g_hash_table_unref(bonds->loose);
	g_free(bonds);
}

/* ---- what ties a part ------------------------------------------------------------------------------------------ */

/* What lies beside a compose file and is not in Git stays behind where a branch is merged: data, and secrets. */
static const char *left_behind(const Bonds *bonds, const char *path)
{
	const Graph *graph = bonds->graph;
	GRAPH_NODES (graph, NODE_SERVICE, service) {
		Slice file = slice_from(graph_file_path(graph, graph_file_of(graph, service))),
		      folder = path_folder(file);
		if (!path_is_below(file, slice_from(path)))
			continue;
		GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
			Slice source = slice_from(graph_name(graph, mount));
			g_autofree char *full = slice_starts(source, ".") ? path_resolve(folder, source) : NULL;
			if (full && !graph_has_path(graph, slice_from(full)))
				return arena_printf(bonds->arena,
				        "a container keeps %.*s beside the compose file, which Git does not move",
				        SLICE_ARGS(source));
		}
		GRAPH_OF (graph, service, FACT_ENV_FILE, row) {
			g_autofree char *full = path_resolve(folder, graph_symbol_slice(graph, row->object));
			if (full && !graph_has_path(graph, slice_from(full)))
				return arena_printf(bonds->arena,
				        "it reads %s, which is not in Git and so would not move",
				        graph_symbol_text(graph, row->object));
		}
	}
	GRAPH_NODES (graph, NODE_VARIABLE, variable) {
		Slice file = slice_from(graph_file_path(graph, graph_file_of(graph, variable)));
		Node compose = graph_ancestor(graph, variable, NODE_COMPOSE);
		g_autofree char *env = path_resolve(path_folder(file), SLICE(".env"));
		if (compose && path_is_below(file, slice_from(path)) && !graph_has(graph, variable, FACT_DEFAULT) &&
		        env && !graph_has_path(graph, slice_from(env)))
			return "its compose file takes variables from an .env that is not in Git and so would not move";
	}
	return NULL;
}

static const char *installed(const Bonds *bonds, const char *path)
{
	g_autofree char *chart = g_strconcat(path, "/Chart.yaml", NULL);
	return graph_find_file(bonds->graph, slice_from(chart))
	               ? "it is a chart, and what installs it may know its path from outside of the repository"
	               : NULL;
}

static const char *taken(const Bonds *bonds, const char *path)
{
	for (Slice folder = path_folder(slice_from(path)); folder.length; folder = path_folder(folder)) {
		g_autofree char *key = slice_dup(folder);
		const char *where = g_hash_table_lookup(bonds->patterns, key);
		if (where)
			return arena_printf(
			        bonds->arena, "%s takes what lies in %s by a pattern, and would miss it", where, key);
	}
	return NULL;
}

static const char *asked_for(const Bonds *bonds, const char *path)
{
	GHashTableIter iter;
	gpointer file, where;
	g_hash_table_iter_init(&iter, bonds->fetched);
	while (g_hash_table_iter_next(&iter, &file, &where))
		if (path_is_below(slice_from(file), slice_from(path)))
			return arena_printf(bonds->arena, "%s has the address of %s, which would be dead",
			        (const char *)where, (const char *)file);
	return NULL;
}

static const char *called(const Bonds *bonds, const char *path)
{
	const char *where = g_hash_table_lookup(bonds->named, path);
	return where ? arena_printf(bonds->arena, "%s may mean this folder by its name", where) : NULL;
}

static const char *matched(const Bonds *bonds, const char *path)
{
	GHashTableIter iter;
	gpointer pattern, where;
	g_hash_table_iter_init(&iter, bonds->loose);
	while (!strchr(path, '/') && g_hash_table_iter_next(&iter, &pattern, &where))
		if (path_matches(pattern, path))
			return arena_printf(bonds->arena, "%s takes %s at the top, and would miss it",
			        (const char *)where, (const char *)pattern);
	return NULL;
}

const char *bonds_of(const Bonds *bonds, const char *path)
{
	const char *(*const ties[])(const Bonds *, const char *) = {
	        installed, taken, matched, asked_for, called, left_behind};
	const char *reason = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(ties) && !reason; i++)
		reason = ties[i](bonds, path);
	return reason;
}
