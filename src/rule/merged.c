/* Compose files that one command puts together, and that contradict each other. */
#include "base/path.h"
#include "rule/gone.h"
#include "rule/rule.h"
#include "rule/search.h"

#define MOST_FILES 16

/* The compose files that one command puts together, as seen from its folder, one above or the root. */
static uint32_t files_of(const Graph *graph, Node command, Node *files)
{
	uint32_t count = 0;
	bool compose = false;
	Slice last = {"", 0};
	GRAPH_OF (graph, command, FACT_WORD, row) {
		Slice word = graph_symbol_slice(graph, row->object);
		bool is_file = slice_is(last, "-f") || slice_is(last, "--file");
		compose = compose || slice_is(word, "compose") || text_has(word, "docker-compose");
		last = word;
		if (!is_file || count == MOST_FILES)
			continue;
		Node found = NODE_NONE;
		for (Slice folder = graph_folder_of(graph, command); !found; folder = path_folder(folder)) {
			g_autofree char *path = path_resolve(folder, word);
			Node file = path ? graph_find_file(graph, slice_from(path)) : NODE_NONE;
			Node document = file ? graph_first_child(graph, file, NODE_DOCUMENT) : NODE_NONE;
			found = document ? graph_first_child(graph, document, NODE_COMPOSE) : NODE_NONE;
			if (folder.length == 0)
				break;
		}
		if (found)
			files[count++] = found;
	}
	return compose ? count : 0;
}

static Node thing_of(const Graph *graph, Node compose, NodeType type, Symbol name)
{
	GRAPH_CHILDREN (graph, compose, type, node)
		if (graph_name_symbol(graph, node) == name)
			return node;
	return NODE_NONE;
}

/* known: "a|b" of the nodes, to Finding: many commands put the same files together. */
static void check_pair(Checker *checker, Node command, Node one, Node other, GHashTable *known)
{
	static const NodeType types[] = {NODE_COMPOSE_NETWORK, NODE_VOLUME};
	const Graph *graph = checker_graph(checker);
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++)
		GRAPH_CHILDREN (graph, one, types[i], node) {
			Node twin = thing_of(graph, other, types[i], graph_name_symbol(graph, node));
			const Row *driver = twin ? graph_find(graph, twin, FACT_TYPE) : NULL;
			if (!driver || !graph_has(graph, node, FACT_EXTERNAL) || is_quiet(graph, node))
				continue;
			g_autofree char *key = g_strdup_printf("%u|%u", node, twin);
			Finding *finding = g_hash_table_lookup(known, key);
			if (finding)
				continue;
			finding = report(checker, node, graph_place(graph, node),
			        "%s %s is external here and has the driver %s in %s: compose refuses both together",
			        i ? "volume" : "network", graph_name(graph, node),
			        graph_symbol_text(graph, driver->object),
			        graph_file_path(graph, graph_file_of(graph, twin)));
			add_evidence(checker, finding, graph_span(graph, driver), "the driver");
			add_evidence(checker, finding, graph_place(graph, command), "both files are put together here");
			set_hint(checker, finding,
			        "let one of the files define it and leave it out of the other, or make it by hand and "
			        "say external: true in both");
			g_hash_table_insert(known, g_steal_pointer(&key), finding);
		}
}

static void check_compose_external_conflict(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	if (!graph_first_node(graph, NODE_COMPOSE))
		return;
	for (int plans = 0; plans < 2; plans++) /* what is only planned proves less */
		GRAPH_NODES (graph, NODE_COMMAND, command) {
			Slice path = slice_from(graph_file_path(graph, graph_file_of(graph, command)));
			Node files[MOST_FILES];
			uint32_t count = 0;
			if (!is_quiet(graph, command) && is_plan(path) == (plans == 1))
				count = files_of(graph, command, files);
			for (uint32_t i = 0; i < count; i++)
				for (uint32_t j = 0; j < count; j++)
					if (files[i] != files[j])
						check_pair(checker, command, files[i], files[j], known);
		}
}

static const Rule rules[] = {
        {
                .id = "compose-external-conflict",
                .level = LEVEL_ERROR,
                .title = "one file calls external what another one makes",
                .why = "Compose 2 puts the files of one command together and then refuses a network or volume that is "
                       "external and has a driver: nothing of the project starts. The older docker-compose took it "
                       "for external without a word.",
                .remedy = "Define it in one of the files alone, or make it by hand and call it external in all.",
                .peers = "docker compose config: conflicting parameters external and driver",
                .check = check_compose_external_conflict,
        },
};

const RuleSet rules_merged = {"merged", rules, G_N_ELEMENTS(rules)};
