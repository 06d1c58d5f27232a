/* What a chart makes of a release's values, as the owner's helm said. */
#pragma once

#include "source/source.h"

/* Under which a rendering is kept: the file and the bytes of the release's object. Free with g_free. */
char *rendered_key(Slice path, Slice bytes, const YamlNode *root);

/* Reads the objects of the release's rendering below it, if file->rendered has one. Each has the place of the value
 * that it comes from where that is certain, else that of the release's name. values may be NULL. */
void read_rendered(const SourceFile *file, const YamlNode *root, const YamlNode *values, Node release);
