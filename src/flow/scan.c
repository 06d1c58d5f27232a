/* Reading a repository: threads take files from one counter, each into a builder of its own; sealing orders the files
 * by path, so who read what leaves no trace. */
#include "base/path.h"
#include "flow/custom.h"
#include "flow/flow.h"
#include "flow/former.h"
#include "flow/kept.h"
#include "flow/live.h"
#include "flow/measured.h"
#include "flow/text.h"
#include "link/link.h"
#include "source/source.h"

/* Larger text files are logs, dumps and data: named in the output and not read. */
#define MOST_BYTES ((size_t)16 * 1024 * 1024)

/* Texts of all threads together; more of them are let go of. */
#define MOST_TEXTS ((size_t)16 * 1024 * 1024)

/* What is to be read: from the repository, or of bytes that are known already. */
typedef struct Input {
	Slice path, bytes;
	size_t entry; /* of the repository, if !known */
	bool known, is_file, is_link, executable;
	const char *skipped; /* why it has no bytes, or NULL */
} Input;

typedef struct Worker {
	const Repo *repo;
	GHashTable *rendered;
	const Input *inputs;
	size_t count;
	gint *next;
	GraphBuilder *builder;
	Store *kept; /* NULL: nothing is kept */
	/* Where texts stay; how much of them may, before those that Git has are let go of; and where these are
	 * meanwhile. */
	Arena *texts;
	size_t most_texts;
	Arena *passing, *scratch;
	uint64_t bytes;
	uint32_t recalled; /* files that an earlier run has read */
} Worker;

static void fetch(Worker *worker, Input *input)
{
	const RepoEntry *entry = repo_entry(worker->repo, input->entry);
	const char *problem;
	RepoRead result = repo_read(worker->repo, input->entry, MOST_BYTES, worker->passing, &input->bytes, &problem);
	input->is_file = entry->kind == REPO_FILE;
	input->is_link = entry->kind == REPO_LINK;
	input->executable = entry->executable;
	if (result != REPO_READ)
		input->skipped = result == REPO_BINARY      ? "binary"
		                 : result == REPO_TOO_LARGE ? "larger than 16 MiB"
		                                            : problem;
}

/* Writes what the file says. */
static void state_input(Worker *worker, const Input *input)
{
	Slice bytes = input->bytes;
	Node node = graph_begin_file(worker->builder, input->path, input->is_file ? bytes : (Slice){"", 0});
	graph_add_number(worker->builder, node, FACT_SIZE, (uint32_t)bytes.length, 0, 0);
	if (input->executable)
		graph_add_flag(worker->builder, node, FACT_EXECUTABLE, 0, 0);
	if (input->skipped) {
		graph_add(worker->builder, node, FACT_SKIPPED, slice_from(input->skipped), 0, 0);
		return;
	}
	if (input->is_link) {
		graph_add(worker->builder, node, FACT_LINK_TARGET, bytes, 0, 0);
		return;
	}
	SourceFile file = {.builder = worker->builder,
	        .node = node,
	        .path = input->path,
	        .name = path_name(input->path),
	        .bytes = bytes,
	        .executable = input->executable,
	        .rendered = worker->rendered,
	        .arena = worker->scratch};
	source_read(&file);
}

/* Where other scans will want the text as well, it is read now and once. */
static bool recall_text(Worker *worker, Input *input)
{
	fetch(worker, input);
	if (input->skipped || input->bytes.length != graph_text_length(worker->builder))
		return false;
	graph_set_text(worker->builder, arena_text(worker->texts, input->bytes));
	return true;
}

/* What an earlier run of this program wrote of the same bytes at the same path. */
static bool recall_input(Worker *worker, Input *input, const RepoEntry *entry)
{
	Slice record;
	if (!kept_find(worker->kept, entry, worker->scratch, &record) ||
	        !graph_add_record(worker->builder, input->path, record))
		return false;
	if (graph_text_length(worker->builder) <= MOST_BYTES &&
	        (worker->most_texts < SIZE_MAX || recall_text(worker, input)))
		return true;
	graph_undo_file(worker->builder);
	return false;
}

