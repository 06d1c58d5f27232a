/* What documents say of the machines, where no address stands beside it: a row of a table, a table with the machines as
 * its columns, a list below a heading, a sentence. A line that names two machines says nothing of one; neither does an
 * amount that may be of a disk or of a graphics card. */
#include "rule/capacity.h"

#include "rule/rule.h"

typedef struct Reader {
	const Hosts *hosts;
	GHashTable *all;
	const char *heading; /* the one host of the heading above, or NULL */
	bool of_nodes;       /* that heading or the title speaks of nodes of a cluster */
	bool titled;         /* the title does */
	Slice header;        /* of the table that the line is in; empty outside */
	uint32_t file;
	const char *start; /* of the file */
} Reader;

/* ---- words ------------------------------------------------------------------------------------------------------ */

static bool is_word_byte(char c)
{
	return g_ascii_isalnum(c) || strchr("-_.", c);
}

/* The next run of letters, digits and -_. but for a point at its end; what stood before it is skipped. */
static bool next_word(Slice *rest, Slice *ret_word)
{
	size_t start = 0, end;
	while (start < rest->length && !is_word_byte(rest->at[start]))
		start++;
	for (end = start; end < rest->length && is_word_byte(rest->at[end]);)
		end++;
	*ret_word = slice_sub(*rest, start, end);
	*rest = slice_sub(*rest, end, rest->length);
	while (ret_word->length > 1 && ret_word->at[ret_word->length - 1] == '.')
		ret_word->length--;
	return ret_word->length > 0;
}

/* The only host that the text names, or NULL. */
static const char *only_host(const Hosts *hosts, Slice text)
{
	const char *found = NULL;
	Slice word;
	while (next_word(&text, &word)) {
		g_autofree char *name = word.length < 64 ? slice_dup(word) : NULL;
		const char *host = name ? hosts_find(hosts, name) : NULL;
		if (host && found && host != found)
			return NULL;
		found = host ? host : found;
	}
	return found;
}

static bool has_any_word(Slice text, const char *const *words)
{
	Slice word;
	while (next_word(&text, &word))
		if (slice_is_any_nocase(word, words))
			return true;
	return false;
}

static bool speaks_of_nodes(Slice text)
{
	static const char *const words[] = {"node", "nodes", "k3s", "k8s", "rke2", "talos", "kubernetes", "worker",
	        "workers", "control-plane", "controlplane", NULL};
	return has_any_word(text, words);
}

/* ---- amounts in sentences ---------------------------------------------------------------------------------------- */

static bool is_memory_word(Slice word)
{
	static const char *const words[] = {"ram", "memory", "mem", "ddr3", "ddr4", "ddr5", "lpddr4", "lpddr5", NULL};
	return slice_is_any_nocase(word, words);
}

/* "8GB" or "8", "GB": *ret_amount is both, *rest is behind the unit. */
static bool take_gigabytes(Slice word, Slice *rest, Slice *ret_amount)
{
	static const char *const units[] = {"gb", "gib", "gi", "g", NULL};
	size_t digits = 0;
	Slice unit = *rest, next;
	while (digits < word.length && g_ascii_isdigit(word.at[digits]))
		digits++;
	if (digits == 0 || digits > 4)
		return false;
	*ret_amount = word;
	if (digits < word.length)
		return slice_is_any_nocase(slice_sub(word, digits, word.length), units);
	if (!next_word(&unit, &next) || !slice_is_any_nocase(next, units))
		return false;
	*ret_amount = (Slice){word.at, (size_t)(next.at + next.length - word.at)};
	*rest = unit;
	return true;
}

/* "8GB RAM", "8 GB of RAM", "RAM 8GB", "RAM: 8 GB": the words right around the amount say what it is of. */
static void take_memory(Slice text, Capacity *capacity)
{
	Slice word, before = {"", 0}, amount, after;
	while (next_word(&text, &word)) {
		Slice behind = text;
		if (take_gigabytes(word, &text, &amount)) {
			behind = text;
			bool found = is_memory_word(before);
			for (int i = 0; i < 2 && !found && next_word(&behind, &after); i++)
				if (!(found = is_memory_word(after)) && !slice_is_nocase(after, "of"))
					break;
			if (found)
				capacity_take(capacity, SLICE("memory"), amount);
		}
		before = word;
	}
}

/* "4 cores", "4-core", "8 vCPUs". */
static void take_cores(Slice text, Capacity *capacity)
{
	static const char *const units[] = {"core", "cores", "vcpu", "vcpus", "cpus", NULL};
	Slice word, next;
	while (next_word(&text, &word)) {
		Slice rest = text;
		size_t digits = 0;
		while (digits < word.length && g_ascii_isdigit(word.at[digits]))
			digits++;
		size_t unit = digits + (digits < word.length && word.at[digits] == '-');
		Slice count = slice_sub(word, 0, digits);
		if (digits == 0)
			continue;
		if (unit < word.length ? slice_is_any_nocase(slice_sub(word, unit, word.length), units)
		                       : next_word(&rest, &next) && slice_is_any_nocase(next, units))
			capacity_take(capacity, SLICE("cores"), count);
	}
}

/* ---- lines ------------------------------------------------------------------------------------------------------- */

