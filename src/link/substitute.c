/* Flux puts values in place of ${NAME} once it has built a Kustomization: those that the Kustomization lists, then
 * those of ConfigMaps and Secrets that it names, then the default that stands behind `:-` or `:=`. What is not known
 * stays as it is, so that the text remains open. */
#include "link/linker.h"

#define DEEPEST_DEFAULT 4

typedef enum Known { KNOWN_NOT, KNOWN_VALUE, KNOWN_NOWHERE } Known;

bool link_has_substitutes(const Graph *graph, Node applier)
{
	if (graph_has(graph, applier, FACT_SUBSTITUTES))
		return true;
	GRAPH_CHILDREN (graph, applier, NODE_REFERENCE, reference)
		if (link_has_role(graph, reference, "substitute-from"))
			return true;
	return false;
}

/* One ConfigMap or Secret of the list. An object that is not here, or a value that is not, may say anything. */
static Known look_into(const Graph *graph, Node reference, const char *name, const char **ret_value)
{
	Symbol kind = graph_symbol(graph, reference, FACT_WANTS_KIND);
	bool seen = false;
	GRAPH_NAMED(graph, NODE_OBJECT, graph_name_symbol(graph, reference), object)
	{
		if (graph_symbol(graph, object, FACT_KIND) != kind)
			continue;
		seen = true;
		GRAPH_CHILDREN (graph, object, NODE_KEY, key) {
			if (strcmp(graph_name(graph, key), name) != 0)
				continue;
			const char *value = graph_text(graph, key, FACT_VALUE);
			if (!*value || (*ret_value && strcmp(*ret_value, value)))
				return KNOWN_NOT;
			*ret_value = value;
		}
	}
	return *ret_value ? KNOWN_VALUE : seen ? KNOWN_NOWHERE : KNOWN_NOT;
}

static Known look_up(const Graph *graph, Node applier, const char *name, const char **ret_value)
{
	size_t length = strlen(name);
	GRAPH_OF (graph, applier, FACT_SUBSTITUTES, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (strncmp(pair, name, length) == 0 && pair[length] == '=') {
			*ret_value = pair + length + 1;
			return link_is_open(*ret_value) ? KNOWN_NOT : KNOWN_VALUE;
		}
	}
	GRAPH_CHILDREN (graph, applier, NODE_REFERENCE, reference) {
		if (!link_has_role(graph, reference, "substitute-from"))
			continue;
		Known known = look_into(graph, reference, name, ret_value);
		if (known != KNOWN_NOWHERE)
			return known;
	}
	return KNOWN_NOWHERE;
}

static size_t brace_end(Slice text, size_t at)
{
	uint32_t depth = 0;
	for (; at < text.length; at++) {
		if (text.at[at] == '{')
			depth++;
		else if (text.at[at] == '}' && --depth == 0)
			return at;
	}
	return SIZE_MAX;
}

static bool substitute(const Graph *graph, Node applier, Slice text, uint32_t depth, GString *out);

/* NAME, NAME:-default and NAME:=default. */
static bool put_value(const Graph *graph, Node applier, Slice inside, uint32_t depth, GString *out)
{
	size_t end = 0;
	while (end < inside.length && (g_ascii_isalnum(inside.at[end]) || inside.at[end] == '_'))
		end++;
	Slice rest = slice_sub(inside, end, inside.length);
	bool plain = rest.length == 0, usual = slice_starts(rest, ":-") || slice_starts(rest, ":=");
	const char *value = NULL;
	g_autofree char *name = slice_dup(slice_sub(inside, 0, end));
	if (end == 0 || !(plain || usual))
		return false;
	Known known = look_up(graph, applier, name, &value);
	if (known == KNOWN_VALUE)
		g_string_append(out, value);
	else if (known == KNOWN_NOWHERE && usual)
		return substitute(graph, applier, slice_sub(rest, 2, rest.length), depth + 1, out);
	else
		return false;
	return true;
}

static bool substitute(const Graph *graph, Node applier, Slice text, uint32_t depth, GString *out)
{
	size_t done = 0;
	if (depth > DEEPEST_DEFAULT)
		return false;
	for (size_t at = 0; (at = slice_find(text, "${", at)) != SIZE_MAX;) {
		size_t end = brace_end(text, at + 1);
		if (end == SIZE_MAX)
			return false;
		g_string_append_len(out, text.at + done, (gssize)(at - done));
		if (!put_value(graph, applier, slice_sub(text, at + 2, end), depth, out))
			return false;
		at = done = end + 1;
	}
	g_string_append_len(out, text.at + done, (gssize)(text.length - done));
	return true;
}

char *link_substitute(const Graph *graph, Node applier, const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);
	if (!applier || !strstr(text, "${") || !substitute(graph, applier, slice_from(text), 0, out))
		return g_strdup(text);
	return g_string_free(g_steal_pointer(&out), FALSE);
}
