/* Interned texts: equal texts have equal 32-bit numbers, given in the order of first use. */
#pragma once

#include "base/slice.h"

#include <glib.h>

/* A text in one table; 0 is the empty text. */
typedef uint32_t Symbol;

typedef struct SymbolTable SymbolTable;

SymbolTable *symbol_table_new(void);
/* One with the same symbols under the same numbers; their texts stay with the first, which must outlive it. */
SymbolTable *symbol_table_copy(const SymbolTable *table);
void symbol_table_free(SymbolTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SymbolTable, symbol_table_free)

/* The number of this text, entered if it is new; the bytes are copied. */
Symbol symbol_add(SymbolTable *table, Slice text);

/* As symbol_add for a text of another table, which knows its hash. */
Symbol symbol_add_from(SymbolTable *table, const SymbolTable *other, Symbol symbol);

/* For tables that are taken over as a whole. symbol_table_close: nothing is entered or looked up there again.
 * symbol_take: as symbol_add_from, but the text stays where it is; once all are there, symbol_table_take_texts makes it
 * live as long as the table, and other has no texts any more. */
void symbol_table_close(SymbolTable *table);
Symbol symbol_take(SymbolTable *table, const SymbolTable *other, Symbol symbol);
void symbol_table_take_texts(SymbolTable *table, SymbolTable *other);

/* True and the number if the text is in the table. */
bool symbol_find(const SymbolTable *table, Slice text, Symbol *ret_symbol);

/* The text, NUL-terminated, as long as the table lives. */
const char *symbol_text(const SymbolTable *table, Symbol symbol);
Slice symbol_slice(const SymbolTable *table, Symbol symbol);

/* How many symbols there are, the empty one included. */
uint32_t symbol_count(const SymbolTable *table);
