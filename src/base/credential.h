/* Values that must not stand in Git: told by the names of their keys, and from what is only to be filled in. */
#pragma once

#include "base/slice.h"

/* The name of a key or variable says that its value is a credential: DB_PASSWORD, apiKey, token. */
bool credential_is_named(Slice key);

/* What a variable is for stands at the end of its name: the others tell of a password, how long it lasts and where it
 * is asked. A key alone may be one to sort by. A dash is as good as an underscore. */
bool credential_ends_name(Slice name);

/* The value looks as if a machine had drawn it by lot: of letters and digits so drawn, neighbours differ in kind more
 * often than in words, paths and dates; the fewer places have digits, the more often. */
bool credential_is_drawn(Slice value);

/* 8-4-4-4-12 of hexadecimal digits: a token of some issuers, and most often the name of something. */
bool credential_is_uuid(Slice value);

/* pa55w0rd and MySecureP@ssw0rd: a password for whoever reads it, with the digits that look like its letters. */
bool credential_reads_password(Slice value);

/* A value that guides and images have, and that is tried first: admin, changeme, minioadmin. */
bool credential_is_default(Slice value, bool base64);

/* The value stands there in clear: not encrypted, no variable or placeholder, and longer than a word such as "admin".
 */
bool credential_is_clear(Slice value, bool base64);

/* The value says words of its key's name over again, and stands for what is to be filled in: OPENAI_API_KEY:
 * openai-key. What is tried first is none, whatever its key is called. */
bool credential_is_own_name(Slice key, Slice value, bool base64);
