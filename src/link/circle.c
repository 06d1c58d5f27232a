/* Kustomizations that list one another in a circle: kustomize refuses them. The entry that leads back is told, and not
 * followed. A walk without recursion, since the depth is whatever somebody wrote. */
#include "link/linker.h"

enum { NOT_SEEN, ON_THE_WAY, DONE };

static void close_circle(Linker *linker, Edge *edge)
{
	Graph *graph = linker->graph;
	edge->closes = true;
	graph_derive(graph, edge->entry, FACT_UNRESOLVED, graph_intern(graph, SLICE("cycle")),
	        graph_place(graph, edge->entry));
}

/* The next kustomization to go into, or NULL when the last edge has been seen. */
static Carrier *next_inner(Linker *linker, Carrier *carrier)
{
	while (carrier->next_edge < carrier->edges->len) {
		Edge *edge = &g_array_index(carrier->edges, Edge, carrier->next_edge++);
		Carrier *inner = link_find_carrier(linker, edge->target);
		if (inner && inner->walk == ON_THE_WAY)
			close_circle(linker, edge);
		else if (inner && inner->walk == NOT_SEEN)
			return inner;
	}
	return NULL;
}

static void walk_from(Linker *linker, Carrier *first)
{
	g_autoptr(GPtrArray) way = g_ptr_array_new();
	first->walk = ON_THE_WAY;
	g_ptr_array_add(way, first);
	while (way->len) {
		Carrier *carrier = way->pdata[way->len - 1], *inner = next_inner(linker, carrier);
		if (inner) {
			inner->walk = ON_THE_WAY;
			g_ptr_array_add(way, inner);
		} else {
			carrier->walk = DONE;
			g_ptr_array_set_size(way, (gint)way->len - 1);
		}
	}
}

void link_circles(Linker *linker)
{
	for (guint i = 0; i < linker->in_order->len; i++) {
		Carrier *carrier = linker->in_order->pdata[i];
		if (carrier->walk == NOT_SEEN && graph_node_type(linker->graph, carrier->node) == NODE_KUSTOMIZATION)
			walk_from(linker, carrier);
	}
}
