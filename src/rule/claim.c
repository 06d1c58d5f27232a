/* What documents say in so many words and the manifests contradict. Prose is not understood, so only tables are read: a
 * row whose first cells name one workload of this repository, and a column that is headed Namespace, Replicas or
 * Version with nothing else in its cell. A table of other times (plans, dates, before and after) claims nothing of
 * today.
 *
 * One workload of that name, and no other object that could be meant, or the rule says nothing. */
#include "base/path.h"
#include "rule/gone.h"
#include "rule/image.h"

#define MOST_CELLS 16
#define MOST_NAME 63

typedef struct Table {
	Slice headers[MOST_CELLS];
	size_t count;
} Table;

typedef struct Claims {
	Checker *checker;
	const Graph *graph;
	Node file;
	Slice folder; /* that the document speaks of: its own, without docs */
} Claims;

/* ---- tables -------------------------------------------------------------------------------------------- */

/* Without the marks of code, bold and tables. */
static Slice bare_cell(Slice cell)
{
	cell = slice_trim(cell);
	while (cell.length && strchr("`*_ ", cell.at[0]))
		cell = slice_sub(cell, 1, cell.length);
	while (cell.length && strchr("`*_ ", cell.at[cell.length - 1]))
		cell = slice_sub(cell, 0, cell.length - 1);
	return cell;
}

static size_t split_cells(Slice line, Slice *cells)
{
	size_t count = 0;
	line = slice_trim(line);
	if (line.length < 3 || line.at[0] != '|' || slice_find(line, "\\|", 0) != SIZE_MAX)
		return 0;
	for (size_t at = 1; at < line.length && count < MOST_CELLS;) {
		size_t end = MIN(slice_find_byte(line, '|', at), line.length);
		cells[count++] = bare_cell(slice_sub(line, at, end));
		at = end + 1;
	}
	return count;
}

static bool is_rule_line(Slice line)
{
	line = slice_trim(line);
	for (size_t i = 0; i < line.length; i++)
		if (!strchr("|-: ", line.at[i]))
			return false;
	return line.length > 2 && line.at[0] == '|';
}

static bool is_header(Slice cell, const char *const *words)
{
	for (; *words; words++)
		if (slice_is_nocase(cell, *words))
			return true;
	return false;
}

static bool is_of_other_times(const Table *table)
{
	static const char *const words[] = {"date", "before", "after", "old", "new", "changes", "change", "from", "to",
	        "current", "target", "planned", NULL};
	for (size_t i = 0; i < table->count; i++)
		if (is_header(table->headers[i], words))
			return true;
	return false;
}

/* ---- workloads --------------------------------------------------------------------------------------------- */

static bool is_workload(const Graph *graph, Node object)
{
	return is_kind(graph, object, "Deployment") || is_kind(graph, object, "StatefulSet") ||
	       is_kind(graph, object, "DaemonSet");
}

static bool is_below_folder(Slice path, Slice folder)
{
	return folder.length == 0 || (path.length > folder.length && path.at[folder.length] == '/' &&
	                                     slice_equal(slice_sub(path, 0, folder.length), folder));
}

/* "Home Assistant" and `home-assistant` are one name; false for a cell that is no name. */
static bool name_of_cell(Slice cell, char name[MOST_NAME + 1])
{
	if (cell.length == 0 || cell.length > MOST_NAME)
		return false;
	for (size_t i = 0; i < cell.length; i++) {
		char c = cell.at[i] == ' ' ? '-' : g_ascii_tolower(cell.at[i]);
		if (!g_ascii_isalnum(c) && c != '-')
			return false;
		name[i] = c;
	}
	name[cell.length] = '\0';
	return true;
}

/* The only workload of that name, below the document's folder and nowhere patched or made by a chart. */
static Node find_workload(const Claims *claims, const char *name)
{
	const Graph *graph = claims->graph;
	Node found = NODE_NONE;
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return NODE_NONE;
	GRAPH_NAMED(graph, NODE_OBJECT, symbol, object)
	{
		if (is_patch(graph, object) || is_kind(graph, object, "HelmRelease") ||
		        is_kind(graph, object, "Application") || is_kind(graph, object, "HorizontalPodAutoscaler") ||
		        is_kind(graph, object, "ScaledObject"))
			return NODE_NONE;
		if (!is_workload(graph, object))
			continue;
		if (found || is_quiet(graph, object))
			return NODE_NONE;
		found = object;
	}
	Slice path = found ? slice_from(graph_file_path(graph, graph_file_of(graph, found))) : (Slice){"", 0};
	return found && is_below_folder(path, claims->folder) ? found : NODE_NONE;
}

