/* Open addressing over 32-bit hashes; the hash is kept, since merging the tables of several
 * threads would otherwise hash every text twice. Slots grow by half and are two thirds full at most: where they doubled
 * and half of them were free, they were as large as the entries. */
#include "base/symbol.h"

#include "base/arena.h"

typedef struct Entry {
	const char *at;
	uint32_t hash, length;
} Entry;

struct SymbolTable {
	Arena *arena;
	GPtrArray *taken; /* Arena: of other tables; NULL until there is one */
	Entry *entries;
	uint32_t count, room;
	uint32_t *slots; /* symbol, or 0 for a free slot: the empty text is never looked up here */
	uint32_t n_slots;
};

SymbolTable *symbol_table_new(void)
{
	SymbolTable *table = g_new0(SymbolTable, 1);
	table->arena = arena_new();
	table->room = 1024;
	table->entries = g_new(Entry, table->room);
	table->n_slots = 2048;
	table->slots = g_new0(uint32_t, table->n_slots);
	table->entries[0] = (Entry){"", 0, 0};
	table->count = 1;
	return table;
}

SymbolTable *symbol_table_copy(const SymbolTable *table)
{
	SymbolTable *copy = g_new0(SymbolTable, 1);
	*copy = (SymbolTable){.arena = arena_new(),
	        .entries = g_new(Entry, table->room),
	        .count = table->count,
	        .room = table->room,
	        .slots = g_memdup2(table->slots, sizeof(uint32_t) * table->n_slots),
	        .n_slots = table->n_slots};
	memcpy(copy->entries, table->entries, sizeof(Entry) * table->count);
	return copy;
}

void symbol_table_free(SymbolTable *table)
{
	if (!table)
		return;
	arena_free(table->arena);
	g_clear_pointer(&table->taken, g_ptr_array_unref);
	g_free(table->entries);
	g_free(table->slots);
	g_free(table);
}

/* Where a text of that hash belongs, or the next free slot behind. */
static uint32_t first_slot(const SymbolTable *table, uint32_t hash)
{
	return (uint32_t)((uint64_t)hash * table->n_slots >> 32);
}

static uint32_t next_slot(const SymbolTable *table, uint32_t slot)
{
	return slot + 1 == table->n_slots ? 0 : slot + 1;
}

static void grow(SymbolTable *table)
{
	g_assert(table->n_slots < UINT32_MAX / 2);
	table->n_slots += table->n_slots / 2;
	g_free(table->slots);
	table->slots = g_new0(uint32_t, table->n_slots);
	for (uint32_t symbol = 1; symbol < table->count; symbol++) {
		uint32_t slot = first_slot(table, table->entries[symbol].hash);
		while (table->slots[slot])
			slot = next_slot(table, slot);
		table->slots[slot] = symbol;
	}
}

/* The slot that holds the text, or the free slot where it belongs. */
static uint32_t seek(const SymbolTable *table, Slice text, uint32_t hash)
{
	uint32_t slot = first_slot(table, hash);
	for (; table->slots[slot]; slot = next_slot(table, slot)) {
		const Entry *entry = &table->entries[table->slots[slot]];
		if (entry->hash == hash && entry->length == text.length && memcmp(entry->at, text.at, text.length) == 0)
			break;
	}
	return slot;
}

static Symbol add_hashed(SymbolTable *table, Slice text, uint32_t hash, bool stays)
{
	if (text.length == 0)
		return 0;
	uint32_t slot = seek(table, text, hash);
	if (table->slots[slot])
		return table->slots[slot];
	if (table->count == table->room) {
		table->room *= 2;
		table->entries = g_renew(Entry, table->entries, table->room);
	}
	Symbol symbol = table->count++;
	const char *at = stays ? text.at : arena_text(table->arena, text);
	table->entries[symbol] = (Entry){at, hash, (uint32_t)text.length};
	table->slots[slot] = symbol;
	if (table->count > table->n_slots / 3 * 2)
		grow(table);
	return symbol;
}

Symbol symbol_add(SymbolTable *table, Slice text)
{
	return add_hashed(table, text, (uint32_t)slice_hash(text), false);
}

Symbol symbol_add_from(SymbolTable *table, const SymbolTable *other, Symbol symbol)
{
	return add_hashed(table, symbol_slice(other, symbol), other->entries[symbol].hash, false);
}

Symbol symbol_take(SymbolTable *table, const SymbolTable *other, Symbol symbol)
{
	return add_hashed(table, symbol_slice(other, symbol), other->entries[symbol].hash, true);
}

void symbol_table_close(SymbolTable *table)
{
	g_clear_pointer(&table->slots, g_free);
}

void symbol_table_take_texts(SymbolTable *table, SymbolTable *other)
{
	if (!table->taken)
		table->taken = g_ptr_array_new_with_free_func((GDestroyNotify)arena_free);
	g_ptr_array_add(table->taken, other->arena);
	other->arena = NULL;
}

bool symbol_find(const SymbolTable *table, Slice text, Symbol *ret_symbol)
{
	*ret_symbol = 0;
	if (text.length == 0)
		return true;
	*ret_symbol = table->slots[seek(table, text, (uint32_t)slice_hash(text))];
	return *ret_symbol != 0;
}

const char *symbol_text(const SymbolTable *table, Symbol symbol)
{
	return table->entries[symbol].at;
}

Slice symbol_slice(const SymbolTable *table, Symbol symbol)
{
	return (Slice){table->entries[symbol].at, table->entries[symbol].length};
}

uint32_t symbol_count(const SymbolTable *table)
{
	return table->count;
}
