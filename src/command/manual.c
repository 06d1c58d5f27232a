/* The manual: what each command is and takes comes from its own row, so that it cannot fall behind. What is said here
 * is what has no row: more than half a line on a command, and what holds for all. */
#include "command/command.h"

#include <string.h>

/* In the order of help; a command without a word here has its summary. */
static const struct {
	const char *command, *text;
} details[] = {
        {"check", "What is read is the Git index of the repository that holds the path (usually the current folder). "
                  "With a "
                  "path below the root, the whole repository is read and only findings at or below it are shown. With "
                  "--online "
                  "registries are asked with heads and lists of tags, never for an image; each is left alone once it "
                  "limits requests, and what is private says nothing. With --render your own helm is asked for what "
                  "charts make that lie in the repository or in helm's cache: without a shell, a network or your "
                  "settings, and with limits. With both, it is asked to fetch those that lie elsewhere as well. "
                  "Findings stand on the line of the value that they come from, where that "
                  "is certain, else on the release."},
        {"fix", "Every edit is proven first: with it made in memory, its finding is gone, no other came, and nothing "
                "else in "
                "the files says anything different. What is read and written is the working tree: all files or none, "
                "and "
                "none that has changed since it was read."},
        {"organize",
                "Production, experimental, archive, infrastructure, docs, scripts, or the areas of labwright.yaml, and "
                "why. It is proven first: no finding is new, none goes out of sight, and the same objects are applied. "
                "--plan draws the folders before and after."},
        {"improve",
                "Four phases (structure, resources, network, reliability), each with commits of its own, in a worktree "
                "that goes away afterwards: the checkout and its branch are never touched. What cannot be proven is "
                "left "
                "out and said."},
        {"place",
                "By how much less pressure, in which order to move, what does not fit and why, and that nothing is "
                "better "
                "or how much might be. Nodes have their capacity, allocatable, labels and taints in labwright.yaml, "
                "in the manifest of a Node, or in a "
                "saved `kubectl get nodes -o json`; where none of these says it, what documents say of nodes is taken "
                "and named. Usage is `kubectl get pods -A -o json`, `kubectl get --raw "
                "/apis/metrics.k8s.io/v1beta1/pods` or the answer of a Prometheus query. Exits with 1 where a pod "
                "has no "
                "place. Of goals each counts where those before it are equal: a place for every pod, the pressure on "
                "the "
                "fullest node, what the loss of a node leaves down, preferences, the price of the moves, short ways "
                "between pods that talk to each other. placement in labwright.yaml has their order, the step and "
                "enough of "
                "pressure in percent, and weights: a move 10, 5 more where the last replica stops, 2 for a gigabyte to "
                "copy, 1 for a pod that talks to another node (0 to 1000 each). Ctrl-C ends the search with the best "
                "so far and what is not proven of it; a second one ends "
                "the program."},
        {"report",
                "Writes REPORT.md, report.html and report.json: findings before and after and which came or went, what "
                "each node carries, what is left by priority, addresses, services, and the commits between by phase."},
        {"blame",
                "The commit has the finding and the one before it has not, however files have moved and lines shifted "
                "since. Old commits are checked as they were; merged branches are looked into."},
        {"history", "Of each week its last commit is read and checked as it was."},
        {"lsp", "The Language Server Protocol on standard input and output: diagnostics of the whole repository with "
                "the texts "
                "as they are in the editor, proven edits as quick fixes, hover, definitions."},
        {"mcp", "The Model Context Protocol on standard input and output, with the tools check, explain, facts, fix, "
                "place and "
                "report. fix writes only with --allow-write."},
        {"up", "Where labwright.yaml names the context of a cluster (cluster: {context: NAME}), or --context does, "
               "objects are applied "
               "to it by server-side apply, wave by wave; else containers are made on Docker or Podman: the engine of "
               "DOCKER_HOST, of labwright.yaml (engine: {host: ADDRESS} or {context: NAME}), of the current docker "
               "context, or the first that answers. The current "
               "context of a kubeconfig is never taken. Words that are no paths are names, as after --only. Images are "
               "pulled where a manifest's imagePullPolicy or tag (latest, or none) or a compose "
               "file's pull_policy says so, whenever a container starts; a pull that fails is told, and the image that "
               "is here serves. With --pull all are pulled or built first, and what runs on an older one is made anew. "
               "With --dry-run nothing is done, and an engine is not needed. Init containers and pods of Jobs that "
               "fail are made anew, as restartPolicy and "
               "backoffLimit have it; the former at most eight times more. A container that is changed is made beside "
               "the old one, which comes back if the new one does not start; with --no-keep it does not. What fails to "
               "start is explained at the end."},
        {"init", "Each value with the place it was read from; what disagrees is a question in a comment. Never writes "
                 "over a "
                 "file that is there."},
        {"facts", "One fact a line: subject, kind, object, place."},
};

