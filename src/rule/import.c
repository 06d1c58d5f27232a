/* Which module an import means that leads nowhere. A name alone is no evidence, since `utils` is anybody's: the file
 * that is proposed has to define what is imported from it. */
#include "rule/import.h"

#include "base/path.h"
#include "rule/moved.h"

/* A step or two in a name of some length; see base/near.h. */
#define MOST_STEPS 2

typedef struct Wish {
	Node import;
	Slice text; /* of its file */
	Span place; /* of the module's name, dots included */
	bool from;  /* from NAME import …; else import NAME */
} Wish;

static Wish wish_of(const Graph *graph, Node import)
{
	Span place = graph_place(graph, import);
	Slice text = graph_file_bytes(graph, place.file), line = graph_line_at(graph, place);
	Slice before = slice_trim(slice_sub(text, (size_t)(line.at - text.at), place.start));
	return (Wish){import, text, place, slice_ends(before, "from")};
}

static uint32_t count_parts(Slice name)
{
	uint32_t parts = 1;
	for (size_t i = 0; i < name.length; i++)
		parts += name.at[i] == '.';
	return parts;
}

static Slice without_level(Slice name)
{
	while (slice_starts(name, "."))
		name = slice_sub(name, 1, name.length);
	return name;
}

/* ---- what is given ------------------------------------------------------------------------------------------- */

/* The line makes the name at the top of its module. */
static bool line_gives(Slice line, Slice name)
{
	static const char *const words[] = {"def ", "async def ", "class ", ""};
	if (slice_starts(line, "from ") || slice_starts(line, "import ")) {
		g_autofree char *word = slice_dup(name);
		size_t at = slice_find(line, word, 0);
		return at != SIZE_MAX && !g_ascii_isalnum(line.at[at - 1]) &&
		       (at + name.length == line.length || !(g_ascii_isalnum(line.at[at + name.length])));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		Slice rest = slice_sub(line, MIN(strlen(words[i]), line.length), line.length);
		if (!slice_starts(line, words[i]) || rest.length <= name.length ||
		        !slice_equal(slice_sub(rest, 0, name.length), name))
			continue;
		Slice behind = slice_trim(slice_sub(rest, name.length, rest.length));
		if (behind.length && strchr(*words[i] ? "(:[" : "=:", behind.at[0]))
			return true;
	}
	return false;
}

static bool module_gives(const Graph *graph, const char *path, Slice name)
{
	Slice line, rest = graph_file_bytes(graph, graph_file_of(graph, graph_find_file(graph, slice_from(path))));
	while (slice_next_line(&rest, &line))
		if (line_gives(line, name))
			return true;
	if (!g_str_has_suffix(path, "/__init__.py"))
		return false;
	g_autofree char *beside =
	        g_strdup_printf("%.*s/%.*s.py", SLICE_ARGS(path_folder(slice_from(path))), SLICE_ARGS(name));
	return graph_find_file(graph, slice_from(beside)) != NODE_NONE;
}

/* Whatever is taken out of the module is in it; of a module that is only named nothing is known. */
static bool gives_all(const Graph *graph, Node import, const char *path)
{
	GRAPH_OF (graph, import, FACT_IMPORTED_NAME, row) {
		Slice name = graph_symbol_slice(graph, row->object);
		if (!slice_is(name, "*") && !module_gives(graph, path, name))
			return false;
	}
	return true;
}

/* ---- how it is called ------------------------------------------------------------------------------------------ */

/* The module's path without .py, or the folder of a package. */
static Slice module_path(const char *file)
{
	Slice path = slice_from(file);
	if (slice_ends(path, "/__init__.py"))
		return path_folder(path);
	return slice_sub(path, 0, path.length - strlen(".py"));
}

/* The folder from which the wanted path is the module's name. */
static Slice root_of(const Graph *graph, Node import, Slice wanted)
{
	uint32_t parts = count_parts(without_level(slice_from(graph_name(graph, import))));
	for (; parts; parts--)
		wanted = path_folder(wanted);
	return wanted;
}

/* "shared.clock" of libs/shared/clock.py as seen from libs, with as many dots before it as were written; NULL where it
 * is not below. */
static const char *called_from(Checker *checker, Node import, Slice root, Slice module)
{
	const Graph *graph = checker_graph(checker);
	Slice name = slice_from(graph_name(graph, import));
	size_t level = name.length - without_level(name).length;
	if (!path_is_below(module, root) || module.length == root.length)
		return NULL;
	Slice below = slice_sub(module, root.length + (root.length > 0), module.length);
	char *text = arena_printf(checker_arena(checker), "%.*s%.*s", (int)level, "........", SLICE_ARGS(below));
	g_strdelimit(text, "/", '.');
	return slice_find(below, "-", 0) == SIZE_MAX && level < 8 ? text : NULL;
}

