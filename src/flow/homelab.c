/* From a scan to what is wanted: which parts of a repository run, where files for containers lie, one run at a time. */
#include "flow/homelab.h"

#include "base/error.h"
#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/statfs.h>
#include <unistd.h>

#define PROXY_IMAGE "docker.io/library/haproxy:3.0"
#define TMPFS_MAGIC 0x01021994
#define RAMFS_MAGIC 0x858458f6

char *homelab_project(const char *root, const char *asked)
{
	g_autofree char *name = asked ? g_strdup(asked) : g_path_get_basename(root);
	GString *out = g_string_new(NULL);
	for (const char *at = name; *at; at++)
		if (g_ascii_isalnum(*at) || (out->len && strchr("-_", *at)))
			g_string_append_c(out, g_ascii_tolower(*at));
		else if (out->len && out->str[out->len - 1] != '-')
			g_string_append_c(out, '-');
	if (out->len == 0)
		g_string_append(out, "homelab");
	return g_string_free(out, FALSE);
}

/* ---- which parts ---------------------------------------------------------------------------------------------------
 */

typedef struct Gathering {
	Homelab *homelab;
	const WantedOptions *options;
	GArray *manifests; /* Manifest, borrowed from the renders */
} Gathering;

static void take_problems(Wanted *wanted, const GArray *problems)
{
	for (guint i = 0; i < problems->len; i++) {
		const RenderProblem *problem = &g_array_index(problems, RenderProblem, i);
		WantedProblem note = {problem->place, g_strdup(problem->text), false};
		g_array_append_val(wanted->problems, note);
	}
}

static bool gather_manifests(Gathering *gathering, const char *path, GError **error)
{
	Render *render = render_new(gathering->homelab->scan->graph, path, error);
	if (!render)
		return false;
	g_ptr_array_add(gathering->homelab->renders, render);
	g_array_append_vals(gathering->manifests, render->manifests->data, render->manifests->len);
	take_problems(gathering->homelab->wanted, render->problems);
	take_problems(gathering->homelab->wanted, render->left_out);
	return true;
}

/* Whether a row of another file names this one, as seen from the folder of that file. */
static bool names_file(const Graph *graph, const Row *row, size_t length, const char *path)
{
	const char *from = graph_name(graph, graph_ancestor(graph, row->subject, NODE_FILE));
	Slice written = {graph_symbol_text(graph, row->object), length};
	g_autofree char *resolved = path_resolve(path_folder(slice_from(from)), written);
	return resolved && strcmp(from, path) != 0 && strcmp(resolved, path) == 0;
}

/* Another compose file includes it, or services of others extend its services and nothing runs it by itself. */
static bool is_brought_in(const Graph *graph, const char *path)
{
	Slice name = path_name(slice_from(path));
	GRAPH_EACH (graph, FACT_INCLUDES, row)
		if (names_file(graph, row, strlen(graph_symbol_text(graph, row->object)), path))
			return true;
	if (slice_starts(name, "compose.") || slice_starts(name, "docker-compose."))
		return false;
	GRAPH_EACH (graph, FACT_EXTENDS, row) {
		const char *text = graph_symbol_text(graph, row->object), *colon = strrchr(text, ':');
		if (colon > text && names_file(graph, row, (size_t)(colon - text), path))
			return true;
	}
	return false;
}

/* Compose files at or below a path that no other compose file brings in. An override beside one belongs to it. */
static bool gather_compose(Gathering *gathering, const char *path, uint32_t *ret_count, GError **error)
{
	const Graph *graph = gathering->homelab->scan->graph;
	GRAPH_NODES (graph, NODE_COMPOSE, compose) {
		Node file = graph_ancestor(graph, compose, NODE_FILE);
		const char *name = graph_name(graph, file);
		bool asked = strcmp(name, path) == 0;
		if (!path_is_below(slice_from(name), slice_from(path)) ||
		        (!asked && (graph_has(graph, file, FACT_QUIET) || strstr(name, ".override.") ||
		                           is_brought_in(graph, name))))
			continue;
		if (!wanted_add_compose(gathering->homelab->wanted, gathering->options, graph, name, error))
			return false;
		++*ret_count;
	}
	return true;
}

static bool gather(Gathering *gathering, const char *path, GError **error)
{
	const Graph *graph = gathering->homelab->scan->graph;
	uint32_t compose = 0;
	if (*path && !graph_find_file(graph, slice_from(path)) && !graph_has_folder(graph, slice_from(path))) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "'%s' is neither a file nor a folder that Git holds", path);
		return false;
	}
	return gather_compose(gathering, path, &compose, error) && gather_manifests(gathering, path, error);
}

/* Images that compose services of the repository say how to build, whether or not these services run here. */
static void gather_builds(const Homelab *homelab, const WantedOptions *options)
{
	const Graph *graph = homelab->scan->graph;
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_BUILD_CONTEXT, row) { /* rows of a file stand together */
		Node file = graph_ancestor(graph, row->subject, NODE_FILE);
		if (file == last || graph_node_type(graph, row->subject) != NODE_SERVICE)
			continue;
		last = file;
		wanted_add_builds(homelab->wanted, options, graph, graph_name(graph, file));
	}
}

