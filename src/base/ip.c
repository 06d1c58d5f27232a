/* Decides what an address is for. The tables are those of the IANA special-purpose registries, cut down to what changes
 * an answer about a homelab; everything is compared as leading bits, so that IPv4 and IPv6 share one loop. */
#include "base/ip.h"

#include <arpa/inet.h>

typedef struct ScopeRow {
	IpScope scope;
	uint8_t prefix;
	uint8_t bytes[16];
} ScopeRow;

/* The first row that fits decides. */
static const ScopeRow scopes_v4[] = {
        {IP_UNSPECIFIED, 32, {0, 0, 0, 0}},
        {IP_LOOPBACK, 8, {127}},
        {IP_BROADCAST, 32, {255, 255, 255, 255}},
        {IP_PRIVATE, 8, {10}},
        {IP_PRIVATE, 12, {172, 16}},
        {IP_PRIVATE, 16, {192, 168}},
        {IP_SHARED, 10, {100, 64}},
        {IP_LINK_LOCAL, 16, {169, 254}},
        {IP_MULTICAST, 4, {224}},
        {IP_DOCUMENTATION, 24, {192, 0, 2}},
        {IP_DOCUMENTATION, 24, {198, 51, 100}},
        {IP_DOCUMENTATION, 24, {203, 0, 113}},
        {IP_RESOLVER, 32, {1, 1, 1, 1}},
        {IP_RESOLVER, 32, {1, 0, 0, 1}},
        {IP_RESOLVER, 32, {1, 1, 1, 2}},
        {IP_RESOLVER, 32, {1, 0, 0, 2}},
        {IP_RESOLVER, 32, {1, 1, 1, 3}},
        {IP_RESOLVER, 32, {1, 0, 0, 3}},
        {IP_RESOLVER, 32, {8, 8, 8, 8}},
        {IP_RESOLVER, 32, {8, 8, 4, 4}},
        {IP_RESOLVER, 32, {9, 9, 9, 9}},
        {IP_RESOLVER, 32, {9, 9, 9, 10}},
        {IP_RESOLVER, 32, {9, 9, 9, 11}},
        {IP_RESOLVER, 32, {149, 112, 112, 9}},
        {IP_RESOLVER, 32, {149, 112, 112, 10}},
        {IP_RESOLVER, 32, {149, 112, 112, 11}},
        {IP_RESOLVER, 32, {149, 112, 112, 112}},
        {IP_RESOLVER, 32, {208, 67, 222, 222}},
        {IP_RESOLVER, 32, {208, 67, 220, 220}},
        {IP_RESOLVER, 32, {94, 140, 14, 14}},
        {IP_RESOLVER, 32, {94, 140, 15, 15}},
        {IP_RESERVED, 8, {0}},
        {IP_RESERVED, 24, {192, 0, 0}},
        {IP_RESERVED, 15, {198, 18}},
        {IP_RESERVED, 4, {240}},
        {IP_PUBLIC, 0, {0}},
};

static const ScopeRow scopes_v6[] = {
        {IP_UNSPECIFIED, 128, {0}},
        {IP_LOOPBACK, 128, {[15] = 1}},
        {IP_PRIVATE, 7, {0xfc}},
        {IP_LINK_LOCAL, 10, {0xfe, 0x80}},
        {IP_MULTICAST, 8, {0xff}},
        {IP_DOCUMENTATION, 32, {0x20, 0x01, 0x0d, 0xb8}},
        {IP_DOCUMENTATION, 20, {0x3f, 0xff}},
        {IP_RESOLVER, 64, {0x26, 0x06, 0x47, 0x00, 0x47, 0x00}},
        {IP_RESOLVER, 64, {0x20, 0x01, 0x48, 0x60, 0x48, 0x60}},
        {IP_RESOLVER, 64, {0x26, 0x20, 0x00, 0xfe}},
        {IP_PUBLIC, 3, {0x20}},
        {IP_RESERVED, 0, {0}},
};

