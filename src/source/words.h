/* Command lines as words, the way a shell splits them; enough to see which program gets which paths. */
#pragma once

#include "source/source.h"

/* Reads the lines of text, a part of the file's bytes, as shell: a COMMAND node below parent for each simple command,
 * with its WORDs. Heredoc bodies are data and left out, words keep $VARIABLES as written and lose their quotes.
 * fence is the language of a Markdown fence, or empty. */
void read_commands(const SourceFile *file, Node parent, Slice text, Slice fence);