static void keep_record(Worker *worker, const RepoEntry *entry)
{
	g_autoptr(GByteArray) record = g_byte_array_new();
	graph_append_record(worker->builder, record);
	kept_add(worker->kept, entry, (Slice){(const char *)record->data, record->len});
}

/* The text stays in memory, unless there is much already and it can be had again: see text.c. */
static void keep_text(Worker *worker, Slice bytes, bool in_git)
{
	bool stays = !in_git || arena_size(worker->texts) < worker->most_texts;
	graph_set_text(worker->builder, stays ? arena_text(worker->texts, bytes) : NULL);
}

static void read_entry(Worker *worker, Input *input, const RepoEntry *entry)
{
	fetch(worker, input);
	state_input(worker, input);
	if (input->skipped || !input->is_file)
		return;
	bool wanted = worker->kept || arena_size(worker->texts) >= worker->most_texts;
	bool in_git = entry->has_blob && wanted && (!entry->from_disk || repo_is_blob(entry, input->bytes));
	if (in_git && worker->kept)
		keep_record(worker, entry);
	keep_text(worker, input->bytes, in_git);
}

static void read_input(Worker *worker, Input input)
{
	const RepoEntry *entry = input.known ? NULL : repo_entry(worker->repo, input.entry);
	if (!entry)
		state_input(worker, &input);
	else if (recall_input(worker, &input, entry))
		worker->recalled++;
	else
		read_entry(worker, &input, entry);
	worker->bytes += graph_text_length(worker->builder);
	arena_reset(worker->passing);
	arena_reset(worker->scratch);
}

static gpointer work(gpointer data)
{
	Worker *worker = data;
	for (size_t index; (index = (size_t)g_atomic_int_add(worker->next, 1)) < worker->count;)
		read_input(worker, worker->inputs[index]);
	return NULL;
}

static void worker_init(Worker *worker, Scan *scan, const GArray *inputs, uint32_t threads, gint *next)
{
	*worker = (Worker){.repo = scan->repo,
	        .rendered = scan->rendered,
	        .inputs = (const Input *)(const void *)inputs->data,
	        .count = inputs->len,
	        .next = next,
	        .builder = graph_builder_new(),
	        .kept = scan->kept,
	        .texts = arena_new(),
	        .most_texts = MOST_TEXTS / threads,
	        .passing = arena_new(),
	        .scratch = arena_new()};
	g_ptr_array_add(scan->arenas, worker->texts);
}

/* Below this a second thread costs more than it reads. */
#define FILES_PER_THREAD 32

static uint32_t thread_count(uint32_t wanted, size_t files)
{
	uint32_t most = wanted ? wanted : MIN(g_get_num_processors(), 8);
	return (uint32_t)CLAMP(files / FILES_PER_THREAD, 1, most);
}

/* Reads the inputs; base is of all others that are not gone, or NULL. */
static void read_all(Scan *scan, const GArray *inputs, uint32_t threads_wanted, ScanProgress *seen, const Graph *base,
        const bool *gone)
{
	uint32_t n = thread_count(threads_wanted, inputs->len);
	g_autofree Worker *workers = g_new0(Worker, n);
	g_autofree GThread **threads = g_new0(GThread *, n);
	g_autofree GraphBuilder **builders = g_new0(GraphBuilder *, n);
	ScanProgress unseen = {0}, *progress = seen ? seen : &unseen;
	int64_t start = g_get_monotonic_time();
	g_atomic_int_set(&progress->total, (gint)inputs->len);
	for (uint32_t i = 0; i < n; i++)
		worker_init(&workers[i], scan, inputs, n, &progress->read);
	for (uint32_t i = 1; i < n; i++)
		threads[i] = g_thread_new("read", work, &workers[i]);
	work(&workers[0]);
	for (uint32_t i = 0; i < n; i++) {
		if (threads[i])
			g_thread_join(threads[i]);
		builders[i] = workers[i].builder;
		scan->bytes += workers[i].bytes;
		scan->recalled += workers[i].recalled;
		arena_free(workers[i].passing);
		arena_free(workers[i].scratch);
	}
	int64_t read = g_get_monotonic_time();
	scan->graph = base ? graph_seal_again(base, gone, builders, n) : graph_seal(builders, n);
	scan->threads = thread_count(threads_wanted, graph_files(scan->graph));
	if (scan->repo)
		graph_set_fetch(scan->graph, texts_fetch, scan->texts = texts_new(scan->repo));
	scan->timing.read = read - start;
	scan->timing.seal = g_get_monotonic_time() - read;
	for (uint32_t i = 0; i < n; i++)
		graph_builder_free(builders[i]);
}

