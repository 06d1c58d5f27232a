/* Memory for libyaml. It takes and gives back some hundred small texts for each kilobyte that it reads, three of them
 * empty for every plain scalar, and two buffers for every document, 64 KiB together: a quarter of its time was
 * malloc's. All of it is taken by four functions that a program may have of its own, and all is given back when a
 * document has been read, so blocks are of a thread's chunk and wait in lists, one for each power of two, until they
 * are wanted again. The chunk begins anew with every document; what did not fit into it goes back to the system then.
 *
 * A libyaml that calls its own functions nevertheless (linked with -Bsymbolic, or with them compiled in) does so for
 * all four: nothing of this is used then, and what it takes from malloc goes back to malloc. */
#include "source/heap.h"

#include <glib.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK ((size_t)256 * 1024)
#define CLASSES 32u /* of 16 bytes and more */

typedef struct Chunk {
	struct Chunk *next;
	char *end;
	alignas(max_align_t) char bytes[];
} Chunk;

/* Before the bytes that are given out; next while they wait. */
typedef struct Block {
	struct Block *next;
	size_t class;
	alignas(max_align_t) char bytes[];
} Block;

typedef struct Heap {
	Chunk *chunks; /* the newest first */
	char *at;      /* from here on the newest is free */
	Block *waiting[CLASSES];
	bool open;
} Heap;

static _Thread_local Heap heap;

static void chunks_free(void *chunks)
{
	for (Chunk *chunk = chunks, *next; chunk; chunk = next) {
		next = chunk->next;
		g_free(chunk);
	}
}

/* Of a thread that ends. */
static void forget(void *data)
{
	chunks_free(heap.chunks);
	heap = (Heap){0};
}

static void add_chunk(size_t size)
{
	static GPrivate at_end = G_PRIVATE_INIT(forget);
	if (!heap.chunks)
		g_private_set(&at_end, &heap);
	Chunk *chunk = g_malloc(sizeof(Chunk) + size);
	*chunk = (Chunk){heap.chunks, chunk->bytes + size};
	heap.chunks = chunk;
	heap.at = chunk->bytes;
}

void heap_begin(void)
{
	if (!heap.chunks)
		add_chunk(CHUNK);
	heap.open = true;
}

void heap_end(void)
{
	while (heap.chunks->next) {
		Chunk *chunk = heap.chunks;
		heap.chunks = chunk->next;
		g_free(chunk);
	}
	heap.at = heap.chunks->bytes;
	memset(heap.waiting, 0, sizeof heap.waiting);
	heap.open = false;
}

/* Whether it is of this thread's own memory. */
static bool heap_has(const void *at)
{
	for (const Chunk *chunk = heap.chunks; chunk; chunk = chunk->next)
		if ((const char *)at >= chunk->bytes && (const char *)at < chunk->end)
			return true;
	return false;
}

static size_t class_of(size_t size)
{
	return size <= 16 ? 0 : (size_t)(60 - __builtin_clzl(size - 1));
}

static size_t class_size(size_t class)
{
	return (size_t)16 << class;
}

static Block *block_of(void *bytes)
{
	return (Block *)(void *)((char *)bytes - offsetof(Block, bytes));
}

static void *take(size_t size)
{
	size_t class = class_of(size);
	Block *block = heap.waiting[class];
	if (block) {
		heap.waiting[class] = block->next;
		return block->bytes;
	}
	size_t whole = sizeof(Block) + class_size(class);
	if ((size_t)(heap.chunks->end - heap.at) < whole)
		add_chunk(MAX(whole, CHUNK));
	block = (Block *)(void *)heap.at;
	heap.at += whole;
	block->class = class;
	return block->bytes;
}

static void give_back(void *bytes)
{
	Block *block = block_of(bytes);
	block->next = heap.waiting[block->class];
	heap.waiting[block->class] = block;
}

/* ---- libyaml's own names, declared as it does ------------------------------------------------------------- */

#define EXPORTED __attribute__((used, visibility("default")))
EXPORTED void *yaml_malloc(size_t size);
EXPORTED void *yaml_realloc(void *at, size_t size);
EXPORTED void yaml_free(void *at);
EXPORTED unsigned char *yaml_strdup(const unsigned char *text);

void *yaml_malloc(size_t size)
{
	return heap.open && size <= class_size(CLASSES - 1) ? take(size) : malloc(MAX(size, 1));
}

void yaml_free(void *at)
{
	if (at && heap_has(at))
		give_back(at);
	else
		free(at);
}

void *yaml_realloc(void *at, size_t size)
{
	if (!at)
		return yaml_malloc(size);
	if (!heap_has(at))
		return realloc(at, MAX(size, 1));
	size_t room = class_size(block_of(at)->class);
	if (size <= room)
		return at;
	void *larger = yaml_malloc(size);
	if (larger) {
		memcpy(larger, at, room);
		give_back(at);
	}
	return larger;
}

unsigned char *yaml_strdup(const unsigned char *text)
{
	size_t size = text ? strlen((const char *)text) + 1 : 0;
	unsigned char *copy = text ? yaml_malloc(size) : NULL;
	return copy ? memcpy(copy, text, size) : NULL;
}