static char *twin_text(const Graph *graph, const char *key, const Manifest *manifest, const Manifest *other)
{
	uint32_t line, column;
	graph_position(graph, other->place, &line, &column);
	if (manifest->place.file == other->place.file && manifest->place.start == other->place.start)
		return g_strdup_printf("%s is brought in by several kustomizations; name the one that is to run", key);
	return g_strdup_printf("%s is also in %s:%u; name the folder that is to run", key,
	        graph_file_path(graph, other->place.file), line);
}

/* One object in two overlays, or defined twice: which is meant only the owner knows. */
static void find_twins(Gathering *gathering)
{
	const Graph *graph = gathering->homelab->scan->graph;
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < gathering->manifests->len; i++) {
		const Manifest *manifest = &g_array_index(gathering->manifests, Manifest, i);
		const char *kind = json_text_at(manifest->object, "kind"),
		           *name = json_text_at(manifest->object, "metadata.name"),
		           *namespace = json_text_at(manifest->object, "metadata.namespace");
		if (!json_at(manifest->object, "spec.template") || !kind || !name)
			continue;
		char *key = g_strdup_printf("%s %s/%s", kind, namespace ? namespace : "default", name);
		const Manifest *other = g_hash_table_lookup(seen, key);
		if (other) {
			char *text = twin_text(graph, key, manifest, other);
			WantedProblem problem = {manifest->place, text, true};
			g_array_append_val(gathering->homelab->wanted->problems, problem);
		}
		g_hash_table_insert(seen, key, (void *)manifest);
	}
}

/* ---- Secrets of the user
 * --------------------------------------------------------------------------------------------- */

void homelab_given_clear(void *data)
{
	json_drop(((Manifest *)data)->object);
}

bool homelab_read_secrets(GArray *given, const char *path, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;
	if (!g_file_get_contents(path, &text, &length, error))
		return false;
	g_autoptr(GPtrArray) objects = render_yaml_all((Slice){text, length}, error);
	if (!objects) {
		g_prefix_error(error, "%s: ", path);
		return false;
	}
	for (guint i = 0; i < objects->len; i++) {
		const char *kind = json_text_at(objects->pdata[i], "kind");
		if (g_strcmp0(kind, "Secret") == 0 || g_strcmp0(kind, "ConfigMap") == 0)
			g_array_append_vals(given, &(Manifest){json_keep(objects->pdata[i]), {0}}, 1);
	}
	if (given->len)
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "%s holds no Secret", path);
	error_add_help(error, "write it as kubectl takes it: apiVersion, kind: Secret, metadata.name, stringData");
	return false;
}

/* ---- all
 * ----------------------------------------------------------------------------------------------------------------- */

static bool is_in_memory(const char *folder)
{
	struct statfs info;
	return statfs(folder, &info) == 0 && (info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC);
}

/* The first of the usual folders that is memory and ours to write; the runtime folder's if none is, which is refused
 * once a Secret has to be written. */
static void set_folders(Homelab *homelab)
{
	const char *folders[] = {g_getenv("XDG_RUNTIME_DIR"), geteuid() == 0 ? "/run" : NULL, "/dev/shm"},
	           *runtime = NULL;
	for (size_t i = 0; i < G_N_ELEMENTS(folders) && !runtime; i++)
		if (folders[i] && is_in_memory(folders[i]) && access(folders[i], W_OK) == 0)
			runtime = folders[i];
	g_autofree char *own = g_strdup_printf("labwright-%u", (unsigned)geteuid());
	homelab->store = g_build_filename(g_get_user_state_dir(), "labwright", homelab->project, "files", NULL);
	homelab->secrets = g_build_filename(runtime ? runtime : g_get_user_runtime_dir(), own, homelab->project, NULL);
}

static const char *first_of(const char *asked, const char *chosen, const char *usual)
{
	return asked ? asked : chosen ? chosen : usual;
}

Homelab *homelab_new(const Scan *scan, const HomelabOptions *options, GError **error)
{
	g_autoptr(Homelab) homelab = g_new0(Homelab, 1);
	homelab->scan = scan;
	homelab->lock = -1;
	homelab->project = homelab_project(repo_root(scan->repo), options->project);
	homelab->renders = g_ptr_array_new_with_free_func((GDestroyNotify)render_free);
	homelab->given = g_array_new(FALSE, FALSE, sizeof(Manifest));
	g_array_set_clear_func(homelab->given, homelab_given_clear);
	set_folders(homelab);
	g_auto(GStrv) environment = g_get_environ();
	if (!engine_choice_of(scan->repo, &homelab->choice, error))
		return NULL;
	WantedOptions wanted = {homelab->project, homelab->store, homelab->secrets,
	        first_of(options->listen, homelab->choice.listen, "127.0.0.1"),
	        first_of(options->proxy_image, homelab->choice.proxy_image, PROXY_IMAGE), repo_root(scan->repo),
	        environment, options->profiles};
	homelab->wanted = wanted_new(&wanted);
	g_autoptr(GArray) manifests = g_array_new(FALSE, FALSE, sizeof(Manifest));
	Gathering gathering = {homelab, &wanted, manifests};
	if (options->secrets && !homelab_read_secrets(homelab->given, options->secrets, error))
		return NULL;
	for (const char *const *path = options->paths; path && *path; path++)
		if (!gather(&gathering, *path, error))
			return NULL;
	if (!options->paths && !gather(&gathering, "", error))
		return NULL;
	find_twins(&gathering);
	wanted_add_manifests(homelab->wanted, &wanted, scan->graph, manifests, homelab->given);
	gather_builds(homelab, &wanted);
	wanted_finish(homelab->wanted, &wanted);
	return g_steal_pointer(&homelab);
}

