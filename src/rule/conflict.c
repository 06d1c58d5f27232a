/* Marks that Git leaves in a file where two branches changed the same lines, and that somebody committed. All three
 * stand at the beginning of a line, in this order; a line of equals signs alone is also a heading. */
#include "rule/rule.h"

/* The place after `from` where a line begins with the mark and something follows it, or SIZE_MAX. */
static size_t find_mark(Slice text, const char *mark, size_t from)
{
	for (size_t at = from; (at = slice_find(text, mark, at)) != SIZE_MAX; at++)
		if (at == 0 || text.at[at - 1] == '\n')
			return at;
	return SIZE_MAX;
}

/* From the first to the last of the three; false where there are no more. */
static bool next_conflict(Slice text, size_t from, size_t *ret_start, size_t *ret_middle, size_t *ret_end)
{
	*ret_start = find_mark(text, "<<<<<<< ", from);
	*ret_middle = *ret_start == SIZE_MAX ? SIZE_MAX : find_mark(text, "=======", *ret_start);
	*ret_end = *ret_middle == SIZE_MAX ? SIZE_MAX : find_mark(text, ">>>>>>> ", *ret_middle);
	return *ret_end != SIZE_MAX;
}

static void check_file(Checker *checker, uint32_t file)
{
	const Graph *graph = checker_graph(checker);
	Slice text = graph_file_bytes(graph, file);
	bool document = slice_ends(slice_from(graph_file_path(graph, file)), ".md");
	Finding *finding = NULL;
	size_t start, middle, end;
	for (size_t at = 0; next_conflict(text, at, &start, &middle, &end); at = end) {
		Span first = {file, (uint32_t)start, (uint32_t)start + 7},
		     second = {file, (uint32_t)middle, (uint32_t)middle + 7};
		if (finding) {
			add_evidence(checker, finding, first, "and here");
			continue;
		}
		finding = report_at(checker, document ? LEVEL_WARNING : LEVEL_ERROR, graph_file_node(graph, file),
		        first, "a merge stopped here, and both sides of it were committed");
		add_evidence(checker, finding, second, "the other side begins here");
	}
}

static void check_merge_conflict(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (!is_quiet(graph, graph_file_node(graph, file)))
			check_file(checker, file);
}

static const Rule rules[] = {
        {
                .id = "merge-conflict",
                .level = LEVEL_ERROR,
                .title = "a merge that nobody ended",
                .why = "Git writes both versions into the file and waits for somebody to choose. Committed as it is, "
                       "no program reads the file as it was meant, and a reader does not know which half holds.",
                .remedy = "Keep the lines that are right, and delete the three marks.",
                .check = check_merge_conflict,
        },
};

const RuleSet rules_conflict = {"conflict", rules, G_N_ELEMENTS(rules)};
