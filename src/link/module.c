/* Which JavaScript and TypeScript files an image starts or bundles, and where each of their imports leads.
 *
 * Every stage of a Dockerfile is asked, since programs are bundled in one and served by another. From its commands,
 * through the scripts of package.json they run, to the files these name, to what bundlers begin with by convention, and
 * from there along the imports. A file that nothing of this reaches is left alone.
 *
 * An import that leads nowhere is kept as a fact only if nothing unknown can provide it: steps of the build make files,
 * bundlers have aliases in their configuration, and packages bring others along. */
#include "base/path.h"
#include "link/build.h"

#define MOST_MODULES 5000
#define MOST_SCRIPTS 50
#define MOST_DEPTH 4

typedef struct Module {
	const char *at;   /* path in the container */
	const char *repo; /* file of the repository */
} Module;

typedef struct Bundle {
	Graph *graph;
	Image *image;
	Node dockerfile;
	GArray *modules; /* Module; those from `next` on are not read yet */
	guint next;
	GHashTable *known; /* container paths in modules */
	GHashTable *told;  /* IMPORT nodes that something was said of, of all builds */
	GHashTable *seen;  /* FILE nodes that are in some image, of all builds */
	uint32_t scripts;
	bool installs; /* the Dockerfile installs what package.json asks for */
} Bundle;

static const char *const script_ends[] = {".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts"};

static bool is_script(const char *path)
{
	for (size_t i = 0; i < G_N_ELEMENTS(script_ends); i++)
		if (g_str_has_suffix(path, script_ends[i]))
			return !g_str_has_suffix(path, ".d.ts");
	return false;
}

static void add_module(Bundle *bundle, const char *at)
{
	const char *repo = image_find_file(bundle->image, at);
	if (!repo || !is_script(repo) || bundle->modules->len >= MOST_MODULES ||
	        g_hash_table_contains(bundle->known, at))
		return;
	Module module = {arena_text(bundle->image->arena, slice_from(at)), repo};
	g_array_append_val(bundle->modules, module);
	g_hash_table_add(bundle->known, (gpointer)module.at);
}

/* ---- where a path leads -------------------------------------------------------------------------------- */

/* How one place is asked for files and folders: the container, or the repository. */
typedef struct View {
	const Graph *graph;
	const Image *image; /* NULL: paths are the repository's */
} View;

static bool has_file(View view, const char *path)
{
	return view.image ? image_find_file(view.image, path) != NULL
	                  : graph_find_file(view.graph, slice_from(path)) != NODE_NONE;
}

static bool has_folder(View view, const char *path)
{
	return view.image ? image_find_folder(view.image, path) != NULL
	                  : graph_has_folder(view.graph, slice_from(path));
}

/* What TypeScript writes as .js is a .ts file. */
static char *find_swapped(View view, const char *path)
{
	static const char *const ends[][2] = {{".js", ".ts"}, {".js", ".tsx"}, {".js", ".d.ts"}, {".jsx", ".tsx"},
	        {".mjs", ".mts"}, {".cjs", ".cts"}};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		if (!g_str_has_suffix(path, ends[i][0]))
			continue;
		char *other = g_strdup_printf("%.*s%s", (int)(strlen(path) - strlen(ends[i][0])), path, ends[i][1]);
		if (has_file(view, other))
			return other;
		g_free(other);
	}
	return NULL;
}

/* The file that an import without an ending means; a folder whose begin is not known is given as itself. NULL: nothing
 * is there. Free with g_free. */
static char *find_module(View view, const char *path)
{
	static const char *const ends[] = {"", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".d.ts",
	        ".json", ".vue", ".svelte", ".node", "/index.ts", "/index.tsx", "/index.js", "/index.jsx", "/index.mjs",
	        "/index.d.ts", "/index.vue"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		char *file = g_strconcat(path, ends[i], NULL);
		if (has_file(view, file))
			return file;
		g_free(file);
	}
	char *swapped = find_swapped(view, path);
	return swapped ? swapped : has_folder(view, path) ? g_strdup(path) : NULL;
}

