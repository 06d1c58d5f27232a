/* Files that a YAML reader stumbles over. */
#include "rule/holder.h"
#include "rule/owner.h"
#include "rule/rule.h"
#include "rule/templated.h"

/* The file begins indented and goes on at the margin: a part of a file, kept to be pasted below a key. */
static bool is_part_to_paste(const Graph *graph, Node problem, const char *message)
{
	Slice rest = graph_file_bytes(graph, graph_file_of(graph, problem)), line;
	if (!strstr(message, "<document start>"))
		return false;
	while (slice_next_line(&rest, &line)) {
		Slice text = slice_trim(line);
		if (text.length && text.at[0] != '#')
			return text.at > line.at;
	}
	return false;
}

/* `port: %(webPort)d`: Jsonnet or Python fills it in before anything reads it as YAML. */
static bool is_format(const Graph *graph, Node problem)
{
	Slice line = graph_line_at(graph, graph_place(graph, problem));
	size_t at = slice_find(line, "%(", 0), end = at == SIZE_MAX ? at : slice_find_byte(line, ')', at);
	return end != SIZE_MAX && end > at + 2 && end + 1 < line.length && strchr("sdfi", line.at[end + 1]);
}

static void report_part(Checker *checker, Node problem)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report_at(checker, LEVEL_WARNING, graph_parent(graph, problem), graph_place(graph, problem),
	        "this file is not YAML by itself: it begins indented, and this line stands further left");
	set_hint(checker, finding,
	        "write the key above its first lines that they belong below (`services:`, say), or give a part that is "
	        "only to be pasted another ending than .yml");
}

/* NAME=value and no colon: an item of a list, where a map wants NAME: value. */
static bool is_assignment(Slice line)
{
	Slice text = slice_trim(line);
	size_t end = 0;
	while (end < text.length && (g_ascii_isalnum(text.at[end]) || text.at[end] == '_'))
		end++;
	return end > 0 && end < text.length && text.at[end] == '=' && slice_find(text, ": ", 0) == SIZE_MAX;
}

/* The reader stumbles one line later than the one that is wrong. */
static void explain_assignment(Checker *checker, Finding *finding, Node problem)
{
	const Graph *graph = checker_graph(checker);
	Span place = graph_place(graph, problem);
	Slice bytes = graph_file_bytes(graph, place.file), line = graph_line_at(graph, place);
	uint32_t start = (uint32_t)(line.at - bytes.at), end = start + (uint32_t)line.length;
	for (int i = 0; i < 2; i++) {
		Slice text = slice_sub(bytes, start, end), name = slice_trim(text);
		if (is_assignment(text)) {
			name.length = slice_find_byte(name, '=', 0);
			uint32_t from = (uint32_t)(name.at - bytes.at);
			add_evidence(checker, finding, (Span){place.file, from, from + (uint32_t)name.length},
			        "%.*s=… stands among lines of the form NAME: value", SLICE_ARGS(name));
			set_hint(checker, finding, "write %.*s: and the value", SLICE_ARGS(name));
			return;
		}
		if (start == 0)
			return;
		edit_line_span(bytes, start - 1, start - 1, &start, &end);
	}
}

static void check_problem(Checker *checker, const char *name, const char *what)
{
	const Graph *graph = checker_graph(checker);
	Symbol symbol;
	if (!graph_find_symbol(graph, slice_from(name), &symbol))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, symbol, problem)
	{
		const char *message = graph_text(graph, problem, FACT_MESSAGE);
		if (is_format(graph, problem))
			continue;
		if (is_part_to_paste(graph, problem, message)) {
			report_part(checker, problem);
			continue;
		}
		Finding *finding = report(
		        checker, graph_parent(graph, problem), graph_place(graph, problem), "%s: %s", what, message);
		if (strstr(message, "':'") || strstr(message, "mapping values"))
			explain_assignment(checker, finding, problem);
		if (strstr(message, "UTF-8"))
			set_hint(checker, finding,
			        "the file was saved in another encoding: iconv -f WINDOWS-1252 -t UTF-8 %s, if Windows "
			        "wrote it",
			        graph_file_path(graph, graph_file_of(graph, problem)));
	}
}

