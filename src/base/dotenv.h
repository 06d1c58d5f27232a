/* Lines of .env files: NAME=value as compose, direnv and shells read them. */
#pragma once

#include "base/slice.h"

typedef enum DotenvQuote { DOTENV_BARE, DOTENV_SINGLE, DOTENV_DOUBLE } DotenvQuote;

typedef struct DotenvEntry {
	Slice name;
	Slice value;       /* without its quotes; escapes stand as they are written */
	size_t start, end; /* of the value in the text, quotes included */
	DotenvQuote quote;
	bool offered; /* "# NAME=value": a variable that need not be set; it has no value */
} DotenvEntry;

typedef struct DotenvReader {
	Slice text;
	size_t at;
	bool open[2]; /* a double or single quote was found that nobody closes: no later one is closed either */
} DotenvReader;

DotenvReader dotenv_reader(Slice text);
/* The next variable; false at the end. What has no `=` or no name is passed over. */
bool dotenv_next(DotenvReader *reader, DotenvEntry *ret);
