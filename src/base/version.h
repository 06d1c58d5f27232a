/* Which program this is, to the byte. */
#pragma once

#define VERSION_STAMP_LENGTH 31

/* A text that two programs share only if they, and all libraries that each was started with, are the same builds. NULL
 * where the linker gave one of them no build id, so that this cannot be told. From any thread. */
const char *version_stamp(void);
