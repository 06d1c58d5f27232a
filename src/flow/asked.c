/* How a program of the owner's is asked: harmless whatever the repository holds, and bounded.
 *
 * No shell; an environment of its own that names no cluster, no repository, no plugin and no other program; a network
 * namespace where the kernel lets an ordinary user make one; limits of time, memory and output. What it reads are
 * copies of what the scan has read, so that a link leads nowhere. */
#include "flow/asked.h"

#include "flow/homelab.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_SECONDS 30
#define MOST_FETCHING 60                             /* seconds */
#define MOST_MEMORY ((rlim_t)8 * 1024 * 1024 * 1024) /* of addresses: Go asks for far more than it uses */
#define MOST_OUTPUT ((off_t)16 * 1024 * 1024)
#define MOST_FETCHED ((off_t)128 * 1024 * 1024) /* lists of some repositories have tens of MiB */
#define MOST_COPIED ((size_t)64 * 1024 * 1024)
#define MOST_KEPT ((off_t)64 * 1024 * 1024) /* of answers in the cache */
#define MOST_TOLD 8                         /* reasons that are said */

/* ---- what is kept --------------------------------------------------------------------------------------- */

char *asked_identity(const char *path)
{
	struct stat state;
	return path && stat(path, &state) == 0
	               ? g_strdup_printf("%s %ju %ju %jd.%09ld", path, (uintmax_t)state.st_ino,
	                         (uintmax_t)state.st_size, (intmax_t)state.st_mtim.tv_sec, state.st_mtim.tv_nsec)
	               : NULL;
}

char *asked_open_kept(const char *what, off_t most)
{
	char *folder = g_build_filename(g_get_user_cache_dir(), "labwright", what, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;
	off_t size = 0;
	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		struct stat state;
		size += lstat(path, &state) == 0 ? state.st_size : 0;
	}
	if (size > most)
		remove_tree(folder);
	g_mkdir_with_parents(folder, 0700);
	return folder;
}

char *asked_recall(const Asked *asked, GChecksum *sum)
{
	g_autofree char *path = asked->kept ? g_build_filename(asked->kept, g_checksum_get_string(sum), NULL) : NULL;
	char *text = NULL;
	struct stat state;
	if (path && lstat(path, &state) == 0 && S_ISREG(state.st_mode) && state.st_size < MOST_OUTPUT)
		g_file_get_contents(path, &text, NULL, NULL);
	return text;
}

