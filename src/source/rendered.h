/* What charts make of values and kustomizations come to, as the owner's helm and kustomize said. */
#pragma once

#include "source/source.h"

/* What is said of an object of a file: which objects it makes, as a release, or what becomes of it. */
typedef enum Rendering { RENDERING_MADE, RENDERING_LEFT } Rendering;

/* Under which a rendering is kept: the file, and the bytes of the object in it. Free with g_free. */
char *rendered_key(Rendering rendering, Slice path, Slice bytes, const YamlNode *root);

/* Reads the objects of the release's rendering below it, if file->rendered has one. Each has the place of the value
 * that it comes from where that is certain, else that of the release's name. values may be NULL. */
void read_rendered(const SourceFile *file, const YamlNode *root, const YamlNode *values, Node release);

/* The same of a kustomization: what it adds to the files it names. */
void read_rendered_kustomization(const SourceFile *file, const YamlNode *root, Node kustomization);

/* An object of a file as its kustomization leaves it, each node at the place where it stands in the file; root itself
 * where nobody said. */
const YamlNode *rendered_object(const SourceFile *file, const YamlNode *root);
