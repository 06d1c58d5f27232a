/* labwright exec: a command in a container of the homelab, with the terminal where there is one. */
#include "command/command.h"

#include "base/error.h"

#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

extern const Command command_exec;

static const LiveContainer *find_container(const Live *live, const char *name)
{
	const char *const only[] = {name, NULL};
	for (guint i = 0; i < live->containers->len; i++) {
		const LiveContainer *container = live->containers->pdata[i];
		if (container->state == LIVE_RUNNING && container->role == UNIT_MAIN &&
		        (strcmp(container->name, name) == 0 || container_is_meant(container, only)))
			return container;
	}
	return NULL;
}

static char *exec_new(Engine *engine, const LiveContainer *container, char **command, bool terminal, GError **error)
{
	g_autofree char *path = g_strdup_printf("/containers/%s/exec", container->id);
	g_autoptr(Json) body = json_new_map(), answer = NULL;
	json_set_bool(body, "AttachStdin", true);
	json_set_bool(body, "AttachStdout", true);
	json_set_bool(body, "AttachStderr", true);
	json_set_bool(body, "Tty", terminal);
	for (; *command; command++)
		json_append_text(json_list_in(body, "Cmd"), *command);
	return engine_send(engine, "POST", path, body, &answer, error) ? g_strdup(json_text_at(answer, "Id")) : NULL;
}

static void fit(Engine *engine, const char *id)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0)
		return;
	g_autofree char *path = g_strdup_printf("/exec/%s/resize?h=%u&w=%u", id, size.ws_row, size.ws_col);
	engine_send(engine, "POST", path, NULL, NULL, NULL);
}

static void *feed(void *data)
{
	GIOStream *stream = data;
	char buffer[4096];
	ssize_t length;
	while ((length = read(STDIN_FILENO, buffer, sizeof(buffer))) > 0)
		if (!g_output_stream_write_all(
		            g_io_stream_get_output_stream(stream), buffer, (gsize)length, NULL, NULL, NULL))
			return NULL;
	g_socket_shutdown(g_socket_connection_get_socket(G_SOCKET_CONNECTION(stream)), FALSE, TRUE, NULL);
	return NULL;
}

static bool put(int to, const char *bytes, gssize length)
{
	while (length > 0) {
		ssize_t written = write(to, bytes, (size_t)length);
		if (written <= 0)
			return false;
		bytes += written;
		length -= written;
	}
	return true;
}

static bool talk(GIOStream *stream, bool terminal, GError **error)
{
	g_thread_unref(g_thread_new("input", feed, stream)); /* ends with the program: it may wait for a key for ever */
	LogReader reader = {.stream = g_io_stream_get_input_stream(stream), .raw = terminal};
	char buffer[4096];
	gssize length;
	int from;
	while ((length = log_read(&reader, buffer, sizeof(buffer), &from, error)) > 0)
		if (!put(from == 2 ? STDERR_FILENO : STDOUT_FILENO, buffer, length))
			break;
	return length >= 0;
}

static int exec_in(Engine *engine, const LiveContainer *container, char **command, GError **error)
{
	struct termios saved, raw;
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &saved) == 0;
	g_autofree char *id = exec_new(engine, container, command, terminal, error);
	g_autofree char *start = id ? g_strdup_printf("/exec/%s/start", id) : NULL,
	                *ask = id ? g_strdup_printf("/exec/%s/json", id) : NULL;
	g_autoptr(Json) body = json_new_map();
	json_set_bool(body, "Detach", false);
	json_set_bool(body, "Tty", terminal);
	GIOStream *stream =
	        id ? engine_talk(engine, start, body, error) : NULL; /* the input thread may still hold it */
	if (!stream)
		return EXIT_WORK;
	if (terminal) {
		fit(engine, id);
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	bool fine = talk(stream, terminal, error);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	g_autoptr(Json) answer = fine ? engine_get(engine, ask, error) : NULL;
	return answer ? (int)json_number_at(answer, "ExitCode", EXIT_WORK) : EXIT_WORK;
}

/* The terminal passes every key on while a command has it. */
static int exec_there(Cluster *cluster, const LiveContainer *container, char **command, GError **error)
{
	struct termios saved, raw;
	int code = EXIT_WORK;
	bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetattr(STDIN_FILENO, &saved) == 0;
	if (terminal) {
		raw = saved;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	}
	bool fine = cluster_exec(cluster, container, command, terminal, &code, error);
	if (terminal)
		tcsetattr(STDIN_FILENO, TCSANOW, &saved);
	return fine ? code : EXIT_WORK;
}

static int exec_named(const HomelabArguments *homelab, const ScanArguments *scan, char **words, GError **error)
{
	g_auto(Ground) ground = {0};
	const Live *live = homelab_arguments_ground(homelab, scan, &ground, error) ? ground_look(&ground, error) : NULL;
	const LiveContainer *container = live ? find_container(live, words[0]) : NULL;
	char shell[] = "sh", *plain[] = {shell, NULL};
	if (!live)
		return EXIT_WORK;
	if (!container) {
		g_set_error(
		        error, LABWRIGHT_ERROR, LABWRIGHT_ERROR_USAGE, "nothing that runs is called '%s'", words[0]);
		error_add_help(error, "labwright status lists the names");
		return EXIT_USAGE;
	}
	char **command = words[1] && strcmp(words[1], "--") == 0 ? words + 2 : words + 1;
	command = *command ? command : plain;
	return ground.cluster ? exec_there(ground.cluster, container, command, error)
	                      : exec_in(ground.engine, container, command, error);
}

static int run(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_auto(HomelabArguments) homelab = {0};
	g_auto(ScanArguments) scan = {0};
	const GOptionEntry own[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};
	if (!homelab_arguments_parse(&homelab, &scan, own, &command_exec, &argc, &argv, &error))
		return command_fail(error);
	if (argc < 2)
		return command_misused("labwright exec NAME -- COMMAND", "exec needs the name of what runs");
	scan.path = scan.root ? scan.root : ".";
	int code = exec_named(&homelab, &scan, argv + 1, &error);
	return error ? command_fail(error) : code;
}

const Command command_exec = {"exec", "run", "NAME [-- COMMAND…]", "run a command in a container", run};
