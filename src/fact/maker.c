/* Whether an opaque part may have made an object: by its name, since nothing else is known of it. */
#include "fact/maker.h"

#include "base/near.h"

bool graph_may_make(const Graph *graph, Node maker, Slice name)
{
	return graph_has(graph, maker, FACT_FILLS_NAMESPACE) ||
	       near_share_word(slice_from(graph_name(graph, maker)), name) ||
	       near_share_word(slice_from(graph_text(graph, maker, FACT_CHART)), name);
}