static const char tail[] =
        ".SH SILENCING A FINDING\n"
        "In a comment on the line, or alone on the line above it:\n.PP\n.nf\n"
        "    # labwright: ignore=rule\\-id,rule\\-id until=2027\\-01\\-31 \\-\\- why\n.fi\n.PP\n"
        "On a Kubernetes object, the annotation\n.BR labwright/ignore .\n"
        "For a rule or a path as a whole, the keys\n.BR rules \" and \" ignore\nof\n.IR labwright.yaml .\n"
        ".SH EXIT STATUS\n"
        ".TP\n.B 0\nClean.\n.TP\n.B 1\nFindings at or over the level of\n.BR \\-\\-fail\\-on .\n"
        ".TP\n.B 2\nWrong usage.\n.TP\n.B 3\nThe work could not be done.\n"
        ".SH ENVIRONMENT\n"
        ".TP\n.B LABWRIGHT_DATA\nThe folder that holds\n.IR examples ,\nwhere\n.B demo\ndoes not find it beside the "
        "program.\n"
        ".TP\n.B XDG_CACHE_HOME\nWhat is kept between runs lies in its folder\n.IR labwright ;\n.I ~/.cache\nwhere it "
        "is not set. That is what files said that Git holds, and what Python said of programs: 512 MiB at most, for "
        "its owner alone to read, and it can be removed at any time.\n"
        ".TP\n.B NO_COLOR\nNo colour, if set to anything.\n"
        ".TP\n.B CLICOLOR_FORCE\nColour even where the output is no terminal.\n"
        ".TP\n.B LC_ALL, LC_CTYPE, LANG\nOrnaments are ASCII where the locale is not UTF\\-8.\n"
        ".SH FILES\n"
        ".TP\n.I labwright.yaml\nAt the root of the repository: networks, nodes, areas, aliases, ignored paths and "
        "settings "
        "of rules.\nAll of it is optional.\n";

/* Text of a man page: no line begins with a control character, and dashes are those one types. */
static void append_text(GString *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		g_string_append(out, "\\&");
	for (; *text; text++) {
		if (*text == '-' || *text == '\\')
			g_string_append_printf(out, "\\%s", *text == '-' ? "-" : "e");
		else if (g_str_has_prefix(text, "…"))
			g_string_append(out, "\\&..."), text += strlen("…") - 1;
		else
			g_string_append_c(out, *text);
	}
}

static void append_option(const GOptionEntry *option, void *data)
{
	GString *out = data;
	g_string_append(out, ".TP\n");
	g_string_append(out, option->arg_description ? ".BI " : ".B ");
	g_string_append_c(out, '"');
	if (option->short_name)
		g_string_append_printf(out, "\\-%c, ", option->short_name);
	g_string_append(out, "\\-\\-");
	append_text(out, option->long_name);
	g_string_append_c(out, '"');
	if (option->arg_description) {
		g_string_append(out, " \" ");
		append_text(out, option->arg_description);
		g_string_append_c(out, '"');
	}
	g_string_append_c(out, '\n');
	append_text(out, option->description);
	g_string_append(out, ".\n");
}

/* With the first letter of a sentence. */
static void append_sentence(GString *out, const char *text)
{
	g_autofree char *sentence = g_strdup(text);
	*sentence = g_ascii_toupper(*sentence);
	append_text(out, sentence);
	g_string_append(out, ".\n");
}

static void append_command(GString *out, const Command *command)
{
	g_string_append(out, ".SS ");
	g_string_append_printf(out, "\"labwright %s", command->name);
	g_string_append_c(out, ' ');
	append_text(out, command->usage);
	g_string_append(out, "\"\n");
	append_sentence(out, command->summary);
	for (size_t i = 0; i < G_N_ELEMENTS(details); i++)
		if (strcmp(details[i].command, command->name) == 0) {
			append_text(out, details[i].text);
			g_string_append_c(out, '\n');
		}
	command_options(command, append_option, out);
}

void manual_append(GString *out)
{
	g_string_append(out,
	        ".TH LABWRIGHT 1 \"\" \"labwright " VERSION "\" \"User Commands\"\n"
	        ".SH NAME\nlabwright \\- say what is wrong between the files of a homelab\n"
	        ".SH SYNOPSIS\n.B labwright\n.I command\n.RI [ option ...] \" \" [ path ...]\n"
	        ".SH DESCRIPTION\n.B labwright\nreads the Git repository of a homelab into one graph of facts and says "
	        "what "
	        "is wrong between its files, with evidence from both sides.\n"
	        "It needs no configuration, writes no file unless told to, runs nothing of the repository and uses no "
	        "network.\n"
	        ".SH COMMANDS\n");
	for (const Command *const *command = commands(); *command; command++)
		append_command(out, *command);
	g_string_append(out, tail);
}
