/* Which Python files an image runs, and where each of their imports leads.
 *
 * From the first program files, which link/start.c finds, along the imports, each resolved in the container as Python
 * does it: from the program's folder or the working directory, then PYTHONPATH. An import that leads nowhere is kept as
 * a fact only if nothing unknown can provide it: a source that cannot be followed, a RUN that speaks of it, a program
 * that changes where modules are looked for. */
#include "link/program.h"

#include "base/package.h"
#include "base/path.h"

/* What one image may cost; real ones stay far below. */
#define MOST_MODULES 5000

const Graph *program_graph(const Program *program)
{
	return program->graph;
}

/* ---- files of the container ------------------------------------------------------------------------- */

void program_add_module(Program *program, const char *at)
{
	const char *repo = image_find_file(program->image, at);
	if (!repo || g_hash_table_contains(program->known, at) || program->modules->len >= MOST_MODULES)
		return;
	Module module = {at, repo};
	g_array_append_val(program->modules, module);
	g_hash_table_add(program->known, (gpointer)at);
}

void program_add_root(Program *program, const char *at)
{
	for (guint i = 0; i < program->n_roots; i++)
		if (strcmp(program->roots[i], at) == 0)
			return;
	if (program->n_roots < PROGRAM_MOST_ROOTS)
		program->roots[program->n_roots++] = at;
}

const char *program_below(Program *program, const char *folder, Slice name, const char *end)
{
	return arena_printf(program->image->arena, "%s/%.*s%s", folder, SLICE_ARGS(name), end);
}

const char *program_parent(Program *program, const char *at)
{
	const char *slash = strrchr(at, '/');
	return slash ? arena_text(program->image->arena, (Slice){at, (size_t)(slash - at)}) : "";
}

Found program_find_part(Program *program, const char *folder, Slice name, const char **ret_at)
{
	static const char *const ends[] = {".py", ".so", ".pyx", ".pyi", ".pyc"};
	const char *package = program_below(program, folder, name, "/__init__.py");
	*ret_at = package;
	if (image_find_file(program->image, package))
		return FOUND_PACKAGE;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		*ret_at = program_below(program, folder, name, ends[i]);
		if (image_find_file(program->image, *ret_at))
			return FOUND_FILE;
	}
	*ret_at = program_below(program, folder, name, "");
	return image_find_folder(program->image, *ret_at) ? FOUND_FOLDER : FOUND_NOTHING;
}

/* ---- imports ------------------------------------------------------------------------------------------ */

typedef struct Walk {
	Program *program;
	Node import;
	const Module *from;
	bool plain; /* below a folder without __init__.py, which an installed package of its name goes before */
} Walk;

static void add_missing(Walk *walk, const char *reason, const char *container, const char *beside)
{
	const Graph *graph = program_graph(walk->program);
	if (graph_has(graph, walk->import, FACT_GUARDED))
		return;
	const char *origin = container ? image_origin(walk->program->image, container) : NULL;
	Missing missing = {walk->import, reason, {origin, beside}};
	if (!origin || (beside && strcmp(origin, beside) == 0))
		missing = (Missing){walk->import, reason, {beside ? beside : origin, NULL}};
	g_array_append_val(walk->program->missing, missing);
}

static bool is_generated_name(Slice part)
{
	return slice_ends(part, "_pb2") || slice_ends(part, "_pb2_grpc") || slice_ends(part, "_version") ||
	       slice_is(part, "version") || slice_is(part, "__version__") || slice_ends(part, "_rc");
}

/* The parts of a name from `at` on, below a folder that is a package. Adds the modules on the way; gives the folder or
 * the file that the name ends at, or NULL where a part is missing. */
static const char *walk_parts(Walk *walk, const char *folder, Slice parts, Found *ret_found)
{
	Program *program = walk->program;
	const char *at = folder;
	*ret_found = FOUND_FOLDER;
	while (parts.length) {
		size_t dot = MIN(slice_find_byte(parts, '.', 0), parts.length);
		Slice part = slice_sub(parts, 0, dot);
		parts = slice_sub(parts, MIN(dot + 1, parts.length), parts.length);
		Found found = program_find_part(program, folder, part, &at);
		if (found == FOUND_NOTHING) {
			if (!is_generated_name(part))
				add_missing(walk, walk->plain ? "folder" : "module",
				        program_below(program, folder, part, ""), NULL);
			return NULL;
		}
		*ret_found = found;
		if (found != FOUND_FOLDER)
			program_add_module(program, at);
		if (found == FOUND_FILE)
			return at;
		folder = program_below(program, folder, part, "");
	}
	return folder;
}

