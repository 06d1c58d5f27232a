/* How much a machine has. A Node's manifest says it in Kubernetes' own words. An inventory or a list of virtual
 * machines says it beside the address: cores, memory, ram, where a number alone is mebibytes if it is large and
 * gibibytes if it is small. A table has a column that is headed so; what persons write there (2x E5-2699 v4, 22c/44t)
 * is read only where it is a number, and is to be confirmed. */
#include "rule/capacity.h"

#include "rule/rule.h"

/* ---- amounts ---------------------------------------------------------------------------------------------------- */

/* A number without unit from here on counts mebibytes. */
#define LEAST_MEBIBYTES 256
/* More is no machine of a homelab. */
#define MOST_CORES 1024

static Slice skip_blanks(Slice text)
{
	while (text.length && strchr(" \t\"'`*~", text.at[0]))
		text = slice_sub(text, 1, text.length);
	return text;
}

/* The digits at the beginning; *ret_rest is what follows them and blanks. */
static bool read_count(Slice text, uint32_t *ret_count, Slice *ret_rest)
{
	size_t digits = 0;
	text = skip_blanks(text);
	while (digits < text.length && g_ascii_isdigit(text.at[digits]))
		digits++;
	if (digits == 0 || !slice_to_number(slice_sub(text, 0, digits), ret_count) || *ret_count == 0)
		return false;
	*ret_rest = skip_blanks(slice_sub(text, digits, text.length));
	return true;
}

/* 32 GB, 32GiB, 32G, 16384, 16384 MB, 1 TB; false for anything else. */
static bool read_memory(Slice text, char *ret_amount, size_t size)
{
	uint32_t count;
	Slice rest;
	if (!read_count(text, &count, &rest))
		return false;
	char unit = rest.length ? g_ascii_toupper(rest.at[0]) : count >= LEAST_MEBIBYTES ? 'M' : 'G';
	if (unit == 'T' && count < 64) {
		count *= 1024;
		unit = 'G';
	}
	if (strchr("MG", unit) == NULL || (rest.length > 1 && !strchr("iIbB ", rest.at[1])))
		return false;
	if (unit == 'M' && count % 1024 == 0) {
		count /= 1024;
		unit = 'G';
	}
	g_snprintf(ret_amount, size, "%u%ci", count, unit);
	return true;
}

/* 4, 4 cores, 8 vCPU, 8c/16t (the first of them); false for names of processors. */
static bool read_cores(Slice text, char *ret_amount, size_t size)
{
	static const char *const words[] = {"c", "core", "vcpu", "cpu", "thread"};
	uint32_t count;
	Slice rest;
	if (!read_count(text, &count, &rest) || count > MOST_CORES)
		return false;
	bool known = rest.length == 0;
	for (size_t i = 0; i < G_N_ELEMENTS(words) && !known; i++)
		known = rest.length >= strlen(words[i]) &&
		        g_ascii_strncasecmp(rest.at, words[i], strlen(words[i])) == 0 &&
		        (strlen(words[i]) > 1 || rest.length == 1 || !g_ascii_isalnum(rest.at[1]));
	if (known)
		g_snprintf(ret_amount, size, "%u", count);
	return known;
}

/* ---- what a name is for ---------------------------------------------------------------------------------------- */

static bool is_memory_key(Slice key)
{
	static const char *const keys[] = {"memory", "mem", "ram", "memory_mb", "memory_gb", "memory_gib", "ram_gb",
	        "ram_mb", "memory_size", NULL};
	return slice_is_any_nocase(key, keys);
}

static bool is_cores_key(Slice key)
{
	static const char *const keys[] = {
	        "cores", "cpu", "cpus", "vcpu", "vcpus", "cpu_cores", "cpu cores", "num_cpus", NULL};
	return slice_is_any_nocase(key, keys);
}

/* The key's unit where the value has none. */
void capacity_take(Capacity *capacity, Slice key, Slice value)
{
	g_autofree char *text = slice_dup(value);
	if (slice_ends(key, "_gb") || slice_ends(key, "_gib")) {
		char *with = g_strconcat(g_strstrip(text), "G", NULL);
		g_free(text);
		text = with;
	}
	if (is_memory_key(key) && !*capacity->memory)
		read_memory(slice_from(text), capacity->memory, sizeof capacity->memory);
	else if (is_cores_key(key) && !*capacity->cpu)
		read_cores(slice_from(text), capacity->cpu, sizeof capacity->cpu);
}

/* ---- where it stands -------------------------------------------------------------------------------------------- */

static void take_node(const Graph *graph, Node object, Capacity *ret_capacity)
{
	GRAPH_OF (graph, object, FACT_CAPACITY, row) {
		const char *pair = graph_symbol_text(graph, row->object);
		if (g_str_has_prefix(pair, "cpu="))
			g_strlcpy(ret_capacity->cpu, pair + strlen("cpu="), sizeof ret_capacity->cpu);
		else if (g_str_has_prefix(pair, "memory="))
			g_strlcpy(ret_capacity->memory, pair + strlen("memory="), sizeof ret_capacity->memory);
		else
			continue;
		ret_capacity->place = graph_span(graph, row);
	}
}

static size_t depth_of(Slice line)
{
	size_t at = 0;
	while (at < line.length && strchr(" \t-{", line.at[at]))
		at++;
	return at;
}