static void check_yaml_broken(Checker *checker)
{
	check_problem(checker, "yaml-broken", "this document is not YAML");
	check_problem(checker, "yaml-bomb", "this document is not read to its end");
}

static bool starts_line(const Graph *graph, Span span)
{
	uint32_t line, column;
	graph_position(graph, span, &line, &column);
	return column == 1;
}

/* What every object begins with: twice in one document, and a line `---` is missing between two. */
static bool begins_object(const Graph *graph, Node problem)
{
	static const char *const keys[] = {"apiVersion", "kind", "metadata", "spec", "items", "data", NULL};
	const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
	return graph_first_child(graph, graph_parent(graph, problem), NODE_OBJECT) &&
	       starts_line(graph, graph_place(graph, problem)) &&
	       slice_is_any_nocase(graph_symbol_slice(graph, first->object), keys);
}

static bool is_key_doubled(const Graph *graph, Node document, const char *key)
{
	GRAPH_CHILDREN (graph, document, NODE_PROBLEM, problem) {
		const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
		if (first && strcmp(graph_symbol_text(graph, first->object), key) == 0 &&
		        strcmp(graph_name(graph, problem), "yaml-duplicate-key") == 0)
			return true;
	}
	return false;
}

/* Where Flux or Argo CD apply what is meant, a file that neither reaches breaks nothing yet: what kubectl told once, a
 * draft. */
static Level level_of(const Graph *graph, Node document)
{
	bool waits = graph_first_child(graph, document, NODE_OBJECT) && has_appliers(graph) &&
	             !is_built_by_cluster(graph, file_node_of(graph, document)) &&
	             !is_in_chart(graph, slice_from(graph_name(graph, file_node_of(graph, document))));
	return waits ? LEVEL_WARNING : LEVEL_ERROR;
}

static void report_two_objects(Checker *checker, Node problem)
{
	const Graph *graph = checker_graph(checker);
	const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
	Node document = graph_parent(graph, problem);
	Finding *finding = report_at(checker, level_of(graph, document), document, graph_place(graph, problem),
	        "a second object begins within the first: of the first, only what the second does not say remains");
	add_evidence(checker, finding, graph_span(graph, first), "the first one");
	set_hint(checker, finding, "write a line --- above the second, or put it into a file of its own");
}

/* kustomize, or Flux with it, reads the file. */
static bool is_kustomized(const Graph *graph, Node node)
{
	GRAPH_OF (graph, graph_file_node(graph, graph_file_of(graph, node)), FACT_REACHED_BY, row)
		if (graph_node_type(graph, row->object) == NODE_KUSTOMIZATION ||
		        is_kind(graph, row->object, "Kustomization"))
			return true;
	return false;
}

static void report_doubled(Checker *checker, Node problem)
{
	const Graph *graph = checker_graph(checker);
	const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
	const char *key = graph_symbol_text(graph, first->object), *message = graph_text(graph, problem, FACT_MESSAGE);
	Node document = graph_parent(graph, problem);
	bool known = starts_line(graph, graph_place(graph, problem)) ||
	             graph_first_child(graph, document, NODE_OBJECT) ||
	             graph_first_child(graph, document, NODE_COMPOSE) ||
	             graph_first_child(graph, document, NODE_KUSTOMIZATION);
	/* Deep in its own YAML a program may read a second key as one more, and mean it. */
	Level own = is_packed(graph, graph_file_of(graph, document)) ? LEVEL_INFO : LEVEL_WARNING;
	Finding *finding =
	        report_at(checker, known ? level_of(graph, document) : own, document, graph_place(graph, problem),
	                strcmp(message, "same value") == 0 ? "the key '%s' stands twice in one map, with the same value"
	                                                   : "the key '%s' stands twice in one map, with another value",
	                key);
	add_evidence(checker, finding, graph_span(graph, first), "here it stands first");
	set_detail(checker, finding, "%s", key);
	if (strcmp(message, "same value") == 0) {
		set_because(checker, finding, FIX_VALUE, "both have the same value");
		add_block_deletion(checker, finding, graph_place(graph, problem));
	} else {
		set_hint(checker, finding,
		        (graph_first_child(graph, document, NODE_OBJECT) ||
		                graph_first_child(graph, document, NODE_KUSTOMIZATION)) &&
		                        is_kustomized(graph, document)
		                ? "kustomize refuses such a file: put what belongs together under one '%s'"
		                : "readers refuse such a file, or take the second alone: put what belongs together "
		                  "under "
		                  "one '%s'",
		        key);
	}
}