static void keep_text(const Asked *asked, GChecksum *sum, const char *text)
{
	g_autofree char *path = asked->kept ? g_build_filename(asked->kept, g_checksum_get_string(sum), NULL) : NULL;
	if (path)
		g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

bool asked_init(Asked *asked, const Scan *scan, char *program, GError **error)
{
	*asked = (Asked){.scan = scan, .program = program, .arena = arena_new(), .reasons = g_string_new(NULL)};
	asked->identity = asked_identity(program);
	asked->folder = g_dir_make_tmp("labwright-asked-XXXXXX", error);
	g_autofree char *temporary = asked->folder ? g_build_filename(asked->folder, "tmp", NULL) : NULL;
	if (temporary)
		g_mkdir(temporary, 0700);
	asked->kept = asked->folder && !scan->no_cache ? asked_open_kept("rendered", MOST_KEPT) : NULL;
	return asked->folder != NULL;
}

void asked_clear(Asked *asked)
{
	if (asked->folder)
		remove_tree(asked->folder);
	g_free(asked->folder);
	g_free(asked->program);
	g_free(asked->identity);
	g_free(asked->kept);
	arena_free(asked->arena);
	g_string_free(asked->reasons, TRUE);
}

/* ---- copies --------------------------------------------------------------------------------------------- */

char *asked_on_disk(const Asked *asked, const char *path)
{
	const Repo *repo = asked->scan->repo;
	if (!repo || repo_view(repo) == REPO_REVISION)
		return NULL;
	g_autofree char *full = g_build_filename(repo_root(repo), path, NULL), *real = realpath(full, NULL);
	return real && strcmp(real, full) == 0 && g_file_test(real, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&real)
	                                                                                    : NULL;
}

bool asked_write(const Asked *asked, const char *path, Slice bytes)
{
	g_autofree char *full = g_build_filename(asked->folder, path, NULL), *parent = g_path_get_dirname(full);
	return g_mkdir_with_parents(parent, 0700) == 0 &&
	       g_file_set_contents_full(full, bytes.at, (gssize)bytes.length, G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

Copies copies_new(const Asked *asked)
{
	return (Copies){.asked = asked, .files = g_hash_table_new(NULL, NULL), .left = MOST_COPIED};
}

void copies_clear(Copies *copies)
{
	g_hash_table_unref(copies->files);
}

/* Whether the scan has the bytes of a file; an archive is no text, and is read where it lies. */
static bool has_bytes(const Graph *graph, uint32_t file)
{
	return !graph_has(graph, graph_file_node(graph, file), FACT_SKIPPED);
}

void copies_take_file(Copies *copies, uint32_t file)
{
	const Graph *graph = copies->asked->scan->graph;
	size_t length = graph_file_bytes(graph, file).length;
	bool link = graph_has(graph, graph_file_node(graph, file), FACT_LINK_TARGET);
	if ((link && copies->lenient) || !g_hash_table_add(copies->files, GUINT_TO_POINTER(file)))
		return;
	if (link || length > copies->left)
		copies->refused = true;
	else
		copies->left -= length;
}

void copies_take(Copies *copies, const char *folder)
{
	const Graph *graph = copies->asked->scan->graph;
	g_autofree char *start = g_strdup_printf("%s%s", folder, *folder ? "/" : "");
	for (uint32_t file = graph_first_file(graph, start); file < graph_files(graph) && !copies->refused; file++) {
		if (!g_str_has_prefix(graph_file_path(graph, file), start))
			break;
		copies_take_file(copies, file);
	}
}

static gint compare_files(gconstpointer a, gconstpointer b)
{
	guint one = GPOINTER_TO_UINT(*(const gpointer *)a), other = GPOINTER_TO_UINT(*(const gpointer *)b);
	return (one > other) - (one < other);
}

/* In the order of paths, however they were found. Free with g_ptr_array_unref. */
static GPtrArray *files_of(const Copies *copies)
{
	GPtrArray *files = g_ptr_array_new();
	GHashTableIter each;
	gpointer file;
	g_hash_table_iter_init(&each, copies->files);
	while (g_hash_table_iter_next(&each, &file, NULL))
		g_ptr_array_add(files, file);
	g_ptr_array_sort(files, compare_files);
	return files;
}

void copies_count(const Copies *copies, GChecksum *sum)
{
	const Graph *graph = copies->asked->scan->graph;
	g_autoptr(GPtrArray) files = files_of(copies);
	for (guint i = 0; i < files->len; i++) {
		uint32_t file = GPOINTER_TO_UINT(files->pdata[i]);
		const char *path = graph_file_path(graph, file);
		Slice bytes = graph_file_bytes(graph, file);
		g_checksum_update(sum, (const guchar *)path, (gssize)strlen(path) + 1);
		g_checksum_update(sum, (const guchar *)&bytes.length, sizeof(bytes.length));
		if (has_bytes(graph, file)) {
			g_checksum_update(sum, (const guchar *)bytes.at, (gssize)bytes.length);
		} else {
			g_autofree char *full = asked_on_disk(copies->asked, path);
			g_autofree char *identity = asked_identity(full);
			g_checksum_update(sum, (const guchar *)(identity ? identity : ""), -1);
		}
	}
}

static bool write_binary(const Asked *asked, const char *path, const char *copy)
{
	g_autofree char *full = asked_on_disk(asked, path), *bytes = NULL;
	gsize length;
	struct stat state;
	if (!full || stat(full, &state) != 0 || (size_t)state.st_size > MOST_COPIED ||
	        !g_file_get_contents(full, &bytes, &length, NULL))
		return false;
	return asked_write(asked, copy, (Slice){bytes, length});
}

bool copies_write(const Copies *copies)
{
	const Graph *graph = copies->asked->scan->graph;
	g_autoptr(GPtrArray) files = files_of(copies);
	for (guint i = 0; i < files->len; i++) {
		uint32_t file = GPOINTER_TO_UINT(files->pdata[i]);
		const char *path = graph_file_path(graph, file);
		g_autofree char *copy = g_build_filename(COPIES_FOLDER, path, NULL);
		if (!(has_bytes(graph, file) ? asked_write(copies->asked, copy, graph_file_bytes(graph, file))
		                             : write_binary(copies->asked, path, copy)))
			return false;
	}
	return true;
}

/* ---- asking --------------------------------------------------------------------------------------------- */

/* What a run may take. */
typedef struct Bounds {
	uint32_t seconds;
	off_t output; /* of each file that it writes, in bytes */
	bool network;
} Bounds;

static const Bounds rendering = {MOST_SECONDS, MOST_OUTPUT, false}, fetching = {MOST_FETCHING, MOST_FETCHED, true};

/* Between fork and exec: nothing here may allocate. Without the right to make a namespace the program runs all the
 * same: it has nothing to fetch. What it starts itself is in its group. */
static void confine(gpointer data)
{
	const Bounds *bounds = data;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!bounds->network && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		(void)!unshare(CLONE_NEWNET);
	setrlimit(RLIMIT_CPU, &(struct rlimit){bounds->seconds, bounds->seconds});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)bounds->output, (rlim_t)bounds->output});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_AS, &(struct rlimit){MOST_MEMORY, MOST_MEMORY});
}

/* Its end, or the end of its time. */
static bool await(GPid child, uint32_t seconds)
{
	int status;
	for (uint32_t waited = 0;; waited++) {
		pid_t ended = waitpid(child, &status, WNOHANG);
		if (ended == child || (ended < 0 && errno != EINTR))
			return ended == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (waited == seconds * 200 && kill(-child, SIGKILL) != 0)
			kill(child, SIGKILL);
		g_usleep(5000);
	}
}

