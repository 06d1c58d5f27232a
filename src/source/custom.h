/* Holding custom objects against the schema of their CustomResourceDefinition. */
#pragma once

#include "source/yaml.h"

#include <glib.h>

typedef enum CustomShape { CUSTOM_UNKNOWN_FIELD, CUSTOM_WRONG_VALUE, CUSTOM_MISSING_FIELD } CustomShape;

/* One place of an object that its schema does not allow. */
typedef struct CustomProblem {
	CustomShape shape;
	char *path;         /* of the field, in dots; of the arena */
	const char *wanted; /* what a wrong value must be; NULL for other shapes */
	const char *near;   /* the one field or value that was probably meant, or NULL */
	size_t start, end;  /* of the key, the value, or the map that lacks a field */
} CustomProblem;

typedef struct CustomSchema CustomSchema;

/* The schema at the bytes [start, end) of a definition's file, as the place of a DEFINES fact says. NULL where it
 * cannot be read alone. The arena holds it and must outlive it. */
CustomSchema *custom_schema_new(Slice bytes, size_t start, size_t end, Arena *arena);
void custom_schema_free(CustomSchema *schema);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CustomSchema, custom_schema_free)

/* The first problems of an object; CustomProblem. What they point to lives in the arena, or as long as the schema. Free
 * with g_array_unref. */
GArray *custom_schema_check(CustomSchema *schema, const YamlNode *object, Arena *arena);
