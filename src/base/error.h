/* What could not be done: errors of the program's own work, never of the user's files. */
#pragma once

#include <glib.h>

#define LABWRIGHT_ERROR (labwright_error_quark())

typedef enum LabwrightError {
	LABWRIGHT_ERROR_USAGE, /* the user asked for something that makes no sense: exit 2 */
	LABWRIGHT_ERROR_WORK,  /* the work as a whole could not be done: exit 3 */
} LabwrightError;

GQuark labwright_error_quark(void);

/* Adds the line `at path:line:col` or `help: …` below what an error says; nothing if error is NULL. */
void error_add_place(GError **error, const char *path, guint line, guint column);
void error_add_help(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
