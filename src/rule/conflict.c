/* Merges that stopped and were committed as they were: see source/conflict.c. */
#include "rule/rule.h"

static void check_file(Checker *checker, Node file)
{
	const Graph *graph = checker_graph(checker);
	bool document = slice_ends(slice_from(graph_name(graph, file)), ".md");
	const Row *other = graph_find(graph, file, FACT_CONFLICT_OTHER); /* one for each, in the same order */
	Finding *finding = NULL;
	GRAPH_OF (graph, file, FACT_CONFLICT, row) {
		if (finding) {
			add_evidence(checker, finding, graph_span(graph, row), "and here");
			continue;
		}
		finding = report_at(checker, document ? LEVEL_WARNING : LEVEL_ERROR, file, graph_span(graph, row),
		        "a merge stopped here, and both sides of it were committed");
		add_evidence(checker, finding, graph_span(graph, other), "the other side begins here");
	}
}

static void check_merge_conflict(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Node last = NODE_NONE;
	GRAPH_EACH (graph, FACT_CONFLICT, row) {
		if (row->subject != last && !is_quiet(graph, row->subject))
			check_file(checker, row->subject);
		last = row->subject;
	}
}

static const Rule rules[] = {
        {
                .id = "merge-conflict",
                .level = LEVEL_ERROR,
                .title = "a merge that nobody ended",
                .why = "Git writes both versions into the file and waits for somebody to choose. Committed as it is, "
                       "no program reads the file as it was meant, and a reader does not know which half holds.",
                .remedy = "Keep the lines that are right, and delete the three marks.",
                .of_torn = true,
                .check = check_merge_conflict,
        },
};

const RuleSet rules_conflict = {"conflict", rules, G_N_ELEMENTS(rules)};
