/* Open addressing over 32-bit hashes; the hash is kept, since merging the tables of several
 * threads would otherwise hash every text twice. */
#include "base/symbol.h"

#include "base/arena.h"

typedef struct Entry {
	const char *at;
	uint32_t hash, length;
} Entry;

struct SymbolTable {
	Arena *arena;
	Entry *entries;
	uint32_t count, room;
	uint32_t *slots; /* symbol, or 0 for a free slot: the empty text is never looked up here */
	uint32_t mask;
};

SymbolTable *symbol_table_new(void)
{
	SymbolTable *table = g_new0(SymbolTable, 1);
	table->arena = arena_new();
	table->room = 1024;
	table->entries = g_new(Entry, table->room);
	table->mask = 4095;
	table->slots = g_new0(uint32_t, table->mask + 1);
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
	        .slots = g_memdup2(table->slots, sizeof(uint32_t) * ((size_t)table->mask + 1)),
	        .mask = table->mask};
	memcpy(copy->entries, table->entries, sizeof(Entry) * table->count);
	return copy;
}

void symbol_table_free(SymbolTable *table)
{
	if (!table)
		return;
	arena_free(table->arena);
	g_free(table->entries);
	g_free(table->slots);
	g_free(table);
}

static void grow(SymbolTable *table)
{
	table->mask = table->mask * 2 + 1;
	g_free(table->slots);
	table->slots = g_new0(uint32_t, (size_t)table->mask + 1);
	for (uint32_t symbol = 1; symbol < table->count; symbol++) {
		uint32_t slot = table->entries[symbol].hash & table->mask;
		while (table->slots[slot])
			slot = (slot + 1) & table->mask;
		table->slots[slot] = symbol;
	}
}

/* The slot that holds the text, or the free slot where it belongs. */
static uint32_t seek(const SymbolTable *table, Slice text, uint32_t hash)
{
	uint32_t slot = hash & table->mask;
	for (; table->slots[slot]; slot = (slot + 1) & table->mask) {
		const Entry *entry = &table->entries[table->slots[slot]];
		if (entry->hash == hash && entry->length == text.length && memcmp(entry->at, text.at, text.length) == 0)
			break;
	}
	return slot;
}

static Symbol add_hashed(SymbolTable *table, Slice text, uint32_t hash)
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
	table->entries[symbol] = (Entry){arena_text(table->arena, text), hash, (uint32_t)text.length};
	table->slots[slot] = symbol;
	if (table->count * 2 > table->mask)
		grow(table);
	return symbol;
}

Symbol symbol_add(SymbolTable *table, Slice text)
{
	return add_hashed(table, text, (uint32_t)slice_hash(text));
}

Symbol symbol_add_from(SymbolTable *table, const SymbolTable *other, Symbol symbol)
{
	return add_hashed(table, symbol_slice(other, symbol), other->entries[symbol].hash);
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