void homelab_free(Homelab *homelab)
{
	if (!homelab)
		return;
	wanted_free(homelab->wanted);
	engine_choice_clear(&homelab->choice);
	g_ptr_array_unref(homelab->renders);
	g_array_unref(homelab->given);
	g_free(homelab->project);
	g_free(homelab->store);
	g_free(homelab->secrets);
	if (homelab->lock >= 0)
		close(homelab->lock);
	g_free(homelab);
}

int homelab_lock_project(const char *project, GError **error)
{
	g_autofree char *folder = g_build_filename(g_get_user_state_dir(), "labwright", project, NULL),
	                *path = g_build_filename(folder, "lock", NULL);
	int lock = g_mkdir_with_parents(folder, 0755) == 0 ? open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0644) : -1;
	if (lock < 0) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot write %s: %s", path, g_strerror(errno));
		return -1;
	}
	if (flock(lock, LOCK_EX | LOCK_NB) == 0)
		return lock;
	close(lock);
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "another labwright is at work on %s", project);
	error_add_help(error, "wait until it is done; a process that was killed holds nothing");
	return -1;
}

bool homelab_lock(Homelab *homelab, GError **error)
{
	homelab->lock = homelab_lock_project(homelab->project, error);
	return homelab->lock >= 0;
}

/* ---- files
 * ------------------------------------------------------------------------------------------------------------------ */

static bool make_secret_folder(const char *folder, GError **error)
{
	g_autofree char *above = g_path_get_dirname(folder);
	if (g_mkdir_with_parents(above, 0700) != 0 || g_mkdir_with_parents(folder, 0755) != 0) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot make %s: %s", folder, g_strerror(errno));
		return false;
	}
	if (is_in_memory(folder))
		return true;
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK,
	        "%s is on a disk, and Secrets are only written to memory", folder);
	error_add_help(error, "set XDG_RUNTIME_DIR to a folder of a tmpfs");
	return false;
}

static bool write_file(const Homelab *homelab, const UnitFile *file, GError **error)
{
	g_autofree char *path = g_build_filename(file->secret ? homelab->secrets : homelab->store, file->store, NULL),
	                *folder = g_path_get_dirname(path);
	gsize length;
	const char *bytes = g_bytes_get_data(file->bytes, &length);
	if (g_mkdir_with_parents(folder, 0755) != 0) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_WORK, "cannot make %s: %s", folder, g_strerror(errno));
		return false;
	}
	g_autofree char *old = NULL;
	gsize old_length;
	if (g_file_get_contents(path, &old, &old_length, NULL) && old_length == length &&
	        memcmp(old, bytes, length) == 0)
		return g_chmod(path, (int)file->mode) == 0;
	return g_file_set_contents_full(path, bytes ? bytes : "", (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT,
	               (int)file->mode, error) &&
	       g_chmod(path, (int)file->mode) == 0;
}

bool homelab_write_files(const Homelab *homelab, GError **error)
{
	GHashTableIter at;
	UnitFile *file;
	bool secret = false;
	g_hash_table_iter_init(&at, homelab->wanted->files);
	while (g_hash_table_iter_next(&at, NULL, (void **)&file))
		secret |= file->secret;
	if (secret && !make_secret_folder(homelab->secrets, error))
		return false;
	g_hash_table_iter_init(&at, homelab->wanted->files);
	while (g_hash_table_iter_next(&at, NULL, (void **)&file))
		if (!write_file(homelab, file, error))
			return false;
	return true;
}

static void remove_below(const char *path, uint32_t depth)
{
	g_autoptr(GDir) dir = depth < 50 ? g_dir_open(path, 0, NULL) : NULL;
	const char *name;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);
		if (g_file_test(below, G_FILE_TEST_IS_DIR) && !g_file_test(below, G_FILE_TEST_IS_SYMLINK))
			remove_below(below, depth + 1);
		else
			g_unlink(below);
	}
	g_rmdir(path);
}

void remove_tree(const char *path)
{
	remove_below(path, 0);
}

void homelab_forget(const char *project)
{
	Homelab homelab = {.project = (char *)project};
	set_folders(&homelab);
	remove_tree(homelab.store);
	remove_tree(homelab.secrets);
	g_free(homelab.store);
	g_free(homelab.secrets);
}