/* ---- many commits --------------------------------------------------------------------------------------- */

struct Pool {
	GraphBuilder *builder; /* of every file that was read, once for each blob at each path */
	GHashTable *files;     /* key_of → its number in the builder */
	GHashTable *compiled;  /* as in Scan */
	Store *kept;
	Arena *texts, *passing, *scratch;
	uint32_t count;
};

Pool *pool_new(bool no_cache)
{
	Pool *pool = g_new0(Pool, 1);
	*pool = (Pool){.builder = graph_builder_new(),
	        .files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
	        .compiled = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free),
	        .kept = no_cache ? NULL : kept_open(),
	        .texts = arena_new(),
	        .passing = arena_new(),
	        .scratch = arena_new()};
	return pool;
}

void pool_free(Pool *pool)
{
	graph_builder_free(pool->builder);
	store_close(pool->kept);
	g_hash_table_unref(pool->files);
	g_hash_table_unref(pool->compiled);
	arena_free(pool->texts);
	arena_free(pool->passing);
	arena_free(pool->scratch);
	g_free(pool);
}

/* What a file says depends on nothing else. Free with g_free. */
static char *key_of(const RepoEntry *entry)
{
	GString *key = g_string_new(NULL);
	for (size_t i = 0; i < sizeof entry->blob; i++)
		g_string_append_printf(key, "%02x", entry->blob[i]);
	g_string_append_printf(key, "%d%d%s", (int)entry->kind, (int)entry->executable, entry->path);
	return g_string_free(key, FALSE);
}

static uint32_t pool_read(Pool *pool, Scan *scan, const Input *input)
{
	char *key = key_of(repo_entry(scan->repo, input->entry));
	gpointer number;
	if (g_hash_table_lookup_extended(pool->files, key, NULL, &number)) {
		g_free(key);
		return GPOINTER_TO_UINT(number);
	}
	Worker worker = {.repo = scan->repo,
	        .builder = pool->builder,
	        .kept = pool->kept,
	        .texts = pool->texts,
	        .most_texts = SIZE_MAX,
	        .passing = pool->passing,
	        .scratch = pool->scratch};
	Input kept = *input;
	kept.path.at = arena_text(pool->texts, input->path);
	read_input(&worker, kept);
	scan->bytes += worker.bytes;
	scan->recalled += worker.recalled;
	g_hash_table_insert(pool->files, key, GUINT_TO_POINTER(pool->count));
	return pool->count++;
}

static void read_pooled(Scan *scan, Pool *pool, const GArray *inputs)
{
	int64_t start = g_get_monotonic_time();
	g_autofree uint32_t *files = g_new(uint32_t, MAX(inputs->len, 1));
	for (guint i = 0; i < inputs->len; i++)
		files[i] = pool_read(pool, scan, &g_array_index(inputs, Input, i));
	int64_t read = g_get_monotonic_time();
	scan->graph = graph_seal_files(pool->builder, files, inputs->len);
	scan->timing.read = read - start;
	scan->timing.seal = g_get_monotonic_time() - read;
}

/* ---- the whole ------------------------------------------------------------------------------------------- */

static void link_all(Scan *scan)
{
	int64_t start = g_get_monotonic_time();
	link_graph(scan->graph);
	custom_derive(scan->graph);
	scan->timing.link = g_get_monotonic_time() - start;
	for (guint i = 0; i < scan->arenas->len; i++)
		scan->held += arena_size(scan->arenas->pdata[i]);
}