/* `key: value`, `key = value,` of the line, whatever stands around them. */
static bool split_pair(Slice line, Slice *ret_key, Slice *ret_value)
{
	Slice text = slice_sub(line, depth_of(line), line.length);
	size_t sign = 0;
	while (sign < text.length && !strchr(":=", text.at[sign]))
		sign++;
	if (sign == text.length)
		return false;
	*ret_key = slice_trim(slice_sub(text, 0, sign));
	while (ret_key->length && strchr("\"' ", ret_key->at[0]))
		*ret_key = slice_sub(*ret_key, 1, ret_key->length);
	while (ret_key->length && strchr("\"' ", ret_key->at[ret_key->length - 1]))
		ret_key->length--;
	*ret_value = slice_trim(slice_sub(text, sign + 1, text.length));
	while (ret_value->length && strchr(",\"'}", ret_value->at[ret_value->length - 1]))
		ret_value->length--;
	return true;
}

/* Vagrant's machines stand in for others, on somebody's desk. */
bool capacity_is_of_vagrant(Slice path)
{
	return slice_find(path, "agrant", 0) != SIZE_MAX;
}

#define MOST_SIBLINGS 12

/* The pairs of the map that the address stands in: lines as deep as its own, up and down. */
static void take_siblings(const Graph *graph, Node mention, Capacity *ret_capacity)
{
	Span place = graph_place(graph, mention);
	Slice bytes = graph_file_bytes(graph, place.file), own = graph_line_at(graph, place), key, value;
	size_t depth = depth_of(own);
	Slice path = slice_from(graph_file_path(graph, place.file));
	if (capacity_is_of_vagrant(path))
		return;
	ret_capacity->place = place;
	ret_capacity->document = slice_ends(path, ".md");
	for (int step = -1; step <= 1; step += 2) {
		Slice line = own;
		for (int i = 0; i < MOST_SIBLINGS; i++) {
			bool begins = line.length > depth && depth > 0 && memchr(line.at, '-', depth);
			size_t start = (size_t)(line.at - bytes.at), end = start + line.length;
			if ((step < 0 && (begins || start == 0)) || (step > 0 && end + 1 >= bytes.length))
				break;
			uint32_t at = step < 0 ? (uint32_t)start - 1 : (uint32_t)end + 1;
			line = graph_line_at(graph, (Span){place.file, at, at});
			begins = depth > 0 && line.length > depth && memchr(line.at, '-', depth);
			if (slice_trim(line).length == 0 || depth_of(line) < depth || (step > 0 && begins))
				break;
			if (depth_of(line) == depth && split_pair(line, &key, &value))
				capacity_take(ret_capacity, key, value);
		}
	}
}

/* The cells of the row that stand below a header of memory or cores. */
static void take_row(const Graph *graph, Node mention, Capacity *ret_capacity)
{
	Span place = graph_place(graph, mention);
	Slice row = graph_line_at(graph, place), first, header, first_header;
	for (size_t i = 0; i + 1 < row.length; i++) {
		if (row.at[i] != '|')
			continue;
		Span cell = {place.file, (uint32_t)(row.at - graph_file_bytes(graph, place.file).at + i + 1), 0};
		cell.end = cell.start;
		size_t end = MIN(slice_find_byte(row, '|', i + 1), row.length);
		if (table_cell(graph, cell, &first, &header, &first_header))
			capacity_take(ret_capacity, header, slice_trim(slice_sub(row, i + 1, end)));
	}
	ret_capacity->place = place;
	ret_capacity->document = true;
}

/* ---- all of them ----------------------------------------------------------------------------------------------- */

static uint32_t said(const Capacity *capacity)
{
	return (*capacity->cpu != '\0') + (*capacity->memory != '\0');
}

/* Both say an amount of the same thing, and not the same. */
static bool contradicts(const char *one, const char *other)
{
	return *one && *other && strcmp(one, other) != 0;
}

/* What the one leaves open, the other says. */
static void fill(Capacity *known, const Capacity *more)
{
	bool fills = said(known) == 1 && (*known->cpu ? *more->memory : *more->cpu);
	if (fills)
		known->more = more->place;
	if (fills && *known->cpu)
		g_strlcpy(known->memory, more->memory, sizeof known->memory);
	else if (fills)
		g_strlcpy(known->cpu, more->cpu, sizeof known->cpu);
	known->node |= more->node;
	if (!known->other.end)
		known->other = more->other;
}

/* What is surer stands alone; of two that are as sure the one that says more, then the first. */
void capacities_keep(GHashTable *all, const char *host, const Capacity *capacity)
{
	Capacity *known = g_hash_table_lookup(all, host), second = *capacity;
	if (said(capacity) == 0 || (known && known->document < capacity->document))
		return;
	if (!known || known->document > capacity->document) {
		second.node |= known && known->node;
		g_hash_table_insert(all, (gpointer)host, g_memdup2(&second, sizeof second));
		return;
	}
	bool better = said(capacity) > said(known);
	Capacity first = *known;
	*known = better ? second : first;
	if (contradicts(first.cpu, second.cpu) || contradicts(first.memory, second.memory))
		known->other = better ? first.place : second.place;
	fill(known, better ? &first : &second);
}

GHashTable *capacities_new(const Hosts *hosts)
{
	const Graph *graph = hosts->graph;
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	Symbol kind;
	if (graph_find_symbol(graph, SLICE("Node"), &kind))
		GRAPH_TO (graph, FACT_KIND, kind, row) {
			const char *host = hosts_find(hosts, graph_name(graph, row->subject));
			Capacity capacity = {.document = false};
			take_node(graph, row->subject, &capacity);
			if (host)
				capacities_keep(all, host, &capacity);
		}
	for (guint i = 0; i < hosts->uses->len; i++) {
		const Use *use = &g_array_index(hosts->uses, Use, i);
		Capacity capacity = {.document = false};
		if (slice_starts(slice_trim(graph_line_at(graph, graph_place(graph, use->mention))), "|"))
			take_row(graph, use->mention, &capacity);
		else
			take_siblings(graph, use->mention, &capacity);
		capacities_keep(all, use->host, &capacity);
	}
	capacities_add_documents(hosts, all);
	return all;
}
