/* labwright place: which workload belongs on which node, and why. */
#include "command/command.h"

#include "base/error.h"

#include <signal.h>

extern const Command command_place;

typedef struct PlaceArguments {
	ScanArguments scan;
	char **usage, **what_if, *format, *output, *colour;
	gboolean migrate, all, online;
	int seconds;
	gint64 seed;
} PlaceArguments;

static void place_arguments_clear(PlaceArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	g_strfreev(arguments->usage);
	g_strfreev(arguments->what_if);
	g_free(arguments->format);
	g_free(arguments->output);
	g_free(arguments->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PlaceArguments, place_arguments_clear)

typedef enum Format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SVG } Format;

static bool parse_format(const char *word, Format *ret_format, GError **error)
{
	static const char *const words[] = {"text", "json", "svg"};
	*ret_format = FORMAT_TEXT;
	for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
		if (!word || strcmp(word, words[i]) == 0) {
			*ret_format = (Format)i;
			return true;
		}
	g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--format cannot be '%s'", word);
	error_add_help(error, "text, json, svg");
	return false;
}

static void write_plan(
        const PlaceArguments *arguments, const Placement *placement, Format format, bool colour, GString *out)
{
	PlaceStyle style = {colour && !arguments->output, g_get_charset(NULL), arguments->all};
	if (format == FORMAT_JSON)
		plan_json(placement->plan, out);
	else if (format == FORMAT_SVG)
		place_svg(placement->plan, out);
	else
		plan_text(placement->plan, &style, out);
}

static volatile int stop;

static void on_signal(int number)
{
	stop = number;
}

/* The first Ctrl-C asks for the best so far; the second ends the program as it always does. */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
	for (size_t i = 0; i < G_N_ELEMENTS(signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* Pods without a place are findings. */
static bool has_unplaced(const Placement *placement)
{
	return placement->plan->solution->score.at[GOAL_UNPLACED] > 0 || placement->model->unfit->len > 0;
}

static int place(const PlaceArguments *arguments, GError **error)
{
	Format format;
	bool colour;
	g_auto(GStrv) paths = NULL;
	if (!parse_format(arguments->format, &format, error) || !command_colour(arguments->colour, &colour, error))
		return EXIT_USAGE;
	if (arguments->seconds < 0 || arguments->seconds > 86400) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "--time wants seconds, a day at most");
		return EXIT_USAGE;
	}
	g_autoptr(Scan) scan = scan_arguments_read(&arguments->scan, error);
	if (!scan || !scan_arguments_below(&arguments->scan, scan, &paths, error))
		return EXIT_WORK;
	g_autoptr(Usage) usage = arguments->usage ? usage_new((const char *const *)arguments->usage, error) : NULL;
	if (arguments->usage && !usage)
		return EXIT_WORK;
	PlacementOptions options = {.usage = usage,
	        .what_if = (const char *const *)arguments->what_if,
	        .paths = (const char *const *)paths,
	        .migrate = arguments->migrate,
	        .seconds = (uint32_t)arguments->seconds,
	        .seed = (uint64_t)arguments->seed,
	        .stop = &stop};
	if (arguments->online) {
		g_autoptr(GString) notes = g_string_new(NULL);
		placement_ask(scan, usage, notes);
		g_printerr("%s", notes->str);
	}
	catch_signals();
	g_autoptr(Placement) placement = placement_new(scan, &options, error);
	if (!placement)
		return EXIT_WORK;
	g_autoptr(GString) out = g_string_new(NULL);
	write_plan(arguments, placement, format, colour, out);
	if (!command_write(arguments->output, out, error))
		return EXIT_WORK;
	return has_unplaced(placement) ? EXIT_FINDINGS : EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(PlaceArguments) arguments = {0};
	const GOptionEntry entries[] = {
	        {"usage", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &arguments.usage,
	                "What a cluster said: pods, nodes or metrics as JSON, or cluster:CONTEXT for what it says now; "
	                "may be "
	                "repeated",
	                "FILE"},
	        {"what-if", 0, 0, G_OPTION_ARG_STRING_ARRAY, &arguments.what_if,
	                "drain NODE, lose NODE, add node NAME cpu=4 memory=16Gi, replicas NAME=2; may be repeated",
	                "QUESTION"},
	        {"migrate", 0, 0, G_OPTION_ARG_NONE, &arguments.migrate,
	                "Let volumes move too, at the price of copying them", NULL},
	        {"online", 0, 0, G_OPTION_ARG_NONE, &arguments.online,
	                "Ask the registries what the images are built for", NULL},
	        {"format", 0, 0, G_OPTION_ARG_STRING, &arguments.format, "text, json or svg", "NAME"},
	        {"output", 'o', 0, G_OPTION_ARG_FILENAME, &arguments.output, "Write to this file", "FILE"},
	        {"time", 0, 0, G_OPTION_ARG_INT, &arguments.seconds,
	                "Search for so long at most, or until Ctrl-C; without it the work is fixed, and so is the "
	                "answer",
	                "SECONDS"},
	        {"seed", 0, 0, G_OPTION_ARG_INT64, &arguments.seed,
	                "Of the chance by which the search goes on; the same number gives the same answer", "N"},
	        {"all", 0, 0, G_OPTION_ARG_NONE, &arguments.all, "Every resource and every note", NULL},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!scan_arguments_parse(&arguments.scan, entries, &command_place, &argc, &argv, &error))
		return command_fail(error);
	int code = place(&arguments, &error);
	return error ? command_fail(error) : code;
}

const Command command_place = {"place", "look", "[--usage FILE] [--what-if QUESTION] [PATH…]",
        "say which workload belongs on which node, with a proof", run};
