/* Joining the builders: files in the order of their paths, numbers given anew in that order, so that neither the number
 * of threads nor their luck shows in the graph. Indexes are sorted arrays; nothing is hashed but texts.
 *
 * Files that say what they said in an earlier graph are taken over from there, with numbers that are moved along, so
 * that a proof costs what is read anew. Symbols keep their numbers then, and texts stay with the earlier graph. */
#include "fact/graph.h"

/* A file on its way into the graph. */
typedef struct Source {
	Slice path;
	GraphBuilder *builder; /* NULL: it is in the earlier graph */
	const BuiltFile *file;
	uint32_t number; /* of the builder; or of the file in the earlier graph */
	bool taken;      /* the builder is of no use afterwards: its texts need no copy */
} Source;

static int compare_sources(const void *a, const void *b)
{
	const Source *left = a, *right = b;
	int order = memcmp(left->path.at, right->path.at, MIN(left->path.length, right->path.length));
	return order ? order : (left->path.length > right->path.length) - (left->path.length < right->path.length);
}

/* A builder's symbol in the graph's table, looked up once. */
static Symbol map_symbol(Graph *graph, const Source *source, Symbol *map, Symbol local)
{
	if (local && !map[local])
		map[local] = (source->taken ? symbol_take : symbol_add_from)(
		        graph->symbols, source->builder->symbols, local);
	return map[local];
}

static void join_nodes(Graph *graph, const Source *source, Symbol *map, uint32_t file)
{
	uint32_t shift = graph->n_nodes - source->file->first_node;
	for (uint32_t i = source->file->first_node; i < source->file->end_node; i++) {
		const BuiltNode *built = pieces_at(&source->builder->nodes, i);
		graph->nodes[graph->n_nodes++] = (NodeInfo){.name = map_symbol(graph, source, map, built->name),
		        .parent = built->parent ? built->parent + shift : NODE_NONE,
		        .start = built->start,
		        .end = built->end,
		        .file = file,
		        .type = built->type};
	}
}

/* Where the next row of each kind goes, and from where on its kind is in no order. */
typedef struct Filling {
	uint32_t next[FACT_KINDS + 1];
	bool unsorted[FACT_KINDS];
} Filling;

static void fill(Layer *layer, Filling *filling, Row row)
{
	uint32_t at = filling->next[row.kind]++;
	if (at > layer->kind_start[row.kind] && layer->by_subject[at - 1].subject > row.subject)
		filling->unsorted[row.kind] = true;
	layer->by_subject[at] = row;
}

static void join_rows(Graph *graph, const Source *source, Symbol *map, uint32_t first_node, Filling *filling)
{
	uint32_t shift = first_node - source->file->first_node;
	for (uint32_t i = source->file->first_row; i < source->file->end_row; i++) {
		Row row = *(const Row *)pieces_at(&source->builder->rows, i);
		row.subject += shift;
		if (fact_kind_object(row.kind) == OBJECT_SYMBOL)
			row.object = map_symbol(graph, source, map, row.object);
		else if (fact_kind_object(row.kind) == OBJECT_NODE)
			row.object += shift;
		fill(&graph->layers[0], filling, row);
	}
}

/* Both sort stably, so that rows which are equal here stay as they were. */
static int compare_by_subject(const void *a, const void *b, void *data)
{
	const Row *left = a, *right = b;
	return (left->subject > right->subject) - (left->subject < right->subject);
}

static int compare_by_object(const void *a, const void *b, void *data)
{
	const Row *left = a, *right = b;
	return (left->object > right->object) - (left->object < right->object);
}

void rows_sort_by_object(Row *rows, uint32_t count)
{
	g_qsort_with_data(rows, (gint)count, sizeof(Row), compare_by_object, NULL);
}

static void layer_clear(Layer *layer)
{
	for (uint32_t kind = 0; layer->by_object && kind < FACT_KINDS; kind++)
		g_free(layer->by_object[kind]);
	g_free(layer->by_object);
	g_free(layer->by_subject);
	*layer = (Layer){0};
}

/* Makes room for the rows that kind_start[kind + 1] has been counted of. */
static void layer_begin(Layer *layer, Filling *filling)
{
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		layer->kind_start[kind + 1] += layer->kind_start[kind];
	memcpy(filling->next, layer->kind_start, sizeof filling->next);
	layer->by_subject = g_new(Row, MAX(layer->kind_start[FACT_KINDS], 1));
	layer->by_object = g_new0(Row *, FACT_KINDS);
}

