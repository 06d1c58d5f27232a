/* Ctrl-C while work is done in the main thread: a thread that turns the main loop sees the signal and cancels. */
#include "command/command.h"

#include <glib-unix.h>

struct Interrupt {
	GMainLoop *loop;
	GThread *thread;
	guint sources[2];
};

static gboolean cancel(void *cancellable)
{
	g_cancellable_cancel(cancellable);
	return G_SOURCE_CONTINUE;
}

static void *turn(void *loop)
{
	g_main_loop_run(loop);
	return NULL;
}

Interrupt *interrupt_new(GCancellable *cancellable)
{
	Interrupt *interrupt = g_new0(Interrupt, 1);
	interrupt->loop = g_main_loop_new(NULL, FALSE);
	interrupt->sources[0] = g_unix_signal_add(SIGINT, cancel, cancellable);
	interrupt->sources[1] = g_unix_signal_add(SIGTERM, cancel, cancellable);
	interrupt->thread = g_thread_new("signals", turn, interrupt->loop);
	return interrupt;
}

void interrupt_free(Interrupt *interrupt)
{
	if (!interrupt)
		return;
	while (!g_main_loop_is_running(interrupt->loop))
		g_usleep(1000);
	g_main_loop_quit(interrupt->loop);
	g_thread_join(interrupt->thread);
	for (size_t i = 0; i < G_N_ELEMENTS(interrupt->sources); i++)
		g_source_remove(interrupt->sources[i]);
	g_main_loop_unref(interrupt->loop);
	g_free(interrupt);
}
