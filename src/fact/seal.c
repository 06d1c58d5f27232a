/* Joining the builders: files in the order of their paths, numbers given anew in that order, so that neither the number
 * of threads nor their luck shows in the graph. Indexes are sorted arrays; nothing is hashed but texts. */
#include "fact/graph.h"

typedef struct Source {
	GraphBuilder *builder;
	const BuiltFile *file;
	uint32_t builder_number;
} Source;

static int compare_sources(const void *a, const void *b)
{
	const Source *left = a, *right = b;
	size_t n = MIN(left->file->path.length, right->file->path.length);
	int order = memcmp(left->file->path.at, right->file->path.at, n);
	if (order)
		return order;
	return (left->file->path.length > right->file->path.length) -
	       (left->file->path.length < right->file->path.length);
}

/* A builder's symbol in the graph's table, looked up once. */
static Symbol map_symbol(Graph *graph, const GraphBuilder *builder, Symbol *map, Symbol local)
{
	if (local && !map[local])
		map[local] = symbol_add_from(graph->symbols, builder->symbols, local);
	return map[local];
}

static void join_nodes(Graph *graph, const Source *source, Symbol *map, uint32_t file)
{
	uint32_t shift = graph->n_nodes - source->file->first_node;
	for (uint32_t i = source->file->first_node; i < source->file->end_node; i++) {
		NodeInfo info = *(const NodeInfo *)pieces_at(&source->builder->nodes, i);
		info.name = map_symbol(graph, source->builder, map, info.name);
		info.parent = info.parent ? info.parent + shift : NODE_NONE;
		info.file = file;
		graph->nodes[graph->n_nodes++] = info;
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
		const BuiltRow *built = pieces_at(&source->builder->rows, i);
		Row row = {built->subject + shift, built->kind, built->object, graph->n_places};
		graph->places[graph->n_places++] = built->place;
		if (fact_kind_object(row.kind) == OBJECT_SYMBOL)
			row.object = map_symbol(graph, source->builder, map, row.object);
		else if (fact_kind_object(row.kind) == OBJECT_NODE)
			row.object += shift;
		fill(&graph->layers[0], filling, row);
	}
}

static int compare_by_subject(const void *a, const void *b)
{
	const Row *left = a, *right = b;
	if (left->subject != right->subject)
		return left->subject < right->subject ? -1 : 1;
	return (left->span > right->span) - (left->span < right->span);
}

static int compare_by_object(const void *a, const void *b)
{
	const Row *left = a, *right = b;
	if (left->object != right->object)
		return left->object < right->object ? -1 : 1;
	return (left->span > right->span) - (left->span < right->span);
}

void rows_sort_by_object(Row *rows, uint32_t count)
{
	qsort(rows, count, sizeof(Row), compare_by_object);
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
			qsort(layer->by_subject + start, layer->kind_start[kind + 1] - start, sizeof(Row),
			        compare_by_subject);
	}
}