/* Sources write most kinds in the order of their nodes. */
static void layer_end(Layer *layer, const Filling *filling)
{
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++) {
		uint32_t start = layer->kind_start[kind];
		if (filling->unsorted[kind])
			g_qsort_with_data(layer->by_subject + start, (gint)(layer->kind_start[kind + 1] - start),
			        sizeof(Row), compare_by_subject, NULL);
	}
}

static void link_children(Graph *graph)
{
	for (Node node = graph->n_nodes - 1; node > 0; node--) {
		NodeInfo *info = &graph->nodes[node], *parent = &graph->nodes[info->parent];
		if (!info->parent)
			continue;
		info->next_sibling = parent->first_child;
		parent->first_child = node;
	}
}

static int compare_names(const void *a, const void *b, void *data)
{
	const NodeInfo *nodes = data;
	Node left = *(const Node *)a, right = *(const Node *)b;
	if (nodes[left].name != nodes[right].name)
		return nodes[left].name < nodes[right].name ? -1 : 1;
	return left < right ? -1 : 1;
}

void nodes_sort_by_name(const Graph *graph, Node *nodes, uint32_t count)
{
	g_qsort_with_data(nodes, (gint)count, sizeof(Node), compare_names, graph->nodes);
}

static void index_nodes(Graph *graph)
{
	uint32_t next[NODE_TYPES + 1] = {0};
	for (Node node = 1; node < graph->n_nodes; node++)
		next[graph->nodes[node].type + 1]++;
	for (uint32_t type = 0; type < NODE_TYPES; type++)
		next[type + 1] += next[type];
	memcpy(graph->type_start, next, sizeof next);
	graph->by_type = g_new0(Node, graph->n_nodes);
	for (Node node = 1; node < graph->n_nodes; node++)
		graph->by_type[next[graph->nodes[node].type]++] = node;
	graph->by_name = g_new0(Node *, NODE_TYPES);
}

/* Every folder that holds a file, at any depth. */
static void index_folders(Graph *graph)
{
	graph->folders = g_hash_table_new(NULL, NULL);
	for (uint32_t file = 0; file < graph->n_files; file++) {
		Slice path = symbol_slice(graph->symbols, graph->nodes[graph->files[file].node].name);
		while (path.length) {
			path.length--;
			if (path.at[path.length] != '/')
				continue;
			Symbol folder = symbol_add(graph->symbols, path);
			if (!g_hash_table_add(graph->folders, GUINT_TO_POINTER(folder)))
				break;
		}
	}
}

static GArray *sources_in_order(GraphBuilder *const *builders, size_t n_builders, const Graph *base, const bool *gone)
{
	GArray *sources = g_array_new(FALSE, FALSE, sizeof(Source));
	for (uint32_t b = 0; b < n_builders; b++) {
		for (uint32_t i = 0; i < builders[b]->files->len; i++) {
			const BuiltFile *file = &g_array_index(builders[b]->files, BuiltFile, i);
			Source source = {file->path, builders[b], file, b, true};
			g_array_append_val(sources, source);
		}
	}
	for (uint32_t i = 0; base && i < base->n_files; i++) {
		Source source = {slice_from(graph_file_path(base, i)), NULL, NULL, i, false};
		if (!gone[i])
			g_array_append_val(sources, source);
	}
	if (sources->len > 1)
		qsort(sources->data, sources->len, sizeof(Source), compare_sources);
	return sources;
}

/* ---- what an earlier graph says ---------------------------------------------------------------------------- */

struct Again {
	const Graph *base; /* outlives the graph */
	uint32_t *files;   /* by the number of a file, its number in the base */
	uint32_t *shifts;  /* by the number there: how far the numbers of its nodes are moved */
	bool *taken;       /* by the number there */
};

static void again_free(Again *again)
{
	if (!again)
		return;
	g_free(again->files);
	g_free(again->shifts);
	g_free(again->taken);
	g_free(again);
}

static const char *fetch_again(void *data, uint32_t file, size_t length, uint64_t hash)
{
	const Again *again = data;
	return graph_file_bytes(again->base, again->files[file]).at;
}

static Again *again_new(const Graph *base, const GArray *sources)
{
	Again *again = g_new0(Again, 1);
	*again = (Again){base, g_new0(uint32_t, MAX(sources->len, 1)), g_new0(uint32_t, MAX(base->n_files, 1)),
	        g_new0(bool, MAX(base->n_files, 1))};
	for (guint i = 0; i < sources->len; i++) {
		const Source *source = &g_array_index(sources, Source, i);
		if (source->builder)
			continue;
		again->files[i] = source->number;
		again->taken[source->number] = true;
	}
	return again;
}

static Node end_of_file(const Graph *graph, uint32_t file)
{
	return file + 1 < graph->n_files ? graph->files[file + 1].node : graph->n_nodes;
}

