/* Facts as text: what `labwright facts` prints and what the sources' tests are compared with. */
#include "fact/graph.h"

/* Names may be whole lines of somebody's script: they are shown on one line and cut. */
static void append_name(GString *out, Slice name)
{
	const size_t most = 120;
	for (size_t i = 0; i < MIN(name.length, most); i++) {
		unsigned char c = (unsigned char)name.at[i];
		if (c == '\n')
			g_string_append(out, "\\n");
		else if (c == '\t')
			g_string_append(out, "\\t");
		else if (c < ' ' || c == 0x7f)
			g_string_append_printf(out, "\\x%02x", c);
		else
			g_string_append_c(out, (char)c);
	}
	if (name.length > most)
		g_string_append(out, "…");
}

static void describe_to(const Graph *graph, Node node, GString *out)
{
	const NodeInfo *info = &graph->nodes[node];
	if (info->type == NODE_FILE) {
		append_name(out, symbol_slice(graph->symbols, info->name));
		return;
	}
	if (info->parent) {
		describe_to(graph, info->parent, out);
		g_string_append_c(out, '/');
	}
	const char *kind = info->type == NODE_OBJECT ? graph_text(graph, node, FACT_KIND) : "";
	g_string_append(out, *kind ? kind : node_type_word(info->type));
	if (info->name) {
		g_string_append_c(out, ' ');
		append_name(out, symbol_slice(graph->symbols, info->name));
	}
}

char *graph_describe(const Graph *graph, Node node)
{
	GString *out = g_string_new(NULL);
	describe_to(graph, node, out);
	return g_string_free(out, FALSE);
}

void graph_append_object(const Graph *graph, const Row *row, GString *out)
{
	switch (fact_kind_object(row->kind)) {
	case OBJECT_SYMBOL:
		append_name(out, symbol_slice(graph->symbols, row->object));
		break;
	case OBJECT_NODE:
		describe_to(graph, row->object, out);
		break;
	case OBJECT_NUMBER:
		g_string_append_printf(out, "%u", row->object);
		break;
	case OBJECT_NONE:
		break;
	}
}

static void append_place(const Graph *graph, Span span, GString *out)
{
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	g_string_append_printf(out, "\t%s:%u:%u\n", graph_file_path(graph, span.file), line, column);
}

/* The rows of a kind that are not told yet: they are sorted by subject, and nodes are told in that order. */
typedef struct Course {
	const Row *at, *end;
} Course;

static void append_row(const Graph *graph, const char *subject, const Row *row, GString *out)
{
	g_string_append(out, subject);
	g_string_append_c(out, '\t');
	g_string_append(out, fact_kind_word(row->kind));
	g_string_append_c(out, '\t');
	graph_append_object(graph, row, out);
	append_place(graph, graph_span(graph, row), out);
}

static void dump_node(
        const Graph *graph, Node node, const DumpFilter *filter, Course *courses, size_t n_courses, GString *out)
{
	g_autofree char *subject = graph_describe(graph, node);
	bool shown = !filter->subject || strstr(subject, filter->subject);
	if (shown && !filter->has_kind) {
		g_string_append_printf(out, "%s\tis\t%s", subject, node_type_word(graph->nodes[node].type));
		append_place(graph, graph_place(graph, node), out);
	}
	for (size_t i = 0; i < n_courses; i++)
		for (Course *course = &courses[i]; course->at < course->end && course->at->subject == node;
		        course->at++)
			if (shown)
				append_row(graph, subject, course->at, out);
}

void graph_dump(const Graph *graph, const DumpFilter *filter, GString *out)
{
	Course courses[FACT_KINDS];
	size_t n_courses = 0;
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++) {
		Rows rows = graph_rows(graph, kind);
		if (rows.at != rows.end && (!filter->has_kind || filter->kind == kind))
			courses[n_courses++] = (Course){rows.at, rows.end};
	}
	for (Node node = 1; node < graph->n_nodes; node++)
		dump_node(graph, node, filter, courses, n_courses, out);
}
