/* The first word of the command line. */
#include "command/command.h"

#include <locale.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>

static bool is_one_of(const char *word, const char *one, const char *other)
{
	return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	/* Else one large block that is freed makes glibc keep all later ones: a tenth of the memory of 10,000 files. */
	mallopt(M_MMAP_THRESHOLD, 128 * 1024);
	/* A file that may not grow so far is a write that fails, and no end of the program. */
	signal(SIGXFSZ, SIG_IGN);
	char help[] = "help", *no_words[] = {help, NULL};
	if (argc < 2 || is_one_of(argv[1], "--help", "-h"))
		return command_find("help")->run(1, no_words);
	if (is_one_of(argv[1], "--version", "-V")) {
		puts("labwright " VERSION);
		return EXIT_CLEAN;
	}
	const Command *command = command_find(argv[1]);
	if (!command)
		return command_unknown(argv[1]);
	return command->run(argc - 1, argv + 1);
}
