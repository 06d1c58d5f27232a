/* labwright logs: what containers of the homelab write, several at once, each line with its pod's name. */
#include "command/command.h"

#include "base/error.h"

#include <stdio.h>
#include <unistd.h>

extern const Command command_logs;

typedef struct LogArguments {
	ScanArguments scan;
	HomelabArguments homelab;
	char *since, *grep, *colour;
	gboolean follow, previous;
	int tail;
} LogArguments;

static void log_arguments_clear(LogArguments *arguments)
{
	scan_arguments_clear(&arguments->scan);
	homelab_arguments_clear(&arguments->homelab);
	g_free(arguments->since);
	g_free(arguments->grep);
	g_free(arguments->colour);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(LogArguments, log_arguments_clear)

/* One container's stream; lines are put out whole, so that those of several do not mix. */
typedef struct Tailing {
	const LogArguments *arguments;
	const Engine *engine;   /* NULL on a cluster */
	const Cluster *cluster; /* or NULL */
	const LiveContainer *container;
	GRegex *grep;
	GMutex *lock;
	char *title;
	uint32_t number;
	bool colour;
} Tailing;

static void put_line(const Tailing *tailing, const GString *line)
{
	static const char *const paints[] = {"\033[36m", "\033[33m", "\033[32m", "\033[35m", "\033[34m"};
	g_autofree char *valid = g_utf8_make_valid(line->str, (gssize)line->len);
	if (tailing->grep && !g_regex_match(tailing->grep, valid, 0, NULL))
		return;
	g_mutex_lock(tailing->lock);
	if (tailing->colour)
		printf("%s%s\033[0m  %s\n", paints[tailing->number % G_N_ELEMENTS(paints)], tailing->title, valid);
	else
		printf("%s  %s\n", tailing->title, valid);
	fflush(stdout);
	g_mutex_unlock(tailing->lock);
}

static void put_bytes(const Tailing *tailing, GString *line, const char *bytes, gssize length)
{
	for (gssize i = 0; i < length; i++) {
		if (bytes[i] == '\n') {
			put_line(tailing, line);
			g_string_truncate(line, 0);
		} else if (bytes[i] != '\r' && line->len < 65536) {
			g_string_append_c(line, bytes[i]);
		}
	}
}

static void put_stream(const Tailing *tailing, LogReader *reader, GError **error)
{
	g_autoptr(GString) line = g_string_new(NULL);
	char buffer[4096];
	gssize length;
	int from;
	while ((length = log_read(reader, buffer, sizeof(buffer), &from, error)) > 0)
		put_bytes(tailing, line, buffer, length);
	if (line->len)
		put_line(tailing, line);
}

static void tail_cluster(const Tailing *tailing, GError **error)
{
	const LogArguments *arguments = tailing->arguments;
	LogQuery query = {arguments->tail, arguments->follow, arguments->previous, arguments->since};
	g_autoptr(Cluster) cluster = cluster_again(tailing->cluster, error);
	g_autoptr(GInputStream) stream = cluster ? cluster_logs(cluster, tailing->container, &query, error) : NULL;
	LogReader reader = {.stream = stream, .raw = true};
	if (stream)
		put_stream(tailing, &reader, error);
}

static void tail_engine(const Tailing *tailing, GError **error)
{
	g_autoptr(Engine) engine = engine_again(tailing->engine);
	g_autofree char *path = g_strdup_printf("/containers/%s/logs?stdout=true&stderr=true&tail=%d&follow=%s%s%s",
	        tailing->container->id, tailing->arguments->tail, tailing->arguments->follow ? "true" : "false",
	        tailing->arguments->since ? "&since=" : "", tailing->arguments->since ? tailing->arguments->since : "");
	g_autoptr(GInputStream) stream = engine_stream(engine, "GET", path, NULL, NULL, error);
	LogReader reader = {.stream = stream, .raw = stream && container_has_terminal(engine, tailing->container->id)};
	if (stream)
		put_stream(tailing, &reader, error);
}

static void *tail(void *data)
{
	const Tailing *tailing = data;
	g_autoptr(GError) error = NULL;
	if (tailing->cluster)
		tail_cluster(tailing, &error);
	else
		tail_engine(tailing, &error);
	if (error)
		g_printerr("error: %s: %s\n", tailing->title, error->message);
	return NULL;
}

/* "10m", "2h", "90s" ago as seconds since 1970, which is what the API takes. */
static bool since_time(char **since, GError **error)
{
	char *end;
	gint64 number = *since ? g_ascii_strtoll(*since, &end, 10) : 0;
	gint64 unit = !*since || *end == 's' ? 1 : *end == 'm' ? 60 : *end == 'h' ? 3600 : *end == 'd' ? 86400 : 0;
	if (!*since)
		return true;
	if (end == *since || !unit || end[1]) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE,
		        "--since wants a time such as 90s, 10m, 2h or 1d, not '%s'", *since);
		return false;
	}
	g_free(*since);
	*since = g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC - number * unit);
	return true;
}