static char *read_whole(int file)
{
	off_t size = lseek(file, 0, SEEK_END);
	char *text = size >= 0 && size < MOST_OUTPUT ? g_malloc0((size_t)size + 1) : NULL;
	if (text && size && pread(file, text, (size_t)size, 0) != size)
		g_clear_pointer(&text, g_free);
	return text;
}

/* How the owner's machine reaches others, where the program is to fetch; else the proxies are nobody, so that what has
 * the network all the same does not get out by them. */
static char **add_network(char **environment, bool network)
{
	static const char *const names[] = {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY",
	        "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"};
	for (size_t i = 0; network && i < G_N_ELEMENTS(names); i++)
		if (g_getenv(names[i]))
			environment = g_environ_setenv(environment, names[i], g_getenv(names[i]), TRUE);
	if (!network) {
		environment = g_environ_setenv(environment, "HTTP_PROXY", "http://0.0.0.0:9", TRUE);
		environment = g_environ_setenv(environment, "HTTPS_PROXY", "http://0.0.0.0:9", TRUE);
	}
	return environment;
}

static char **environment_of(const char *folder, bool network)
{
	static const char *const names[] = {"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
	        "HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME"};
	g_autofree char *none = g_build_filename(folder, "none", NULL);
	g_autofree char *temporary = g_build_filename(folder, "tmp", NULL);
	char **environment = g_environ_setenv(NULL, "PATH", "/nonexistent", TRUE);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		environment = g_environ_setenv(environment, names[i], none, TRUE);
	environment = add_network(environment, network);
	environment = g_environ_setenv(environment, "TMPDIR", temporary, TRUE);
	environment = g_environ_setenv(environment, "KUBECONFIG", "/dev/null", TRUE);
	return g_environ_setenv(environment, "GOMAXPROCS", "2", TRUE);
}

/* What it says; NULL, with its last words in ret_words, where it fails. Both are freed with g_free. */
static char *run_program(const Asked *asked, char **argv, const Bounds *bounds, char **ret_words)
{
	g_auto(GStrv) environment = environment_of(asked->folder, bounds->network);
	int out = memfd_create("rendering", MFD_CLOEXEC), words = memfd_create("words", MFD_CLOEXEC);
	GPid child;
	bool well = out >= 0 && words >= 0 &&
	            g_spawn_async_with_fds(asked->folder, argv, environment, G_SPAWN_DO_NOT_REAP_CHILD, confine,
	                    (gpointer)bounds, &child, -1, out, words, NULL) &&
	            await(child, bounds->seconds);
	char *text = well ? read_whole(out) : NULL;
	*ret_words = text || words < 0 ? NULL : read_whole(words);
	if (out >= 0)
		close(out);
	if (words >= 0)
		close(words);
	return text;
}

char *asked_run(Asked *asked, char **argv, GChecksum *sum, char **ret_words)
{
	char *text = run_program(asked, argv, &rendering, ret_words);
	if (text)
		keep_text(asked, sum, text);
	return text;
}

bool asked_fetch(Asked *asked, char **argv, char **ret_words)
{
	g_autofree char *text = run_program(asked, argv, &fetching, ret_words);
	return text != NULL;
}

char *asked_version(Asked *asked, char **argv)
{
	g_autofree char *words = NULL, *text = run_program(asked, argv, &rendering, &words);
	const char *version = text ? strstr(text, "v") : NULL;
	while (version && !g_ascii_isdigit(version[1]))
		version = strstr(version + 1, "v");
	return version ? g_strndup(version, strcspn(version, " \t\r\n+\"")) : g_strdup("");
}

/* ---- what is said --------------------------------------------------------------------------------------- */

void asked_refuse(Asked *asked, const char *who, const char *why)
{
	if (asked->failed++ >= MOST_TOLD)
		return;
	Slice line = slice_from(why), rest = line;
	slice_next_line(&rest, &line);
	g_string_append_printf(asked->reasons, "  %s: %.*s\n", who, (int)MIN(line.length, 300), line.at);
}

void asked_tell(const Asked *asked, const char *program, const char *what, const char *version, GString *notes)
{
	g_string_append_printf(notes, "note: %s rendered %u of %u %s%s%s%s\n%s", program, asked->count - asked->failed,
	        asked->count, what, *version ? " (" : "", version, *version ? ")" : "", asked->reasons->str);
	if (asked->failed > MOST_TOLD)
		g_string_append_printf(notes, "  and %u more\n", asked->failed - MOST_TOLD);
}

GHashTable *scan_render(const Scan *scan, bool online, GString *notes, GError **error)
{
	g_autoptr(GHashTable) rendered = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	size_t before = notes->len;
	if (!render_charts(scan, online, rendered, notes, error) ||
	        !render_kustomizations(scan, online, rendered, notes, error))
		return NULL;
	if (notes->len == before)
		g_string_append(notes, "note: nothing here asks for helm or kustomize\n");
	return g_steal_pointer(&rendered);
}