/* A compose file that was pasted below another: `services` twice, and with it whatever else both have. */
static bool is_pasted_compose(const Graph *graph, Node problem)
{
	Node document = graph_parent(graph, problem);
	return starts_line(graph, graph_place(graph, problem)) && graph_first_child(graph, document, NODE_COMPOSE) &&
	       is_key_doubled(graph, document, "services");
}

/* `services` tells it; what else stands twice follows from that. */
static void report_pasted(Checker *checker, Node problem)
{
	const Graph *graph = checker_graph(checker);
	const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
	if (strcmp(graph_symbol_text(graph, first->object), "services") != 0)
		return;
	Finding *finding = report(checker, graph_parent(graph, problem), graph_place(graph, problem),
	        "a second compose file begins within the first: 'services' stands twice, and compose refuses the file");
	add_evidence(checker, finding, graph_span(graph, first), "here it stands first");
	set_detail(checker, finding, "services");
	set_hint(checker, finding,
	        "put all services under one `services:`, and so on, or the second part into a file of its own");
}

static void check_yaml_duplicate_key(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	Symbol symbol;
	if (!graph_find_symbol(graph, SLICE("yaml-duplicate-key"), &symbol))
		return;
	GRAPH_NAMED(graph, NODE_PROBLEM, symbol, problem)
	{
		const Row *first = graph_find(graph, problem, FACT_NAME_SPAN);
		bool two = begins_object(graph, problem) && is_key_doubled(graph, graph_parent(graph, problem), "kind");
		if (is_pasted_compose(graph, problem))
			report_pasted(checker, problem);
		else if (!two)
			report_doubled(checker, problem);
		else if (strcmp(graph_symbol_text(graph, first->object), "kind") == 0)
			report_two_objects(checker, problem);
	}
}

/* ---- yaml-1.1-trap ----------------------------------------------------------------------------------------------- */

/* The value stands there without quotes and without a name before it. */
static bool is_plain(const Graph *graph, const Row *row, const char *text)
{
	return slice_is(graph_span_bytes(graph, graph_span(graph, row)), text);
}

static bool is_switch(const char *text)
{
	static const char *const words[] = {"yes", "no", "on", "off", NULL};
	return slice_is_any_nocase(slice_from(text), words);
}

static void report_trap(Checker *checker, const Row *row, const char *text, const char *read)
{
	const Graph *graph = checker_graph(checker);
	Finding *finding = report(checker, row->subject, graph_span(graph, row),
	        "'%s' is read as %s here, and not as a text", text, read);
	set_detail(checker, finding, "%s", text);
	set_because(checker, finding, FIX_SAFE, "in quotes it is what it looks like");
	add_edit(checker, finding, graph_span(graph, row),
	        slice_from(arena_printf(checker_arena(checker), "\"%s\"", text)));
}

/* A variable of a container, or a key of a ConfigMap. */
static bool wants_text(const Graph *graph, Node node)
{
	Node parent = graph_parent(graph, node);
	NodeType type = graph_node_type(graph, node);
	return (type == NODE_ENV && graph_node_type(graph, parent) == NODE_CONTAINER) ||
	       (type == NODE_KEY && graph_node_type(graph, parent) == NODE_OBJECT &&
	               is_kind(graph, parent, "ConfigMap"));
}

/* 022 is 18: the engine's reader takes a number that begins with 0 as octal, and hands on what it is in decimal. Up to
 * 7 both are the same to who asks for a mask. 1.10 is 1.1, which for a version is another one. */
