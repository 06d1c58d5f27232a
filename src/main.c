/* The command table and nothing else. */
#include "command/command.h"

#include <stdio.h>
#include <string.h>

static void print_help(void)
{
	puts("usage: labwright COMMAND [OPTION…] [PATH…]\n");
	for (const Command *const *command = commands(); *command; command++)
		printf("  %-10s %s\n", (*command)->name, (*command)->summary);
}

int main(int argc, char **argv)
{
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_help();
		return EXIT_CLEAN;
	}
	for (const Command *const *command = commands(); *command; command++)
		if (strcmp((*command)->name, argv[1]) == 0)
			return (*command)->run(argc - 1, argv + 1);
	fprintf(stderr, "labwright: '%s' is not a command\n", argv[1]);
	return EXIT_USAGE;
}
