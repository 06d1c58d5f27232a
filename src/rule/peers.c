/* What other checkers read: a comment on the line, above it or anywhere in the document, or an annotation of the
 * object. A rule says in `peers` under which names others ask the same; only these are taken. */
#include "rule/peers.h"

#include <string.h>

/* Where a comment has to stand. */
typedef enum Reach { REACH_LINE, REACH_ABOVE, REACH_DOCUMENT, REACH_TOP } Reach;

static const struct {
	const char *tool, *marker;
	Reach reach;
	bool blanket; /* without names it silences all */
} comments[] = {
        {"hadolint", "hadolint ignore=", REACH_ABOVE, false},
        {"hadolint", "hadolint global ignore=", REACH_TOP, false},
        {"Trivy", "trivy:ignore:", REACH_ABOVE, false},
        {"Checkov", "checkov:skip=", REACH_DOCUMENT, false},
        {"dclint", "dclint disable-line", REACH_LINE, true},
        {"dclint", "dclint disable", REACH_TOP, true},
        {"yamllint", "yamllint disable-line", REACH_ABOVE, true},
};

/* ---- names ------------------------------------------------------------------------------------------------ */

static bool is_name_byte(char c)
{
	return g_ascii_isalnum(c) || c == '-' || c == '_';
}

/* The name as a word of the text, in any case; Trivy writes AVD- before it or not. */
static bool has_name(Slice text, Slice name)
{
	for (size_t i = 0; name.length && i + name.length <= text.length; i++) {
		if (g_ascii_strncasecmp(text.at + i, name.at, name.length) != 0)
			continue;
		bool prefixed = i >= 4 && g_ascii_strncasecmp(text.at + i - 4, "avd-", 4) == 0;
		bool begins = i == 0 || prefixed || !is_name_byte(text.at[i - 1]);
		if (begins && (i + name.length == text.length || !is_name_byte(text.at[i + name.length])))
			return true;
	}
	return false;
}

/* The part of the text before the byte, which is taken off with it. */
static Slice take_until(Slice *rest, char byte)
{
	size_t end = MIN(slice_find_byte(*rest, byte, 0), rest->length);
	Slice part = slice_trim(slice_sub(*rest, 0, end));
	*rest = slice_sub(*rest, MIN(end + 1, rest->length), rest->length);
	return part;
}

/* Whether the text holds one of the names that the tool has for the rule: "tool: name, name; tool: name". */
static bool has_any_name(Slice text, const Rule *rule, const char *tool)
{
	for (Slice rest = slice_from(rule->peers); rest.length;) {
		Slice part = take_until(&rest, ';');
		if (!slice_is_nocase(take_until(&part, ':'), tool))
			continue;
		while (part.length)
			if (has_name(text, take_until(&part, ',')))
				return true;
	}
	return false;
}

static bool asks_the_same(const Rule *rule, const char *tool)
{
	for (Slice rest = slice_from(rule->peers); rest.length;) {
		Slice part = take_until(&rest, ';');
		if (slice_is_nocase(take_until(&part, ':'), tool))
			return true;
	}
	return false;
}

/* ---- comments --------------------------------------------------------------------------------------------- */

/* Whether a line has the marker in a comment, and behind it a name, or none where that is enough. */
static bool line_silences(Slice line, size_t index, const Rule *rule)
{
	size_t hash = slice_find_byte(line, '#', 0), at = slice_find(line, comments[index].marker, 0);
	if (at == SIZE_MAX || hash > at)
		return false;
	Slice behind = slice_trim(slice_sub(line, at + strlen(comments[index].marker), line.length));
	if (comments[index].blanket && behind.length == 0)
		return true;
	return has_any_name(behind, rule, comments[index].tool);
}

static Slice line_before(Slice bytes, size_t *at)
{
	size_t end = *at - 1, start = end;
	while (start > 0 && bytes.at[start - 1] != '\n')
		start--;
	*at = start;
	return slice_sub(bytes, start, end);
}

/* The lines of comments right above the one that begins at `at`. */
static bool above_silences(Slice bytes, size_t at, size_t index, const Rule *rule)
{
	while (at > 0) {
		Slice line = line_before(bytes, &at);
		if (!slice_starts(slice_trim(line), "#"))
			return false;
		if (line_silences(line, index, rule))
			return true;
	}
	return false;
}

static bool any_line_silences(Slice text, bool only_top, size_t index, const Rule *rule)
{
	for (Slice line; slice_next_line(&text, &line);) {
		if (only_top && slice_trim(line).length && !slice_starts(slice_trim(line), "#"))
			return false;
		if (line_silences(line, index, rule))
			return true;
	}
	return false;
}

/* The document around the place, or the whole file. */
static Slice document_at(const Graph *graph, Span place)
{
	Node file = graph_file_node(graph, place.file);
	GRAPH_CHILDREN (graph, file, NODE_DOCUMENT, document) {
		Span span = graph_place(graph, document);
		if (span.start <= place.start && place.start <= span.end)
			return graph_span_bytes(graph, span);
	}
	return graph_file_bytes(graph, place.file);
}

static bool comment_silences(const Graph *graph, const Finding *finding, size_t index)
{
	Slice bytes = graph_file_bytes(graph, finding->span.file), line = graph_line_at(graph, finding->span);
	switch (comments[index].reach) {
	case REACH_TOP:
		return any_line_silences(bytes, true, index, finding->rule);
	case REACH_DOCUMENT:
		return any_line_silences(document_at(graph, finding->span), false, index, finding->rule);
	case REACH_ABOVE:
		if (above_silences(bytes, (size_t)(line.at - bytes.at), index, finding->rule))
			return true;
		break;
	case REACH_LINE:
		break;
	}
	return line_silences(line, index, finding->rule);
}

/* ---- annotations ------------------------------------------------------------------------------------------ */

static bool annotation_silences(Slice pair, const Rule *rule, const char *tool)
{
	Slice value = pair, key = take_until(&value, '=');
	if (strcmp(tool, "kube-linter") == 0)
		return slice_is(key, "kube-linter.io/ignore-all") ||
		       (slice_starts(key, "ignore-check.kube-linter.io/") && has_any_name(key, rule, tool));
	if (strcmp(tool, "kube-score") == 0)
		return slice_is(key, "kube-score/ignore") && has_any_name(value, rule, tool);
	if (strcmp(tool, "checkov") == 0)
		return slice_starts(key, "checkov.io/skip") && has_any_name(value, rule, tool);
	return false;
}

static Node object_at(const Graph *graph, const Finding *finding)
{
	Node object = graph_ancestor(graph, finding->subject, NODE_OBJECT);
	return object && graph_file_of(graph, object) == finding->span.file ? object : NODE_NONE;
}

Node peers_silence(const Graph *graph, const Finding *finding)
{
	if (!finding->rule->peers)
		return NODE_NONE;
	GRAPH_EACH (graph, FACT_HONOURS, row) {
		const char *tool = graph_symbol_text(graph, row->object);
		if (!asks_the_same(finding->rule, tool))
			continue;
		for (size_t i = 0; i < G_N_ELEMENTS(comments); i++)
			if (g_ascii_strcasecmp(comments[i].tool, tool) == 0 && comment_silences(graph, finding, i))
				return graph_file_node(graph, finding->span.file);
		Node object = object_at(graph, finding);
		if (object)
			GRAPH_OF (graph, object, FACT_ANNOTATION, annotation)
				if (annotation_silences(
				            graph_symbol_slice(graph, annotation->object), finding->rule, tool))
					return object;
	}
	return NODE_NONE;
}
