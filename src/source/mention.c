/* Addresses, hosts with ports and URLs wherever they are written: configuration, scripts, code, documents.
 *
 * What an address is for is mostly said to the left of it: `KEY=`, `key:`, `--flag`. A list item belongs to the key
 * above the list, and `value:` of an environment variable to the `name:` above it. */
#include "base/address.h"
#include "source/source.h"

/* A file with more is a log, a dump or a block list. */
#define MOST_MENTIONS 10000

/* How far up the key of a list is looked for. */
#define MOST_LINES_UP 40

/* Others wrote what is vendored, programs what is generated: no owner speaks there. What labwright.yaml declares is
 * what mentions are judged by. */
static bool matches(const SourceFile *file)
{
	if (slice_is(file->path, "labwright.yaml"))
		return false;
	return !file->class || (strcmp(file->class, "vendored") != 0 && strcmp(file->class, "generated") != 0);
}

/* ---- what the value belongs to ---------------------------------------------------------------------------- */

static bool is_key_byte(char c)
{
	return g_ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
}

static Slice trim_end(Slice text, const char *bytes)
{
	while (text.length && text.at[text.length - 1] && strchr(bytes, text.at[text.length - 1]))
		text.length--;
	return text;
}

static Slice last_word(Slice text)
{
	size_t start = text.length;
	while (start > 0 && is_key_byte(text.at[start - 1]))
		start--;
	return slice_sub(text, start, text.length);
}

static Slice without_dashes(Slice flag)
{
	while (flag.length && flag.at[0] == '-')
		flag = slice_sub(flag, 1, flag.length);
	return flag;
}

/* The name that stands before `=` or `:` or is a flag at the end of the text. */
static Slice name_before(Slice before)
{
	before = trim_end(before, " \t\"'`[({<");
	if (before.length && strchr("=:", before.at[before.length - 1])) {
		before = trim_end(before, "=: \t\"'`?+");
		return without_dashes(last_word(before));
	}
	Slice word = last_word(before);
	bool flag = word.length > 2 && word.at[0] == '-' && without_dashes(word).length > 1;
	return flag ? without_dashes(word) : (Slice){"", 0};
}

/* Items before this one in the same value: "a:1,b:2," */
static Slice without_siblings(Slice before)
{
	while (before.length && before.at[before.length - 1] == ',') {
		size_t end = before.length - 1;
		while (end > 0 && !strchr(" \t\"'`[(=,", before.at[end - 1]))
			end--;
		before.length = end;
		if (end > 0 && before.at[end - 1] != ',')
			break;
	}
	return before;
}

static size_t indent_of(Slice line)
{
	size_t at = 0;
	while (at < line.length && line.at[at] == ' ')
		at++;
	return at;
}

static size_t line_start(Slice bytes, size_t at)
{
	const char *end = at ? memrchr(bytes.at, '\n', at) : NULL;
	return end ? (size_t)(end - bytes.at) + 1 : 0;
}

/* The line before the one that starts at *start, which moves there. */
static bool line_above(Slice bytes, size_t *start, Slice *ret_line)
{
	if (*start == 0)
		return false;
	size_t end = *start - 1;
	*start = line_start(bytes, end);
	*ret_line = slice_sub(bytes, *start, end);
	return true;
}

/* The key whose list has an item at that indent: the nearest line above that is less deep, or as deep and no item. */
static Slice list_name(Slice bytes, size_t start, size_t indent)
{
	Slice line;
	for (int i = 0; i < MOST_LINES_UP && line_above(bytes, &start, &line); i++) {
		Slice text = slice_trim(line);
		size_t depth = indent_of(line);
		if (text.length == 0 || text.at[0] == '#' || depth > indent || text.at[0] == '-')
			continue;
		if (text.at[text.length - 1] != ':' && text.at[text.length - 1] != '[')
			break;
		return last_word(trim_end(text, ":[ \t\"'"));
	}
	return (Slice){"", 0};
}

