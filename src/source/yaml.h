/* YAML as a tree of nodes with exact byte places; the readers of src/source share it.
 *
 * Trees live in an arena and are thrown away once the facts are written. Aliases share the anchored node, so a tree
 * is a graph without cycles; a document whose aliases would expand to an unreasonable size has them cut (see
 * YamlDocument.bomb), so walking a tree to its leaves is always bounded.
 */
#pragma once

#include "base/arena.h"
#include "base/slice.h"

typedef enum YamlKind { YAML_SCALAR, YAML_MAP, YAML_SEQUENCE } YamlKind;
typedef enum YamlStyle {
	YAML_PLAIN,
	YAML_SINGLE,
	YAML_DOUBLE,
	YAML_LITERAL,
	YAML_FOLDED,
	YAML_BLOCK,
	YAML_FLOW
} YamlStyle;

typedef struct YamlNode YamlNode;

/* One item of a sequence (key is NULL) or one pair of a map. Values are never NULL; aliases are already followed. */
typedef struct YamlEntry {
	YamlNode *key, *value;
	struct YamlEntry *next;
	size_t use_start, use_end; /* place of the value as it is used here: of the alias if it is one */
} YamlEntry;

struct YamlNode {
	YamlKind kind;
	YamlStyle style;
	size_t start,
	        end; /* bytes of the file: scalars with quotes or `|` header, collections from first to last byte */
	Slice value; /* decoded text of a scalar, NUL-terminated; raw text of a template expression */
	Slice tag, anchor; /* tag as resolved by the parser ("tag:yaml.org,2002:str"), or empty */
	YamlEntry *first, *last;
	uint32_t count; /* entries */
	uint32_t size;  /* nodes below it once aliases are expanded, itself included; saturates */
};

typedef struct YamlDuplicate {
	const YamlNode *first, *second; /* the two keys */
	const YamlNode *first_value, *second_value;
	struct YamlDuplicate *next;
} YamlDuplicate;

/* A node that aliases stand for, too. */
typedef struct YamlShared {
	const YamlNode *node;
	uint32_t aliases;
	bool several_keys; /* it is the value of different keys, and so may mean different things */
	struct YamlShared *next;
} YamlShared;

typedef struct YamlDocument {
	uint32_t number;    /* from 1, empty documents are counted too */
	size_t start, end;  /* bytes of the file */
	YamlNode *root;     /* NULL for an empty or broken document */
	char *error;        /* what the parser said, or NULL */
	size_t error_at;    /* byte offset of the error */
	bool bomb;          /* aliases were cut: they would expand to more than a million nodes */
	bool template_text; /* holds {{ … }} outside of quotes, so that parts of it are not literal */
	YamlDuplicate *duplicates;
	YamlShared *shared; /* in no order */
	struct YamlDocument *next;
} YamlDocument;

/* Reads all documents of a file. The stream is cut at lines that begin with `---`, so that a broken document does not
 * take its neighbours along. bytes need not be UTF-8: other bytes make a broken document. Everything returned lives in
 * the arena; decoded values are NUL-terminated. */
YamlDocument *yaml_read(Slice bytes, Arena *arena);

/* One document that stands within a file, at the bytes [start, end); places are those of the file. */
YamlDocument *yaml_read_part(Slice bytes, size_t start, size_t end, Arena *arena);

/* The value of JSON that begins at a place of a text, as the tree that yaml_read would make of it; NULL for what is no
 * JSON. The text has to be UTF-8. */
YamlNode *yaml_read_json(Slice bytes, size_t start, Arena *arena);
/* The same of all of a text, but for the value of one key of the outermost object, which is given as it stands: empty
 * where there is none. */
YamlNode *yaml_read_json_but(Slice bytes, const char *key, Slice *ret_value, Arena *arena);

/* The value of a key of a map, merge keys (`<<`) followed; NULL if the node is NULL, no map, or has no such key. */
YamlNode *yaml_get(const YamlNode *map, const char *key);
/* The pair itself, merge keys not followed. */
YamlEntry *yaml_get_entry(const YamlNode *map, const char *key);
/* yaml_get along a path of keys in dots: "spec.template.metadata". */
YamlNode *yaml_at(const YamlNode *map, const char *path);

/* The text of a scalar; empty for NULL and for collections. yaml_text_of is yaml_get and yaml_text. */
Slice yaml_text(const YamlNode *node);
Slice yaml_text_of(const YamlNode *map, const char *key);

bool yaml_is_map(const YamlNode *node);
bool yaml_is_sequence(const YamlNode *node);
bool yaml_is_scalar(const YamlNode *node);
/* A plain scalar that YAML reads as null: empty, ~, null. */
bool yaml_is_null(const YamlNode *node);
/* A plain scalar that YAML 1.2's core schema (and Kubernetes) reads as true or false. */
bool yaml_is_bool(const YamlNode *node, bool *ret_value);
/* A scalar of 1–9 digits, quoted or not. */
bool yaml_number(const YamlNode *node, uint32_t *ret_number);
/* The text holds ${…}, $(…), {{…}} or <…>: it is not the literal value. */
bool yaml_is_open(Slice text);

/* The pairs of a map with those of its merge keys, each key once, the map's own first. */
typedef struct YamlPairs {
	const YamlNode *map;
	YamlEntry *at;
	YamlNode *key, *value;
	struct {
		const YamlNode *map;
		YamlEntry *at;
	} merged[4];
	uint32_t depth;
} YamlPairs;

/* Puts an entry at the end of a collection. */
void yaml_link(YamlNode *parent, YamlEntry *entry);

YamlPairs yaml_pairs(const YamlNode *map);
bool yaml_next_pair(YamlPairs *pairs);

/* Loops over the items of a sequence; nothing for NULL and for other kinds. */
#define YAML_EACH_ITEM(sequence, item)                                                                                 \
	for (YamlEntry *item##_at = yaml_is_sequence(sequence) ? (sequence)->first : NULL; item##_at;                  \
	        item##_at = item##_at->next)                                                                           \
		for (YamlNode *item = item##_at->value; item; item = NULL)
