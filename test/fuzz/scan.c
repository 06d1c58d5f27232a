/* From bytes to findings: the input is a small tree of files, and every source, linker, rule and renderer sees it.
 *
 * A line `-- PATH --` begins a file; what stands before the first one is a file whose path the first byte chooses. So a
 * mutation may change a file's format, its neighbours and its bytes. Beside what the sanitizers see, places must lie
 * inside their files.
 */
#include "flow/custom.h"
#include "link/link.h"
#include "report/report.h"
#include "rule/rule.h"
#include "source/source.h"

#include <stdlib.h>

#define MOST_FILES 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Tree {
	GraphBuilder *builder;
	Arena *arena;
	char *bytes[MOST_FILES]; /* each allocated alone, so that a read past its end is seen */
	char *paths[MOST_FILES];
	uint32_t count;
} Tree;

static bool has_path(const Tree *tree, const char *path)
{
	for (uint32_t i = 0; i < tree->count; i++)
		if (strcmp(tree->paths[i], path) == 0)
			return true;
	return false;
}

static void add_file(Tree *tree, Slice path_text, Slice text)
{
	g_autofree char *path = slice_dup(path_text);
	if (tree->count == MOST_FILES || !*path || strlen(path) != path_text.length || has_path(tree, path))
		return;
	char *bytes = malloc(text.length + 1);
	memcpy(bytes, text.at, text.length);
	bytes[text.length] = '\0';
	tree->bytes[tree->count] = bytes;
	tree->paths[tree->count++] = g_steal_pointer(&path);
	Slice kept = slice_from(tree->paths[tree->count - 1]);
	Slice content = {bytes, text.length};
	Node node = graph_begin_file(tree->builder, kept, content);
	const char *slash = strrchr(kept.at, '/');
	SourceFile file = {.builder = tree->builder,
	        .node = node,
	        .path = kept,
	        .name = slice_from(slash ? slash + 1 : kept.at),
	        .bytes = content,
	        .arena = tree->arena};
	source_read(&file);
	arena_reset(tree->arena);
}

/* The path in a line `-- PATH --`. */
static bool is_header(Slice line, Slice *ret_path)
{
	if (!slice_starts(line, "-- ") || !slice_ends(line, " --") || line.length < 7)
		return false;
	*ret_path = slice_sub(line, 3, line.length - 3);
	return true;
}

static const char *const first_paths[] = {"app.yaml", "compose.yaml", ".env", "kustomization.yaml", "Dockerfile",
        ".gitignore", "README.md", "deploy.sh", "app.py", "labwright.yaml", ".github/workflows/ci.yaml", "values.json",
        ".dockerignore", "note.txt"};

static void read_tree(Tree *tree, Slice input)
{
	Slice path = slice_from(first_paths[(unsigned char)input.at[0] % G_N_ELEMENTS(first_paths)]);
	Slice rest = input, line, next;
	size_t start = 0;
	while (slice_next_line(&rest, &line)) {
		if (!is_header(line, &next))
			continue;
		size_t at = (size_t)(line.at - input.at);
		if (at > start)
			add_file(tree, path, slice_sub(input, start, at));
		path = next;
		start = input.length - rest.length;
	}
	add_file(tree, path, slice_sub(input, start, input.length));
}

static void assert_span(const Graph *graph, Span span)
{
	g_assert_cmpuint(span.file, <, graph_files(graph));
	g_assert_cmpuint(span.start, <=, span.end);
	g_assert_cmpuint(span.end, <=, graph_file_bytes(graph, span.file).length);
}

static void assert_places(const Graph *graph)
{
	for (Node node = 1; node <= graph_nodes(graph); node++)
		assert_span(graph, graph_place(graph, node));
	for (uint32_t kind = 0; kind < FACT_KINDS; kind++)
		GRAPH_EACH (graph, kind, row)
			assert_span(graph, graph_span(graph, row));
}

static void assert_findings(const Graph *graph, Findings findings)
{
	for (size_t i = 0; i < findings.count; i++) {
		assert_span(graph, findings.at[i]->span);
		for (uint32_t k = 0; k < findings.at[i]->n_evidence; k++)
			assert_span(graph, findings.at[i]->evidence[k].span);
	}
}

static void run_rules(Checker *checker, bool after_all)
{
	for (const RuleSet *const *set = rule_sets(); *set; set++)
		for (size_t i = 0; i < (*set)->count; i++)
			if ((*set)->rules[i].after_all == after_all)
				checker_run(checker, &(*set)->rules[i]);
}

static void check_tree(const Tree *tree)
{
	g_autoptr(Graph) graph = graph_seal(&tree->builder, 1);
	link_graph(graph);
	custom_derive(graph);
	assert_places(graph);
	g_autoptr(Checker) checker = checker_new(graph, "2026-11-23");
	run_rules(checker, false);
	checker_silence(checker);
	run_rules(checker, true);
	Findings findings = checker_findings(checker);
	assert_findings(graph, findings);
	ReportInput input = {.graph = graph,
	        .findings = findings.at,
	        .count = findings.count,
	        .root = "/",
	        .again = "labwright check"};
	for (const Renderer *const *renderer = renderers(); *renderer; renderer++) {
		g_autoptr(GString) out = g_string_new(NULL);
		(*renderer)->render(&input, out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	Tree tree = {.builder = graph_builder_new(), .arena = arena_new()};
	read_tree(&tree, (Slice){(const char *)data, size});
	if (tree.count)
		check_tree(&tree);
	graph_builder_free(tree.builder);
	arena_free(tree.arena);
	for (uint32_t i = 0; i < tree.count; i++) {
		free(tree.bytes[i]);
		g_free(tree.paths[i]);
	}
	return 0;
}
