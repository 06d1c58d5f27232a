/* What a program's last words mean, by the forms in which runtimes and clients say it. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef enum SymptomKind {
	SYMPTOM_NONE,
	SYMPTOM_MODULE,     /* subject: the module that is not there */
	SYMPTOM_FILE,       /* subject: the path */
	SYMPTOM_COPY,       /* subject: what a build was to copy */
	SYMPTOM_PROGRAM,    /* subject: the program that the image lacks */
	SYMPTOM_HOST,       /* subject: the host name that nobody knows */
	SYMPTOM_REFUSED,    /* subject: host or address; port */
	SYMPTOM_TIMEOUT,    /* subject: host or address; port may be 0 */
	SYMPTOM_PASSWORD,   /* subject: the user */
	SYMPTOM_DATABASE,   /* subject: the database or role that does not exist */
	SYMPTOM_PERMISSION, /* subject: the path */
	SYMPTOM_DISK,       /* no space left; subject: the path, or NULL */
	SYMPTOM_PORT,       /* port: taken by another */
	SYMPTOM_MEMORY,
	SYMPTOM_IMAGE, /* the image cannot be had */
	SYMPTOM_ARCHITECTURE,
	SYMPTOM_VARIABLE, /* subject: the variable that is not set */
} SymptomKind;

typedef struct Symptom {
	SymptomKind kind;
	char *subject; /* or NULL */
	guint port;
	char *line; /* the words that say so */
} Symptom;

/* The last symptom in a text that tells a cause; SYMPTOM_NONE if no line has a known form. */
Symptom symptom_read(const char *text);
void symptom_clear(Symptom *symptom);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Symptom, symptom_clear)