static void keep(const Reader *reader, const char *host, Slice line, Capacity *capacity)
{
	uint32_t start = (uint32_t)(line.at - reader->start);
	capacity->place = (Span){reader->file, start, start + (uint32_t)line.length};
	capacity->document = true;
	capacity->node |= reader->of_nodes;
	capacities_keep(reader->all, host, capacity);
}

static Slice strip_marks(Slice text)
{
	static const char marks[] = " \t*`_-+|";
	while (text.length && strchr(marks, text.at[0]))
		text = slice_sub(text, 1, text.length);
	while (text.length && strchr(marks, text.at[text.length - 1]))
		text.length--;
	return text;
}

/* Takes the next cell off a row that has lost its first bar. */
static bool next_cell(Slice *rest, Slice *ret_cell)
{
	if (rest->length == 0)
		return false;
	size_t end = MIN(slice_find_byte(*rest, '|', 0), rest->length);
	*ret_cell = strip_marks(slice_sub(*rest, 0, end));
	*rest = slice_sub(*rest, MIN(end + 1, rest->length), rest->length);
	return true;
}

static Slice row_of(Slice line)
{
	Slice row = slice_trim(line);
	return slice_starts(row, "|") ? slice_sub(row, 1, row.length) : row;
}

/* One row is one machine. */
static void read_row(const Reader *reader, const char *host, Slice line)
{
	Slice row = row_of(line), header = row_of(reader->header), cell, name;
	Capacity capacity = {.node = speaks_of_nodes(reader->header) || speaks_of_nodes(line)};
	while (next_cell(&row, &cell) && next_cell(&header, &name))
		if (capacity_take(&capacity, name, cell), !is_memory_word(name)) {
			take_memory(cell, &capacity);
			take_cores(cell, &capacity);
		}
	keep(reader, host, line, &capacity);
}

/* One row is a property, and the columns are machines. */
static void read_column_row(const Reader *reader, Slice line)
{
	Slice row = row_of(line), header = row_of(reader->header), cell, name, property;
	if (!next_cell(&row, &property) || !next_cell(&header, &name))
		return;
	while (next_cell(&row, &cell) && next_cell(&header, &name)) {
		const char *host = only_host(reader->hosts, name);
		Capacity capacity = {.node = speaks_of_nodes(reader->header)};
		if (!host)
			continue;
		capacity_take(&capacity, property, cell);
		take_cores(cell, &capacity);
		keep(reader, host, line, &capacity);
	}
}

static void read_table_line(Reader *reader, Slice line)
{
	Slice row = row_of(line), first;
	const char *host = next_cell(&row, &first) ? only_host(reader->hosts, first) : NULL;
	if (!reader->header.length)
		reader->header = line;
	else if (host)
		read_row(reader, host, line);
	else
		read_column_row(reader, line);
}

/* The host that the line is about: the only one it names, as its first word. */
static const char *subject_of(const Hosts *hosts, Slice line)
{
	const char *host = only_host(hosts, line);
	Slice rest = line, first;
	return host && next_word(&rest, &first) && only_host(hosts, first) == host ? host : NULL;
}

/* "- RAM: 32 GB" below the heading of a machine, or "asuna: 4 cores, 8 GB RAM". Prose that comes to speak of a machine
 * tells of a virtual one, of an old one, of one that is to be bought. */
static void read_sentence(const Reader *reader, Slice line)
{
	const char *host = subject_of(reader->hosts, line);
	Slice text = strip_marks(line);
	size_t colon = slice_find_byte(text, ':', 0);
	Capacity capacity = {.node = speaks_of_nodes(line)};
	if (!host && (!reader->heading || colon == SIZE_MAX || only_host(reader->hosts, line)))
		return;
	if (colon != SIZE_MAX)
		capacity_take(&capacity, strip_marks(slice_sub(text, 0, colon)),
		        strip_marks(slice_sub(text, colon + 1, text.length)));
	take_memory(text, &capacity);
	take_cores(text, &capacity);
	keep(reader, host ? host : reader->heading, line, &capacity);
}

static void read_line(Reader *reader, Slice line)
{
	Slice text = slice_trim(line);
	if (slice_starts(text, "|")) {
		read_table_line(reader, line);
		return;
	}
	reader->header = (Slice){"", 0};
	if (slice_starts(text, "#")) {
		reader->heading = only_host(reader->hosts, text);
		if (!slice_starts(text, "##"))
			reader->titled = speaks_of_nodes(text);
		reader->of_nodes = reader->titled || speaks_of_nodes(text);
	} else if (text.length) {
		read_sentence(reader, line);
	}
}

void capacities_add_documents(const Hosts *hosts, GHashTable *all)
{
	const Graph *graph = hosts->graph;
	GRAPH_NODES (graph, NODE_FILE, file) {
		uint32_t number = graph_file_of(graph, file);
		Slice path = slice_from(graph_file_path(graph, number));
		if (!slice_ends(path, ".md") || is_quiet(graph, file) || capacity_is_of_vagrant(path))
			continue;
		Slice rest = graph_file_bytes(graph, number), line;
		Reader reader = {.hosts = hosts, .all = all, .file = number, .start = rest.at};
		while (slice_next_line(&rest, &line))
			read_line(&reader, line);
	}
}
