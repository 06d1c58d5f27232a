/* The Kubernetes API as a table, printed at build time from data/kubernetes-schema.json, and the check against it. */
#pragma once

#include "source/source.h"

typedef struct SchemaField {
	const char *name, *shape; /* see data/schema.py for the letters of shape */
	uint16_t type;            /* of shape `r` */
	bool required;
} SchemaField;

/* Fields [first, end) of schema_fields, sorted by name. */
typedef struct SchemaType {
	uint16_t first, end;
} SchemaType;

/* Sorted by kind, then apiVersion. */
typedef struct SchemaKind {
	const char *kind, *api_version;
	uint16_t type;
} SchemaKind;

extern const SchemaField schema_fields[];
extern const SchemaType schema_types[];
extern const SchemaKind schema_kinds[];
extern const size_t schema_kind_count;

/* Adds a PROBLEM below object for each place that breaks the schema of its kind, with the fact SHAPE (unknown-field,
 * wrong-type, missing-field, api-version), EXPECTED and, where one name is near, NEAR. Texts with placeholders and
 * encrypted ones are left alone. Kinds that the table lacks are not checked. Of an object that a chart makes of values
 * only unknown fields of its pods are said, since all else the chart may have set right. */
void check_schema(const SourceFile *file, const YamlNode *root, Node object, bool made);

/* Whether an object that is applied as it stands is of a kind of the table and breaks nothing of its schema. False does
 * not say that a cluster would refuse it. */
bool schema_allows(Slice json);

/* A text that is filled in or decrypted later, so that nothing can be said of it. */
bool schema_is_hidden(Slice text);
/* Whether a scalar is what a letter of data/schema.py asks for; null, hidden texts and words that YAML's versions read
 * differently fit everywhere. */
bool schema_scalar_fits(const YamlNode *node, char wanted);
/* "a whole number", "a list": what a letter asks for. */
const char *schema_shape_word(char shape);