/* button.web.tsx, data.worker.js: which endings a bundler tries is in its configuration. */
static bool has_variant(const Graph *graph, const char *path)
{
	g_autofree char *start = g_strconcat(path, ".", NULL);
	uint32_t file = graph_first_file(graph, start);
	return file < graph_files(graph) && g_str_has_prefix(graph_file_path(graph, file), start);
}

/* Where the repository's path stands in the container, in the arena; NULL if it is not copied. */
static const char *container_of(const Image *image, const char *repo)
{
	for (guint i = image->layers->len; i > 0; i--) {
		const Layer *layer = &g_array_index(image->layers, Layer, i - 1);
		size_t length = strlen(layer->repo);
		if (!path_is_below(slice_from(repo), slice_from(layer->repo)))
			continue;
		const char *rest = repo + length + (length && repo[length] == '/');
		return arena_printf(image->arena, "%s%s%s", layer->at, *rest ? "/" : "", rest);
	}
	return NULL;
}

/* ---- what a step may make --------------------------------------------------------------------------------- */

static Slice package_folder(const Graph *graph, Slice folder, Node *ret_file)
{
	for (;; folder = path_folder(folder)) {
		g_autofree char *path = path_resolve(folder, SLICE("package.json"));
		*ret_file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
		if (*ret_file || folder.length == 0)
			return folder;
	}
}

static bool file_speaks_of(const Graph *graph, uint32_t file, const char *word)
{
	return slice_find(graph_file_bytes(graph, file), word, 0) != SIZE_MAX;
}

/* package.json and the configuration of tools in a folder, where aliases and generators are named. */
static bool is_configuration(Slice name)
{
	return slice_is(name, "package.json") || slice_find(name, "config", 0) != SIZE_MAX ||
	       slice_find(name, "babelrc", 0) != SIZE_MAX || slice_find(name, "import", 0) != SIZE_MAX ||
	       slice_starts(name, "deno.json");
}

static bool tools_speak_of(const Graph *graph, Slice folder, const char *word)
{
	g_autofree char *start = g_strdup_printf("%.*s%s", SLICE_ARGS(folder), folder.length ? "/" : "");
	for (uint32_t file = graph_first_file(graph, start); file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		if (!slice_starts(path, start))
			return false;
		if (slice_equal(path_folder(path), folder) && is_configuration(path_name(path)) &&
		        file_speaks_of(graph, file, word))
			return true;
	}
	return false;
}

