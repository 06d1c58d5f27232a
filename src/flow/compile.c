/* Which programs of images Python cannot read. A parser of our own would be another language than the one that runs, so
 * the owner's interpreter is asked. That is neither a source, which sees one file and does nothing else, nor a rule,
 * which only looks at the graph; so it stands here, after linking, because only then it is known which files images
 * run, and its answers are rows like any other.
 *
 * Programs are never run: compile() parses. One process reads them all from memory, isolated from the user's settings,
 * folders and packages, with limits of time, memory and output; when it dies, nothing is known. Its start alone takes
 * longer than all the rest of a check, so it runs beside the rules, and what it said of some bytes is kept. */
#include "flow/compile.h"

#include "base/store.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_BYTES_OF_ONE ((size_t)1024 * 1024)
#define MOST_BYTES_OF_ALL ((size_t)32 * 1024 * 1024)
#define MOST_ANSWER ((off_t)4 * 1024 * 1024)
#define MOST_SECONDS 10
#define MOST_MEMORY ((rlim_t)1024 * 1024 * 1024)

/* Each program comes as a line with its length and then its bytes. An answer is "NUMBER LINE KIND: MESSAGE"; the last
 * line, without which nothing counts, is "end VERSION". */
static const char questions[] =
        "import sys\n"
        "data, programs, out = sys.stdin.buffer, [], []\n"
        "while True:\n"
        "    head = data.readline()\n"
        "    if not head:\n"
        "        break\n"
        "    programs.append(data.read(int(head)))\n"
        "for number, program in enumerate(programs):\n"
        "    try:\n"
        "        compile(program, 'program', 'exec', 0, True)\n"
        "    except SyntaxError as e:\n"
        "        words = ' '.join(str(e.msg).split())\n"
        "        out.append('%d %d %s: %s' % (number, e.lineno or 1, type(e).__name__, words))\n"
        "    except Exception:\n"
        "        pass\n"
        "out.append('end %d.%d' % sys.version_info[:2])\n"
        "sys.stdout.buffer.write('\\n'.join(out).encode('utf-8', 'replace'))\n";

/* Only from folders that PATH names in full: a relative one would take the program from the repository. The shims of
 * version managers are shell scripts that cost more than all the compiling; behind them there is one nearly always. */
char *owners_program(const char *name)
{
	const char *path = g_getenv("PATH");
	g_auto(GStrv) folders = g_strsplit(path ? path : "", ":", -1);
	for (char **folder = folders; *folder; folder++) {
		g_autofree char *file = g_build_filename(*folder, name, NULL);
		if (g_path_is_absolute(*folder) && !g_str_has_suffix(*folder, "/shims") &&
		        g_file_test(file, G_FILE_TEST_IS_EXECUTABLE) && !g_file_test(file, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&file);
	}
	return NULL;
}

/* Between fork and exec: nothing here may allocate. */
static void set_limits(gpointer data)
{
	setrlimit(RLIMIT_CPU, &(struct rlimit){MOST_SECONDS, MOST_SECONDS});
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){(rlim_t)MOST_ANSWER, (rlim_t)MOST_ANSWER});
	setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
	setrlimit(RLIMIT_AS, &(struct rlimit){MOST_MEMORY, MOST_MEMORY});
	alarm(2 * MOST_SECONDS);
}

static bool write_all(int file, const char *at, size_t length)
{
	while (length) {
		ssize_t written = write(file, at, length);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		at += written;
		length -= (size_t)written;
	}
	return true;
}

static bool write_program(int file, Slice bytes)
{
	char head[32];
	int length = g_snprintf(head, sizeof head, "%zu\n", bytes.length);
	return write_all(file, head, (size_t)length) && write_all(file, bytes.at, bytes.length);
}

static char *read_answer(int file)
{
	off_t size = lseek(file, 0, SEEK_END);
	if (size <= 0 || size > MOST_ANSWER)
		return NULL;
	char *text = g_malloc0((size_t)size + 1);
	if (pread(file, text, (size_t)size, 0) != size)
		g_clear_pointer(&text, g_free);
	return text;
}

struct Compiling {
	GArray *files;  /* of all programs, in the order of paths */
	GArray *asked;  /* of those that are asked about now */
	char *python;   /* NULL: there is none */
	char *identity; /* of that interpreter, for what is kept */
	Store *kept;    /* NULL: nothing is kept */
	GPid child;     /* 0: none runs */
	int in, out;    /* files in memory, so that neither side waits for the other */
};

