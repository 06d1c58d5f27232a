/* A compose file as one value: variables filled in, its override laid over it, what it includes and extends joined in,
 * as the Compose Specification has it. Files come from the graph, or from the disk where Git does not hold them, as
 * `.env` mostly is. Paths within what is brought in are rewritten to be seen from the file that was named. */
#include "engine/inner.h"

#include "base/dotenv.h"
#include "base/error.h"
#include "base/path.h"
#include "base/variable.h"

#define MOST_DEPTH 10 /* files that bring in each other, and variables within variables */

/* One file on the way: where it lies, which variables it sees. */
typedef struct Part {
	ComposeProject *project;
	char *path, *folder; /* below the root */
	GHashTable *variables;
	Span place;
	uint32_t depth;
} Part;

static void part_clear(Part *part)
{
	g_free(part->path);
	g_free(part->folder);
	g_clear_pointer(&part->variables, g_hash_table_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Part, part_clear)

static void problem(const Part *part, bool blocking, Span place, const char *format, ...) G_GNUC_PRINTF(4, 5);

static void problem(const Part *part, bool blocking, Span place, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	bool there = strcmp(graph_file_path(part->project->graph, place.file), part->path) == 0;
	wanted_problem(
	        part->project->wanted, place, blocking, "%s%s%s", there ? "" : part->path, there ? "" : ": ", text);
}

static Span place_of_service(const Part *part, const char *name)
{
	Span place = compose_place(part->project, name);
	return place.file == part->place.file ? place : part->place;
}

/* Where the file first uses a variable; the file, where Git does not hold it. */
static Span place_of_variable(const Part *part, const char *name)
{
	const Graph *graph = part->project->graph;
	Slice bytes = graph_file_bytes(graph, part->place.file);
	size_t at = 0;
	for (Variable use; variable_next(bytes, &at, &use); at = use.end)
		if (slice_is(use.name, name))
			return (Span){part->place.file, (uint32_t)use.start, (uint32_t)use.end};
	return part->place;
}

/* ---- variables ------------------------------------------------------------------------------------------------- */

static void fill(const Part *part, Slice text, GString *out, uint32_t depth);

/* The value that a use stands for, by its operator. */
static void fill_use(const Part *part, const Variable *use, GString *out, uint32_t depth)
{
	g_autofree char *name = slice_dup(use->name);
	g_autoptr(GString) word = g_string_new(NULL);
	const char *value = g_hash_table_lookup(part->variables, name);
	bool set = value && (!use->colon || *value);
	if (use->op && depth < MOST_DEPTH)
		fill(part, use->word, word, depth + 1);
	if (use->op == '?' && !set)
		problem(part, true, place_of_variable(part, name), "the variable %s must be set%s%s", name,
		        word->len ? ": " : "", word->str);
	else if (!use->op && !value)
		problem(part, false, place_of_variable(part, name), "the variable %s is not set and becomes nothing",
		        name);
	if (use->op == '+')
		g_string_append(out, set ? word->str : "");
	else if (use->op == '-' && !set)
		g_string_append(out, word->str);
	else
		g_string_append(out, value ? value : "");
}

/* What stands between uses: "$$" is a dollar sign. */
static void append_plain(GString *out, Slice text)
{
	for (size_t at = 0; at < text.length; at++) {
		g_string_append_c(out, text.at[at]);
		at += text.at[at] == '$' && at + 1 < text.length && text.at[at + 1] == '$';
	}
}

static void fill(const Part *part, Slice text, GString *out, uint32_t depth)
{
	size_t at = 0, copied = 0;
	for (Variable use; variable_next(text, &at, &use); at = copied = use.end) {
		append_plain(out, slice_sub(text, copied, use.start));
		fill_use(part, &use, out, depth);
	}
	append_plain(out, slice_sub(text, copied, text.length));
}

static Json *filled(const Part *part, const Json *value)
{
	const char *text = json_text(value);
	if (text && strchr(text, '$')) {
		g_autoptr(GString) out = g_string_new(NULL);
		fill(part, slice_from(text), out, 0);
		return json_new_text(out->str);
	}
	if (json_kind(value) == JSON_LIST) {
		Json *list = json_new_list();
		JSON_EACH (value, item)
			json_append(list, filled(part, item));
		return list;
	}
	if (json_kind(value) != JSON_MAP)
		return json_clone(value);
	Json *map = json_new_map();
	JSON_MEMBERS (value, key, member)
		json_set(map, key, filled(part, member));
	return map;
}

/* A value between double quotes: \n, \t, \" and \\ stand for what they do in a shell's $'…'. */
static char *unescape(Slice value)
{
	GString *out = g_string_new(NULL);
	for (size_t at = 0; at < value.length; at++) {
		const char *found =
		        at + 1 < value.length && value.at[at] == '\\' ? strchr("nrt\"\\$", value.at[at + 1]) : NULL;
		if (found)
			g_string_append_c(out, "\n\r\t\"\\$"[found - "nrt\"\\$"]);
		else
			g_string_append_c(out, value.at[at]);
		at += found != NULL;
	}
	return g_string_free(out, FALSE);
}

static char *entry_value(const Part *part, const DotenvEntry *entry)
{
	if (entry->quote == DOTENV_SINGLE)
		return slice_dup(entry->value);
	g_autofree char *plain = entry->quote == DOTENV_DOUBLE ? unescape(entry->value) : slice_dup(entry->value);
	GString *out = g_string_new(NULL);
	fill(part, slice_from(plain), out, 0);
	return g_string_free(out, FALSE);
}

static bool read_env(const Part *part, const char *path, GHashTable *into)
{
	g_autofree char *whole = g_path_is_absolute(path) ? g_strdup(path)
	                                                  : g_build_filename(part->project->options->root, path, NULL),
	                *text = NULL;
	gsize length;
	if (!g_file_get_contents(whole, &text, &length, NULL))
		return false;
	DotenvReader reader = dotenv_reader((Slice){text, length});
	for (DotenvEntry entry; dotenv_next(&reader, &entry);)
		if (!entry.offered)
			g_hash_table_replace(into, slice_dup(entry.name), entry_value(part, &entry));
	return true;
}

/* ---- one file into another -------------------------------------------------------------------------------------- */

/* "NAME=value" items or bare names as a map; a map as it is. */
static Json *as_map(const Json *value)
{
	if (json_kind(value) != JSON_LIST)
		return json_clone(value);
	Json *map = json_new_map();
	JSON_EACH (value, item) {
		g_autofree char *text = json_scalar(item);
		char *equals = text ? strchr(text, '=') : NULL;
		if (equals)
			*equals = '\0';
		if (text)
			json_set(map, text, equals ? json_new_text(equals + 1) : json_new_nil());
	}
	return map;
}

/* What tells two items of a list apart: where a volume is mounted, what a secret is called. */
static const char *item_key(const Json *item)
{
	const char *text = json_text(item), *colon = text ? strchr(text, ':') : NULL;
	const char *target = json_text_at(item, "target");
	return text ? (colon ? colon + 1 : text) : target ? target : json_text_at(item, "source");
}

static void join_by_target(Json *into, const Json *over)
{
	JSON_EACH (over, item) {
		const char *key = item_key(item);
		for (size_t i = json_count(into); i-- > 0;)
			if (key && g_strcmp0(item_key(json_item(into, i)), key) == 0)
				json_remove_item(into, i);
		json_append(into, json_clone(item));
	}
}

static void join_lists(Json *into, const Json *over)
{
	JSON_EACH (over, item) {
		bool there = false;
		JSON_EACH (into, other)
			there |= json_same(other, item);
		if (!there)
			json_append(into, json_clone(item));
	}
}

static void merge(Json *into, const Json *over);

/* One key of a service, or of a map in it. */
static void merge_key(Json *into, const char *key, const Json *over)
{
	static const char *const pairs[] = {"environment", "labels", "annotations", "sysctls", "args", "depends_on",
	        "networks", NULL},
	                         *const whole[] = {"command", "entrypoint", "test", NULL},
	                         *const by_target[] = {"volumes", "secrets", "configs", "devices", NULL};
	Json *there = json_get(into, key);
	if (there && g_strv_contains(pairs, key)) {
		g_autoptr(Json) more = as_map(over);
		json_set(into, key, as_map(there));
		merge(json_get(into, key), more);
	} else if (there && strcmp(key, "build") == 0 && json_text(there)) {
		Json *build = json_new_map();
		json_set_text(build, "context", json_text(there));
		json_set(into, key, build);
		merge_key(into, key, over);
	} else if (there && strcmp(key, "build") == 0 && json_text(over)) {
		json_set_text(there, "context", json_text(over));
	} else if (there && json_kind(there) == json_kind(over) && !g_strv_contains(whole, key) &&
	           json_kind(over) == JSON_LIST) {
		(g_strv_contains(by_target, key) ? join_by_target : join_lists)(there, over);
	} else if (there && json_kind(there) == JSON_MAP && json_kind(over) == JSON_MAP) {
		merge(there, over);
	} else {
		json_set(into, key, json_clone(over));
	}
}

static void merge(Json *into, const Json *over)
{
	JSON_MEMBERS (over, key, value)
		merge_key(into, key, value);
}

/* ---- paths of a file that is brought in ------------------------------------------------------------------------- */

static char *rebased(const char *prefix, const char *path)
{
	bool stays = *path == '/' || *path == '~' || strstr(path, "://") || g_str_has_prefix(path, "git@");
	return stays ? g_strdup(path) : g_strconcat("./", prefix, "/", path, NULL);
}

static void rebase_key(Json *map, const char *key, const char *prefix)
{
	const char *path = json_text_at(map, key);
	g_autofree char *now = path ? rebased(prefix, path) : NULL;
	json_set_text(map, key, now);
}

static void rebase_volumes(Json *volumes, const char *prefix)
{
	for (size_t i = 0; i < json_count(volumes); i++) {
		Json *item = json_item(volumes, i);
		const char *text = json_text(item);
		if (text && *text == '.') {
			g_autofree char *now = rebased(prefix, text);
			json_replace(volumes, i, json_new_text(now));
		} else if (g_strcmp0(json_text_at(item, "type"), "bind") == 0) {
			rebase_key(item, "source", prefix);
		}
	}
}

static void rebase_env_files(Json *service, const char *prefix)
{
	rebase_key(service, "env_file", prefix); /* one file, written as a text */
	Json *files = json_get(service, "env_file");
	for (size_t i = 0; json_kind(files) == JSON_LIST && i < json_count(files); i++) {
		Json *item = json_item(files, i);
		g_autofree char *now = json_text(item) ? rebased(prefix, json_text(item)) : NULL;
		if (now)
			json_replace(files, i, json_new_text(now));
		else
			rebase_key(item, "path", prefix);
	}
}

static void rebase_service(Json *service, const char *prefix)
{
	Json *build = json_get(service, "build");
	if (!*prefix)
		return;
	if (json_text(build))
		rebase_key(service, "build", prefix);
	else if (build && !json_get(build, "context"))
		json_set_text(build, "context", prefix);
	else
		rebase_key(build, "context", prefix);
	rebase_volumes(json_get(service, "volumes"), prefix);
	rebase_env_files(service, prefix);
}

static void rebase_all(Json *root, const char *prefix)
{
	static const char *const kinds[] = {"secrets", "configs"};
	JSON_MEMBERS (json_get(root, "services"), name, service)
		if (name)
			rebase_service(service, prefix);
	for (size_t i = 0; *prefix && i < G_N_ELEMENTS(kinds); i++)
		JSON_MEMBERS (json_get(root, kinds[i]), name, own)
			if (name)
				rebase_key(own, "file", prefix);
}

/* What leads from one folder to the other, "" for the same. Free with g_free. */
static char *between(const char *from, const char *to)
{
	return strcmp(from, to) == 0 ? g_strdup("") : path_relative(slice_from(from), to);
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

static char *folder_of(const char *path)
{
	Slice folder = path_folder(slice_from(path));
	return slice_dup(folder);
}

/* A part of a path below the root, in a project folder: "" or a folder, NULL for that of the file. */
static Part part_at(ComposeProject *project, const char *path, const char *folder, const Part *above)
{
	Node file = graph_find_file(project->graph, slice_from(path));
	Part part = {project, g_strdup(path), folder ? g_strdup(folder) : folder_of(path),
	        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        file ? graph_place(project->graph, file) : project->place, above ? above->depth + 1 : 0};
	return part;
}

/* What is set there outweighs what was set here: what is above a file outweighs what stands beside it. */
static void take_all(GHashTable *into, GHashTable *from)
{
	GHashTableIter at;
	const char *name, *value;
	g_hash_table_iter_init(&at, from);
	while (g_hash_table_iter_next(&at, (void **)&name, (void **)&value))
		g_hash_table_replace(into, g_strdup(name), g_strdup(value));
}

static Json *read_root(const Part *part, GError **error)
{
	const Graph *graph = part->project->graph;
	Node file = graph_find_file(graph, slice_from(part->path));
	g_autofree char *text = NULL, *whole = g_build_filename(part->project->options->root, part->path, NULL);
	gsize length = 0;
	if (!file && !g_file_get_contents(whole, &text, &length, error))
		return NULL;
	Slice bytes = file ? graph_file_bytes(graph, graph_file_of(graph, file)) : (Slice){text, length};
	g_autoptr(Json) root = render_yaml(bytes, error);
	if (!root) {
		g_prefix_error(error, "%s: ", part->path);
		return NULL;
	}
	return filled(part, root);
}

static void extend(const Part *part, Json *services, const char *name, uint32_t depth);

/* A service of another file as it is after its own extensions, with paths as seen from `part`. */
static Json *service_of_file(const Part *part, const char *written, const char *name)
{
	g_autofree char *path = path_resolve(slice_from(part->folder), slice_from(written));
	if (!path || part->depth >= MOST_DEPTH) {
		problem(part, true, part->place, "extends %s: %s", written,
		        path ? "files extend each other" : "it is outside");
		return NULL;
	}
	g_auto(Part) other = part_at(part->project, path, NULL, part);
	take_all(other.variables, part->variables);
	g_autoptr(GError) missing = NULL;
	g_autoptr(Json) root = read_root(&other, &missing);
	Json *services = json_get(root, "services");
	if (!root) {
		problem(part, true, part->place, "extends %s: %s", written, missing->message);
		return NULL;
	}
	extend(&other, services, name, 0);
	if (!json_get(services, name))
		return NULL;
	Json *service = json_clone(json_get(services, name));
	g_autofree char *prefix = between(part->folder, other.folder);
	rebase_service(service, prefix);
	return service;
}

/* `extends` of one service, worked out in place; those of the services that it extends first. */
static void extend(const Part *part, Json *services, const char *name, uint32_t depth)
{
	Json *service = json_get(services, name);
	const Json *extends = json_get(service, "extends");
	const char *written = json_text(extends) ? json_text(extends) : json_text_at(extends, "service");
	/* Kept, since those that go in a circle put others in the place of what says it. */
	g_autofree char *file = g_strdup(json_text_at(extends, "file")), *base = g_strdup(written);
	if (!extends)
		return;
	if (depth >= MOST_DEPTH || !base) {
		problem(part, true, place_of_service(part, name), "service %s: extends %s", name,
		        base ? "goes in a circle" : "names no service");
		return;
	}
	if (!file)
		extend(part, services, base, depth + 1);
	Json *merged = file ? service_of_file(part, file, base) : json_clone(json_get(services, base));
	if (!merged) {
		problem(part, true, place_of_service(part, name), "service %s extends %s%s%s, which is not there", name,
		        base, file ? " of " : "", file ? file : "");
		return;
	}
	g_autoptr(Json) own = json_clone(json_get(services, name));
	json_remove(own, "extends");
	json_remove(merged, "extends");
	merge(merged, own);
	json_set(services, name, merged);
}

static bool assemble(Part *part, Json *into, GError **error);

/* Lays the files of one entry of `include` into one value; a name that is there already is said. */
static bool include_one(const Part *part, const Json *entry, Json *into, GError **error)
{
	const Json *written = json_text(entry) ? entry : json_get(entry, "path");
	const char *first = json_text(written) ? json_text(written) : json_text(json_item(written, 0)),
	           *directory = json_text_at(entry, "project_directory");
	g_autofree char *path = first ? path_resolve(slice_from(part->folder), slice_from(first)) : NULL,
	                *folder = directory ? path_resolve(slice_from(part->folder), slice_from(directory)) : NULL;
	if (!path || part->depth >= MOST_DEPTH) {
		problem(part, true, part->place, "include %s: %s", first ? first : "",
		        part->depth >= MOST_DEPTH ? "files include each other"
		                                  : "only files of the repository are read");
		return true;
	}
	g_auto(Part) other = part_at(part->project, path, folder, part);
	g_autoptr(Json) root = json_new_map();
	const char *env = json_text_at(entry, "env_file");
	g_autofree char *env_path = g_build_filename(env ? part->folder : other.folder, env ? env : ".env", NULL);
	read_env(&other, env_path, other.variables);
	take_all(other.variables, part->variables);
	take_all(part->project->included, other.variables);
	if (!assemble(&other, root, error))
		return false;
	JSON_EACH (written, more) { /* further files of the list are laid over the first */
		g_autofree char *next = json_text(more) && more_at
		                                ? path_resolve(slice_from(part->folder), slice_from(json_text(more)))
		                                : NULL;
		g_auto(Part) over = part_at(part->project, next ? next : path, other.folder, part);
		take_all(over.variables, other.variables);
		if (next && !assemble(&over, root, error))
			return false;
	}
	g_autofree char *prefix = between(part->folder, other.folder);
	rebase_all(root, prefix);
	JSON_MEMBERS (json_get(root, "services"), name, service)
		if (json_get(json_get(into, "services"), name) && service)
			problem(part, true, place_of_service(part, name), "service %s is also in %s, which is included",
			        name, path);
	merge(into, root);
	return true;
}

/* docker-compose.yaml → docker-compose.override.yaml or .yml, where it is there. */
static char *override_of(const Part *part)
{
	static const char *const ends[] = {"yaml", "yml"};
	const char *dot = strrchr(part->path, '.'), *name = strrchr(part->path, '/');
	name = name ? name + 1 : part->path;
	if (!dot || !(g_str_has_prefix(name, "compose.y") || g_str_has_prefix(name, "docker-compose.y")))
		return NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path =
		        g_strdup_printf("%.*s.override.%s", (int)(dot - part->path), part->path, ends[i]);
		if (graph_find_file(part->project->graph, slice_from(path)))
			return g_steal_pointer(&path);
	}
	return NULL;
}

static void remember_places(const Part *part, const Json *root)
{
	const Graph *graph = part->project->graph;
	Node file = graph_find_file(graph, slice_from(part->path));
	GRAPH_NODES (graph, NODE_SERVICE, service)
		if (file && graph_ancestor(graph, service, NODE_FILE) == file &&
		        json_get(json_get(root, "services"), graph_name(graph, service)))
			g_hash_table_insert(
			        part->project->places, g_strdup(graph_name(graph, service)), GUINT_TO_POINTER(service));
}

/* One file with all that it brings in, merged into a value. */
static bool assemble(Part *part, Json *into, GError **error)
{
	g_autoptr(Json) root = read_root(part, error);
	g_autofree char *over_path = part->depth ? NULL : override_of(part);
	if (!root)
		return false;
	remember_places(part, root);
	if (over_path) {
		g_auto(Part) over = part_at(part->project, over_path, part->folder, NULL);
		take_all(over.variables, part->variables);
		g_autoptr(Json) more = read_root(&over, error);
		if (!more)
			return false;
		merge(root, more);
	}
	JSON_EACH (json_get(root, "include"), entry)
		if (!include_one(part, entry, root, error))
			return false;
	JSON_MEMBERS (json_get(root, "services"), name, service)
		if (service)
			extend(part, json_get(root, "services"), name, 0);
	json_remove(root, "include");
	merge(into, root);
	return true;
}

bool compose_read_env(const ComposeProject *project, const char *written, GHashTable *into)
{
	g_auto(Part) part = part_at((ComposeProject *)project, project->path, NULL, NULL);
	take_all(part.variables, project->included);
	take_all(part.variables, project->variables);
	g_autofree char *path =
	        g_path_is_absolute(written) ? g_strdup(written) : g_build_filename(project->folder, written, NULL);
	return read_env(&part, path, into);
}

bool compose_assemble(ComposeProject *project, GError **error)
{
	g_auto(Part) part = part_at(project, project->path, NULL, NULL);
	g_autofree char *env = g_build_filename(project->folder, ".env", NULL);
	read_env(&part, env, part.variables);
	for (char **line = project->options->environment; line && *line; line++) { /* what is set outweighs .env */
		char *equals = strchr(*line, '=');
		if (equals)
			g_hash_table_replace(
			        part.variables, g_strndup(*line, (size_t)(equals - *line)), g_strdup(equals + 1));
	}
	project->root = json_new_map();
	bool fine = assemble(&part, project->root, error);
	project->variables = g_hash_table_ref(part.variables);
	return fine;
}