static void link_children(Graph *graph)
{
	g_autofree Node *last = g_new0(Node, graph->n_nodes);
	for (Node node = 1; node < graph->n_nodes; node++) {
		Node parent = graph->nodes[node].parent;
		if (!parent)
			continue;
		if (last[parent])
			graph->nodes[last[parent]].next_sibling = node;
		else
			graph->nodes[parent].first_child = node;
		last[parent] = node;
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
	graph->rank = g_new0(uint32_t, graph->n_nodes);
	for (Node node = 1; node < graph->n_nodes; node++) {
		uint32_t place = next[graph->nodes[node].type]++;
		graph->by_type[place] = node;
		graph->rank[node] = place;
	}
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

static GArray *sources_in_order(GraphBuilder *const *builders, size_t n_builders)
{
	GArray *sources = g_array_new(FALSE, FALSE, sizeof(Source));
	for (uint32_t b = 0; b < n_builders; b++) {
		for (uint32_t i = 0; i < builders[b]->files->len; i++) {
			Source source = {builders[b], &g_array_index(builders[b]->files, BuiltFile, i), b};
			g_array_append_val(sources, source);
		}
	}
	if (sources->len > 1)
		qsort(sources->data, sources->len, sizeof(Source), compare_sources);
	return sources;
}

static void make_room(Graph *graph, const GArray *sources)
{
	uint32_t n_nodes = 1, n_rows = 0, n_files = sources->len;
	Layer *layer = &graph->layers[0];
	for (uint32_t k = 0; k < n_files; k++) {
		const Source *source = &g_array_index(sources, Source, k);
		n_nodes += source->file->end_node - source->file->first_node;
		n_rows += source->file->end_row - source->file->first_row;
		for (uint32_t i = source->file->first_row; i < source->file->end_row; i++)
			layer->kind_start[((const BuiltRow *)pieces_at(&source->builder->rows, i))->kind + 1]++;
	}
	graph->nodes = g_new(NodeInfo, n_nodes);
	graph->nodes[0] = (NodeInfo){0};
	graph->n_nodes = 1;
	graph->files = g_new0(FileInfo, MAX(n_files, 1));
	graph->places = g_new(Place, n_rows + 1);
	graph->places[0] = (Place){0, 0};
	graph->n_places = 1;
}

static void give_back(const Source *source)
{
	pieces_give_back(&source->builder->nodes, source->file->first_node, source->file->end_node);
	pieces_give_back(&source->builder->rows, source->file->first_row, source->file->end_row);
}

static Graph *seal(const GArray *sources, GraphBuilder *const *builders, size_t n_builders, bool takes)
{
	Graph *graph = g_new0(Graph, 1);
	Filling filling = {0};
	g_autoptr(GPtrArray) maps = g_ptr_array_new_with_free_func(g_free);
	for (size_t b = 0; b < n_builders; b++)
		g_ptr_array_add(maps, g_new0(Symbol, symbol_count(builders[b]->symbols)));
	graph->symbols = symbol_table_new();
	graph->derived_spans = g_array_new(FALSE, FALSE, sizeof(Span));
	graph->derived = g_array_new(FALSE, FALSE, sizeof(Row));
	make_room(graph, sources);
	layer_begin(&graph->layers[0], &filling);
	for (uint32_t i = 0; i < sources->len; i++) {
		const Source *source = &g_array_index(sources, Source, i);
		Symbol *map = maps->pdata[source->builder_number];
		Node first = graph->n_nodes;
		graph->files[graph->n_files++] =
		        (FileInfo){.node = first, .bytes = source->file->bytes, .hash = source->file->hash};
		join_nodes(graph, source, map, i);
		join_rows(graph, source, map, first, &filling);
		if (takes)
			give_back(source);
	}
	layer_end(&graph->layers[0], &filling);
	link_children(graph);
	index_nodes(graph);
	index_folders(graph);
	return graph;
}

Graph *graph_seal(GraphBuilder *const *builders, size_t n_builders)
{
	g_autoptr(GArray) sources = sources_in_order(builders, n_builders);
	return seal(sources, builders, n_builders, true);
}

Graph *graph_seal_files(GraphBuilder *builder, const uint32_t *files, size_t n_files)
{
	g_autoptr(GArray) sources = g_array_new(FALSE, FALSE, sizeof(Source));
	for (size_t i = 0; i < n_files; i++) {
		Source source = {builder, &g_array_index(builder->files, BuiltFile, files[i]), 0};
		g_array_append_val(sources, source);
	}
	if (sources->len > 1)
		qsort(sources->data, sources->len, sizeof(Source), compare_sources);
	return seal(sources, &builder, 1, false);
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
	g_free(graph->rank);
	g_free(graph->files);
	g_free(graph->places);
	g_array_unref(graph->derived_spans);
	g_array_unref(graph->derived);
	g_hash_table_unref(graph->folders);
	layer_clear(&graph->layers[0]);
	layer_clear(&graph->layers[1]);
	g_free(graph);
}

void graph_derive(Graph *graph, Node subject, FactKind kind, uint32_t object, Span place)
{
	Row row = {subject, kind, object, graph->n_places + graph->derived_spans->len};
	g_assert(kind >= FACT_IDENTITY && subject > 0 && subject < graph->n_nodes);
	g_array_append_val(graph->derived_spans, place);
	g_array_append_val(graph->derived, row);
}

Symbol graph_intern(Graph *graph, Slice text)
{
	return symbol_add(graph->symbols, text);
}

/* Rows of the layer so far stand by kind and subject, and those that are new behind them, as they were derived: their
 * numbers of places put them in order where one subject has both. */
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
