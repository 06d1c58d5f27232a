/* Texts that are read when somebody asks for them. */
#pragma once

#include "base/repo.h"

typedef struct Texts Texts;

/* The repository must outlive it. */
Texts *texts_new(const Repo *repo);
void texts_free(Texts *texts);

/* A GraphFetch for a graph of all entries of the repository: its data is the Texts. */
const char *texts_fetch(void *data, uint32_t file, size_t length, uint64_t hash);
