/* Files that labwright.yaml takes out of the demands: ignored paths and areas on their way out. */
#include "base/path.h"
#include "link/linker.h"

static void mark(Graph *graph, const Row *row, const char *why)
{
	const char *pattern = graph_symbol_text(graph, row->object);
	Symbol reason = graph_intern(graph, slice_from(why));
	Span place = graph_span(graph, row);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (path_matches(pattern, graph_file_path(graph, file)))
			graph_derive(graph, graph_file_node(graph, file), FACT_QUIET, reason, place);
}

void link_quiet(Graph *graph)
{
	GRAPH_EACH (graph, FACT_IGNORES, row)
		mark(graph, row, "ignored");
	GRAPH_EACH (graph, FACT_DEPRECATED, flag)
		GRAPH_OF (graph, flag->subject, FACT_PATH, row)
			mark(graph, row, "deprecated");
}