static bool mentions(Slice text, const char *word)
{
	size_t n = strlen(word);
	for (size_t at = 0; (at = slice_find(text, word, at)) != SIZE_MAX; at++) {
		bool left = at == 0 || !(g_ascii_isalnum(text.at[at - 1]) || text.at[at - 1] == '_');
		bool right = at + n == text.length || !(g_ascii_isalnum(text.at[at + n]) || text.at[at + n] == '_');
		if (left && right)
			return true;
	}
	return false;
}

/* The package's own file may define the name; if it says nothing of it, the name can only be a module. */
static bool may_define(Program *program, const char *package, const char *name)
{
	const Graph *graph = program_graph(program);
	const char *repo = image_find_file(program->image, package);
	Node file = repo ? graph_find_file(graph, slice_from(repo)) : NODE_NONE;
	if (!file)
		return false;
	Slice text = graph_file_bytes(graph, graph_file_of(graph, file));
	return mentions(text, name) || slice_find(text, "__getattr__", 0) != SIZE_MAX ||
	       slice_find(text, "import *", 0) != SIZE_MAX || slice_find(text, "globals()", 0) != SIZE_MAX;
}

/* Names taken from a package may be modules of it. */
static void walk_names(Walk *walk, const char *folder)
{
	Program *program = walk->program;
	const Graph *graph = program_graph(program);
	const char *package = program_below(program, folder, SLICE("__init__"), ".py");
	GRAPH_OF (graph, walk->import, FACT_IMPORTED_NAME, row) {
		Slice name = graph_symbol_slice(graph, row->object);
		const char *at;
		if (slice_is(name, "*"))
			continue;
		Found found = program_find_part(program, folder, name, &at);
		if (found == FOUND_FILE || found == FOUND_PACKAGE)
			program_add_module(program, at);
		else if (found == FOUND_NOTHING && !is_generated_name(name) && !may_define(program, package, name.at))
			add_missing(walk, walk->plain ? "folder" : "module", program_below(program, folder, name, ""),
			        NULL);
	}
}

static void walk_from(Walk *walk, const char *folder, Slice parts)
{
	Found found;
	const char *end = walk_parts(walk, folder, parts, &found);
	if (end && found != FOUND_FILE)
		walk_names(walk, end);
}

static void walk_relative(Walk *walk, Slice name, uint32_t level)
{
	const char *folder = program_parent(walk->program, walk->from->at);
	for (uint32_t i = 1; i < level; i++)
		folder = program_parent(walk->program, folder);
	if (image_find_folder(walk->program->image, folder))
		walk_from(walk, folder, slice_sub(name, MIN(level, name.length), name.length));
}

/* The name is in no folder where modules are looked for: it would stand beside the program, or beside the file that
 * imports it, where it may well be. */
static void walk_nowhere(Walk *walk, Slice name, Slice top)
{
	Program *program = walk->program;
	const char *at;
	Found found = program_find_part(program, program_parent(program, walk->from->at), top, &at);
	bool is_beside = found == FOUND_FILE || found == FOUND_PACKAGE;
	g_autofree char *path = g_strdelimit(slice_dup(name), ".", '/');
	Slice folder = path_folder(slice_from(walk->from->repo));
	const char *beside =
	        arena_printf(program->image->arena, "%.*s%s%s", SLICE_ARGS(folder), folder.length ? "/" : "", path);
	const char *root = program->n_roots ? program_below(program, program->roots[0], slice_from(path), "") : NULL;
	add_missing(walk, is_beside ? "beside" : "package", is_beside ? NULL : root, beside);
}

static void walk_absolute(Walk *walk, Slice name)
{
	Program *program = walk->program;
	size_t dot = MIN(slice_find_byte(name, '.', 0), name.length);
	Slice top = slice_sub(name, 0, dot);
	Found found = FOUND_NOTHING;
	for (guint i = 0; i < program->n_roots; i++) {
		const char *at;
		Found here = program_find_part(program, program->roots[i], top, &at);
		if (here == FOUND_FILE || here == FOUND_PACKAGE) {
			walk_from(walk, program->roots[i], name);
			return;
		}
		found = MAX(found, here);
	}
	if (package_is_standard(top))
		return;
	for (guint i = 0; found == FOUND_FOLDER && i < program->n_roots; i++) {
		const char *at;
		if (program_find_part(program, program->roots[i], top, &at) == FOUND_FOLDER) {
			walk->plain = true;
			walk_from(walk, program->roots[i], name);
			return;
		}
	}
	if (program->n_roots)
		walk_nowhere(walk, name, top);
}

