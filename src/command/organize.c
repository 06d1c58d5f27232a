/* labwright organize: where each part of the repository belongs, with every reference following. */
#include "command/command.h"

#include "base/error.h"
#include "base/path.h"
#include "report/report.h"

extern const Command command_organize;

typedef struct OrganizeArguments {
	ScanArguments scan;
	gboolean write, commit, with_changes, diff, plan;
	char *colour;
	bool with_colour;
} OrganizeArguments;

static void organize_arguments_clear(OrganizeArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	g_free(arguments->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OrganizeArguments, organize_arguments_clear)

static void append_path(const OrganizeArguments *arguments, const char *path, GString *out)
{
	report_append(out, path, g_get_charset(NULL));
}

/* The moves, by the area that they lead to. */
static void append_moves(const OrganizeArguments *arguments, const Layout *layout, GString *out)
{
	const char *arrow = g_get_charset(NULL) ? " → " : " -> ";
	const char *bold = arguments->with_colour ? "\033[1m" : "", *off = arguments->with_colour ? "\033[0m" : "";
	g_autoptr(GHashTable) areas = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < layout->moves->len; i++) {
		const char *area = g_array_index(layout->moves, PartMove, i).area;
		if (!g_hash_table_add(areas, (gpointer)area))
			continue;
		g_string_append_printf(out, "%s%s%s\n", bold, area, off);
		for (guint k = i; k < layout->moves->len; k++) {
			const PartMove *move = &g_array_index(layout->moves, PartMove, k);
			if (strcmp(move->area, area) != 0)
				continue;
			g_string_append(out, "  ");
			append_path(arguments, move->from, out);
			g_string_append(out, arrow);
			append_path(arguments, move->to, out);
			g_string_append_printf(out, "\n      ");
			report_append(out, move->reason, g_get_charset(NULL));
			g_string_append_c(out, '\n');
		}
	}
}

/* More than this many for one reason are one entry. */
#define APART 2

/* The others from i on that are left for the same reason; NULL for few. Free with g_ptr_array_unref. */
static GPtrArray *left_alike(const Layout *layout, guint i)
{
	const Unsure *first = &g_array_index(layout->unsure, Unsure, i);
	GPtrArray *paths = g_ptr_array_new();
	for (guint k = i + 1; k < layout->unsure->len && !first->line; k++) {
		const Unsure *other = &g_array_index(layout->unsure, Unsure, k);
		if (!other->line && strcmp(other->reason, first->reason) == 0)
			g_ptr_array_add(paths, (gpointer)other->path);
	}
	if (paths->len < APART)
		g_clear_pointer(&paths, g_ptr_array_unref);
	return paths;
}

static void append_unsure(const OrganizeArguments *arguments, const Layout *layout, GString *out)
{
	g_autoptr(GHashTable) told = g_hash_table_new(g_str_hash, g_str_equal);
	if (layout->unsure->len)
		g_string_append(out, "\nLEFT TO YOU\n");
	for (guint i = 0; i < layout->unsure->len; i++) {
		const Unsure *unsure = &g_array_index(layout->unsure, Unsure, i);
		if (!unsure->line && g_hash_table_contains(told, unsure->reason))
			continue;
		g_autoptr(GPtrArray) alike = left_alike(layout, i);
		append_path(arguments, unsure->path, out);
		if (unsure->line)
			g_string_append_printf(out, ":%u", unsure->line);
		if (alike) {
			g_string_append_printf(out, " and %u more", alike->len);
			g_hash_table_add(told, (gpointer)unsure->reason);
		}
		g_string_append(out, ": ");
		report_append(out, unsure->reason, g_get_charset(NULL));
		g_string_append_c(out, '\n');
		for (guint k = 0; alike && k < alike->len; k++) {
			g_string_append(out, "    ");
			append_path(arguments, alike->pdata[k], out);
			g_string_append_c(out, '\n');
		}
	}
}

static void append_hidden(
        const OrganizeArguments *arguments, const Organize *organize, const Graph *graph, GString *out)
{
	const GArray *all = organize_hidden(organize);
	if (all->len)
		g_string_append(out, "\nNO LONGER LOOKED FOR\n");
	for (guint i = 0; i < all->len; i++) {
		const HiddenFinding *hidden = &g_array_index(all, HiddenFinding, i);
		uint32_t line, column;
		graph_position(graph, hidden->finding->span, &line, &column);
		append_path(arguments, graph_file_path(graph, hidden->finding->span.file), out);
		g_string_append_printf(out, ":%u: ", line);
		report_append(out, hidden->finding->message, g_get_charset(NULL));
		g_string_append_printf(out, " [%s]\n      ", hidden->finding->rule->id);
		report_append(out, hidden->why, g_get_charset(NULL));
		g_string_append_c(out, '\n');
	}
}

/* Folders deeper than this are within a part. */
#define TREE_DEPTH 3

static uint32_t files_below(const Graph *graph, Slice folder)
{
	uint32_t count = 0;
	for (uint32_t file = 0; file < graph_files(graph); file++)
		count += path_is_below(slice_from(graph_file_path(graph, file)), folder);
	return count;
}