/* `- name: X` above `value:`. */
static Slice variable_name(Slice bytes, size_t start)
{
	Slice line;
	if (!line_above(bytes, &start, &line))
		return (Slice){"", 0};
	Slice text = slice_trim(line);
	if (slice_starts(text, "- "))
		text = slice_trim(slice_sub(text, 2, text.length));
	if (!slice_starts(text, "name:"))
		return (Slice){"", 0};
	return last_word(trim_end(text, " \t\"'"));
}

/* Longer lines are data; what stands far to the left names nothing. */
#define MOST_LEFT 300

static Slice nearby_name(Slice bytes, size_t at)
{
	size_t from = at > MOST_LEFT ? at - MOST_LEFT : 0;
	Slice window = slice_sub(bytes, from, at);
	size_t start = from + line_start(window, window.length);
	Slice before = slice_sub(bytes, start, at), text = slice_trim(before);
	bool whole = start == 0 || bytes.at[start - 1] == '\n';
	if (whole && (slice_is(text, "-") || slice_is(text, "- \"") || slice_is(text, "- '") || slice_is(text, "\"")))
		return list_name(bytes, start, indent_of(before));
	Slice name = name_before(without_siblings(before));
	if (whole && slice_is(name, "value")) {
		Slice variable = variable_name(bytes, start);
		return variable.length ? variable : name;
	}
	return name;
}

/* ---- facts ---------------------------------------------------------------------------------------------------- */

static Slice host_of(const SourceFile *file, const Address *address)
{
	return slice_sub(file->bytes, address->host_start, address->host_end);
}

/* 10.0.0.0/24 does; 10.0.0.5/24 is the address of an interface, 10.0.0.5/32 one machine. */
static bool names_network(const SourceFile *file, const Address *address)
{
	IpRange range = {.prefix = (uint8_t)address->prefix};
	return address->prefix >= 0 &&
	       (!ip_parse(host_of(file, address), &range.base) || ip_range_is_edge(&range, &range.base));
}

static Node add_mention(const SourceFile *file, const Address *address)
{
	GraphBuilder *builder = file->builder;
	Slice bytes = file->bytes, host = host_of(file, address);
	size_t start = address->host_start, end = address->host_end;
	Node mention = graph_add_node(builder, NODE_MENTION, file->node, host, start, end);
	if (address->is_ip)
		graph_add(builder, mention, FACT_ADDRESS, host, start, end);
	if (address->port)
		graph_add_number(builder, mention, FACT_NUMBER, address->port, address->port_start, address->port_end);
	if (address->scheme_end > address->start)
		graph_add(builder, mention, FACT_SCHEME, slice_sub(bytes, address->start, address->scheme_end),
		        address->start, address->scheme_end);
	if (address->range_last) {
		g_autofree char *last = g_strdup_printf("%u.%u.%u.%u", address->ip.bytes[0], address->ip.bytes[1],
		        address->ip.bytes[2], address->range_last);
		graph_add(builder, mention, FACT_RANGE_END, slice_from(last), end, address->end);
	}
	if (names_network(file, address))
		graph_add_number(
		        builder, mention, FACT_PREFIX_LENGTH, (uint32_t)address->prefix, end + 1, address->end);
	Slice name = nearby_name(bytes, address->start);
	size_t name_start = (size_t)(name.at - bytes.at);
	if (name.length)
		graph_add(builder, mention, FACT_NEARBY_NAME, name, name_start, name_start + name.length);
	return mention;
}

static void read_mentions(const SourceFile *file)
{
	size_t from = 0, last_end = 0;
	Address address;
	Node last = NODE_NONE;
	for (uint32_t n = 0; address_next(file->bytes, &from, &address); n++) {
		if (n == MOST_MENTIONS) {
			graph_add_problem(file->builder, file->node, "mentions-cut",
			        "addresses from here on are not read: there are too many", NULL, address.start,
			        address.start);
			return;
		}
		if (address.ends_range && last && last_end + 1 == address.start) {
			graph_add(file->builder, last, FACT_RANGE_END, host_of(file, &address), address.host_start,
			        address.host_end);
			last = NODE_NONE;
			continue;
		}
		last = add_mention(file, &address);
		last_end = address.end;
	}
}

const Source source_mention = {"mention", matches, read_mentions};