static Finding *contradict(const Claims *claims, Node object, Slice cell, Span there, const char *what)
{
	const Graph *graph = claims->graph;
	size_t start = (size_t)(cell.at - graph_file_bytes(graph, graph_file_of(graph, claims->file)).at);
	Span place = {graph_file_of(graph, claims->file), (uint32_t)start, (uint32_t)(start + cell.length)};
	Finding *finding =
	        report(claims->checker, claims->file, place, "the document says %s %.*s of %s, the manifest says %.*s",
	                what, SLICE_ARGS(cell), graph_name(graph, object), SLICE_ARGS(graph_span_bytes(graph, there)));
	add_evidence(claims->checker, finding, there, "%s %s", graph_text(graph, object, FACT_KIND),
	        graph_name(graph, object));
	set_detail(claims->checker, finding, "%s %s", what, graph_name(graph, object));
	return finding;
}

/* ---- namespace ------------------------------------------------------------------------------------------ */

/* Something so called is applied there, or a chart that nobody can read may make it there. */
static bool is_in_namespace(const Graph *graph, const char *name, Slice namespace)
{
	Symbol symbol, wanted;
	g_autofree char *middle = g_strdup_printf("/%.*s/", SLICE_ARGS(namespace));
	if (graph_find_symbol(graph, namespace, &wanted)) {
		Rows opaque = graph_rows_to(graph, FACT_OPAQUE, wanted);
		if (opaque.at != opaque.end)
			return true;
	}
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return true;
	GRAPH_NAMED(graph, NODE_OBJECT, symbol, object)
	GRAPH_OF (graph, object, FACT_IDENTITY, row)
		if (strstr(graph_symbol_text(graph, row->object), middle))
			return true;
	return false;
}

/* The namespace as the object itself or a kustomization above it writes it is shown by the place that says it. */
static void check_namespace(const Claims *claims, Node object, Slice cell)
{
	const Graph *graph = claims->graph;
	const Row *own = graph_find(graph, object, FACT_NAMESPACE);
	char word[MOST_NAME + 1];
	if (!own || !name_of_cell(cell, word) || slice_find_byte(cell, ' ', 0) != SIZE_MAX ||
	        is_in_namespace(graph, graph_name(graph, object), slice_from(word)))
		return;
	Slice said = graph_symbol_slice(graph, own->object);
	Rows identities = graph_rows_of(graph, object, FACT_IDENTITY);
	g_autofree char *middle = g_strdup_printf("/%.*s/", SLICE_ARGS(said));
	if (identities.end - identities.at == 1 && strstr(graph_symbol_text(graph, identities.at->object), middle))
		contradict(claims, object, cell, graph_span(graph, own), "namespace");
}

/* ---- replicas -------------------------------------------------------------------------------------------- */

static bool is_scaled_elsewhere(const Graph *graph, Node object)
{
	static const char *const roles[] = {"scale-target", "replicas", "patch-target"};
	GRAPH_NAMED(graph, NODE_REFERENCE, graph_name_symbol(graph, object), reference)
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++)
		if (has_role(graph, reference, roles[i]))
			return true;
	return false;
}

static void check_replicas(const Claims *claims, Node object, Slice cell)
{
	const Row *row = graph_find(claims->graph, object, FACT_REPLICAS);
	uint32_t claimed;
	/* None at all is a workload that rests for a while. */
	if (row && row->object > 0 && slice_to_number(cell, &claimed) && claimed > 0 && claimed != row->object &&
	        !is_scaled_elsewhere(claims->graph, object))
		contradict(claims, object, cell, graph_span(claims->graph, row), "replicas");
}

/* ---- version --------------------------------------------------------------------------------------------- */

/* "v1.28.3-alpine" is 1, 28, 3: the number of parts, 0 for what is no version. exact forbids anything behind. */
static size_t version_parts(Slice text, bool exact, uint32_t parts[4])
{
	size_t count = 0, at = text.length && (text.at[0] == 'v' || text.at[0] == 'V');
	while (count < 4) {
		size_t end = at;
		while (end < text.length && g_ascii_isdigit(text.at[end]))
			end++;
		if (!slice_to_number(slice_sub(text, at, end), &parts[count]))
			return 0;
		count++;
		at = end;
		if (at == text.length || text.at[at] != '.')
			break;
		at++;
	}
	bool ended = at == text.length || (!exact && text.at[at] == '-');
	return ended && count > 1 ? count : 0;
}

