/* Parts of a configuration that it names and does not define. What one program reads at a time stands in one document,
 * so a part that is missing there is missing; Traefik and Alloy read all files of a folder, so for them the whole
 * repository counts, and files that cannot be read as YAML may define anything they speak of. */
#include "base/near.h"
#include "rule/rule.h"
#include "rule/search.h"

typedef struct Part {
	Slice program, noun;
	const char *name;
} Part;

static Part part_of(const Graph *graph, const Row *row)
{
	Slice text = graph_symbol_slice(graph, row->object);
	size_t first = slice_find_byte(text, '/', 0), second = slice_find_byte(text, '/', first + 1);
	return (Part){slice_sub(text, 0, first), slice_sub(text, first + 1, second), text.at + second + 1};
}

/* Its configuration is all files of a folder. */
static bool is_spread(const Part *part)
{
	return slice_is(part->program, "traefik") || slice_is(part->program, "alloy");
}

/* TOML, and templates that are YAML once they are filled in. */
static bool may_define(const Graph *graph, const char *name)
{
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		const char *format = graph_text(graph, graph_file_node(graph, file), FACT_FORMAT);
		if ((g_str_has_suffix(graph_file_path(graph, file), ".toml") || strcmp(format, "template") == 0) &&
		        text_has(graph_file_bytes(graph, file), name))
			return true;
	}
	return false;
}

static bool is_defined(const Graph *graph, const Row *row, const Part *part)
{
	if (!is_spread(part))
		return graph_says(graph, row->subject, FACT_DEFINES_PART, row->object);
	Rows rows = graph_rows_to(graph, FACT_DEFINES_PART, row->object);
	return rows.at != rows.end || may_define(graph, part->name);
}

/* The one part of the same kind in the document that was probably meant; ret_any: there are others at all. */
static const char *near_part(const Graph *graph, const Row *row, const Part *part, bool *ret_any)
{
	NearSearch search = near_search(slice_from(part->name), near_limit(slice_from(part->name)));
	GRAPH_OF (graph, row->subject, FACT_DEFINES_PART, other) {
		Part defined = part_of(graph, other);
		if (!slice_equal(defined.program, part->program) || !slice_equal(defined.noun, part->noun))
			continue;
		*ret_any = true;
		near_offer(&search, slice_from(defined.name));
	}
	return near_result(&search) == SIZE_MAX ? NULL : search.best.at;
}

/* "# the receiver pager is defined in the global configuration": a comment of the file says where it is. */
static bool is_explained(const Graph *graph, const Row *row, const char *name)
{
	static const char *const words[] = {"defined", "mounted", "provided", "comes from", "elsewhere", NULL};
	Slice rest = graph_file_bytes(graph, graph_file_of(graph, row->subject)), line;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (slice_starts(text, "#") && text_has(text, name)) {
			g_autofree char *lower = g_ascii_strdown(text.at, (gssize)text.length);
			if (text_has_part(lower, words))
				return true;
		}
	}
	return false;
}

static void report_part(Checker *checker, const Row *row, const Part *part)
{
	const Graph *graph = checker_graph(checker);
	bool any = false;
	const char *near = near_part(graph, row, part, &any);
	/* What they are told elsewhere may lie outside of the repository. */
	Level level = !is_spread(part) || near ? LEVEL_ERROR : LEVEL_WARNING;
	Finding *finding = report_at(checker, level, row->subject, graph_span(graph, row), "there is no %.*s '%s'%s",
	        SLICE_ARGS(part->noun), part->name, is_spread(part) ? " in any file" : " in this configuration");
	set_detail(checker, finding, "%s", graph_symbol_text(graph, row->object));
	if (!near)
		return;
	set_hint(checker, finding, "there is '%s'", near);
	set_because(checker, finding, FIX_VALUE, "no other %.*s has a name so near", SLICE_ARGS(part->noun));
	add_rename(checker, finding, graph_span(graph, row), part->name, near);
}

static void check_config_part_missing(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	GRAPH_EACH (graph, FACT_NAMES_PART, row) {
		if (is_quiet(graph, row->subject))
			continue;
		Part part = part_of(graph, row);
		if (!is_defined(graph, row, &part) && !is_explained(graph, row, part.name))
			report_part(checker, row, &part);
	}
}

static const Rule rules[] = {
        {
                .id = "config-part-missing",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a configuration names a part of itself that it does not define",
                .why = "Alertmanager, Alloy, HAProxy and OpenTelemetry's collector refuse to start with it, or keep "
                       "the old "
                       "configuration without a word. Traefik drops the router, so that a page is gone and nothing has "
                       "failed.",
                .remedy =
                        "Define the receiver, backend, service or middleware, or write the name of one that is there.",
                .peers = "amtool: check-config; haproxy -c",
                .check = check_config_part_missing,
        },
};

const RuleSet rules_parts = {"parts", rules, G_N_ELEMENTS(rules)};
