/* The domain of our own errors, and the lines below what they say. */
#include "base/error.h"

/* clang-format off */
G_DEFINE_QUARK(labwright-error-quark, labwright_error)
/* clang-format on */

static void add_line(GError **error, const char *line)
{
	if (!error || !*error)
		return;
	char *longer = g_strdup_printf("%s\n%s", (*error)->message, line);
	g_free((*error)->message);
	(*error)->message = longer;
}

void error_add_place(GError **error, const char *path, guint line, guint column)
{
	g_autofree char *text = g_strdup_printf("at %s:%u:%u", path, line, column);
	add_line(error, text);
}

void error_add_help(GError **error, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *line = g_strconcat("help: ", text, NULL);
	add_line(error, line);
}