/* The program is the workload's own: the image is called like it, so that its tag is the version that is meant. */
static bool read_tag(const Graph *graph, Node object, const Row *row, Slice *ret_tag)
{
	Slice image = graph_symbol_slice(graph, row->object);
	image = slice_sub(image, 0, MIN(slice_find_byte(image, '@', 0), image.length));
	Slice name = path_name(image);
	size_t colon = slice_find_byte(name, ':', 0);
	if (colon == SIZE_MAX)
		return false;
	*ret_tag = slice_sub(name, colon + 1, name.length);
	Slice untagged = slice_sub(image, 0, image.length - ret_tag->length - 1);
	return slice_is(slice_sub(name, 0, colon), graph_name(graph, object)) &&
	       !image_is_set_by_kustomization(graph, untagged);
}

static const Row *only_image(const Graph *graph, Node object)
{
	const Row *found = NULL;
	GRAPH_CHILDREN (graph, object, NODE_POD, pod)
		GRAPH_CHILDREN (graph, pod, NODE_CONTAINER, container) {
			const Row *row = graph_find(graph, container, FACT_IMAGE);
			if (!row || graph_has(graph, container, FACT_INIT))
				continue;
			if (found)
				return NULL;
			found = row;
		}
	return found;
}

static void check_version(const Claims *claims, Node object, Slice cell)
{
	const Row *row = only_image(claims->graph, object);
	uint32_t claimed[4], real[4];
	Slice tag;
	if (!row || !read_tag(claims->graph, object, row, &tag))
		return;
	size_t said = version_parts(cell, true, claimed), here = version_parts(tag, false, real);
	for (size_t i = 0; i < MIN(said, here); i++)
		if (claimed[i] != real[i]) {
			contradict(claims, object, cell, graph_span(claims->graph, row), "version");
			return;
		}
}

/* ---- documents ------------------------------------------------------------------------------------------- */

static void check_row(const Claims *claims, const Table *table, Slice line)
{
	static const char *const subjects[] = {"service", "app", "application", "workload", "deployment", "statefulset",
	        "component", "name", "container", NULL};
	static const struct {
		const char *const headers[3];
		void (*check)(const Claims *claims, Node object, Slice cell);
	} columns[] = {
	        {{"namespace", "ns", NULL}, check_namespace},
	        {{"replicas", "replica count", NULL}, check_replicas},
	        {{"version", "image tag", NULL}, check_version},
	};
	Slice cells[MOST_CELLS];
	char name[MOST_NAME + 1];
	if (split_cells(line, cells) != table->count || !is_header(table->headers[0], subjects) ||
	        !name_of_cell(cells[0], name))
		return;
	Node object = find_workload(claims, name);
	for (size_t i = 1; object && i < table->count; i++)
		for (size_t c = 0; c < G_N_ELEMENTS(columns); c++)
			if (is_header(table->headers[i], columns[c].headers) && cells[i].length)
				columns[c].check(claims, object, cells[i]);
}

static void check_document(const Claims *claims)
{
	Slice rest = graph_file_bytes(claims->graph, graph_file_of(claims->graph, claims->file)), line,
	      before = {"", 0};
	Table table = {.count = 0};
	bool fenced = false, silent = false;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (slice_starts(text, "```") || slice_starts(text, "~~~"))
			fenced = !fenced;
		if (fenced || text.length == 0 || text.at[0] != '|') {
			table.count = 0;
		} else if (is_rule_line(line)) {
			table.count = split_cells(before, table.headers);
			silent = is_of_other_times(&table);
		} else if (table.count && !silent) {
			check_row(claims, &table, line);
		}
		before = line;
	}
}

static Slice folder_of(Slice document)
{
	Slice folder = path_folder(document);
	for (Slice at = folder; at.length; at = path_folder(at))
		if (slice_is_nocase(path_name(at), "docs") || slice_is_nocase(path_name(at), "doc"))
			return path_folder(at);
	return folder;
}

static void check_claim_contradicted(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol markdown;
	if (!graph_find_symbol(graph, SLICE("markdown"), &markdown))
		return;
	GRAPH_TO (graph, FACT_FORMAT, markdown, row) {
		Slice path = slice_from(graph_name(graph, row->subject));
		if (!is_quiet(graph, row->subject) && !is_plan(path))
			check_document(&(Claims){checker, graph, row->subject, folder_of(path)});
	}
}

static const Rule rules[] = {
        {
                .id = "claim-contradicted",
                .level = LEVEL_INFO,
                .title = "a table of a document says otherwise than the manifest",
                .why = "Somebody will act on it at the worst moment: look for a pod in a namespace where it never was, "
                       "or restore a version that has not run for a year.",
                .remedy = "Correct the table, or the manifest if the document says what was meant. What changes often "
                          "is better not written twice.",
                .check = check_claim_contradicted,
        },
};

const RuleSet rules_claim = {"claim", rules, G_N_ELEMENTS(rules)};
