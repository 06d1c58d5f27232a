/* Memory for libyaml, a document at a time. Only yaml.c includes this. */
#pragma once

/* From here on, what libyaml takes in this thread is of the thread's own memory; at the end it has given all of it
 * back. Not to be nested. */
void heap_begin(void);
void heap_end(void);
