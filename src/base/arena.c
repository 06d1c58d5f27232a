/* Bump allocation in blocks; a reset keeps the first block, so that reading ten thousand
 * small files costs no system call per file. An arena that has become large grows by blocks that malloc maps, and so
 * gives back to the system when they are freed. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdio.h>

#define BLOCK_SIZE ((size_t)64 * 1024)
#define LARGE_SIZE ((size_t)1024 * 1024)

typedef struct Block {
	struct Block *next;
	size_t size, used;
	alignas(max_align_t) char bytes[];
} Block;

struct Arena {
	Block *block;
	size_t held;
};

static Block *block_new(Arena *arena, size_t least)
{
	size_t size = MAX(least, arena->held < LARGE_SIZE ? BLOCK_SIZE : LARGE_SIZE);
	Block *block = g_malloc(sizeof(Block) + size);
	block->next = NULL;
	block->size = size;
	block->used = 0;
	arena->held += size;
	return block;
}

Arena *arena_new(void)
{
	return g_new0(Arena, 1);
}

static void blocks_free(Block *block)
{
	while (block) {
		Block *next = block->next;
		g_free(block);
		block = next;
	}
}

void arena_free(Arena *arena)
{
	if (!arena)
		return;
	blocks_free(arena->block);
	g_free(arena);
}

static void *take(Arena *arena, size_t size, size_t alignment)
{
	Block *block = arena->block;
	size_t start = block ? (block->used + alignment - 1) & ~(alignment - 1) : 0;
	if (!block || start + size > block->size) {
		Block *fresh = block_new(arena, size);
		fresh->next = block;
		arena->block = block = fresh;
		start = 0;
	}
	block->used = start + size;
	return block->bytes + start;
}

void *arena_alloc(Arena *arena, size_t size)
{
	return memset(take(arena, size, alignof(max_align_t)), 0, size);
}

void *arena_raw(Arena *arena, size_t size)
{
	return take(arena, size, alignof(max_align_t));
}

char *arena_bytes(Arena *arena, size_t size)
{
	return take(arena, size, 1);
}

char *arena_text(Arena *arena, Slice s)
{
	char *copy = arena_bytes(arena, s.length + 1);
	if (s.length)
		memcpy(copy, s.at, s.length);
	copy[s.length] = '\0';
	return copy;
}

char *arena_vprintf(Arena *arena, const char *format, va_list args)
{
	char few[256];
	va_list again;
	va_copy(again, args);
	int length = vsnprintf(few, sizeof few, format, args);
	g_assert(length >= 0);
	char *text;
	if ((size_t)length < sizeof few) {
		text = arena_text(arena, (Slice){few, (size_t)length});
	} else {
		text = arena_bytes(arena, (size_t)length + 1);
		vsnprintf(text, (size_t)length + 1, format, again);
	}
	va_end(again);
	return text;
}

char *arena_printf(Arena *arena, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

void arena_reset(Arena *arena)
{
	Block *block = arena->block;
	if (!block)
		return;
	blocks_free(block->next);
	block->next = NULL;
	if (block->size > BLOCK_SIZE) {
		g_free(block);
		arena->block = NULL;
		arena->held = 0;
		return;
	}
	block->used = 0;
	arena->held = block->size;
}

size_t arena_size(const Arena *arena)
{
	return arena->held;
}