bool ip_parse_v4(Slice text, Ip *ret_ip)
{
	Ip ip = {.family = 4};
	size_t at = 0;
	for (int octet = 0; octet < 4; octet++) {
		if (octet > 0 && (at >= text.length || text.at[at++] != '.'))
			return false;
		unsigned value = 0;
		size_t first = at;
		while (at < text.length && at - first < 4 && text.at[at] >= '0' && text.at[at] <= '9')
			value = value * 10 + (unsigned)(text.at[at++] - '0');
		if (at == first || value > 255 || (text.at[first] == '0' && at - first > 1))
			return false;
		ip.bytes[octet] = (uint8_t)value;
	}
	if (at != text.length)
		return false;
	*ret_ip = ip;
	return true;
}

bool ip_parse_v6(Slice text, Ip *ret_ip)
{
	char copy[INET6_ADDRSTRLEN];
	if (text.length >= sizeof(copy) || text.length < 2 || memchr(text.at, '\0', text.length))
		return false;
	memcpy(copy, text.at, text.length);
	copy[text.length] = '\0';
	Ip ip = {.family = 6};
	if (inet_pton(AF_INET6, copy, ip.bytes) != 1)
		return false;
	*ret_ip = ip;
	return true;
}

bool ip_parse(Slice text, Ip *ret_ip)
{
	return ip_parse_v4(text, ret_ip) || ip_parse_v6(text, ret_ip);
}

bool ip_equal(const Ip *a, const Ip *b)
{
	return a->family == b->family && memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool bits_equal(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/* Ones, then zeros, with at least the first octet all ones: what stands where a netmask is asked for. */
static bool is_netmask(const uint8_t *bytes)
{
	uint32_t value = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
	return bytes[0] == 255 && value != UINT32_MAX && (~value & (~value + 1)) == 0;
}

IpScope ip_scope(const Ip *ip)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool is_mapped = ip->family == 6 && bits_equal(ip->bytes, mapped, 96);
	const uint8_t *bytes = is_mapped ? ip->bytes + 12 : ip->bytes;
	bool v4 = ip->family == 4 || is_mapped;
	if (v4 && is_netmask(bytes))
		return IP_NETMASK;
	for (const ScopeRow *row = v4 ? scopes_v4 : scopes_v6;; row++)
		if (bits_equal(bytes, row->bytes, row->prefix))
			return row->scope;
}

const char *ip_scope_name(IpScope scope)
{
	static const char *const names[] = {[IP_UNSPECIFIED] = "unspecified",
	        [IP_LOOPBACK] = "loopback",
	        [IP_BROADCAST] = "broadcast",
	        [IP_NETMASK] = "netmask",
	        [IP_PRIVATE] = "private",
	        [IP_SHARED] = "shared",
	        [IP_LINK_LOCAL] = "link-local",
	        [IP_MULTICAST] = "multicast",
	        [IP_DOCUMENTATION] = "documentation",
	        [IP_RESOLVER] = "resolver",
	        [IP_RESERVED] = "reserved",
	        [IP_PUBLIC] = "public"};
	return names[scope];
}

bool ip_range_parse(Slice text, IpRange *ret_range)
{
	size_t slash = slice_find_byte(text, '/', 0);
	Ip base;
	if (!ip_parse(slash == SIZE_MAX ? text : slice_sub(text, 0, slash), &base))
		return false;
	uint32_t widest = base.family == 4 ? 32 : 128;
	uint32_t prefix = widest;
	if (slash != SIZE_MAX) {
		Slice digits = slice_sub(text, slash + 1, text.length);
		if (!slice_to_number(digits, &prefix) || prefix > widest || (digits.at[0] == '0' && digits.length > 1))
			return false;
	}
	*ret_range = (IpRange){base, (uint8_t)prefix};
	return true;
}

bool ip_range_contains(const IpRange *range, const Ip *ip)
{
	return range->base.family == ip->family && bits_equal(range->base.bytes, ip->bytes, range->prefix);
}

bool ip_range_is_edge(const IpRange *range, const Ip *ip)
{
	unsigned width = ip->family == 4 ? 32 : 128;
	if (!ip_range_contains(range, ip) || range->prefix + 1u >= width)
		return false;
	bool zeros = true, ones = true;
	for (unsigned bit = range->prefix; bit < width; bit++) {
		bool set = ip->bytes[bit / 8] >> (7 - bit % 8) & 1;
		zeros = zeros && !set;
		ones = ones && set;
	}
	return zeros || (ones && ip->family == 4);
}
