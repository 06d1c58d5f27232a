/* What .gitignore and .dockerignore leave out, and which of their patterns decides. Bytes in, answers out: no file is
 * opened here. */
#pragma once

#include "base/arena.h"
#include "base/glob.h"

typedef enum IgnoreDialect {
	IGNORE_GIT,    /* .gitignore, .git/info/exclude: one file for each folder, the closest wins */
	IGNORE_DOCKER, /* .dockerignore, <Dockerfile>.dockerignore, .containerignore: one file for each build context */
} IgnoreDialect;

typedef struct IgnorePattern {
	size_t start,
	        end; /* bytes in the file, from the `!` if there is one, without the white space Git or Docker drops */
	uint32_t line;    /* from 1 */
	bool negated;     /* `!`: takes back */
	bool anchored;    /* holds from its folder or context only, not in every folder below; always so for Docker */
	bool folder_only; /* trailing slash; never so for Docker, which drops the slash */
	bool malformed;   /* matches nothing; Docker refuses to build with such a file */
	Slice text;       /* as Git reads it, without `!` and trailing slash; for Docker the cleaned path */
	const Glob *glob; /* NULL if malformed */
} IgnorePattern;

typedef struct IgnoreFile {
	IgnoreDialect dialect;
	Slice folder; /* "" for the root; for Docker the context */
	const IgnorePattern *patterns;
	size_t count;
} IgnoreFile;

/* Reads one ignore file. Folder is where its patterns start from, as a path in the repository without slash at either
 * end ("" for the root). Patterns borrow from bytes; the rest lives in the arena. Never fails: each line is a pattern,
 * a malformed pattern, or nothing. */
IgnoreFile *ignore_read(IgnoreDialect dialect, Slice bytes, Slice folder, Arena *arena);

typedef struct IgnoreVerdict {
	bool ignored;
	const IgnoreFile *file;       /* NULL when no pattern says anything */
	const IgnorePattern *pattern; /* the one that decides; negated where it brings the path back */
	size_t matched; /* so many bytes of the path it matches: shorter than the path for a folder above it */
} IgnoreVerdict;

/* The .gitignore files of one repository. */
typedef struct IgnoreSet IgnoreSet;

IgnoreSet *ignore_set_new(void);
void ignore_set_free(IgnoreSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(IgnoreSet, ignore_set_free)

/* Adds one IGNORE_GIT file, which has to outlive the set, in any order of folders. Of two for the same folder the later
 * one wins: add core.excludesFile first, then .git/info/exclude, then the root's .gitignore. */
void ignore_set_add(IgnoreSet *set, const IgnoreFile *file);

/* What Git says of a path it does not track yet ("a/b.txt", no slash at either end). The last matching pattern of the
 * closest file decides; below an ignored folder nothing can be brought back. */
IgnoreVerdict ignore_decide(const IgnoreSet *set, Slice path, bool is_folder);

/* What Docker says of a path of the repository; paths outside the context are not ignored. The deciding pattern is the
 * one after which nothing changed any more. Below an ignored folder a later `!` brings back. */
IgnoreVerdict ignore_decide_context(const IgnoreFile *file, Slice path);

/* Whether this one pattern, `!` or not, matches the path itself or, for a folder above it, takes it along; what other
 * patterns say does not count. */
bool ignore_pattern_matches(const IgnoreFile *file, const IgnorePattern *pattern, Slice path, bool is_folder);
