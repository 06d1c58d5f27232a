/* Command lines as words, the way a shell splits them; enough to see which program gets which paths. */
#pragma once

#include "source/source.h"

/* One word: its text without quotes and backslashes (as written where it holds none), and its bytes in the file. */
typedef struct Word {
	Slice text;
	size_t start, end;
} Word;

/* Reads the lines of text, a part of the file's bytes, as shell: a COMMAND node below parent for each simple command,
 * with its WORDs and the paths among them (read_command_paths). Heredoc bodies are data and left out; $VARIABLES stay
 * as written. fence is the language of a Markdown fence, or empty. */
void read_commands(const SourceFile *file, Node parent, Slice text, Slice fence);

/* LINK nodes below the command for each of its words that is a path, as its program means them. ROLE: script-path (must
 * be there), makes (is there afterwards), tests (is asked for), folder (of `cd`). words[0] is the program. */
void read_command_paths(const SourceFile *file, Node command, const Word *words, size_t count);
void add_command_path(const SourceFile *file, Node command, const char *role, Word word);

/* `NAME=…` where the value is the script's own folder, the root of the repository, or lies beside another variable: a
 * LINK below parent with ROLE variable, and the folder as PATH: `./..`, `/` for the root, `$OTHER/..`. */
void read_assignment(const SourceFile *file, Node parent, Word word);

/* True if the text begins with a program that documents tell people to type, or with the path of a script. */
bool begins_with_program(Slice text);