/* A folder or file that is called so is made by some step before the program is built. */
static bool is_output(Slice path)
{
	static const char *const parts[] = {"dist", "build", "out", "output", "generated", "__generated__", "gen",
	        ".next", ".nuxt", ".svelte-kit", ".astro", ".source", "target", "pkg", "wasm", "node_modules",
	        "styled-system"};
	static const char *const words[] = {".gen", "generated", "_pb", ".pb", "-pb", "version", "build-info"};
	Slice rest = path;
	while (rest.length) {
		size_t slash = MIN(slice_find_byte(rest, '/', 0), rest.length);
		Slice part = slice_sub(rest, 0, slash);
		for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
			if (slice_is(part, parts[i]))
				return true;
		rest = slice_sub(rest, MIN(slash + 1, rest.length), rest.length);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(path_name(path), words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

static bool may_be_written(Bundle *bundle, const char *path, Slice package)
{
	Slice name = path_name(slice_from(path));
	g_autofree char *stem = slice_dup(slice_sub(name, 0, MIN(slice_find_byte(name, '.', 1), name.length)));
	return !*stem || is_output(slice_sub(slice_from(path), package.length, strlen(path))) ||
	       link_may_be_made(bundle->graph, bundle->dockerfile, stem) ||
	       tools_speak_of(bundle->graph, package, stem);
}

/* ---- imports ------------------------------------------------------------------------------------------------ */

static void derive(Bundle *bundle, Node import, FactKind kind, const char *text)
{
	Graph *graph = bundle->graph;
	if (g_hash_table_add(bundle->told, GUINT_TO_POINTER(import)))
		graph_derive(graph, import, kind, graph_intern(graph, slice_from(text)), graph_place(graph, import));
}

/* at is the path in the container, repo the same in the repository, both without an ending if that is how it is
 * written. */
static void follow(Bundle *bundle, Node import, const Module *from, const char *at, const char *repo)
{
	const Graph *graph = bundle->graph;
	g_autofree char *found = find_module((View){graph, bundle->image}, at);
	if (found) {
		add_module(bundle, found);
		return;
	}
	Node unused;
	Slice package = package_folder(graph, path_folder(slice_from(from->repo)), &unused);
	if (!path_is_below(slice_from(repo), package))
		package = SLICE("");
	if (bundle->image->open || graph_has(graph, import, FACT_GUARDED) || may_be_written(bundle, repo, package))
		return;
	g_autofree char *elsewhere = find_module((View){graph, NULL}, repo);
	if (elsewhere)
		derive(bundle, import, FACT_MODULE_LEFT_OUT, elsewhere);
	else if (!has_variant(graph, repo))
		derive(bundle, import, FACT_MODULE_LOST, repo);
}

static void follow_relative(Bundle *bundle, Node import, const Module *from, Slice name)
{
	Slice folder = path_folder(slice_from(from->at));
	g_autofree char *here = slice_dup(folder);
	const char *at = container_path(bundle->image->arena, here, name);
	g_autofree char *repo = path_resolve(path_folder(slice_from(from->repo)), name);
	if (repo && *repo)
		follow(bundle, import, from, at, repo);
}

/* @/lib/x, where the compiler options say which folder @/ is. */
static bool follow_alias(Bundle *bundle, Node import, const Module *from, Slice name)
{
	const Graph *graph = bundle->graph;
	GRAPH_EACH (graph, FACT_ALIASES_FOLDER, row) {
		Slice folder = graph_folder_of(graph, row->subject);
		Slice text = graph_symbol_slice(graph, row->object);
		size_t equals = slice_find_byte(text, '=', 0);
		g_autofree char *prefix = slice_dup(slice_sub(text, 0, equals));
		if (equals == 0 || !slice_starts(name, prefix) || !path_is_below(slice_from(from->repo), folder))
			continue;
		g_autofree char *target = g_strdup_printf("%.*s/%.*s", (int)(text.length - equals - 1),
		        text.at + equals + 1, (int)(name.length - equals), name.at + equals);
		g_autofree char *repo = path_resolve(folder, slice_from(target));
		const char *at = repo && *repo ? container_of(bundle->image, repo) : NULL;
		if (at)
			follow(bundle, import, from, at, repo);
		return true;
	}
	return false;
}

/* ---- packages ------------------------------------------------------------------------------------------------- */

/* What Node.js and other hosts give, and what bundlers make up. */
static bool is_builtin(Slice name)
{
	static const char *const names[] = {"assert", "async_hooks", "buffer", "bun", "child_process", "client-only",
	        "cluster", "console", "constants", "crypto", "dgram", "diagnostics_channel", "dns", "domain",
	        "electron", "events", "fs", "http", "http2", "https", "inspector", "k6", "module", "net", "os", "path",
	        "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "server-only", "stream",
	        "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm", "vscode",
	        "wasi", "worker_threads", "zlib"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (slice_is(name, names[i]))
			return true;
	return slice_starts(name, "@site") || slice_starts(name, "@theme") || slice_starts(name, "@docusaurus/") ||
	       slice_starts(name, "@generated/");
}

/* The package of an import, or nothing where the name can be none: an alias, a scheme, something a bundler makes. */
static Slice package_of(Slice name)
{
	size_t end = MIN(slice_find_byte(name, '/', 0), name.length);
	if (name.length && name.at[0] == '@' && end > 1 && end < name.length)
		end = MIN(slice_find_byte(name, '/', end + 1), name.length);
	Slice package = slice_sub(name, 0, end);
	size_t first = package.length && package.at[0] == '@';
	if (package.length < 2 || !g_ascii_isalnum(package.at[first]) || (first && !memchr(package.at, '/', end)))
		return (Slice){"", 0};
	for (size_t i = first; i < package.length; i++)
		if (!g_ascii_islower(package.at[i]) && !g_ascii_isdigit(package.at[i]) &&
		        !strchr("-_./", package.at[i]))
			return (Slice){"", 0};
	return package;
}

static bool lists_package(const Graph *graph, Node file, const char *package)
{
	g_autofree char *types = g_strconcat("@types/", package, NULL), *own = g_strconcat("npm/", package, NULL);
	GRAPH_OF (graph, file, FACT_DEPENDENCY, row) {
		const char *name = graph_symbol_text(graph, row->object);
		if (strcmp(name, package) == 0 || strcmp(name, types) == 0)
			return true;
	}
	return strcmp(graph_text(graph, file, FACT_PROVIDES), own) == 0;
}

/* baseUrl, or a folder that a bundler looks into as well. */
static bool is_own_folder(const Graph *graph, Slice folder, Slice name)
{
	Slice first = slice_sub(name, 0, MIN(slice_find_byte(name, '/', 0), name.length));
	static const char *const tops[] = {"", "src/", "app/", "lib/"};
	for (size_t i = 0; i < G_N_ELEMENTS(tops); i++) {
		g_autofree char *path = g_strdup_printf(
		        "%.*s%s%s%.*s", SLICE_ARGS(folder), folder.length ? "/" : "", tops[i], SLICE_ARGS(first));
		if (graph_has_folder(graph, slice_from(path)) || has_variant(graph, path))
			return true;
	}
	return false;
}

typedef enum Lock { LOCK_NONE, LOCK_LACKS, LOCK_MAY } Lock;

/* What the lock file of a folder says of a package: what others bring along stands there, too. */
static Lock locked(const Graph *graph, Slice folder, const char *package, Node *ret_lock)
{
	static const char *const names[] = {
	        "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"};
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = path_resolve(folder, slice_from(names[i]));
		Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
		if (!file)
			continue;
		*ret_lock = file;
		uint32_t number = graph_file_of(graph, file);
		bool read = graph_file_bytes(graph, number).length > 0;
		return read && !file_speaks_of(graph, number, package) ? LOCK_LACKS : LOCK_MAY;
	}
	return LOCK_NONE;
}

/* A workspace beside this package. */
static bool is_of_repository(const Graph *graph, const char *package)
{
	g_autofree char *provides = g_strconcat("npm/", package, NULL);
	Symbol symbol;
	return graph_find_symbol(graph, slice_from(provides), &symbol) &&
	       graph_rows_to(graph, FACT_PROVIDES, symbol).at != graph_rows_to(graph, FACT_PROVIDES, symbol).end;
}

/* Whether nothing gives the package; ret_place is the file that should name it: the lock file, or else package.json. */
static bool is_unlisted(Bundle *bundle, const Module *from, Slice name, const char *package, Node *ret_place)
{
	const Graph *graph = bundle->graph;
	Slice scope = slice_sub(name, 0, MIN(slice_find_byte(name, '/', 0), name.length));
	g_autofree char *first = slice_dup(scope);
	Lock lock = LOCK_NONE;
	Slice folder = path_folder(slice_from(from->repo));
	bool any = false;
	for (bool top = false; !top; folder = path_folder(folder)) {
		Node file, lock_file;
		folder = package_folder(graph, folder, &file);
		top = folder.length == 0;
		if (!file)
			break;
		if (lists_package(graph, file, package) || is_own_folder(graph, folder, name) ||
		        tools_speak_of(graph, folder, first))
			return false;
		Lock here = locked(graph, folder, package, &lock_file);
		if (here == LOCK_MAY)
			return false;
		if (!any || (here == LOCK_LACKS && lock == LOCK_NONE))
			*ret_place = here == LOCK_LACKS ? lock_file : file;
		lock = MAX(lock, here);
		any = true;
	}
	return any;
}

static void follow_package(Bundle *bundle, Node import, const Module *from, Slice name)
{
	Graph *graph = bundle->graph;
	g_autofree char *package = slice_dup(package_of(name));
	Node place = NODE_NONE;
	if (!*package || !bundle->installs || bundle->image->open || graph_has(graph, import, FACT_GUARDED) ||
	        is_builtin(name) || is_builtin(slice_from(package)) || is_of_repository(graph, package) ||
	        is_builtin(slice_sub(name, 0, MIN(slice_find_byte(name, '/', 0), name.length))) ||
	        link_may_be_made(graph, bundle->dockerfile, package))
		return;
	if (is_unlisted(bundle, from, name, package, &place) &&
	        g_hash_table_add(bundle->told, GUINT_TO_POINTER(import)))
		graph_derive(graph, import, FACT_PACKAGE_UNLISTED, graph_intern(graph, slice_from(package)),
		        graph_place(graph, place));
}

static void read_module(Bundle *bundle, Module module)
{
	const Graph *graph = bundle->graph;
	Node file = graph_find_file(graph, slice_from(module.repo));
	GRAPH_CHILDREN (graph, file, NODE_IMPORT, import) {
		Slice name = slice_from(graph_name(graph, import));
		name = slice_sub(name, 0, MIN(slice_find_byte(name, '?', 0), name.length));
		if (name.length == 0 || strpbrk(graph_name(graph, import), "!*:$#{ "))
			continue;
		if (slice_starts(name, "./") || slice_starts(name, "../") || slice_is(name, ".") ||
		        slice_is(name, ".."))
			follow_relative(bundle, import, &module, name);
		else if (!follow_alias(bundle, import, &module, name))
			follow_package(bundle, import, &module, name);
	}
}

/* ---- where programs begin --------------------------------------------------------------------------------------- */

static const char *below(Bundle *bundle, const char *folder, const char *name)
{
	return arena_printf(bundle->image->arena, "%s/%s", folder, name);
}

/* <script type="module" src="/src/main.tsx">, from the folder that the bundler works in. */
static void begin_page(Bundle *bundle, const char *cwd)
{
	const Graph *graph = bundle->graph;
	const char *repo = image_find_file(bundle->image, below(bundle, cwd, "index.html"));
	Node file = repo ? graph_find_file(graph, slice_from(repo)) : NODE_NONE;
	Slice text = file ? graph_file_bytes(graph, graph_file_of(graph, file)) : (Slice){"", 0};
	for (size_t at = 0; (at = slice_find(text, "src=\"", at)) != SIZE_MAX; at++) {
		size_t start = at + strlen("src=\""), end = slice_find_byte(text, '"', start);
		while (start < text.length && text.at[start] == '/')
			start++;
		if (end != SIZE_MAX && end > start && end - start < 200)
			add_module(bundle, container_path(bundle->image->arena, cwd, slice_sub(text, start, end)));
	}
}

static void begin_usual(Bundle *bundle, const char *cwd)
{
	static const char *const stems[] = {"src/main", "src/index", "index", "main"};
	for (size_t i = 0; i < G_N_ELEMENTS(stems); i++)
		for (size_t k = 0; k < G_N_ELEMENTS(script_ends); k++) {
			g_autofree char *name = g_strconcat(stems[i], script_ends[k], NULL);
			add_module(bundle, below(bundle, cwd, name));
		}
}

static bool is_page_of_next(Slice below_top, bool pages)
{
	static const char *const names[] = {
	        "page", "layout", "route", "template", "loading", "error", "not-found", "default", "global-error"};
	Slice name = path_name(below_top), stem = slice_sub(name, 0, MIN(slice_find_byte(name, '.', 0), name.length));
	for (size_t i = 0; !pages && i < G_N_ELEMENTS(names); i++)
		if (slice_is(stem, names[i]))
			return true;
	return pages;
}

/* Next.js begins at every page and layout. */
static void begin_next(Bundle *bundle, const char *cwd)
{
	static const char *const tops[] = {"app", "src/app", "pages", "src/pages"};
	const Graph *graph = bundle->graph;
	for (size_t i = 0; i < G_N_ELEMENTS(tops); i++) {
		const char *at = below(bundle, cwd, tops[i]), *repo = image_find_folder(bundle->image, at);
		g_autofree char *start = repo ? g_strconcat(repo, "/", NULL) : NULL;
		for (uint32_t file = start ? graph_first_file(graph, start) : UINT32_MAX; file < graph_files(graph);
		        file++) {
			const char *path = graph_file_path(graph, file);
			if (!g_str_has_prefix(path, start))
				break;
			if (!graph_has(graph, graph_file_node(graph, file), FACT_CLASS) &&
			        is_page_of_next(slice_from(path), strstr(tops[i], "pages") != NULL))
				add_module(bundle, below(bundle, at, path + strlen(start)));
		}
	}
}

static bool is_bundler(Slice word)
{
	static const char *const names[] = {"vite", "react-scripts", "webpack", "rollup", "parcel", "craco", "rspack",
	        "rsbuild", "vue-cli-service", "react-app-rewired", "farm", "rolldown", "nest", "tsup", "ncc"};
	return slice_is_any(word, names, G_N_ELEMENTS(names));
}

static bool is_runner(Slice word)
{
	static const char *const names[] = {"npm", "yarn", "pnpm", "bun"};
	return slice_is_any(word, names, G_N_ELEMENTS(names));
}

static bool is_starter(Slice word)
{
	static const char *const names[] = {"node", "nodemon", "tsx", "ts-node", "bun", "ts-node-dev", "nodejs"};
	return slice_is_any(word, names, G_N_ELEMENTS(names));
}

typedef struct Command {
	const char *cwd;
	bool runs, starts, changes; /* behind npm, node, cd */
	uint32_t depth;
} Command;

static void read_line(Bundle *bundle, Slice line, Command command);

/* The script of package.json that npm runs. */
static bool run_script(Bundle *bundle, Slice name, Command command)
{
	const Graph *graph = bundle->graph;
	const char *repo = image_find_file(bundle->image, below(bundle, command.cwd, "package.json"));
	Node file = repo ? graph_find_file(graph, slice_from(repo)) : NODE_NONE;
	if (!file || command.depth >= MOST_DEPTH || bundle->scripts >= MOST_SCRIPTS)
		return false;
	GRAPH_OF (graph, file, FACT_SCRIPT, row) {
		Slice text = graph_symbol_slice(graph, row->object);
		size_t equals = slice_find_byte(text, '=', 0);
		if (equals == SIZE_MAX || !slice_equal(slice_sub(text, 0, equals), name))
			continue;
		bundle->scripts++;
		read_line(bundle, slice_sub(text, equals + 1, text.length),
		        (Command){.cwd = command.cwd, .depth = command.depth + 1});
		return true;
	}
	return false;
}

static void read_word(Bundle *bundle, Slice word, Command *command)
{
	Slice name = path_name(word);
	g_autofree char *text = slice_dup(word);
	if (command->changes) {
		command->cwd = container_path(bundle->image->arena, command->cwd, word);
		command->changes = false;
	} else if (slice_is(word, "cd")) {
		command->changes = true;
	} else if (is_script(text)) {
		add_module(bundle, container_path(bundle->image->arena, command->cwd, word));
	} else if (is_bundler(name)) {
		begin_page(bundle, command->cwd);
		begin_usual(bundle, command->cwd);
	} else if (slice_is(name, "next")) {
		begin_next(bundle, command->cwd);
	} else if (command->runs && run_script(bundle, word, *command)) {
		command->runs = false;
	} else if (command->starts && word.length && word.at[0] != '-') {
		for (size_t i = 0; i < G_N_ELEMENTS(script_ends); i++) {
			g_autofree char *file = g_strconcat(text, script_ends[i], NULL);
			add_module(bundle, container_path(bundle->image->arena, command->cwd, slice_from(file)));
		}
		command->starts = false;
	}
	command->runs |= is_runner(name);
	command->starts |= is_starter(name);
}

static void read_line(Bundle *bundle, Slice line, Command command)
{
	Slice words = line, word;
	while (slice_next_word(&words, &word)) {
		bool ends = word.length && strchr(";&|", word.at[word.length - 1]);
		bool begins = word.length && strchr(";&|", word.at[0]);
		while (word.length && strchr("\"'(;&|", word.at[0]))
			word = slice_sub(word, 1, word.length);
		while (word.length && strchr("\"');&|\\\r\n", word.at[word.length - 1]))
			word.length--;
		if (begins)
			command.runs = command.starts = command.changes = false;
		if (word.length && !slice_is(word, "RUN"))
			read_word(bundle, word, &command);
		if (ends)
			command.runs = command.starts = command.changes = false;
	}
}

static void read_arguments(Bundle *bundle, Node node)
{
	const Graph *graph = bundle->graph;
	g_autoptr(GString) line = g_string_new(NULL);
	GRAPH_OF (graph, node, FACT_ARGUMENT, row)
		g_string_append_printf(line, " %s", graph_symbol_text(graph, row->object));
	read_line(bundle, slice_from(line->str), (Command){.cwd = bundle->image->workdir});
}

static void read_runs(Bundle *bundle)
{
	const Graph *graph = bundle->graph;
	GRAPH_CHILDREN (graph, bundle->image->stage, NODE_INSTRUCTION, run) {
		Slice text = graph_span_bytes(graph, graph_place(graph, run)), line;
		Command command = {.cwd = bundle->image->workdir};
		while (strcmp(graph_name(graph, run), "RUN") == 0 && slice_next_line(&text, &line))
			read_line(bundle, line, command);
	}
}

/* ---- images ------------------------------------------------------------------------------------------------------ */

/* One of its steps installs what package.json asks for, and nothing but a host of such programs is below. */
static bool installs_packages(const Graph *graph, Node dockerfile)
{
	static const char *const words[] = {
	        "npm install", "npm ci", "npm i", "yarn", "pnpm install", "pnpm i", "bun install", "bun i"};
	GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, stage) {
		Slice from = path_name(slice_from(graph_text(graph, stage, FACT_FROM)));
		if (!slice_starts(from, "node") && !slice_starts(from, "bun"))
			continue;
		GRAPH_CHILDREN (graph, dockerfile, NODE_STAGE, other)
			GRAPH_CHILDREN (graph, other, NODE_INSTRUCTION, run) {
				Slice text = graph_span_bytes(graph, graph_place(graph, run));
				for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
					if (slice_find(text, words[i], 0) != SIZE_MAX)
						return true;
			}
	}
	return false;
}

static void read_stage(Bundle *bundle)
{
	Graph *graph = bundle->graph;
	read_runs(bundle);
	if (bundle->image->entrypoint)
		read_arguments(bundle, bundle->image->entrypoint);
	if (bundle->image->command)
		read_arguments(bundle, bundle->image->command);
	while (bundle->next < bundle->modules->len) {
		Module module = g_array_index(bundle->modules, Module, bundle->next++);
		Node file = graph_find_file(graph, slice_from(module.repo));
		if (g_hash_table_add(bundle->seen, GUINT_TO_POINTER(file)))
			graph_derive(graph, file, FACT_SCRIPT_IN, bundle->dockerfile, graph_place(graph, file));
		read_module(bundle, module);
	}
}

static bool has_scripts(const Graph *graph, Slice context)
{
	Symbol format;
	if (!graph_find_symbol(graph, SLICE("javascript"), &format))
		return false;
	GRAPH_TO (graph, FACT_FORMAT, format, row)
		if (path_is_below(slice_from(graph_name(graph, row->subject)), context))
			return true;
	return false;
}

void link_modules(Graph *graph, const Build *build, GHashTable *seen, GHashTable *told)
{
	g_autoptr(Arena) arena = arena_new();
	Slice context = slice_from(build->context);
	uint32_t number = 0;
	if (!has_scripts(graph, context))
		return;
	bool installs = installs_packages(graph, build->dockerfile);
	GRAPH_CHILDREN (graph, build->dockerfile, NODE_STAGE, stage) {
		Image image;
		char text[16];
		g_snprintf(text, sizeof text, "%u", number++);
		if (!image_read(graph, build->dockerfile, slice_from(text), context, arena, &image))
			return;
		if (image.stage == stage) {
			Bundle bundle = {.graph = graph,
			        .image = &image,
			        .dockerfile = build->dockerfile,
			        .modules = g_array_new(FALSE, FALSE, sizeof(Module)),
			        .known = g_hash_table_new(g_str_hash, g_str_equal),
			        .told = told,
			        .seen = seen,
			        .installs = installs};
			link_add_mounts(&image, build->service);
			read_stage(&bundle);
			g_array_unref(bundle.modules);
			g_hash_table_unref(bundle.known);
		}
		image_clear(&image);
	}
}
