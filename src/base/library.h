/* Shared libraries that most runs have no use for: loaded when they are first asked for, and never given back. */
#pragma once

#include <glib.h>
#include <stdbool.h>

/* Where the address of an exported function goes. */
typedef struct LibraryFunction {
	const char *name;
	gpointer *at;
} LibraryFunction;

/* Loads a library by its file's name ("libarchive.so.13") and finds `count` functions in it. False where it is not
 * there or lacks one of them; the error says what the loader says. */
bool library_load(const char *file, const LibraryFunction *functions, size_t count, GError **error);
