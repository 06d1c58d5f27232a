/* The table of renderers, and what they share: counting, and making foreign text harmless. */
#include "report/report.h"

#define RENDERER(name) extern const Renderer renderer_##name;
#include "registry/renderer.def"
#undef RENDERER

const Renderer *const *renderers(void)
{
	static const Renderer *const all[] = {
#define RENDERER(name) &renderer_##name,
#include "registry/renderer.def"
#undef RENDERER
	        NULL,
	};
	return all;
}

const Renderer *renderer_find(const char *name)
{
	for (const Renderer *const *renderer = renderers(); *renderer; renderer++)
		if (strcmp((*renderer)->name, name) == 0)
			return *renderer;
	return NULL;
}

char *report_help_uri(const Rule *rule)
{
	return *HELP_URI ? g_strconcat(HELP_URI, "#", rule->id, NULL) : NULL;
}

/* ---- counting ---------------------------------------------------------------------------------- */

static uint32_t count_nodes(const Graph *graph, NodeType type)
{
	uint32_t count = 0;
	GRAPH_NODES (graph, type, node)
		count++;
	return count;
}

/* One chart may be opaque in several namespaces. Rows stand by subject, so equal ones are neighbours. */
static uint32_t count_opaque(const Graph *graph)
{
	uint32_t count = 0;
	Node last = 0;
	GRAPH_EACH (graph, FACT_OPAQUE, row) {
		count += row->subject != last;
		last = row->subject;
	}
	return count;
}

ReportCounts report_count(const ReportInput *input)
{
	ReportCounts counts = {.files = graph_files(input->graph),
	        .objects = count_nodes(input->graph, NODE_OBJECT),
	        .workloads = count_nodes(input->graph, NODE_POD) + count_nodes(input->graph, NODE_SERVICE),
	        .opaque = count_opaque(input->graph)};
	for (size_t i = 0; i < input->count; i++) {
		if (input->findings[i]->suppressed_by)
			counts.suppressed++;
		else
			counts.levels[input->findings[i]->level]++;
	}
	return counts;
}

bool report_shows(const ReportInput *input, const Finding *finding)
{
	return !finding->suppressed_by && finding->level >= input->level;
}

/* ---- foreign text ------------------------------------------------------------------------------ */

/* Characters that a terminal obeys or that make text look like other text. */
static bool is_harmful(gunichar c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static const char *ascii_for(gunichar c)
{
	switch (c) {
	case 0x2026:
		return "...";
	case 0x2013:
	case 0x2014:
	case 0xb7:
		return "-";
	case 0x2018:
	case 0x2019:
		return "'";
	case 0x201c:
	case 0x201d:
		return "\"";
	case 0x2192:
		return "->";
	default:
		return NULL;
	}
}

static void append_character(GString *out, gunichar c, bool unicode)
{
	const char *ascii = unicode ? NULL : ascii_for(c);
	if (ascii)
		g_string_append(out, ascii);
	else if (c == '\n')
		g_string_append(out, "\\n");
	else if (c == '\t')
		g_string_append(out, "\\t");
	else if (!is_harmful(c))
		g_string_append_unichar(out, c);
	else if (c < 0x100)
		g_string_append_printf(out, "\\x%02x", c);
	else
		g_string_append_printf(out, "\\u%04x", c);
}

void report_append(GString *out, const char *text, bool unicode)
{
	while (*text) {
		gunichar c = g_utf8_get_char_validated(text, -1);
		if (c == (gunichar)-1 || c == (gunichar)-2) {
			g_string_append_printf(out, "\\x%02x", (unsigned char)*text++);
			continue;
		}
		append_character(out, c, unicode);
		text = g_utf8_next_char(text);
	}
}

void report_append_place(const ReportInput *input, Span span, GString *out)
{
	uint32_t line, column;
	graph_position(input->graph, span, &line, &column);
	report_append(out, graph_file_path(input->graph, span.file), true);
	g_string_append_printf(out, ":%u:%u", line, column);
}