static bool is_changed_number(const char *name, const char *text, char *ret_read, size_t room)
{
	size_t length = strlen(text), dot = strcspn(text, ".");
	if (length > 1 && length < 8 && text[0] == '0' && strspn(text, "01234567") == length) {
		guint64 number = g_ascii_strtoull(text, NULL, 8);
		g_snprintf(ret_read, room, "%" G_GUINT64_FORMAT, number);
		return number > 7;
	}
	if (!g_str_has_suffix(name, "VERSION") || dot == 0 || dot + 2 >= length || length >= room ||
	        text[length - 1] != '0' || strspn(text, "0123456789") != dot ||
	        strspn(text + dot + 1, "0123456789") != length - dot - 1)
		return false;
	g_strlcpy(ret_read, text, room);
	for (size_t end = length; end > dot && (ret_read[end - 1] == '0' || ret_read[end - 1] == '.'); end--)
		ret_read[end - 1] = '\0';
	return true;
}

/* What the value is read as; NULL where that is what it looks like. */
static const char *read_as(const Graph *graph, const Row *row, char *number, size_t room)
{
	const char *text = graph_symbol_text(graph, row->object);
	if (is_switch(text) && wants_text(graph, row->subject) && is_plain(graph, row, text) &&
	        !is_patch(graph, row->subject) && !is_kustomized(graph, row->subject))
		return "a switch by kubectl";
	bool changed = graph_node_type(graph, row->subject) == NODE_ENV &&
	               graph_node_type(graph, graph_parent(graph, row->subject)) == NODE_SERVICE &&
	               is_changed_number(graph_name(graph, row->subject), text, number, room) &&
	               is_plain(graph, row, text);
	return changed ? number : NULL;
}

/* Aliases bring one place to several services: it is told once. */
static void check_yaml_trap(Checker *checker)
{
	const Graph *graph = checker_graph(checker);
	g_autoptr(GHashTable) told = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	char number[32];
	GRAPH_EACH (graph, FACT_VALUE, row) {
		const char *read = read_as(graph, row, number, sizeof number);
		if (!read)
			continue;
		Span span = graph_span(graph, row);
		gint64 *place = g_new(gint64, 1);
		*place = (gint64)span.file << 32 | span.start;
		if (g_hash_table_add(told, place))
			report_trap(checker, row, graph_symbol_text(graph, row->object), read);
	}
}

static const Rule rules[] = {
        {
                .id = "yaml-broken",
                .level = LEVEL_ERROR,
                .title = "a document is not YAML",
                .why = "Nothing that reads the file gets past this place: kubectl, kustomize, Flux and compose all "
                       "stop, and what it "
                       "holds is never applied. The other documents of the file were read.",
                .remedy = "Look at the named line and the one above it: indentation, a missing colon or quote, a tab, "
                          "or a leftover of a "
                          "merge.",
                .peers = "yamllint: syntax; kubeconform: parse error",
                .check = check_yaml_broken,
        },
        {
                .id = "yaml-duplicate-key",
                .level = LEVEL_ERROR,
                .fix = FIX_VALUE,
                .title = "a key stands twice in one map",
                .why = "Readers disagree: most keep the last value without a word, kubectl with strict validation and "
                       "Flux refuse the "
                       "file. One of the two values is silently not in effect.",
                .remedy = "Keep the one that is meant and delete the other.",
                .peers = "yamllint: key-duplicates",
                .check = check_yaml_duplicate_key,
        },
        {
                .id = "yaml-1-1-trap",
                .level = LEVEL_WARNING,
                .fix = FIX_SAFE,
                .title = "a text that YAML reads as something else",
                .why = "Without quotes, `no` and `on` are switches to kubectl, and the API server refuses them where a "
                       "text has to be; compose reads 022 as an octal number and gives the program 18.",
                .remedy = "Put the value in quotes.",
                .peers = "yamllint: truthy, octal-values",
                .check = check_yaml_trap,
        },
};

const RuleSet rules_yaml = {"yaml", rules, G_N_ELEMENTS(rules)};
