/* $(NAME) in a variable of a container, which Kubernetes replaces. */
#include "rule/rule.h"

/* The whole item of the later variable moves above the earlier one. */
static void mend_order(Checker *checker, Finding *finding, Node env, Node later)
{
	const Graph *graph = checker_graph(checker);
	Span from = graph_place(graph, later), to = graph_place(graph, env);
	Slice text = graph_file_bytes(graph, from.file), item;
	uint32_t start, end, above, below;
	edit_block_span(text, from.start, &start, &end);
	edit_block_span(text, to.start, &above, &below);
	if (from.file != to.file || start < below || text.at[end - 1] != '\n')
		return;
	item = slice_sub(text, start, end);
	set_because(checker, finding, FIX_VALUE, "%s is defined once, and what stands between them does not change",
	        graph_name(graph, later));
	add_edit(checker, finding, (Span){from.file, above, above}, item);
	add_edit(checker, finding, (Span){from.file, start, end}, (Slice){"", 0});
}

/* $(NAME) is replaced only if NAME stands earlier in the list; $$(NAME) is the literal text. */
static void check_expansion(Checker *checker, Node env, Node container)
{
	const Graph *graph = checker_graph(checker);
	const Row *row = graph_find(graph, env, FACT_VALUE);
	Slice value = row ? graph_symbol_slice(graph, row->object) : (Slice){"", 0};
	for (size_t at = 0; (at = slice_find(value, "$(", at)) != SIZE_MAX;) {
		size_t end = slice_find_byte(value, ')', at);
		if (end == SIZE_MAX)
			return;
		Slice name = slice_sub(value, at + 2, end);
		bool escaped = at > 0 && value.at[at - 1] == '$';
		at = end;
		if (escaped)
			continue;
		for (Node later = graph_next_child(graph, env, NODE_ENV); later;
		        later = graph_next_child(graph, later, NODE_ENV)) {
			if (!slice_equal(graph_symbol_slice(graph, graph_name_symbol(graph, later)), name))
				continue;
			bool earlier = false;
			for (Node before = graph_first_child(graph, container, NODE_ENV); before && before != env;
			        before = graph_next_child(graph, before, NODE_ENV))
				earlier =
				        earlier || graph_name_symbol(graph, before) == graph_name_symbol(graph, later);
			if (earlier)
				break;
			Finding *finding = report(checker, env, graph_span(graph, row),
			        "variable %s uses $(%s) before it is defined, so it keeps that text",
			        graph_name(graph, env), graph_name(graph, later));
			add_evidence(checker, finding, graph_place(graph, later), "%s is defined only here",
			        graph_name(graph, later));
			set_hint(
			        checker, finding, "move %s above %s", graph_name(graph, later), graph_name(graph, env));
			mend_order(checker, finding, env, later);
			break;
		}
	}
}

static void check_env_expansion_order(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_NODES (graph, NODE_ENV, env)
		if (graph_node_type(graph, graph_parent(graph, env)) == NODE_CONTAINER)
			check_expansion(checker, env, graph_parent(graph, env));
}

static const Rule rules[] = {
        {
                .id = "env-expansion-order",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a variable uses another one that is defined after it",
                .why = "Kubernetes replaces $(NAME) only by variables that stand earlier in the list; the program gets "
                       "the text \"$(NAME)\".",
                .remedy = "Move the variable that is used above the one that uses it.",
                .check = check_env_expansion_order,
        },
};

const RuleSet rules_expansion = {"expansion", rules, G_N_ELEMENTS(rules)};