Scan *scan_new(const ScanOptions *options, GError **error)
{
	g_autoptr(Scan) scan = g_new0(Scan, 1);
	int64_t start = g_get_monotonic_time();
	scan->arenas = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	scan->compiled = options->pool ? g_hash_table_ref(options->pool->compiled)
	                               : g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	scan->no_cache = options->no_cache;
	scan->rendered = options->rendered ? g_hash_table_ref(options->rendered) : NULL;
	scan->repo = repo_open(options->path ? options->path : ".", options->view, options->revision, error);
	if (!scan->repo)
		return NULL;
	scan->timing.list = g_get_monotonic_time() - start;
	g_autoptr(GArray) inputs = g_array_sized_new(FALSE, FALSE, sizeof(Input), (guint)repo_count(scan->repo));
	for (size_t i = 0; i < repo_count(scan->repo); i++) {
		const RepoEntry *entry = repo_entry(scan->repo, i);
		Input input = {.path = {entry->path, entry->length}, .bytes = {"", 0}, .entry = i};
		g_array_append_val(inputs, input);
	}
	bool pooled = options->pool && options->view == REPO_REVISION;
	/* With renderings a file says more than its bytes do. */
	scan->kept = pooled || options->no_cache || options->rendered ? NULL : kept_open();
	if (pooled)
		read_pooled(scan, options->pool, inputs);
	else
		read_all(scan, inputs, options->threads, options->progress, NULL, NULL);
	link_all(scan);
	return g_steal_pointer(&scan);
}

/* ---- what would be ------------------------------------------------------------------------------------ */

static Input input_of(const Graph *graph, uint32_t file)
{
	Node node = graph_file_node(graph, file);
	const Row *skipped = graph_find(graph, node, FACT_SKIPPED), *link = graph_find(graph, node, FACT_LINK_TARGET);
	return (Input){.path = slice_from(graph_file_path(graph, file)),
	        .bytes = link ? graph_symbol_slice(graph, link->object) : graph_file_bytes(graph, file),
	        .known = true,
	        .is_file = !link,
	        .is_link = link != NULL,
	        .executable = graph_has(graph, node, FACT_EXECUTABLE),
	        .skipped = skipped ? graph_symbol_text(graph, skipped->object) : NULL};
}

static void add_state(const Graph *graph, const char *path, const FileState *state, GArray *inputs)
{
	Node from = state->from ? graph_find_file(graph, slice_from(state->from)) : NODE_NONE;
	if (!from && !state->text)
		return;
	Input input = from ? input_of(graph, graph_file_of(graph, from)) : (Input){.known = true, .is_file = true};
	input.path = slice_from(path);
	if (state->text)
		input.bytes = *state->text;
	g_array_append_val(inputs, input);
}

Scan *scan_again(const Scan *base, Overlay *overlay)
{
	Scan *scan = g_new0(Scan, 1);
	scan->arenas = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	scan->compiled = g_hash_table_ref(base->compiled);
	scan->no_cache = base->no_cache;
	scan->rendered = base->rendered ? g_hash_table_ref(base->rendered) : NULL;
	g_autoptr(GArray) inputs = g_array_new(FALSE, FALSE, sizeof(Input));
	g_autofree bool *gone = g_new0(bool, MAX(graph_files(base->graph), 1));
	for (uint32_t file = 0; file < graph_files(base->graph); file++)
		gone[file] = g_hash_table_contains(overlay, graph_file_path(base->graph, file));
	GHashTableIter iter;
	gpointer path, state;
	g_hash_table_iter_init(&iter, overlay);
	while (g_hash_table_iter_next(&iter, &path, &state))
		add_state(base->graph, path, state, inputs);
	read_all(scan, inputs, 0, NULL, base->graph, gone);
	link_all(scan);
	if (base->former) {
		scan->former = g_array_ref(base->former);
		former_derive(scan);
	}
	scan->usage = base->usage;
	measured_derive(scan);
	beside_derive(scan, NULL);
	scan_drift(scan, base->drifts);
	return scan;
}

void scan_free(Scan *scan)
{
	if (!scan)
		return;
	store_close(scan->kept);
	graph_free(scan->graph);
	texts_free(scan->texts);
	repo_free(scan->repo);
	g_ptr_array_unref(scan->arenas);
	g_hash_table_unref(scan->compiled);
	g_clear_pointer(&scan->rendered, g_hash_table_unref);
	g_clear_pointer(&scan->former, g_array_unref);
	g_free(scan);
}
