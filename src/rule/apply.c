/* Commands are lines with the words of kubectl or kustomize in them: scripts, Makefiles, task files, CI and documents
 * write them in too many ways to read each. */
#include "rule/apply.h"

#include "base/path.h"
#include "rule/search.h"

/* Longer lines are data, and hold every word. */
#define LONGEST_LINE 500

bool is_script_or_document(const Graph *graph, uint32_t file, void *data)
{
	Node node = graph_file_node(graph, file);
	GRAPH_OF (graph, node, FACT_FORMAT, row) {
		const char *format = graph_symbol_text(graph, row->object);
		if (strcmp(format, "kubernetes") == 0 || strcmp(format, "kustomize") == 0)
			return false;
	}
	return true;
}

/* A sentence of a document that only tells what is applied has the verb, and none of what a command has. */
static bool is_sentence(const Graph *graph, Span place, Slice line)
{
	static const char *const marks[] = {
	        "kubectl", "kustomize build", "kustomize edit", " -f", " -k", "--filename", "helmfile", "`apply", "$ "};
	if (!slice_ends(slice_from(graph_file_path(graph, place.file)), ".md"))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(marks); i++)
		if (slice_find(line, marks[i], 0) != SIZE_MAX)
			return false;
	return true;
}

bool is_apply_command(const Graph *graph, Span place)
{
	static const char *const words[] = {"apply", "create -f", "replace", "kubectl", "kustomize"};
	Slice line = graph_line_at(graph, place);
	if (line.length > LONGEST_LINE || is_sentence(graph, place, line))
		return false;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (slice_find(line, words[i], 0) != SIZE_MAX)
			return true;
	return false;
}

/* By its folder's name in the line, or from a script that stands beside it. */
static bool accept_file(const Graph *graph, Span word, void *data)
{
	Slice folder = path_folder(slice_from(data)), line = graph_line_at(graph, word);
	g_autofree char *parent = slice_dup(path_name(folder));
	bool beside = slice_equal(path_folder(slice_from(graph_file_path(graph, word.file))), folder);
	return is_apply_command(graph, word) && (beside || slice_find(line, parent, 0) != SIZE_MAX);
}

bool is_file_applied(const Graph *graph, const char *path)
{
	Span found;
	g_autofree char *text = g_strdup(path);
	return search_word(graph, path_name(slice_from(path)), is_script_or_document, accept_file, text, &found);
}

/* Not a path below the folder, and no place to put a name in. */
static bool accept_folder(const Graph *graph, Span word, void *data)
{
	const bool *lists = data;
	Slice bytes = graph_file_bytes(graph, word.file), line = graph_line_at(graph, word);
	size_t after = word.end + (word.end < bytes.length && bytes.at[word.end] == '/');
	bool whole = after >= bytes.length || !(g_ascii_isalnum(bytes.at[after]) || strchr("_.<{$", bytes.at[after]));
	return whole && is_apply_command(graph, word) && (*lists || slice_find(line, "-k", 0) == SIZE_MAX);
}

bool is_folder_applied(const Graph *graph, Slice folder, bool lists)
{
	Span found;
	return search_word(graph, folder, is_script_or_document, accept_folder, &lists, &found);
}