static void tail_all(const LogArguments *arguments, const Ground *ground, GPtrArray *chosen, GRegex *grep, bool colour)
{
	GMutex lock;
	g_mutex_init(&lock);
	g_autofree Tailing *tailings = g_new0(Tailing, chosen->len);
	g_autofree GThread **threads = g_new0(GThread *, chosen->len);
	for (guint i = 0; i < chosen->len; i++) {
		const LiveContainer *container = chosen->pdata[i];
		tailings[i] = (Tailing){arguments, ground->engine, ground->cluster, container, grep, &lock,
		        live_title(container), i, colour};
		threads[i] = g_thread_new("logs", tail, &tailings[i]);
		if (!arguments->follow)
			g_thread_join(threads[i]);
	}
	for (guint i = 0; i < chosen->len; i++) {
		if (arguments->follow)
			g_thread_join(threads[i]);
		g_free(tailings[i].title);
	}
	g_mutex_clear(&lock);
}

static int logs(LogArguments *arguments, char **names, GError **error)
{
	bool colour;
	g_autoptr(GRegex) grep = NULL;
	if (!command_colour(arguments->colour, &colour, error) || !since_time(&arguments->since, error) ||
	        (arguments->grep && !(grep = g_regex_new(arguments->grep, G_REGEX_OPTIMIZE, 0, error))))
		return EXIT_USAGE;
	g_auto(Ground) ground = {0};
	const Live *live = homelab_arguments_ground(&arguments->homelab, &arguments->scan, &ground, error)
	                           ? ground_look(&ground, error)
	                           : NULL;
	if (!live)
		return EXIT_WORK;
	if (!live_has_names(live, (const char *const *)names, error))
		return EXIT_USAGE;
	g_autoptr(GPtrArray) chosen = g_ptr_array_new();
	for (guint i = 0; i < live->containers->len; i++) {
		const LiveContainer *container = live->containers->pdata[i];
		if (container->role != UNIT_PAUSE &&
		        container_is_meant(container, *names ? (const char *const *)names : NULL))
			g_ptr_array_add(chosen, (void *)container);
	}
	if (chosen->len == 0) {
		g_set_error(error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "nothing of %s runs", ground.project);
		error_add_help(error, "labwright up starts it");
		return EXIT_USAGE;
	}
	tail_all(arguments, &ground, chosen, grep, colour);
	return EXIT_CLEAN;
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(LogArguments) arguments = {.tail = 100};
	const GOptionEntry own[] = {
	        {"follow", 'f', 0, G_OPTION_ARG_NONE, &arguments.follow, "Go on as they write", NULL},
	        {"previous", 'p', 0, G_OPTION_ARG_NONE, &arguments.previous,
	                "On a cluster: of the containers that ended before", NULL},
	        {"tail", 'n', 0, G_OPTION_ARG_INT, &arguments.tail, "So many last lines of each; 100 without it",
	                "LINES"},
	        {"since", 0, 0, G_OPTION_ARG_STRING, &arguments.since, "Only since so long ago: 90s, 10m, 2h, 1d",
	                "TIME"},
	        {"grep", 0, 0, G_OPTION_ARG_STRING, &arguments.grep, "Only lines that this expression matches",
	                "PATTERN"},
	        {"color", 0, 0, G_OPTION_ARG_STRING, &arguments.colour, "auto, always or never", "WHEN"},
	        {NULL, 0, 0, 0, NULL, NULL, NULL},
	};
	if (!homelab_arguments_parse(&arguments.homelab, &arguments.scan, own, &command_logs, &argc, &argv, &error))
		return command_fail(error);
	char *none[] = {NULL}, **names = argc > 1 ? argv + 1 : none;
	arguments.scan.path = arguments.scan.root ? arguments.scan.root : ".";
	int code = logs(&arguments, names, &error);
	return error ? command_fail(error) : code;
}

const Command command_logs = {"logs", "run", "[NAME…] [--follow]", "what containers write", run};
