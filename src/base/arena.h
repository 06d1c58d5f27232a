/* Memory that lives and dies together: one scan is one arena, one file's parse tree another. */
#pragma once

#include "base/slice.h"

#include <glib.h>
#include <stdarg.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

/* Zeroed memory, aligned for any type; never NULL (out of memory aborts). */
void *arena_alloc(Arena *arena, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(n)))

/* Aligned memory that is written over as a whole at once. */
void *arena_raw(Arena *arena, size_t size);
#define ARENA_RAW(arena, type) ((type *)arena_raw((arena), sizeof(type)))

/* The same for bytes: neither zeroed nor aligned. */
char *arena_bytes(Arena *arena, size_t size);

/* A NUL-terminated copy that lives as long as the arena. */
char *arena_text(Arena *arena, Slice s);
char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *arena_vprintf(Arena *arena, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

/* Forgets everything given out and keeps the memory for the next use. */
void arena_reset(Arena *arena);

/* Bytes held from the system. */
size_t arena_size(const Arena *arena);