static void count_again(const Again *again, uint32_t *n_nodes, Layer *layer)
{
	const Graph *base = again->base;
	for (uint32_t file = 0; file < base->n_files; file++)
		if (again->taken[file])
			*n_nodes += end_of_file(base, file) - base->files[file].node;
	for (uint32_t i = 0; i < base->layers[0].kind_start[FACT_IDENTITY]; i++) {
		const Row *row = &base->layers[0].by_subject[i];
		layer->kind_start[row->kind + 1] += again->taken[base->nodes[row->subject].file];
	}
}

static void take_file(Graph *graph, uint32_t from)
{
	const Graph *base = graph->again->base;
	FileInfo *old = &base->files[from];
	uint32_t file = graph->n_files++, shift = graph->n_nodes - old->node;
	graph->again->shifts[from] = shift;
	graph->files[file] = (FileInfo){.node = graph->n_nodes,
	        .bytes = {g_atomic_pointer_get(&old->bytes.at), old->bytes.length},
	        .hash = old->hash,
	        .words = old->words};
	for (Node node = old->node; node < end_of_file(base, from); node++) {
		NodeInfo info = base->nodes[node];
		info.parent += info.parent ? shift : 0;
		info.first_child = info.next_sibling = NODE_NONE;
		info.file = file;
		graph->nodes[graph->n_nodes++] = info;
	}
}

static void take_rows(Graph *graph, Filling *filling)
{
	const Again *again = graph->again;
	const Graph *base = again->base;
	for (uint32_t i = 0; i < base->layers[0].kind_start[FACT_IDENTITY]; i++) {
		Row row = base->layers[0].by_subject[i];
		uint32_t file = base->nodes[row.subject].file;
		if (!again->taken[file])
			continue;
		row.subject += again->shifts[file];
		row.object += fact_kind_object(row.kind) == OBJECT_NODE ? again->shifts[file] : 0;
		fill(&graph->layers[0], filling, row);
	}
}

/* ---- the graph ------------------------------------------------------------------------------------------------ */

static void make_room(Graph *graph, const GArray *sources)
{
	uint32_t n_nodes = 1, n_files = sources->len;
	g_assert(n_files <= MOST_FILES);
	Layer *layer = &graph->layers[0];
	if (graph->again)
		count_again(graph->again, &n_nodes, layer);
	for (uint32_t k = 0; k < n_files; k++) {
		const Source *source = &g_array_index(sources, Source, k);
		if (!source->builder)
			continue;
		n_nodes += source->file->end_node - source->file->first_node;
		for (uint32_t i = source->file->first_row; i < source->file->end_row; i++)
			layer->kind_start[((const Row *)pieces_at(&source->builder->rows, i))->kind + 1]++;
	}
	graph->nodes = g_new(NodeInfo, n_nodes);
	graph->nodes[0] = (NodeInfo){0};
	graph->n_nodes = 1;
	graph->files = g_new0(FileInfo, MAX(n_files, 1));
}

static void give_back(const Source *source)
{
	pieces_give_back(&source->builder->nodes, source->file->first_node, source->file->end_node);
	pieces_give_back(&source->builder->rows, source->file->first_row, source->file->end_row);
}

static Slice copy_words(Graph *graph, Slice words)
{
	char *copy = arena_bytes(graph->words, words.length);
	if (words.length)
		memcpy(copy, words.at, words.length);
	return (Slice){copy, words.length};
}

static void join_file(Graph *graph, const Source *source, Symbol *map, Filling *filling)
{
	Node first = graph->n_nodes;
	uint32_t file = graph->n_files++;
	graph->files[file] = (FileInfo){.node = first,
	        .bytes = source->file->bytes,
	        .hash = source->file->hash,
	        .words = copy_words(graph, source->file->words)};
	join_nodes(graph, source, map, file);
	join_rows(graph, source, map, first, filling);
}

