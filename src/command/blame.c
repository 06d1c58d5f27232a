/* labwright blame: which commit brought each finding in. */
#include "command/command.h"

#include "base/error.h"
#include "base/json.h"
#include "report/report.h"

extern const Command command_blame;

typedef struct BlameArguments {
	ScanArguments scan;
	char **only, *profile, *format;
} BlameArguments;

static void blame_arguments_clear(BlameArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	g_strfreev(arguments->only);
	g_free(arguments->profile);
	g_free(arguments->format);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(BlameArguments, blame_arguments_clear)

/* ---- text ---------------------------------------------------------------------------------------------- */

static void append_blame(const ReportInput *input, const Blame *blame, GString *out)
{
	report_append_place(input, blame->finding->span, out);
	g_string_append_printf(out, ": %s: ", level_word(blame->finding->level));
	report_append(out, blame->finding->message, input->unicode);
	g_string_append_printf(out, " [%s]\n  ", blame->finding->rule->id);
	if (!blame->commit) {
		g_string_append(out, "not committed yet\n");
		return;
	}
	g_string_append_printf(out, "%.10s %s ", blame->commit, blame->date);
	report_append(out, blame->author, input->unicode);
	g_string_append(out, ": ");
	report_append(out, blame->subject, input->unicode);
	g_string_append_c(out, '\n');
}

static void append_text(const Scan *scan, const GArray *blames, GString *out)
{
	ReportInput input = {.graph = scan->graph, .unicode = g_get_charset(NULL)};
	g_autoptr(GHashTable) commits = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < blames->len; i++) {
		const Blame *blame = &g_array_index(blames, Blame, i);
		append_blame(&input, blame, out);
		if (blame->commit)
			g_hash_table_add(commits, (gpointer)blame->commit);
	}
	g_string_append_printf(out, "%s%u findings, brought in by %u commits\n", out->len ? "\n" : "", blames->len,
	        g_hash_table_size(commits));
	if (blames->len)
		g_string_append(out, "next: git show COMMIT\n");
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static Json *blame_json(const Graph *graph, const Blame *blame)
{
	const Finding *finding = blame->finding;
	g_autofree char *fingerprint = finding_fingerprint(graph, finding);
	uint32_t line, column;
	Json *object = json_new_map();
	graph_position(graph, finding->span, &line, &column);
	json_set_text(object, "rule", finding->rule->id);
	json_set_text(object, "level", level_word(finding->level));
	json_set_text(object, "path", graph_file_path(graph, finding->span.file));
	json_set_number(object, "line", line);
	json_set_number(object, "column", column);
	json_set_text(object, "message", finding->message);
	json_set_text(object, "fingerprint", fingerprint);
	json_set_text(object, "commit", blame->commit);
	json_set_text(object, "author", blame->author);
	json_set_text(object, "date", blame->date);
	json_set_text(object, "subject", blame->subject);
	return object;
}

/* A finding a line. */
static void append_json(const Scan *scan, const GArray *blames, GString *out)
{
	g_string_append_c(out, '[');
	for (guint i = 0; i < blames->len; i++) {
		g_autoptr(Json) object = blame_json(scan->graph, &g_array_index(blames, Blame, i));
		g_autofree char *text = json_print(object);
		g_string_append_printf(out, "%s\n%s", i ? "," : "", text);
	}
	g_string_append(out, "\n]\n");
}

/* ---- the command -------------------------------------------------------------------------------------- */

static int blame(const BlameArguments *arguments, GError **error)
{
	g_auto(GStrv) paths = NULL;
	g_autoptr(Arena) arena = arena_new();
	g_autoptr(Scan) scan = scan_arguments_read(&arguments->scan, error);
	if (!scan || !scan_arguments_below(&arguments->scan, scan, &paths, error))
		return EXIT_WORK;
	CheckOptions asked = {.only = (const char *const *)arguments->only,
	        .paths = (const char *const *)paths,
	        .profile = arguments->profile};
	g_autoptr(Check) check = check_new(scan, &asked, error);
	if (!check)
		return EXIT_USAGE;
	g_autoptr(Progress) progress = progress_new();
	progress_counter(progress)->unit = "commits";
	g_autoptr(GArray) blames = blames_new(scan, check, &asked, arena, progress_counter(progress), error);
	g_clear_pointer(&progress, progress_free);
	if (!blames)
		return EXIT_WORK;
	g_autoptr(GString) out = g_string_new(NULL);
	if (g_strcmp0(arguments->format, "json") == 0)
		append_json(scan, blames, out);
	else
		append_text(scan, blames, out);
	return command_write(NULL, out, error) ? EXIT_CLEAN : EXIT_WORK;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(BlameArguments) arguments = {0};
	Profile profile;
	const GOptionEntry entries[] = {
	        {"rule", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.only, "Only this rule; may be repeated", "RULE"},
	        {"profile", 0, 0, G_OPTION_ARG_STRING, &arguments.profile, "homelab, security or strict", "NAME"},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format, "text (default) or json", "NAME"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments.scan, entries, &command_blame, &argc, &argv, &error))
		return command_fail(error);
	if (arguments.format && strcmp(arguments.format, "text") != 0 && strcmp(arguments.format, "json") != 0)
		return command_misused("text or json", "--format cannot be '%s'", arguments.format);
	if (arguments.profile && !profile_find(arguments.profile, &profile))
		return command_misused("homelab, security or strict", "--profile cannot be '%s'", arguments.profile);
	int code = blame(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_blame = {
        "blame", "tell", "[--rule RULE] [PATH…]", "which commit brought each finding in, when and by whom", run};
