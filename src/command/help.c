/* labwright help: the commands by the situation they are for, or the options of one. */
#include "command/command.h"

#include <stdio.h>

extern const Command command_help;

static const struct {
	const char *name, *title;
} groups[] = {
        {"look", "look at the repository"},
        {"change", "change it"},
        {"run", "run it on this machine"},
        {"keep", "keep what runs on it safe"},
        {"tell", "tell how it is"},
};

static void print_group(const char *name, const char *title)
{
	bool first = true;
	for (const Command *const *command = commands(); *command; command++) {
		if (strcmp((*command)->group, name) != 0)
			continue;
		if (first)
			printf("\n%s\n", title);
		first = false;
		printf("  %-10s %s\n", (*command)->name, (*command)->summary);
	}
}

static void print_help(void)
{
	puts("labwright reads a homelab's Git repository and says what is wrong between its files.\n"
	     "usage: labwright COMMAND [OPTION...] [PATH...]");
	for (size_t i = 0; i < G_N_ELEMENTS(groups); i++)
		print_group(groups[i].name, groups[i].title);
	puts("\n`labwright help COMMAND` lists the options of one.\n"
	     "exit codes: 0 clean, 1 findings, 2 wrong usage, 3 could not do the work\n"
	     "It needs no configuration, writes nothing unless told to, and uses no network.\n"
	     "\nnext: labwright check");
}

static int run(int argc, char **argv)
{
	if (argc < 2) {
		print_help();
		return EXIT_CLEAN;
	}
	if (strcmp(argv[1], "--man") == 0) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GString) out = g_string_new(NULL);
		manual_append(out);
		return command_write(NULL, out, &error) ? EXIT_CLEAN : command_fail(error);
	}
	const Command *command = command_find(argv[1]);
	if (!command)
		return command_unknown(argv[1]);
	if (command == &command_help) {
		print_help();
		return EXIT_CLEAN;
	}
	char option[] = "--help", *words[] = {argv[1], option, NULL};
	return command->run(2, words);
}

const Command command_help = {
        "help", "", "[COMMAND | --man]", "show the options of a command, or print the manual", run};
