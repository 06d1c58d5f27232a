/* GLib's locks are made of futexes, which ThreadSanitizer does not see, so that what they guard looks unguarded. Linked
 * before them by --wrap, these tell it who waits for whom. */
#include <glib.h>
#include <sanitizer/tsan_interface.h>

void __real_g_mutex_lock(GMutex *mutex);
void __real_g_mutex_unlock(GMutex *mutex);
void __real_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __real_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end);
gboolean __real_g_once_init_enter(volatile void *location);
void __real_g_once_init_leave(volatile void *location, gsize result);

void __wrap_g_mutex_lock(GMutex *mutex);
void __wrap_g_mutex_unlock(GMutex *mutex);
void __wrap_g_cond_wait(GCond *cond, GMutex *mutex);
gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end);
gboolean __wrap_g_once_init_enter(volatile void *location);
void __wrap_g_once_init_leave(volatile void *location, gsize result);

void __wrap_g_mutex_lock(GMutex *mutex)
{
	__real_g_mutex_lock(mutex);
	__tsan_acquire(mutex);
}

void __wrap_g_mutex_unlock(GMutex *mutex)
{
	__tsan_release(mutex);
	__real_g_mutex_unlock(mutex);
}

void __wrap_g_cond_wait(GCond *cond, GMutex *mutex)
{
	__tsan_release(mutex);
	__real_g_cond_wait(cond, mutex);
	__tsan_acquire(mutex);
}

gboolean __wrap_g_cond_wait_until(GCond *cond, GMutex *mutex, gint64 end)
{
	__tsan_release(mutex);
	gboolean in_time = __real_g_cond_wait_until(cond, mutex, end);
	__tsan_acquire(mutex);
	return in_time;
}

gboolean __wrap_g_once_init_enter(volatile void *location)
{
	gboolean first = __real_g_once_init_enter(location);
	if (!first)
		__tsan_acquire((void *)location);
	return first;
}

void __wrap_g_once_init_leave(volatile void *location, gsize result)
{
	__tsan_release((void *)location);
	__real_g_once_init_leave(location, result);
}