static void read_module(Program *program, Module module)
{
	Graph *graph = program->graph;
	Node file = graph_find_file(graph, slice_from(module.repo));
	if (graph_has(graph, file, FACT_SEARCH_PATH))
		program->open = true;
	GRAPH_CHILDREN (graph, file, NODE_IMPORT, import) {
		Walk walk = {program, import, &module, false};
		Slice name = slice_from(graph_name(graph, import));
		uint32_t level = graph_number(graph, import, FACT_RELATIVE_LEVEL);
		if (level)
			walk_relative(&walk, name, level);
		else
			walk_absolute(&walk, name);
	}
}

static void read_modules(Program *program)
{
	while (program->next < program->modules->len)
		read_module(program, g_array_index(program->modules, Module, program->next++));
}

/* COPY <<EOF: the file's text stands in the Dockerfile. */
static bool is_written_here(const Graph *graph, Node copy)
{
	return graph_find(graph, copy, FACT_DESTINATION) &&
	       slice_find(graph_span_bytes(graph, graph_place(graph, copy)), "<<", 0) != SIZE_MAX;
}

/* A RUN that speaks of the module's first part, or brings files that nobody can know. */
bool link_may_be_made(const Graph *graph, Node dockerfile, const char *top)
{
	static const char *const fetches[] = {"git clone", "unzip ", "tar x", "tar -x", "protoc", "poetry install",
	        "uv sync", "pdm install", "pipenv install"};
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, run) {
			if (strcmp(graph_name(graph, run), "RUN") != 0 && !is_written_here(graph, run))
				continue;
			Slice text = graph_span_bytes(graph, graph_place(graph, run));
			if (mentions(text, top))
				return true;
			for (size_t i = 0; i < G_N_ELEMENTS(fetches); i++)
				if (slice_find(text, fetches[i], 0) != SIZE_MAX)
					return true;
		}
	return false;
}

/* ---- what may provide a module besides COPY ----------------------------------------------------------------- */

/* Folders that are mounted from the repository over what was copied. */
void link_add_mounts(Image *image, Node service)
{
	const Graph *graph = image->graph;
	if (!service)
		return;
	Slice folder = graph_folder_of(graph, service);
	GRAPH_CHILDREN (graph, service, NODE_MOUNT, mount) {
		Slice host = slice_from(graph_text(graph, mount, FACT_HOST_PATH));
		Slice target = slice_from(graph_text(graph, mount, FACT_DESTINATION));
		g_autofree char *repo = host.length ? path_resolve(folder, host) : NULL;
		if (!repo || !target.length)
			continue;
		Layer layer = {arena_text(image->arena, slice_from(repo)), container_path(image->arena, "", target)};
		g_array_append_val(image->layers, layer);
	}
}

static void add_python_path(Program *program)
{
	const char *path = g_hash_table_lookup(program->image->env, "PYTHONPATH");
	Slice rest = slice_from(path ? path : "");
	while (rest.length) {
		size_t colon = MIN(slice_find_byte(rest, ':', 0), rest.length);
		if (colon)
			program_add_root(program, container_path(program->image->arena, program->image->workdir,
			                                  slice_sub(rest, 0, colon)));
		rest = slice_sub(rest, MIN(colon + 1, rest.length), rest.length);
	}
}

/* `pip install .`: the project's own folder, and src/ in it, become importable. */
static void add_installed(Program *program, Node dockerfile)
{
	const Graph *graph = program_graph(program);
	Arena *arena = program->image->arena;
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage)
		GRAPH_CHILDREN (graph, stage, NODE_INSTRUCTION, run)
			GRAPH_OF (graph, run, FACT_FILE_ENTRY, row) {
				Slice path = graph_symbol_slice(graph, row->object);
				if (slice_ends(path, ".txt") || slice_find_byte(path, ':', 0) != SIZE_MAX)
					continue;
				const char *at = container_path(arena, program->image->workdir, path);
				program_add_root(program, at);
				program_add_root(program, program_below(program, at, SLICE("src"), ""));
			}
}

/* ---- the outcome ------------------------------------------------------------------------------------------- */

