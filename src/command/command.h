/* Commands: what a user types after `labwright`. One file each. */
#pragma once

#include "flow/flow.h"

#include <glib.h>
#include <stdbool.h>

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_WORK = 3 };

typedef struct Command {
	const char *name;
	const char *group; /* look, change, keep or tell: the situation it is for */
	const char *usage; /* after the name: "[PATH…]" */
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit code */
} Command;

/* All commands in the order of help, NULL at the end. */
const Command *const *commands(void);

/* Options of every command that reads a repository: which files, which view of them. */
typedef struct ScanArguments {
	char *root, *revision;
	gboolean worktree;
	int threads;
	const char *path; /* the first argument, the root, or "."; borrowed from argv */
} ScanArguments;

/* Parses the command's own entries (NULL-terminated) together with these; argv keeps what is no option. */
bool scan_arguments_parse(ScanArguments *arguments, const GOptionEntry *entries, const Command *command, int *argc,
        char ***argv, GError **error);
ScanOptions scan_arguments_options(const ScanArguments *arguments);
void scan_arguments_clear(ScanArguments *arguments);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanArguments, scan_arguments_clear)

/* Prints "labwright: error" and the hint, if any, on standard error, and gives the exit code that the error means. */
int command_fail(const GError *error);
