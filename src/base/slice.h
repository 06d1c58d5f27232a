/* Borrowed bytes with a length: what every reader hands around instead of copies. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that belong to somebody else; not NUL-terminated, may hold any byte. */
typedef struct Slice {
	const char *at;
	size_t length;
} Slice;

#define SLICE(literal) ((Slice){"" literal, sizeof(literal) - 1})

/* For printf: "%.*s" with SLICE_ARGS(slice). */
#define SLICE_ARGS(slice) (int)(slice).length, (slice).at

static inline Slice slice_from(const char *text)
{
	return (Slice){text, text ? strlen(text) : 0};
}

static inline Slice slice_sub(Slice s, size_t start, size_t end)
{
	return (Slice){s.at + start, end - start};
}

static inline bool slice_equal(Slice a, Slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static inline bool slice_is(Slice s, const char *text)
{
	return slice_equal(s, slice_from(text));
}

static inline bool slice_starts(Slice s, const char *prefix)
{
	size_t n = strlen(prefix);
	return s.length >= n && memcmp(s.at, prefix, n) == 0;
}

static inline bool slice_ends(Slice s, const char *suffix)
{
	size_t n = strlen(suffix);
	return s.length >= n && memcmp(s.at + s.length - n, suffix, n) == 0;
}

/* ASCII letters compared without case, everything else byte by byte. */
bool slice_is_nocase(Slice s, const char *text);
bool slice_is_any_nocase(Slice s, const char *const *texts); /* NULL-terminated */

/* Byte by byte one of the count texts. */
bool slice_is_any(Slice s, const char *const *texts, size_t count);

/* Offset of the first place where needle stands at or after from, or SIZE_MAX. */
size_t slice_find(Slice s, const char *needle, size_t from);
size_t slice_find_byte(Slice s, char byte, size_t from);

/* Without the spaces, tabs and line ends at both ends. */
Slice slice_trim(Slice s);

/* Takes the next line off *rest without its line end (LF or CRLF); false when nothing is left. */
bool slice_next_line(Slice *rest, Slice *ret_line);

/* Takes the next word off *rest: bytes between spaces and tabs; false when nothing is left. */
bool slice_next_word(Slice *rest, Slice *ret_word);

/* A decimal number of 1 to 9 digits that fills the slice. */
bool slice_to_number(Slice s, uint32_t *ret_number);

/* NUL-terminated copy; free with g_free. */
char *slice_dup(Slice s);

/* Of all bytes; the same in every run of one machine. No proof against who makes texts that collide. */
uint64_t slice_hash(Slice text);

#define SLICE_WORD_BLOCK 64
/* Which of that many bytes are letters, digits or `_`: the lowest bit is for the first. */
uint64_t slice_word_bytes(const char *at);
