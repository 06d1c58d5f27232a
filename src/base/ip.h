/* One IPv4 or IPv6 address and networks of them: reading, classing, containing. */
#pragma once

#include "base/slice.h"

/* Network byte order; an IPv4 address fills the first four bytes and leaves the rest zero. */
typedef struct Ip {
	uint8_t family; /* 4 or 6 */
	uint8_t bytes[16];
} Ip;

/* What an address is for, whoever has it. The first that fits is given, in this order. */
typedef enum IpScope {
	IP_UNSPECIFIED,   /* 0.0.0.0, :: */
	IP_LOOPBACK,      /* 127.0.0.0/8, ::1 */
	IP_BROADCAST,     /* 255.255.255.255 */
	IP_NETMASK,       /* 255.255.255.0 and the like: 255 first, then ones before zeros */
	IP_PRIVATE,       /* 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, fc00::/7 */
	IP_SHARED,        /* 100.64.0.0/10: carrier NAT, and the overlay networks that borrow it */
	IP_LINK_LOCAL,    /* 169.254.0.0/16, fe80::/10 */
	IP_MULTICAST,     /* 224.0.0.0/4, ff00::/8 */
	IP_DOCUMENTATION, /* 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24, 2001:db8::/32, 3fff::/20 */
	IP_RESOLVER,      /* a well-known public resolver: 1.1.1.1, 8.8.8.8, 9.9.9.9 and their siblings */
	IP_RESERVED, /* the rest of 0.0.0.0/8 and 240.0.0.0/4; 192.0.0.0/24, 198.18.0.0/15; other IPv6 outside 2000::/3
	              */
	IP_PUBLIC,
} IpScope;

/* A network: the addresses whose first prefix bits are those of base. */
typedef struct IpRange {
	Ip base;        /* as written: bits after the prefix may be set, as in 192.168.8.5/24 */
	uint8_t prefix; /* 0 to 32, or 0 to 128 */
} IpRange;

/* Four decimal numbers without leading zeros that fill the slice; false leaves *ret_ip untouched. */
bool ip_parse_v4(Slice text, Ip *ret_ip);

/* Any textual form of IPv6, without brackets, zone and prefix; false leaves *ret_ip untouched. */
bool ip_parse_v6(Slice text, Ip *ret_ip);

/* Either of both. */
bool ip_parse(Slice text, Ip *ret_ip);

bool ip_equal(const Ip *a, const Ip *b);

/* An IPv4 address inside IPv6 (::ffff:10.0.0.1) is classed as the IPv4 address. */
IpScope ip_scope(const Ip *ip);

/* "private", "loopback", …: for reports and tests. */
const char *ip_scope_name(IpScope scope);

/* "192.168.8.0/24", or a lone address, which is a network of one; false leaves *ret_range untouched. */
bool ip_range_parse(Slice text, IpRange *ret_range);

/* False where the families differ. */
bool ip_range_contains(const IpRange *range, const Ip *ip);

/* Whether ip is the network's own number or, for IPv4, its broadcast address; neither can be a host.
 * Networks of one or two addresses (/31, /32, /127, /128) have no such edge. */
bool ip_range_is_edge(const IpRange *range, const Ip *ip);