static Graph *seal(
        const GArray *sources, GraphBuilder *const *builders, size_t n_builders, const Graph *base, bool takes)
{
	Graph *graph = g_new0(Graph, 1);
	Filling filling = {0};
	g_autoptr(GPtrArray) maps = g_ptr_array_new_with_free_func(g_free);
	for (size_t b = 0; b < n_builders; b++) {
		g_ptr_array_add(maps, g_new0(Symbol, symbol_count(builders[b]->symbols)));
		if (takes)
			symbol_table_close(builders[b]->symbols);
	}
	graph->symbols = base ? symbol_table_copy(base->symbols) : symbol_table_new();
	graph->again = base ? again_new(base, sources) : NULL;
	graph_set_fetch(graph, fetch_again, graph->again);
	graph->elsewhere = g_array_new(FALSE, FALSE, sizeof(Span));
	graph->derived = g_array_new(FALSE, FALSE, sizeof(Row));
	graph->words = arena_new();
	make_room(graph, sources);
	layer_begin(&graph->layers[0], &filling);
	for (uint32_t i = 0; i < sources->len; i++) {
		const Source *source = &g_array_index(sources, Source, i);
		if (!source->builder) {
			take_file(graph, source->number);
			continue;
		}
		join_file(graph, source, maps->pdata[source->number], &filling);
		if (takes)
			give_back(source);
	}
	for (size_t b = 0; b < n_builders && takes; b++)
		symbol_table_take_texts(graph->symbols, builders[b]->symbols);
	if (base)
		take_rows(graph, &filling);
	layer_end(&graph->layers[0], &filling);
	link_children(graph);
	index_nodes(graph);
	index_folders(graph);
	return graph;
}

Graph *graph_seal(GraphBuilder *const *builders, size_t n_builders)
{
	g_autoptr(GArray) sources = sources_in_order(builders, n_builders, NULL, NULL);
	return seal(sources, builders, n_builders, NULL, true);
}

Graph *graph_seal_again(const Graph *base, const bool *gone, GraphBuilder *const *builders, size_t n_builders)
{
	g_autoptr(GArray) sources = sources_in_order(builders, n_builders, base, gone);
	return seal(sources, builders, n_builders, base, true);
}

Graph *graph_seal_files(GraphBuilder *builder, const uint32_t *files, size_t n_files)
{
	g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(Source));
	for (size_t i = 0; i < n_files; i++) {
		const BuiltFile *file = &g_array_index(builder->files, BuiltFile, files[i]);
		Source source = {file->path, builder, file, 0, false};
		g_array_append_val(sources, source);
	}
	if (sources->len > 1)
		qsort(sources->data, sources->len, sizeof(Source), compare_sources);
	return seal(sources, &builder, 1, NULL, false);
}

void graph_set_fetch(Graph *graph, GraphFetch *fetch, void *data)
{
	graph->fetch = fetch;
	graph->fetch_data = data;
}

void graph_free(Graph *graph)
{
	if (!graph)
		return;
	for (uint32_t file = 0; file < graph->n_files; file++)
		g_free(graph->files[file].lines);
	symbol_table_free(graph->symbols);
	g_free(graph->nodes);
	g_free(graph->by_type);
	for (uint32_t type = 0; type < NODE_TYPES; type++)
		g_free(graph->by_name[type]);
	g_free(graph->by_name);
	g_free(graph->files);
	g_array_unref(graph->elsewhere);
	g_array_unref(graph->derived);
	g_hash_table_unref(graph->folders);
	arena_free(graph->words);
	again_free(graph->again);
	layer_clear(&graph->layers[0]);
	layer_clear(&graph->layers[1]);
	g_free(graph);
}

void graph_derive(Graph *graph, Node subject, FactKind kind, uint32_t object, Span place)
{
	Row row = {.subject = subject, .object = object, .start = place.start, .kind = kind};
	g_assert(kind >= FACT_IDENTITY && subject > 0 && subject < graph->n_nodes);
	if (place.file == graph->nodes[subject].file && place.end - place.start < ELSEWHERE) {
		row.length = place.end - place.start;
	} else {
		row.start = graph->elsewhere->len;
		row.length = ELSEWHERE;
		g_array_append_val(graph->elsewhere, place);
	}
	g_array_append_val(graph->derived, row);
}

Symbol graph_intern(Graph *graph, Slice text)
{
	return symbol_add(graph->symbols, text);
}

/* Rows of the layer so far stand by kind and subject, and those that are new behind them, as they were derived. */
void graph_finish(Graph *graph)
{
	Layer *layer = &graph->layers[1], old = *layer;
	Filling filling = {0};
	*layer = (Layer){0};
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		layer->kind_start[kind + 1] = old.kind_start[kind + 1] - old.kind_start[kind];
	for (uint32_t i = 0; i < graph->derived->len; i++)
		layer->kind_start[g_array_index(graph->derived, Row, i).kind + 1]++;
	layer_begin(layer, &filling);
	for (uint32_t i = 0; i < old.kind_start[FACT_KINDS]; i++)
		fill(layer, &filling, old.by_subject[i]);
	for (uint32_t i = 0; i < graph->derived->len; i++)
		fill(layer, &filling, g_array_index(graph->derived, Row, i));
	layer_end(layer, &filling);
	layer_clear(&old);
	g_array_unref(graph->derived);
	graph->derived = g_array_new(FALSE, FALSE, sizeof(Row));
}