static bool start_python(Compiling *compiling, const Graph *graph)
{
	const char *const argv[] = {compiling->python, "-I", "-S", "-W", "ignore", "-c", questions, NULL};
	compiling->in = memfd_create("programs", MFD_CLOEXEC);
	compiling->out = memfd_create("answers", MFD_CLOEXEC);
	bool ready = compiling->in >= 0 && compiling->out >= 0;
	for (guint i = 0; ready && i < compiling->asked->len; i++)
		ready = write_program(
		        compiling->in, graph_file_bytes(graph, g_array_index(compiling->asked, uint32_t, i)));
	return ready && lseek(compiling->in, 0, SEEK_SET) == 0 &&
	       g_spawn_async_with_fds("/", (char **)argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
	               set_limits, NULL, &compiling->child, compiling->in, compiling->out, -1, NULL);
}

/* Waits for its end. NULL for one that failed. */
static char *await_answer(Compiling *compiling)
{
	int status;
	pid_t ended;
	if (!compiling->child)
		return NULL;
	do
		ended = waitpid(compiling->child, &status, 0);
	while (ended < 0 && errno == EINTR);
	g_spawn_close_pid(compiling->child);
	bool well = ended == compiling->child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
	compiling->child = 0;
	return well ? read_answer(compiling->out) : NULL;
}

/* ---- answers ------------------------------------------------------------------------------------------ */

/* A program is known by its bytes: after an edit the same path is another one. Free with g_free. */
static char *key_of(const Graph *graph, uint32_t file)
{
	Slice bytes = graph_file_bytes(graph, file);
	return g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)bytes.at, bytes.length);
}

/* What one interpreter says may not hold for the next, nor for the same path once it was updated, nor for another
 * question. */
static char *identity_of(const char *python)
{
	struct stat state;
	if (!python || stat(python, &state) != 0)
		return NULL;
	g_autofree char *text = g_strdup_printf("%s %ju %ju %jd.%09ld %s", python, (uintmax_t)state.st_ino,
	        (uintmax_t)state.st_size, (intmax_t)state.st_mtim.tv_sec, state.st_mtim.tv_nsec, questions);
	char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	sum[16] = '\0';
	return sum;
}

/* Free with g_free; NULL where nothing is kept. */
static char *kept_answer(const Compiling *compiling, const char *key)
{
	Slice answer;
	if (!compiling->kept || !compiling->identity)
		return NULL;
	g_autoptr(Arena) arena = arena_new();
	g_autofree char *name = g_strconcat(compiling->identity, "-", key, NULL);
	return store_find(compiling->kept, slice_from(name), arena, &answer) ? slice_dup(answer) : NULL;
}

static void keep_answer(Compiling *compiling, const char *key, const char *answer)
{
	if (!compiling->kept || !compiling->identity)
		return;
	g_autofree char *name = g_strconcat(compiling->identity, "-", key, NULL);
	store_add(compiling->kept, slice_from(name), slice_from(answer));
}

/* "VERSION LINE KIND: MESSAGE" for what does not compile, "" for what does. */
static bool take_answers(Compiling *compiling, GHashTable *known, const Graph *graph, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	guint count = g_strv_length(lines);
	if (count == 0 || !g_str_has_prefix(lines[count - 1], "end "))
		return false;
	g_autoptr(GPtrArray) answers = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < compiling->asked->len; i++)
		g_ptr_array_add(answers, g_strdup(""));
	for (guint i = 0; i + 1 < count; i++) {
		char *rest;
		guint64 number = g_ascii_strtoull(lines[i], &rest, 10);
		if (number >= answers->len || *rest != ' ')
			continue;
		g_free(answers->pdata[number]);
		answers->pdata[number] = g_strconcat(lines[count - 1] + strlen("end "), rest, NULL);
	}
	for (guint i = 0; i < answers->len; i++) {
		char *key = key_of(graph, g_array_index(compiling->asked, uint32_t, i));
		keep_answer(compiling, key, answers->pdata[i]);
		g_hash_table_insert(known, key, g_strdup(answers->pdata[i]));
	}
	return true;
}

