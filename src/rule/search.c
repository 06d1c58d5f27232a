/* Plain search, file by file; vendored code and data of more than a megabyte speak of nobody's homelab. */
#include "rule/search.h"

#define MOST_SEARCHED ((size_t)1024 * 1024)

static bool is_joined(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

static bool stands_alone(Slice bytes, size_t start, size_t end)
{
	bool before = start > 0 && is_joined(bytes.at[start - 1]);
	/* A full stop that ends a sentence joins nothing. */
	bool after = end < bytes.length && is_joined(bytes.at[end]) &&
	             (bytes.at[end] != '.' || (end + 1 < bytes.length && g_ascii_isalnum(bytes.at[end + 1])));
	return !before && !after;
}

static bool is_searched(const Graph *graph, uint32_t file)
{
	Node node = graph_file_node(graph, file);
	Slice bytes = graph_file_bytes(graph, file);
	bool written = slice_ends(slice_from(graph_file_path(graph, file)), ".md") &&
	               slice_find(bytes, STRUCTURE_BEGIN, 0) != SIZE_MAX;
	return bytes.length <= MOST_SEARCHED && !written &&
	       strcmp(graph_text(graph, node, FACT_CLASS), "vendored") != 0;
}

/* The first use of the word in a file that accept takes. */
static bool find_in_file(
        const Graph *graph, uint32_t file, const char *word, SearchAccept *accept, void *data, Span *ret_span)
{
	Slice bytes = graph_file_bytes(graph, file);
	size_t length = strlen(word);
	for (size_t at = 0; (at = slice_find(bytes, word, at)) != SIZE_MAX; at++) {
		Span span = {file, (uint32_t)at, (uint32_t)(at + length)};
		if (!stands_alone(bytes, span.start, span.end) || (accept && !accept(graph, span, data)))
			continue;
		*ret_span = span;
		return true;
	}
	return false;
}

bool search_word(const Graph *graph, Slice word, SearchFile *in_file, SearchAccept *accept, void *data, Span *ret_span)
{
	g_autofree char *needle = slice_dup(word);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (is_searched(graph, file) && (!in_file || in_file(graph, file, data)) &&
		        find_in_file(graph, file, needle, accept, data, ret_span))
			return true;
	return false;
}

bool search_any_word(const Graph *graph, const char *const *words, SearchFile *in_file, void *data)
{
	Span span;
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		if (!is_searched(graph, file) || (in_file && !in_file(graph, file, data)))
			continue;
		for (const char *const *word = words; *word; word++)
			if (find_in_file(graph, file, *word, NULL, NULL, &span))
				return true;
	}
	return false;
}

/* Which names can begin with a byte, as a bit for each length; longer ones share the last bit. */
typedef struct NameFilter {
	uint64_t lengths[256];
} NameFilter;

static uint64_t length_bit(size_t length)
{
	return (uint64_t)1 << MIN(length, 63);
}

static void filter_init(NameFilter *filter, const Graph *graph, GHashTable *names)
{
	*filter = (NameFilter){0};
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, names);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		Slice name = graph_symbol_slice(graph, GPOINTER_TO_UINT(key));
		if (name.length)
			filter->lengths[(unsigned char)name.at[0]] |= length_bit(name.length);
	}
}

static void search_names_in(
        const Graph *graph, uint32_t file, GHashTable *names, const NameFilter *filter, NameFound *found, void *data)
{
	Slice bytes = graph_file_bytes(graph, file);
	for (size_t at = 0; at < bytes.length;) {
		unsigned char first = (unsigned char)bytes.at[at];
		if (!g_ascii_isalnum(first) && first != '_') {
			at++;
			continue;
		}
		size_t start = at;
		while (at < bytes.length && (g_ascii_isalnum(bytes.at[at]) || bytes.at[at] == '_'))
			at++;
		Symbol symbol;
		if (!(filter->lengths[first] & length_bit(at - start)) ||
		        !graph_find_symbol(graph, slice_sub(bytes, start, at), &symbol))
			continue;
		if (g_hash_table_contains(names, GUINT_TO_POINTER(symbol)))
			found(graph, symbol, (Span){file, (uint32_t)start, (uint32_t)at}, data);
	}
}

void search_names(const Graph *graph, GHashTable *names, SearchFile *in_file, NameFound *found, void *data)
{
	NameFilter filter;
	if (g_hash_table_size(names) == 0)
		return;
	filter_init(&filter, graph, names);
	for (uint32_t file = 0; file < graph_files(graph); file++)
		if (is_searched(graph, file) && (!in_file || in_file(graph, file, data)))
			search_names_in(graph, file, names, &filter, found, data);
}

bool is_on_comment_line(const Graph *graph, Span place)
{
	return slice_starts(slice_trim(graph_line_at(graph, place)), "#") &&
	       !slice_ends(slice_from(graph_file_path(graph, place.file)), ".md");
}

bool text_has(Slice text, const char *other)
{
	return slice_find(text, other, 0) != SIZE_MAX;
}

bool text_has_part(const char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (strstr(text, *parts))
			return true;
	return false;
}