/* The folders of a state, each with the number of files below it. */
static void append_tree(const OrganizeArguments *arguments, const Graph *graph, const char *title, GString *out)
{
	g_autoptr(GHashTable) drawn = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_string_append_printf(out, "\n%s\n", title);
	for (uint32_t file = 0; file < graph_files(graph); file++) {
		Slice path = slice_from(graph_file_path(graph, file));
		size_t slash = slice_find_byte(path, '/', 0);
		for (int depth = 0; slash != SIZE_MAX && depth < TREE_DEPTH && path.at[0] != '.'; depth++) {
			char *folder = slice_dup(slice_sub(path, 0, slash));
			if (g_hash_table_add(drawn, folder)) {
				g_string_append_printf(out, "%*s", 2 * depth + 2, "");
				append_path(arguments, path_name(slice_from(folder)).at, out);
				g_string_append_printf(out, "/  %u\n", files_below(graph, slice_from(folder)));
			}
			slash = slice_find_byte(path, '/', slash + 1);
		}
	}
}

static uint32_t count_changed(const Organize *organize)
{
	uint32_t count = 0;
	for (size_t i = 0; i < organize_files(organize); i++)
		count += organize_file(organize, i)->changed;
	return count;
}

static void append_diffs(const OrganizeArguments *arguments, const Organize *organize, GString *out)
{
	ReportInput input = {.colour = arguments->with_colour};
	for (size_t i = 0; i < organize_files(organize); i++) {
		const OrganizedFile *file = organize_file(organize, i);
		if (!file->changed)
			continue;
		g_autofree char *diff = repo_diff(file->new_path, file->path ? &file->old : NULL, &file->now);
		report_append_diff(&input, diff, out);
	}
}

static void append_summary(const OrganizeArguments *arguments, const Organize *organize, GString *out)
{
	const Layout *layout = organize_layout(organize);
	bool written = arguments->write || arguments->commit;
	ScanArguments asked = arguments->scan;
	asked.worktree = FALSE;
	g_autofree char *again = scan_arguments_again(&asked);
	g_string_append_printf(out, "\n%u part%s %s, references rewritten in %u file%s", layout->moves->len,
	        layout->moves->len == 1 ? "" : "s", written ? "moved" : "would move", count_changed(organize),
	        count_changed(organize) == 1 ? "" : "s");
	if (layout->moves->len)
		g_string_append(out, ", proven: no finding is new, the same objects are applied");
	g_string_append_printf(out, "\n%u left to you\n", layout->unsure->len);
	if (!written && layout->moves->len)
		g_string_append_printf(out, "next: labwright organize --diff%s, then --commit\n", again);
	else
		g_string_append_printf(out, "next: labwright check%s\n", again);
}

static int organize(const OrganizeArguments *arguments, GError **error)
{
	bool writes = arguments->write || arguments->commit;
	uint32_t commits = 0;
	g_autoptr(Scan) scan = scan_arguments_read(&arguments->scan, error);
	if (!scan || (writes && !recover_interrupted(scan->repo, "git status", error)))
		return EXIT_WORK;
	g_autoptr(Organize) organized = organize_new(scan);
	g_autoptr(GString) out = g_string_new(NULL);
	append_moves(arguments, organize_layout(organized), out);
	if (arguments->plan) {
		append_tree(arguments, scan->graph, "BEFORE", out);
		append_tree(arguments, organize_scan(organized)->graph, "AFTER", out);
	}
	if (arguments->diff)
		append_diffs(arguments, organized, out);
	if (arguments->commit && !organize_commit(organized, scan->repo,
	                                 &(CommitOptions){.with_changes = arguments->with_changes}, &commits, error))
		return EXIT_WORK;
	if (arguments->write && !arguments->commit && !organize_write(organized, scan->repo, error))
		return EXIT_WORK;
	append_unsure(arguments, organize_layout(organized), out);
	append_hidden(arguments, organized, scan->graph, out);
	append_summary(arguments, organized, out);
	return command_write(NULL, out, error) ? EXIT_CLEAN : EXIT_WORK;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(OrganizeArguments) arguments = {0};
	const GOptionEntry entries[] = {
	        {"plan", 0, 0, G_OPTION_ARG_NONE, &arguments.plan, "Draw the folders before and after, too", NULL},
	        {"diff", 0, 0, G_OPTION_ARG_NONE, &arguments.diff, "Show what is rewritten, too", NULL},
	        {"write", 'w', 0, G_OPTION_ARG_NONE, &arguments.write, "Move and write the files", NULL},
	        {"commit", 0, 0, G_OPTION_ARG_NONE, &arguments.commit,
	                "The same as two commits: moves, then references", NULL},
	        {"with-changes", 0, 0, G_OPTION_ARG_NONE, &arguments.with_changes,
	                "Commit although the files hold changes of yours", NULL},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments.scan, entries, &command_organize, &argc, &argv, &error) ||
	        !command_colour(arguments.colour, &arguments.with_colour, &error))
		return command_fail(error);
	if (arguments.scan.revision && (arguments.write || arguments.commit))
		return command_misused("leave --rev out", "a commit of the past cannot be written");
	if (!arguments.scan.revision)
		arguments.scan.worktree = TRUE;
	int code = organize(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_organize = {"organize", "change", "[--commit] [PATH]",
        "sort the repository into areas, with every reference following", run};