static void derive_missing(Graph *graph, const Missing *missing)
{
	Span span = graph_place(graph, missing->import);
	graph_derive(graph, missing->import, FACT_NOT_IN_IMAGE, graph_intern(graph, slice_from(missing->reason)), span);
	for (size_t i = 0; i < G_N_ELEMENTS(missing->paths); i++)
		if (missing->paths[i])
			graph_derive(graph, missing->import, FACT_WANTS_PATH,
			        graph_intern(graph, slice_from(missing->paths[i])), span);
}

static void derive_all(Program *program, Node dockerfile, GHashTable *seen)
{
	Graph *graph = program->graph;
	g_autoptr(GHashTable) fresh = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < program->modules->len; i++) {
		Node file = graph_find_file(graph, slice_from(g_array_index(program->modules, Module, i).repo));
		if (!g_hash_table_add(seen, GUINT_TO_POINTER(file)))
			continue;
		g_hash_table_add(fresh, GUINT_TO_POINTER(file));
		graph_derive(graph, file, FACT_RUNS_IN, dockerfile, graph_place(graph, file));
	}
	if (program->open || program->image->open)
		return;
	const Start *start = &program->missing_start;
	if (start->command)
		graph_derive(graph, start->command, FACT_LACKS_START, graph_intern(graph, slice_from(start->path)),
		        graph_place(graph, start->command));
	for (guint i = 0; i < program->missing->len; i++) {
		const Missing *missing = &g_array_index(program->missing, Missing, i);
		Node file = graph_parent(graph, missing->import);
		Slice name = slice_from(graph_name(graph, missing->import));
		while (name.length && name.at[0] == '.')
			name = slice_sub(name, 1, name.length);
		g_autofree char *top = slice_dup(slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length)));
		if (g_hash_table_contains(fresh, GUINT_TO_POINTER(file)) &&
		        (!*top || !link_may_be_made(graph, dockerfile, top)))
			derive_missing(graph, missing);
	}
}

static void program_init(Program *program, Graph *graph, Image *image)
{
	*program = (Program){.graph = graph,
	        .image = image,
	        .modules = g_array_new(FALSE, FALSE, sizeof(Module)),
	        .known = g_hash_table_new(g_str_hash, g_str_equal),
	        .missing = g_array_new(FALSE, FALSE, sizeof(Missing))};
}

static void program_clear(Program *program)
{
	g_array_unref(program->modules);
	g_array_unref(program->missing);
	g_hash_table_unref(program->known);
}

void link_programs(Graph *graph, const Build *build, GHashTable *seen)
{
	g_autoptr(Arena) arena = arena_new();
	Image image;
	Program program;
	Slice target = slice_from(build->service ? graph_text(graph, build->service, FACT_BUILD_TARGET) : "");
	if (!image_read(graph, build->dockerfile, target, slice_from(build->context), arena, &image))
		return;
	program_init(&program, graph, &image);
	link_add_mounts(&image, build->service);
	program.command = image.entrypoint;
	if (image.entrypoint)
		program_read_command(&program, image.entrypoint);
	program.command = image.command;
	if (image.command)
		program_read_command(&program, image.command);
	program.command = NODE_NONE;
	if (build->service)
		program_read_command(&program, build->service);
	add_python_path(&program);
	add_installed(&program, build->dockerfile);
	read_modules(&program);
	derive_all(&program, build->dockerfile, seen);
	program_clear(&program);
	image_clear(&image);
}

void link_relative_imports(Graph *graph, Node file)
{
	bool relative = false;
	GRAPH_CHILDREN (graph, file, NODE_IMPORT, import)
		relative |= graph_has(graph, import, FACT_RELATIVE_LEVEL);
	if (!relative || graph_has(graph, file, FACT_CLASS))
		return;
	g_autoptr(Arena) arena = arena_new();
	Layer whole = {"", ""};
	Image image = {
	        .graph = graph, .arena = arena, .layers = g_array_new(FALSE, FALSE, sizeof(Layer)), .workdir = ""};
	Program program;
	g_array_append_val(image.layers, whole);
	program_init(&program, graph, &image);
	const char *repo = graph_name(graph, file);
	Module module = {arena_printf(arena, "/%s", repo), repo};
	read_module(&program, module);
	for (guint i = 0; i < program.missing->len; i++)
		derive_missing(graph, &g_array_index(program.missing, Missing, i));
	program_clear(&program);
	image_clear(&image);
}
