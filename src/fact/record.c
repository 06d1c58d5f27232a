/* What one file says, as bytes: length and hash of the file, the set of its words, its texts once each, then nodes and
 * rows, with numbers that count within the file. Numbers are of variable length, and places are told by how far they
 * are from the one before, so that a row takes some six bytes. Reading one costs little more than entering its texts;
 * nothing is believed of it that could lead out of the graph, so that a record which is damaged or made up is refused
 * and no worse. */
#include "fact/graph.h"

/* ---- numbers ------------------------------------------------------------------------------------------ */

#define MOST_NUMBER 5 /* bytes */

static uint8_t *put(uint8_t *at, uint32_t number)
{
	for (; number >= 0x80; number >>= 7)
		*at++ = (uint8_t)(number | 0x80);
	*at++ = (uint8_t)number;
	return at;
}

/* Small ones of either sign stay small. */
static uint32_t folded(uint32_t difference)
{
	return difference << 1 ^ (uint32_t) - (int32_t)(difference >> 31);
}

static uint32_t unfolded(uint32_t number)
{
	return number >> 1 ^ (uint32_t) - (int32_t)(number & 1);
}

typedef struct Input {
	const uint8_t *at, *end;
	bool broken;
} Input;

static uint32_t get(Input *input)
{
	uint32_t number = 0;
	for (unsigned shift = 0; shift < 35 && input->at < input->end; shift += 7) {
		uint8_t byte = *input->at++;
		number |= (uint32_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return number;
	}
	input->broken = true;
	return 0;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

/* The number of a text in the record; the empty one is 0. */
static uint32_t number_of(const GraphBuilder *builder, Symbol text)
{
	uint32_t *number = &g_array_index(builder->numbers, uint32_t, text);
	if (text && !*number) {
		g_array_append_val(builder->texts, text);
		*number = builder->texts->len;
	}
	return *number;
}

static uint8_t *put_nodes(const GraphBuilder *builder, const BuiltFile *file, uint8_t *at)
{
	uint32_t before = 0, first = file->first_node;
	at = put(at, file->end_node - first);
	for (uint32_t i = first + 1; i < file->end_node; i++) {
		const BuiltNode *node = pieces_at(&builder->nodes, i);
		at = put(at, node->type);
		at = put(at, node->parent ? node->parent - first + 1 : 0);
		at = put(at, number_of(builder, node->name));
		at = put(at, folded(node->start - before));
		at = put(at, node->end - node->start);
		before = node->start;
	}
	return at;
}

static uint8_t *put_rows(const GraphBuilder *builder, const BuiltFile *file, uint8_t *at)
{
	uint32_t before = 0, subject = file->first_node;
	at = put(at, file->end_row - file->first_row);
	for (uint32_t i = file->first_row; i < file->end_row; i++) {
		const Row *row = pieces_at(&builder->rows, i);
		ObjectType type = fact_kind_object(row->kind);
		at = put(at, folded(row->subject - subject));
		at = put(at, row->kind);
		at = put(at, type == OBJECT_SYMBOL ? number_of(builder, row->object)
		             : type == OBJECT_NODE ? row->object - file->first_node
		                                   : row->object);
		at = put(at, folded(row->start - before));
		at = put(at, row->length);
		before = row->start;
		subject = row->subject;
	}
	return at;
}

static void append_number(GByteArray *out, uint32_t number)
{
	uint8_t bytes[MOST_NUMBER];
	g_byte_array_append(out, bytes, (guint)(put(bytes, number) - bytes));
}

static void append_texts(GraphBuilder *builder, GByteArray *out)
{
	append_number(out, builder->texts->len);
	for (guint i = 0; i < builder->texts->len; i++) {
		Symbol symbol = g_array_index(builder->texts, Symbol, i);
		Slice text = symbol_slice(builder->symbols, symbol);
		append_number(out, (uint32_t)text.length);
		g_byte_array_append(out, (const guint8 *)text.at, (guint)text.length);
		g_array_index(builder->numbers, uint32_t, symbol) = 0;
	}
	g_array_set_size(builder->texts, 0);
}

void graph_append_record(GraphBuilder *builder, GByteArray *out)
{
	const BuiltFile *file = &g_array_index(builder->files, BuiltFile, builder->files->len - 1);
	size_t parts = (size_t)(file->end_node - file->first_node) + (file->end_row - file->first_row) + 1;
	g_array_set_size(builder->numbers, symbol_count(builder->symbols));
	g_autofree uint8_t *bytes = g_malloc(parts * 5 * MOST_NUMBER);
	const uint8_t *end = put_rows(builder, file, put_nodes(builder, file, bytes));
	uint64_t hash = slice_hash(file->bytes);
	append_number(out, (uint32_t)file->bytes.length);
	g_byte_array_append(out, (const guint8 *)&hash, sizeof hash);
	append_number(out, (uint32_t)file->words.length);
	g_byte_array_append(out, (const guint8 *)file->words.at, (guint)file->words.length);
	append_texts(builder, out);
	g_byte_array_append(out, bytes, (guint)(end - bytes));
}

/* ---- reading -------------------------------------------------------------------------------------------- */

static void get_hash(Input *input, uint64_t *ret_hash)
{
	if ((size_t)(input->end - input->at) < sizeof *ret_hash) {
		input->broken = true;
		return;
	}
	memcpy(ret_hash, input->at, sizeof *ret_hash);
	input->at += sizeof *ret_hash;
}

static void get_words(const GraphBuilder *builder, Input *input, BuiltFile *file)
{
	uint32_t length = get(input);
	input->broken |= length > (size_t)(input->end - input->at);
	if (input->broken)
		return;
	file->words = (Slice){memcpy(arena_bytes(builder->words, length), input->at, length), length};
	input->at += length;
}

static void get_texts(GraphBuilder *builder, Input *input)
{
	Symbol none = 0;
	uint32_t count = get(input);
	g_array_set_size(builder->texts, 0);
	g_array_append_val(builder->texts, none);
	for (uint32_t i = 0; i < count && !input->broken; i++) {
		uint32_t length = get(input);
		input->broken |= length > (size_t)(input->end - input->at);
		if (input->broken)
			return;
		Symbol text = symbol_add(builder->symbols, (Slice){(const char *)input->at, length});
		g_array_append_val(builder->texts, text);
		input->at += length;
	}
}

static Symbol text_of(const GraphBuilder *builder, Input *input, uint32_t number)
{
	if (number < builder->texts->len)
		return g_array_index(builder->texts, Symbol, number);
	input->broken = true;
	return 0;
}

/* Where a node or row stands in its file. */
typedef struct Place {
	uint32_t start, end;
} Place;

static Place get_place(Input *input, uint32_t *before, uint32_t length)
{
	uint32_t start = *before + unfolded(get(input)), size = get(input);
	if (start > length || size > length - start) {
		input->broken = true;
		return (Place){0, 0};
	}
	*before = start;
	return (Place){start, start + size};
}

static void get_nodes(GraphBuilder *builder, Input *input, BuiltFile *file)
{
	uint32_t before = 0, count = get(input), length = (uint32_t)file->bytes.length;
	for (uint32_t i = 1; i < count && !input->broken; i++) {
		BuiltNode node = {.type = get(input)};
		uint32_t parent = get(input);
		node.name = text_of(builder, input, get(input));
		Place place = get_place(input, &before, length);
		input->broken |= node.type <= NODE_NONE || node.type >= NODE_TYPES || parent > i;
		node.parent = parent ? file->first_node + parent - 1 : NODE_NONE;
		node.start = place.start;
		node.end = place.end;
		*(BuiltNode *)pieces_add(&builder->nodes) = node;
		file->end_node = builder->nodes.count;
	}
}

static void get_rows(GraphBuilder *builder, Input *input, BuiltFile *file)
{
	uint32_t before = 0, subject = 0, count = get(input), nodes = file->end_node - file->first_node;
	for (uint32_t i = 0; i < count && !input->broken; i++) {
		subject += unfolded(get(input));
		uint32_t kind = get(input), object = get(input);
		Place place = get_place(input, &before, (uint32_t)file->bytes.length);
		input->broken |= subject >= nodes || kind >= FACT_IDENTITY;
		if (input->broken)
			return;
		ObjectType type = fact_kind_object(kind);
		input->broken |= type == OBJECT_NODE && object >= nodes;
		object = type == OBJECT_SYMBOL ? text_of(builder, input, object)
		         : type == OBJECT_NODE ? file->first_node + object
		                               : object;
		*(Row *)pieces_add(&builder->rows) = (Row){.subject = file->first_node + subject,
		        .object = object,
		        .start = place.start,
		        .kind = kind,
		        .length = row_length(place.start, place.end)};
		file->end_row = builder->rows.count;
	}
}

bool graph_add_record(GraphBuilder *builder, Slice path, Slice record)
{
	Input input = {(const uint8_t *)record.at, (const uint8_t *)record.at + record.length, false};
	size_t length = get(&input);
	graph_begin_file(builder, path, (Slice){length ? NULL : "", length});
	BuiltFile *file = &g_array_index(builder->files, BuiltFile, builder->files->len - 1);
	get_hash(&input, &file->hash);
	get_words(builder, &input, file);
	get_texts(builder, &input);
	get_nodes(builder, &input, file);
	get_rows(builder, &input, file);
	g_array_set_size(builder->texts, 0);
	if (!input.broken && input.at == input.end)
		return true;
	graph_undo_file(builder);
	return false;
}
