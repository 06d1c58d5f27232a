/* What is known of the thing under the cursor: why a rule asks, and the facts. The thing is what has the smallest place
 * there, its own or that of a fact about it. */
#include "serve/editor.h"

#define MOST_FACTS 24

typedef struct Thing {
	Node node;
	Span span;
} Thing;

static void offer(Thing *best, Node node, Span span, Span place)
{
	uint32_t length = span.end - span.start;
	if (!span_holds(span, place) || length == 0 || (best->node && length >= best->span.end - best->span.start))
		return;
	*best = (Thing){node, span};
}

/* Nodes of a file stand together. */
static Thing thing_at(const Graph *graph, Span place)
{
	Thing best = {NODE_NONE, place};
	Node node = graph_file_node(graph, place.file);
	for (; node <= graph_nodes(graph) && graph_file_of(graph, node) == place.file; node++) {
		offer(&best, node, graph_place(graph, node), place);
		for (uint32_t kind = 0; kind < FACT_IDENTITY; kind++)
			GRAPH_OF (graph, node, kind, row)
				offer(&best, node, graph_span(graph, row), place);
	}
	return best;
}

/* A text of the repository between backquotes, which it may hold itself. */
static void append_code(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_string_append(out, "`");
	for (const char *at = valid; *at; at++)
		g_string_append_c(out, *at == '`' ? '\'' : (unsigned char)*at < ' ' ? ' ' : *at);
	g_string_append(out, "`");
}

static void append_finding(const Finding *finding, GString *out)
{
	g_autofree char *message = g_utf8_make_valid(finding->message, -1);
	g_autofree char *hint = g_utf8_make_valid(finding->hint ? finding->hint : finding->rule->remedy, -1);
	g_string_append_printf(out,
	        "**%s** [%s]\n\n%s\n\n%s\n\n%s\n\nTo silence it: `# labwright: ignore=%s -- why`\n\n",
	        level_word(finding->level), finding->rule->id, message, finding->rule->why, hint, finding->rule->id);
}

static void append_facts(const Graph *graph, Node node, GString *out)
{
	g_autofree char *name = graph_describe(graph, node);
	uint32_t shown = 0;
	append_code(out, name);
	g_string_append(out, "\n\n");
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		GRAPH_OF (graph, node, kind, row) {
			g_autoptr(GString) object = g_string_new(NULL);
			graph_append_object(graph, row, object);
			if (++shown > MOST_FACTS)
				continue;
			g_string_append_printf(out, "- %s ", fact_kind_word(kind));
			if (object->len)
				append_code(out, object->str);
			g_string_append_c(out, '\n');
		}
	if (shown > MOST_FACTS)
		g_string_append_printf(out, "- … and %u facts more\n", shown - MOST_FACTS);
}

GString *hover_text(const Workspace *workspace, Span place, Span *ret_span)
{
	const Graph *graph = workspace->scan->graph;
	GString *out = g_string_new(NULL);
	Thing thing = thing_at(graph, place);
	*ret_span = thing.span;
	for (size_t i = 0; i < workspace->check->count; i++) {
		const Finding *finding = workspace->check->findings[i];
		if (finding->suppressed_by || !span_holds(finding->span, place))
			continue;
		append_finding(finding, out);
		if (finding->span.end > finding->span.start)
			*ret_span = finding->span;
	}
	if (thing.node)
		append_facts(graph, thing.node, out);
	if (out->len)
		return out;
	g_string_free(out, TRUE);
	return NULL;
}
