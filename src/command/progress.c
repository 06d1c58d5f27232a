/* A line on the terminal for whoever waits. A thread of its own looks at the scan's counter, so that neither the scan
 * nor a report knows of it; nothing is started where nobody looks. */
#include "command/command.h"

#include <stdio.h>
#include <unistd.h>

#define BEFORE_FIRST 300000 /* microseconds */
#define BETWEEN 100000

struct Progress {
	ScanProgress counter;
	GThread *thread; /* NULL: standard error is no terminal */
	GMutex mutex;
	GCond cond;
	bool done;
	bool shown;
};

static void show(Progress *progress)
{
	int read = g_atomic_int_get(&progress->counter.read), total = g_atomic_int_get(&progress->counter.total);
	if (total > 0 && read >= total)
		fputs("\r\033[Kchecking", stderr);
	else if (total > 0)
		fprintf(stderr, "\r\033[Kreading %d of %d %s", read, total,
		        progress->counter.unit ? progress->counter.unit : "files");
	else
		fputs("\r\033[Klisting files", stderr);
	fflush(stderr);
	progress->shown = true;
}

static gpointer watch(gpointer data)
{
	Progress *progress = data;
	int64_t next = g_get_monotonic_time() + BEFORE_FIRST;
	g_mutex_lock(&progress->mutex);
	while (!progress->done) {
		if (g_cond_wait_until(&progress->cond, &progress->mutex, next))
			continue;
		show(progress);
		next = g_get_monotonic_time() + BETWEEN;
	}
	g_mutex_unlock(&progress->mutex);
	return NULL;
}

Progress *progress_new(void)
{
	Progress *progress = g_new0(Progress, 1);
	const char *terminal = g_getenv("TERM");
	if (isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0)
		progress->thread = g_thread_new("progress", watch, progress);
	return progress;
}

ScanProgress *progress_counter(Progress *progress)
{
	return &progress->counter;
}

void progress_free(Progress *progress)
{
	if (!progress)
		return;
	if (progress->thread) {
		g_mutex_lock(&progress->mutex);
		progress->done = true;
		g_cond_signal(&progress->cond);
		g_mutex_unlock(&progress->mutex);
		g_thread_join(progress->thread);
		if (progress->shown)
			fputs("\r\033[K", stderr);
	}
	g_free(progress);
}
