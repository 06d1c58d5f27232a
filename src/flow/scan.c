/* Reading a repository: threads take files from one counter, each into a builder of its own; sealing orders the files
 * by path, so who read what leaves no trace. */
#include "base/path.h"
#include "flow/flow.h"
#include "link/link.h"
#include "source/source.h"

/* Larger text files are logs, dumps and data: named in the output and not read. */
#define MOST_BYTES ((size_t)16 * 1024 * 1024)

typedef struct Worker {
	const Repo *repo;
	gint *next;
	GraphBuilder *builder;
	Arena *texts, *scratch;
	uint64_t bytes;
} Worker;

static void add_skipped(Worker *worker, Node file, RepoRead result, const char *problem)
{
	const char *why = result == REPO_BINARY ? "binary" : result == REPO_TOO_LARGE ? "larger than 16 MiB" : problem;
	graph_add(worker->builder, file, FACT_SKIPPED, slice_from(why), 0, 0);
}

static void read_entry(Worker *worker, size_t index)
{
	const RepoEntry *entry = repo_entry(worker->repo, index);
	Slice bytes, path = {entry->path, entry->length};
	const char *problem;
	RepoRead result = repo_read(worker->repo, index, MOST_BYTES, worker->texts, &bytes, &problem);
	Node node = graph_begin_file(worker->builder, path, entry->kind == REPO_FILE ? bytes : (Slice){"", 0});
	graph_add_number(worker->builder, node, FACT_SIZE, (uint32_t)bytes.length, 0, 0);
	if (entry->executable)
		graph_add_flag(worker->builder, node, FACT_EXECUTABLE, 0, 0);
	if (result != REPO_READ) {
		add_skipped(worker, node, result, problem);
		return;
	}
	if (entry->kind == REPO_LINK) {
		graph_add(worker->builder, node, FACT_LINK_TARGET, bytes, 0, 0);
		return;
	}
	SourceFile file = {.builder = worker->builder,
	        .node = node,
	        .path = path,
	        .name = path_name(path),
	        .bytes = bytes,
	        .executable = entry->executable,
	        .arena = worker->scratch};
	source_read(&file);
	worker->bytes += bytes.length;
	arena_reset(worker->scratch);
}

static gpointer work(gpointer data)
{
	Worker *worker = data;
	size_t count = repo_count(worker->repo);
	for (size_t index; (index = (size_t)g_atomic_int_add(worker->next, 1)) < count;)
		read_entry(worker, index);
	return NULL;
}

static void worker_init(Worker *worker, Scan *scan, gint *next)
{
	*worker = (Worker){.repo = scan->repo,
	        .next = next,
	        .builder = graph_builder_new(),
	        .texts = arena_new(),
	        .scratch = arena_new()};
	g_ptr_array_add(scan->arenas, worker->texts);
}

/* Below this a second thread costs more than it reads. */
#define FILES_PER_THREAD 32

static uint32_t thread_count(const ScanOptions *options, size_t files)
{
	uint32_t most = options->threads ? options->threads : MIN(g_get_num_processors(), 8);
	return (uint32_t)CLAMP(files / FILES_PER_THREAD, 1, most);
}

static void read_all(Scan *scan, const ScanOptions *options)
{
	uint32_t n = thread_count(options, repo_count(scan->repo));
	g_autofree Worker *workers = g_new0(Worker, n);
	g_autofree GThread **threads = g_new0(GThread *, n);
	g_autofree GraphBuilder **builders = g_new0(GraphBuilder *, n);
	ScanProgress unseen = {0}, *progress = options->progress ? options->progress : &unseen;
	int64_t start = g_get_monotonic_time();
	g_atomic_int_set(&progress->total, (gint)repo_count(scan->repo));
	for (uint32_t i = 0; i < n; i++)
		worker_init(&workers[i], scan, &progress->read);
	for (uint32_t i = 1; i < n; i++)
		threads[i] = g_thread_new("read", work, &workers[i]);
	work(&workers[0]);
	for (uint32_t i = 0; i < n; i++) {
		if (threads[i])
			g_thread_join(threads[i]);
		builders[i] = workers[i].builder;
		scan->bytes += workers[i].bytes;
		arena_free(workers[i].scratch);
	}
	int64_t read = g_get_monotonic_time();
	scan->graph = graph_seal(builders, n);
	scan->timing.read = read - start;
	scan->timing.seal = g_get_monotonic_time() - read;
	for (uint32_t i = 0; i < n; i++)
		graph_builder_free(builders[i]);
}

Scan *scan_new(const ScanOptions *options, GError **error)
{
	g_autoptr(Scan) scan = g_new0(Scan, 1);
	int64_t start = g_get_monotonic_time();
	scan->arenas = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	scan->repo = repo_open(options->path ? options->path : ".", options->view, options->revision, error);
	if (!scan->repo)
		return NULL;
	scan->timing.list = g_get_monotonic_time() - start;
	read_all(scan, options);
	start = g_get_monotonic_time();
	link_graph(scan->graph);
	scan->timing.link = g_get_monotonic_time() - start;
	for (guint i = 0; i < scan->arenas->len; i++)
		scan->held += arena_size(scan->arenas->pdata[i]);
	return g_steal_pointer(&scan);
}

void scan_free(Scan *scan)
{
	if (!scan)
		return;
	graph_free(scan->graph);
	repo_free(scan->repo);
	g_ptr_array_unref(scan->arenas);
	g_free(scan);
}