/* The file of nearly the name that stands where the module is looked for. Free with g_free; NULL for none. */
static char *near_file(const Graph *graph, Node import)
{
	GRAPH_OF (graph, import, FACT_WANTS_PATH, row) {
		g_autofree char *path = g_strconcat(graph_symbol_text(graph, row->object), ".py", NULL);
		char *near = moved_near(graph, path, MOST_STEPS);
		if (near && g_str_has_suffix(near, ".py") && graph_find_file(graph, slice_from(near)))
			return near;
		g_free(near);
	}
	return NULL;
}

/* What the import means when the whole tree that holds `file`, which the first import means, has gone elsewhere. Free
 * with g_free; NULL where that is not there. */
static char *file_like(const Graph *graph, Node first, const char *file, Node import)
{
	g_autofree char *tail = slice_dup(without_level(slice_from(graph_name(graph, import))));
	Slice base = root_of(graph, first, module_path(file));
	g_strdelimit(tail, ".", '/');
	g_autofree char *path = g_strdup_printf("%.*s%s%s", SLICE_ARGS(base), base.length ? "/" : "", tail);
	g_autofree char *module = g_strconcat(path, ".py", NULL), *package = g_strconcat(path, "/__init__.py", NULL);
	if (graph_find_file(graph, slice_from(module)))
		return g_steal_pointer(&module);
	return graph_find_file(graph, slice_from(package)) ? g_steal_pointer(&package) : NULL;
}

/* ---- edits ------------------------------------------------------------------------------------------------------- */

/* `import a.b` makes the name a, which the program uses all over; `import a.b as c` and `from a.b import c` do not. */
static bool may_be_renamed(const Graph *graph, const Wish *wish)
{
	Slice line = graph_line_at(graph, wish->place);
	return wish->from || slice_find(line, " as ", 0) != SIZE_MAX;
}

static bool rename_import(Checker *checker, Finding *finding, const Wish *wish, const char *file)
{
	const Graph *graph = checker_graph(checker);
	if (!may_be_renamed(graph, wish) || !gives_all(graph, wish->import, file))
		return false;
	GRAPH_OF (graph, wish->import, FACT_WANTS_PATH, row) {
		Slice root = root_of(graph, wish->import, graph_symbol_slice(graph, row->object));
		const char *name = called_from(checker, wish->import, root, module_path(file));
		if (name && strcmp(name, graph_name(graph, wish->import)) != 0) {
			add_edit(checker, finding, wish->place, slice_from(name));
			return true;
		}
	}
	return false;
}

/* Beside the importing file: from the package that both are in. */
static bool make_relative(Checker *checker, Finding *finding, const Wish *wish, const char *file)
{
	const Graph *graph = checker_graph(checker);
	Slice line = graph_line_at(graph, wish->place), name = slice_from(graph_name(graph, wish->import));
	Slice folder = path_folder(slice_from(graph_file_path(graph, wish->place.file)));
	if (!slice_equal(path_folder(module_path(file)), folder) || slice_find_byte(name, '.', 0) != SIZE_MAX ||
	        !gives_all(graph, wish->import, file))
		return false;
	size_t word = slice_find(line, "import ", 0);
	if (wish->from) {
		add_edit(checker, finding, (Span){wish->place.file, wish->place.start, wish->place.start}, SLICE("."));
	} else if (word != SIZE_MAX && slice_find_byte(line, ',', 0) == SIZE_MAX &&
	           slice_find_byte(line, ';', 0) == SIZE_MAX) {
		uint32_t at = (uint32_t)(line.at - wish->text.at + word);
		add_edit(checker, finding, (Span){wish->place.file, at, wish->place.end},
		        slice_from(arena_printf(checker_arena(checker), "from . import %s", name.at)));
	} else {
		return false;
	}
	return true;
}

void mend_imports(Checker *checker, Finding *finding, const GArray *imports, const char *elsewhere)
{
	const Graph *graph = checker_graph(checker);
	Node first = g_array_index(imports, Node, 0);
	bool beside = strcmp(graph_text(graph, first, FACT_NOT_IN_IMAGE), "beside") == 0, good = true;
	g_autofree char *near = elsewhere ? NULL : near_file(graph, first);
	const char *file = elsewhere ? elsewhere : near;
	for (guint i = 0; i < imports->len && good && file; i++) {
		Wish wish = wish_of(graph, g_array_index(imports, Node, i));
		g_autofree char *own = near ? NULL : file_like(graph, first, file, wish.import);
		if (!own && !near)
			good = false;
		else if (beside)
			good = make_relative(checker, finding, &wish, own);
		else
			good = rename_import(checker, finding, &wish, near ? near : own);
	}
	if (!good || !file) {
		finding->n_edits = 0;
		return;
	}
	if (near)
		add_evidence(checker, finding, graph_place(graph, graph_find_file(graph, slice_from(near))),
		        "this is nearly the name");
	set_because(checker, finding, FIX_VALUE,
	        beside ? "both are in one package, and it gives what is imported"
	        : near ? "no other name there is so near, and it gives what is imported"
	               : "it is the only file of that name, and gives what is imported");
}
