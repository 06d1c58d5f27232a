/* What files said in earlier runs, by what Git calls their content. */
#pragma once

#include "base/repo.h"
#include "base/store.h"

/* NULL where it cannot be told whether an earlier run was by this same program. Closed by store_close. */
Store *kept_open(void);
/* The record of the entry, in the arena; false where there is none. From any thread, as kept_add. */
bool kept_find(const Store *kept, const RepoEntry *entry, Arena *arena, Slice *ret_record);
/* Of a text that Git holds under the entry's id; kept is not NULL. */
void kept_add(Store *kept, const RepoEntry *entry, Slice record);
