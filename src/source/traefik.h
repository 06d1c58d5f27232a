/* Traefik's router rules, as IngressRoute's `match` and as container labels hold them. */
#pragma once

#include "base/slice.h"

/* Calls found for every host of a rule such as "(Host(`a.lan`) || Host(`b.lan`)) && PathPrefix(`/x`)" with the first
 * path of the rule (empty if none); once with an empty host where the rule names no host. HostRegexp counts as none.
 * Both the old form with several arguments and the new one are read. */
void traefik_each_match(Slice rule, void (*found)(Slice host, Slice path, void *data), void *data);
