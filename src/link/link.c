/* The linkers, in the order in which they build on one another. */
#include "link/link.h"

void link_graph(Graph *graph)
{
	graph_finish(graph);
}
