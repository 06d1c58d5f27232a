/* What scripts apply: `kubectl apply -f` and `-k`, `kustomize build`. Where neither Flux nor Argo CD reads the
 * repository they are what brings files in, all into one cluster, and `-n` is the namespace of what names none. A
 * document only shows how it could be done, so it reaches files and says nothing about their names. */
#include "base/path.h"
#include "link/linker.h"

typedef struct Commands {
	Linker *linker;
	Node root; /* FILE of the first script that applies something */
} Commands;

typedef struct Apply {
	Node command;
	Symbol namespace;
	bool lists, recursive; /* -k, -R */
	const Row *paths[16];
	uint32_t n_paths;
} Apply;

static bool is_word(const Graph *graph, const Row *row, const char *text)
{
	return strcmp(graph_symbol_text(graph, row->object), text) == 0;
}

static void add_path(Apply *apply, const Row *row)
{
	if (apply->n_paths < G_N_ELEMENTS(apply->paths))
		apply->paths[apply->n_paths++] = row;
}

/* Options of one word ("--namespace=x") are told by their value's place, so only the commonest of them are taken. */
static void read_option(Graph *graph, Apply *apply, const Row *row, const Row *next)
{
	const char *text = graph_symbol_text(graph, row->object);
	if (g_str_has_prefix(text, "--namespace="))
		apply->namespace = graph_intern(graph, slice_from(text + strlen("--namespace=")));
	else if (strcmp(text, "-R") == 0 || strcmp(text, "--recursive") == 0)
		apply->recursive = true;
	if (!next)
		return;
	if (strcmp(text, "-n") == 0 || strcmp(text, "--namespace") == 0)
		apply->namespace = next->object;
	else if (strcmp(text, "-k") == 0 || strcmp(text, "--kustomize") == 0)
		apply->lists = true, add_path(apply, next);
	else if (strcmp(text, "-f") == 0 || strcmp(text, "--filename") == 0)
		add_path(apply, next);
}

/* The program may be an alias, so its verb tells: apply, create or replace with files, or kustomize and a folder. */
static bool read_command(Graph *graph, Node command, Apply *apply)
{
	Rows words = graph_rows_of(graph, command, FACT_WORD);
	bool verb = false, build = strcmp(graph_name(graph, command), "kustomize") == 0;
	*apply = (Apply){.command = command};
	for (const Row *row = words.at; row != words.end; row++) {
		const Row *next = row + 1 == words.end ? NULL : row + 1;
		const char *text = graph_symbol_text(graph, row->object);
		verb = verb || is_word(graph, row, "apply") || is_word(graph, row, "create") ||
		       is_word(graph, row, "replace");
		if (*text == '-')
			read_option(graph, apply, row, next);
		else if (next && ((build && strcmp(text, "build") == 0) || strcmp(text, "kustomize") == 0))
			verb = apply->lists = true, add_path(apply, next);
	}
	return verb && apply->n_paths > 0;
}

/* ---- paths ---------------------------------------------------------------------------------------- */

/* From the folder of the script, or one above it: scripts change to the root of the repository first. */
static Place find_above(const Graph *graph, Node command, Slice path)
{
	for (Slice folder = graph_folder_of(graph, command);; folder = path_folder(folder)) {
		Place place = link_find_place(graph, folder, path);
		if (place.kind != PLACE_MISSING || folder.length == 0)
			return place;
		g_free(place.path);
	}
}

/* A path with a star in its last part is the folder. */
static Slice without_star(Slice path)
{
	return slice_find_byte(path_name(path), '*', 0) == SIZE_MAX ? path : path_folder(path);
}

static void add_place(Linker *linker, Carrier *carrier, const Apply *apply, const Place *place, Span span)
{
	const Graph *graph = linker->graph;
	Context change = {.fallback = apply->namespace};
	if (apply->namespace && link_is_open(graph_symbol_text(graph, apply->namespace)))
		change.fallback = 0;
	if (place->kind == PLACE_FILE && !apply->lists) {
		link_add_edge(linker, carrier, place->file, change, apply->command, span);
	} else if (place->kind == PLACE_FOLDER && apply->lists) {
		Node list = link_find_kustomization(graph, slice_from(place->path));
		if (list && graph_node_type(graph, list) == NODE_KUSTOMIZATION)
			link_add_edge(linker, carrier, list, change, apply->command, span);
	} else if (place->kind == PLACE_FOLDER) {
		link_add_folder(
		        linker, carrier, slice_from(place->path), apply->recursive, change, apply->command, span);
	}
}

/* ---- commands --------------------------------------------------------------------------------------- */

static bool is_document(const Graph *graph, Node command)
{
	return g_str_has_suffix(graph_file_path(graph, graph_file_of(graph, command)), ".md");
}

/* Carriers of documents, and of all commands where the cluster reads Git itself, reach files and hand on no context. */
static Carrier *add_command(Commands *commands, const Apply *apply)
{
	Linker *linker = commands->linker;
	const Graph *graph = linker->graph;
	Carrier *carrier = link_add_carrier(linker, apply->command, commands->root);
	carrier->silent = linker->live || is_document(graph, apply->command);
	if (!carrier->silent && !commands->root)
		commands->root = graph_file_node(graph, graph_file_of(graph, apply->command));
	carrier->root = commands->root;
	return carrier;
}

static void link_command(Commands *commands, const Apply *apply)
{
	Linker *linker = commands->linker;
	Carrier *carrier = NULL;
	for (uint32_t i = 0; i < apply->n_paths; i++) {
		Slice path = graph_symbol_slice(linker->graph, apply->paths[i]->object);
		Place place = find_above(linker->graph, apply->command, without_star(path));
		if (place.kind == PLACE_FILE || place.kind == PLACE_FOLDER) {
			carrier = carrier ? carrier : add_command(commands, apply);
			add_place(linker, carrier, apply, &place, graph_span(linker->graph, apply->paths[i]));
		}
		g_free(place.path);
	}
}

void link_commands(Linker *linker)
{
	Graph *graph = linker->graph;
	Commands commands = {.linker = linker};
	Apply apply;
	GRAPH_NODES (graph, NODE_COMMAND, command)
		if (!graph_has(graph, graph_file_node(graph, graph_file_of(graph, command)), FACT_CLASS) &&
		        read_command(graph, command, &apply))
			link_command(&commands, &apply);
}