/* The line without its indentation; the last one for a number beyond the end. */
static Span line_span(const Graph *graph, uint32_t file, guint64 number)
{
	Slice bytes = graph_file_bytes(graph, file), rest = bytes, line = {bytes.at, 0}, next;
	for (guint64 i = 0; i < number && slice_next_line(&rest, &next); i++)
		line = next;
	line = slice_trim(line);
	size_t start = line.length ? (size_t)(line.at - bytes.at) : 0;
	return (Span){file, (uint32_t)start, (uint32_t)(start + line.length)};
}

static void derive_answer(Graph *graph, uint32_t file, const char *answer)
{
	Node node = graph_file_node(graph, file);
	char *rest;
	const char *space = strchr(answer, ' ');
	if (!space)
		return;
	Span place = line_span(graph, file, g_ascii_strtoull(space, &rest, 10));
	Slice version = {answer, (size_t)(space - answer)};
	graph_derive(graph, node, FACT_COMPILED_BY, graph_intern(graph, version), place);
	graph_derive(graph, node, FACT_COMPILE_ERROR, graph_intern(graph, slice_trim(slice_from(rest))), place);
}

/* ---- files --------------------------------------------------------------------------------------------- */

/* Programs that images run, each once, in the order of paths. */
static GArray *programs_of(const Graph *graph)
{
	GArray *files = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	Node last = NODE_NONE;
	size_t all = 0;
	GRAPH_EACH (graph, FACT_RUNS_IN, row) {
		uint32_t file = graph_file_of(graph, row->subject);
		size_t length = graph_file_bytes(graph, file).length;
		if (row->subject == last || length == 0 || length > MOST_BYTES_OF_ONE ||
		        all + length > MOST_BYTES_OF_ALL)
			continue;
		last = row->subject;
		all += length;
		g_array_append_val(files, file);
	}
	return files;
}

/* Those of which neither this scan nor an earlier run knows what Python says. */
static void collect_unknown(Compiling *compiling, const Scan *scan)
{
	for (guint i = 0; i < compiling->files->len; i++) {
		uint32_t file = g_array_index(compiling->files, uint32_t, i);
		g_autofree char *key = key_of(scan->graph, file);
		if (g_hash_table_contains(scan->compiled, key))
			continue;
		char *kept = kept_answer(compiling, key);
		if (kept)
			g_hash_table_insert(scan->compiled, g_steal_pointer(&key), kept);
		else
			g_array_append_val(compiling->asked, file);
	}
}

Compiling *compile_begin(Scan *scan)
{
	if (scan->is_compiled)
		return NULL;
	scan->is_compiled = true;
	g_autoptr(GArray) files = programs_of(scan->graph);
	if (files->len == 0)
		return NULL;
	Compiling *compiling = g_new0(Compiling, 1);
	compiling->in = compiling->out = -1;
	compiling->files = g_steal_pointer(&files);
	compiling->asked = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	compiling->python = owners_program("python3");
	compiling->identity = identity_of(compiling->python);
	compiling->kept = scan->no_cache ? NULL : store_open("programs", "");
	collect_unknown(compiling, scan);
	if (compiling->asked->len && compiling->python)
		start_python(compiling, scan->graph);
	return compiling;
}

static void compiling_free(Compiling *compiling)
{
	if (compiling->in >= 0)
		close(compiling->in);
	if (compiling->out >= 0)
		close(compiling->out);
	store_close(compiling->kept);
	g_array_unref(compiling->files);
	g_array_unref(compiling->asked);
	g_free(compiling->python);
	g_free(compiling->identity);
	g_free(compiling);
}

void compile_end(Scan *scan, Compiling *compiling)
{
	if (!compiling)
		return;
	g_autofree char *text = await_answer(compiling);
	bool answered = text && take_answers(compiling, scan->compiled, scan->graph, text);
	scan->not_compiled = answered ? 0 : compiling->asked->len;
	for (guint i = 0; i < compiling->files->len; i++) {
		uint32_t file = g_array_index(compiling->files, uint32_t, i);
		g_autofree char *key = key_of(scan->graph, file);
		const char *answer = g_hash_table_lookup(scan->compiled, key);
		if (answer && *answer)
			derive_answer(scan->graph, file, answer);
	}
	graph_finish(scan->graph);
	compiling_free(compiling);
}
