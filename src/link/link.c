/* The linkers, in the order in which they build on one another. */
#include "link/linker.h"

void link_graph(Graph *graph)
{
	Linker linker = {.graph = graph};
	link_quiet(graph);
	link_misread(graph);
	link_entries(graph);
	link_builds(graph);
	graph_finish(graph);
	link_carriers(&linker);
	link_commands(&linker);
	link_circles(&linker);
	link_reach(&linker);
	graph_finish(graph);
	link_idle(graph);
	link_identities(&linker);
	graph_finish(graph);
	link_opaque(&linker);
	graph_finish(graph);
	link_references(&linker);
	link_selectors(&linker);
	graph_finish(graph);
	link_reach_clear(&linker);
}
