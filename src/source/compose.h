/* Inside of the compose reader: compose.c reads files and services, the others the parts they are named for. */
#pragma once

#include "source/source.h"

/* VARIABLE nodes below parent for each ${VAR} and $VAR in [start, end) of the file, which are taken as written: quotes
 * and escapes of YAML do not touch them. `$$` is a dollar sign. A variable with a fallback, and one that stands within
 * the fallback of another, has DEFAULT. */
void add_variables(const SourceFile *file, Node parent, size_t start, size_t end);

/* The text with fallbacks in place of variables that have one: "${PORT:-80}:80" becomes "80:80". What remains of the
 * others is ${NAME}, and $$ stays. NUL-terminated, in the arena. */
Slice expand_defaults(Arena *arena, Slice text);

/* PORT nodes of `ports` and `expose`, MOUNT nodes of `volumes` and `tmpfs`. */
void read_published_ports(const SourceFile *file, const YamlNode *service, Node node);
void read_service_mounts(const SourceFile *file, const YamlNode *service, Node node);

/* Calls found for every key and value of a map or of a list of "key=value"; value.at is NULL for a key alone, and
 * scalar is where the value stands. */
typedef void PairFound(Slice key, Slice value, const YamlNode *scalar, void *data);
void each_setting(const YamlNode *settings, PairFound *found, void *data);

/* All that a service says of itself, below its SERVICE node. duplicates: some key of the file stands twice. */
void read_compose_service(const SourceFile *file, const YamlNode *service, bool duplicates, Node node);

/* LABEL rows, and the ROUTE nodes that Traefik makes of them. */
void read_service_labels(const SourceFile *file, const YamlNode *settings, Node node);

/* Words of a service, and keys of the whole file, that compose does not know or does not take together: PROBLEM nodes
 * named compose-invalid, with the word as NAME_SPAN and the one that was meant as NEAR. */
void check_compose_service(const SourceFile *file, const YamlNode *service, Node node);
void check_compose_file(const SourceFile *file, const YamlNode *root, Node compose);
