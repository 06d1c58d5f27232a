/* Finding addresses in any text: IPv4, IPv6, URLs, host:port and Service names of a cluster.
 *
 * What looks like one and is not stays out: versions, dates, object ids, image paths, file.go:12, and anything that a
 * variable is part of. Text that holds none is passed at the speed of memory.
 */
#pragma once

#include "base/ip.h"

typedef struct Address {
	size_t start, end;           /* all of it: scheme, host, port and prefix, without a URL's path */
	size_t host_start, host_end; /* without brackets and user */
	size_t port_start, port_end; /* equal where there is none */
	size_t scheme_end;           /* before "://"; equal to start where there is no scheme */
	bool is_ip;
	Ip ip;
	uint32_t port;      /* 0 where there is none, or where it is a variable */
	int prefix;         /* bits of a network, -1 where none is written */
	bool ends_range;    /* first-last: this is the last, and the address found before it the first */
	uint8_t range_last; /* 10.0.0.5-9: the last byte of the last address; 0 elsewhere */
} Address;

/* The next one at or after *from, which moves behind it; false where there is no more. */
bool address_next(Slice text, size_t *from, Address *ret_address);
