/* Every address has a dot between digits, a colon before a digit, slash or colon, or ".sv" in it. Blocks without such a
 * byte are skipped by a loop that compilers turn into vector code; what is left is looked at in both directions. */
#include "base/address.h"

#include <glib.h>

#define BLOCK 64

/* No part of an address is longer, and no search for its ends goes further. */
#define MOST_NAME 254
#define MOST_USER 512

static inline bool is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

/* Bitwise on purpose: a loop over this has no branches. */
static inline unsigned is_anchor(const char *at)
{
	unsigned dot = at[0] == '.', colon = at[0] == ':';
	unsigned number = (unsigned char)(at[1] - '0') < 10;
	unsigned service = (at[1] == 's') & (at[2] == 'v');
	return (dot & (((unsigned)((unsigned char)(at[-1] - '0') < 10) & number) | service)) |
	       (colon & (number | (at[1] == '/') | (at[1] == ':')));
}

/* Bytes outside of the text count as line ends. */
static char byte_at(Slice text, size_t at)
{
	return at < text.length ? text.at[at] : '\n';
}

static bool is_anchor_at(Slice text, size_t at)
{
	if (at > 0 && at + 2 < text.length)
		return is_anchor(text.at + at);
	char window[4] = {at > 0 ? text.at[at - 1] : '\n', text.at[at], byte_at(text, at + 1), byte_at(text, at + 2)};
	return is_anchor(window + 1);
}

static bool block_has_anchor(const char *at)
{
	unsigned any = 0;
	for (int i = 0; i < BLOCK; i++)
		any |= is_anchor(at + i);
	return any;
}

static size_t next_anchor(Slice text, size_t at)
{
	while (at < text.length) {
		while (at > 0 && at + BLOCK + 2 <= text.length && !block_has_anchor(text.at + at))
			at += BLOCK;
		size_t end = MIN(at + BLOCK, text.length);
		for (; at < end; at++)
			if (is_anchor_at(text, at))
				return at;
	}
	return SIZE_MAX;
}

/* ---- parts ------------------------------------------------------------------------------------------------ */

static bool is_host_byte(char c)
{
	return g_ascii_isalnum(c) || c == '.' || c == '-' || c == '_';
}

/* True if the byte there would carry on a word, so that the address would be part of something else. A full stop that
 * ends a sentence carries nothing on. */
static bool carries_on(Slice text, size_t at)
{
	char c = byte_at(text, at);
	if (c == '.' || c == '-')
		return g_ascii_isalnum(byte_at(text, at + 1)) || byte_at(text, at + 1) == c;
	return g_ascii_isalnum(c) || c == '_' || c == '$' || c == '{';
}

/* ":8080" at the end of a host; nothing for what only begins like a port. */
static void read_port(Slice text, Address *address)
{
	size_t at = address->end, digits = 0;
	uint32_t port = 0;
	address->port_start = address->port_end = at;
	if (byte_at(text, at) != ':')
		return;
	while (digits < 6 && is_digit(byte_at(text, at + 1 + digits)))
		port = port * 10 + (uint32_t)(byte_at(text, at + 1 + digits++) - '0');
	size_t end = at + 1 + digits;
	if (digits == 0 || port == 0 || port > 65535 || carries_on(text, end))
		return;
	address->port = port;
	address->port_start = at + 1;
	address->port_end = address->end = end;
}

/* "/24" behind an address, where no path goes on. */
static void read_prefix(Slice text, Address *address)
{
	size_t at = address->end, digits = 0;
	int prefix = 0, widest = address->ip.family == 4 ? 32 : 128;
	if (address->port || byte_at(text, at) != '/')
		return;
	while (digits < 4 && is_digit(byte_at(text, at + 1 + digits)))
		prefix = prefix * 10 + (byte_at(text, at + 1 + digits++) - '0');
	size_t end = at + 1 + digits;
	if (digits == 0 || prefix > widest || carries_on(text, end) || byte_at(text, end) == '/')
		return;
	address->prefix = prefix;
	address->end = end;
}

/* "10.0.0.5-9": the last byte of the last address; 0 for what may be a version, as 1.2.3.4-5 of a package. */
static uint8_t short_range(Slice text, size_t dash, const Ip *first, size_t *ret_end)
{
	uint32_t last = 0;
	size_t end = dash + 1;
	IpScope scope = ip_scope(first);
	if (byte_at(text, dash) != '-' || (scope != IP_PRIVATE && scope != IP_SHARED))
		return 0;
	while (end - dash < 4 && is_digit(byte_at(text, end)))
		last = last * 10 + (uint32_t)(text.at[end++] - '0');
	if (last <= first->bytes[3] || last > 255 || carries_on(text, end))
		return 0;
	*ret_end = end;
	return (uint8_t)last;
}

static Slice host_of(Slice text, const Address *address)
{
	return slice_sub(text, address->host_start, address->host_end);
}

/* ---- URLs ----------------------------------------------------------------------------------------------------- */

static bool ends_authority(char c)
{
	return (unsigned char)c <= ' ' || strchr("/?#\"'`<>[],;|\\", c) != NULL;
}

/* The beginning of a variable, or of a place to be filled in; `<` may also be the end of an HTML element. */
static bool is_open(Slice text, size_t at)
{
	char c = byte_at(text, at);
	return c == '$' || c == '{' || c == '%' || (c == '<' && byte_at(text, at + 1) != '/');
}

/* What stands before the host: "user:password@". */
static size_t skip_user(Slice text, size_t at)
{
	size_t end = at, after = at;
	for (; end - at < MOST_USER && !ends_authority(byte_at(text, end)); end++)
		if (text.at[end] == '@')
			after = end + 1;
	return after;
}

/* "[fd00::1]" */
static bool read_bracketed(Slice text, size_t at, Address *address)
{
	size_t close = at;
	while (close - at < 48 && (g_ascii_isxdigit(byte_at(text, close)) || strchr(":.", byte_at(text, close))))
		close++;
	if (byte_at(text, close) != ']' || !ip_parse_v6(slice_sub(text, at, close), &address->ip))
		return false;
	address->is_ip = true;
	address->host_start = at;
	address->host_end = close;
	address->end = close + 1;
	return true;
}

/* https://10.0.0.5-9:6443, of several machines. */
static bool read_short_range(Slice text, Address *address)
{
	size_t end, length = slice_find_byte(host_of(text, address), '-', 0), dash = address->host_start + length;
	if (length == SIZE_MAX || !ip_parse_v4(slice_sub(text, address->host_start, dash), &address->ip))
		return false;
	address->range_last = short_range(text, dash, &address->ip, &end);
	if (!address->range_last || end != address->host_end)
		return false;
	address->host_end = dash;
	return true;
}

/* A name or IPv4 address up to a colon or the end of the authority. */
static bool read_host(Slice text, size_t at, Address *address)
{
	size_t end = at;
	while (end - at < MOST_NAME && is_host_byte(byte_at(text, end)))
		end++;
	if (is_open(text, end))
		return false;
	while (end > at && strchr(".-_", text.at[end - 1]))
		end--;
	if (end == at)
		return false;
	address->host_start = at;
	address->host_end = address->end = end;
	address->is_ip = ip_parse_v4(host_of(text, address), &address->ip) || read_short_range(text, address);
	return true;
}

/* colon stands before "//". */
static bool read_url(Slice text, size_t colon, Address *address)
{
	size_t start = colon;
	if (byte_at(text, colon + 1) != '/' || byte_at(text, colon + 2) != '/')
		return false;
	while (start > 0 && colon - start < 32 &&
	        (g_ascii_isalnum(text.at[start - 1]) || strchr("+.-_", text.at[start - 1])))
		start--;
	while (start < colon && !g_ascii_isalpha(text.at[start]))
		start++;
	if (start == colon)
		return false;
	*address = (Address){.start = start, .scheme_end = colon, .prefix = -1};
	size_t at = skip_user(text, colon + 3);
	bool read = byte_at(text, at) == '[' ? read_bracketed(text, at + 1, address) : read_host(text, at, address);
	if (read)
		read_port(text, address);
	return read;
}

/* ---- bare addresses ------------------------------------------------------------------------------------------------
 */

/* "address=/nas.home/10.0.0.5" of dnsmasq, up to the last slash; prose has it within marks. */
static bool is_answer(Slice text, size_t slash)
{
	size_t start = slash;
	while (start > 0 && slash - start < 260 && !strchr(" \t\n\"'`(", text.at[start - 1]))
		start--;
	Slice word = slice_sub(text, start, slash);
	return slice_starts(word, "address=/") || slice_starts(word, "server=/");
}

/* What may not stand before an address without a scheme: it would be a version, a path, part of a name. */
static bool is_part_of_word(Slice text, size_t start)
{
	if (start == 0)
		return false;
	char c = text.at[start - 1];
	if (c == '-')
		return start > 1 && is_host_byte(text.at[start - 2]);
	if (c == '/') /* a share: //10.0.0.5/music */
		return (start < 2 || text.at[start - 2] != '/' || (start > 2 && is_host_byte(text.at[start - 3]))) &&
		       !is_answer(text, start - 1);
	return g_ascii_isalnum(c) || strchr("_.$}\\", c) != NULL;
}

/* "10.0.0.5-10.0.0.9": what stands before the dash is an address, too, and no part of anything else. */
static bool follows_address(Slice text, size_t dash)
{
	Ip ip;
	size_t start = dash;
	while (start > 0 && dash - start < 16 && (is_digit(text.at[start - 1]) || text.at[start - 1] == '.'))
		start--;
	return ip_parse_v4(slice_sub(text, start, dash), &ip) && !is_part_of_word(text, start);
}

static bool is_joined_before(Slice text, size_t start, bool *ret_range)
{
	*ret_range = start > 0 && text.at[start - 1] == '-' && follows_address(text, start - 1);
	return !*ret_range && is_part_of_word(text, start);
}

static bool precedes_address(Slice text, size_t dash)
{
	Ip ip;
	size_t end = dash + 1;
	while (end - dash < 64 && (is_digit(byte_at(text, end)) || byte_at(text, end) == '.'))
		end++;
	while (end > dash + 1 && text.at[end - 1] == '.')
		end--;
	return end <= text.length && ip_parse_v4(slice_sub(text, dash + 1, end), &ip);
}

/* A plain letter after a dash is the rest of a version: 1.2.3.4-rc1. */
static bool is_joined_after(Slice text, size_t end)
{
	char c = byte_at(text, end);
	if (c == '-')
		return g_ascii_isalnum(byte_at(text, end + 1)) && !precedes_address(text, end);
	return carries_on(text, end);
}

/* A mention that is nothing but its host so far. */
static Address bare_host(size_t start, size_t end)
{
	return (Address){
	        .start = start, .end = end, .host_start = start, .host_end = end, .scheme_end = start, .prefix = -1};
}

static bool read_v4(Slice text, size_t dot, Address *address)
{
	size_t start = dot, end = dot;
	while (start > 0 && dot - start < 16 && (is_digit(text.at[start - 1]) || text.at[start - 1] == '.'))
		start--;
	while (end - dot < 17 && (is_digit(byte_at(text, end)) || byte_at(text, end) == '.'))
		end++;
	while (end > start && text.at[end - 1] == '.')
		end--;
	*address = bare_host(start, end);
	address->is_ip = true;
	if (end - start > 15 || !ip_parse_v4(slice_sub(text, start, end), &address->ip))
		return false;
	if (is_joined_before(text, start, &address->ends_range))
		return false;
	address->range_last = short_range(text, end, &address->ip, &address->end);
	if (!address->range_last && is_joined_after(text, end))
		return false;
	read_port(text, address);
	read_prefix(text, address);
	return true;
}

static bool is_v6_byte(char c)
{
	return g_ascii_isxdigit(c) || c == ':' || c == '.';
}

/* At least one digit, and in a part of the address space that is in use: dead::beef, Rust paths, [::2] of Python and
 * hardware addresses of eight bytes stay what they are. */
static bool read_v6(Slice text, size_t colon, Address *address)
{
	size_t start = colon, end = colon;
	bool digit = false;
	while (start > 0 && colon - start < 48 && is_v6_byte(text.at[start - 1]))
		start--;
	while (end - start < 48 && is_v6_byte(byte_at(text, end)))
		end++;
	for (size_t i = start; i < end; i++)
		digit |= is_digit(text.at[i]);
	while (end > start && (text.at[end - 1] == '.' || (text.at[end - 1] == ':' && text.at[end - 2] != ':')))
		end--;
	*address = bare_host(start, end);
	address->is_ip = true;
	if (!digit || end <= start + 2 || !ip_parse_v6(slice_sub(text, start, end), &address->ip))
		return false;
	bool range;
	if (ip_scope(&address->ip) == IP_RESERVED || is_joined_before(text, start, &range) || carries_on(text, end))
		return false;
	if (start > 0 && text.at[start - 1] == '[' && byte_at(text, end) == ']') {
		address->scheme_end = --address->start;
		address->end++;
		read_port(text, address);
	} else {
		address->port_start = address->port_end = address->end;
	}
	read_prefix(text, address);
	return true;
}

/* ---- names
 * ------------------------------------------------------------------------------------------------------------ */

/* file.go:12 */
static bool is_file_name(Slice host)
{
	static const char *const ends[] = {".go", ".py", ".c", ".h", ".js", ".ts", ".tsx", ".jsx", ".yaml", ".yml",
	        ".md", ".json", ".sh", ".rs", ".java", ".rb", ".php", ".txt", ".conf", ".toml", ".ini", ".xml", ".html",
	        ".css", ".cpp", ".cc", ".hpp", ".tf", ".nix", ".lua", ".sql", ".log", ".env", ".cfg", ".j2"};
	for (size_t i = 0; i < G_N_ELEMENTS(ends); i++)
		if (slice_ends(host, ends[i]))
			return true;
	return false;
}

/* Letters, digits, dashes and dots, with a letter at the beginning of the first label or a dot somewhere. */
static bool is_host_name(Slice host)
{
	if (host.length < 2 || host.length > 253 || !g_ascii_isalnum(host.at[0]))
		return false;
	bool letter = false, dot = false;
	for (size_t i = 0; i < host.length; i++) {
		letter |= g_ascii_isalpha(host.at[i]) != 0;
		dot |= host.at[i] == '.';
		if (host.at[i] == '.' && i + 1 < host.length && host.at[i + 1] == '.')
			return false;
	}
	return letter && (dot || g_ascii_isalpha(host.at[0])) && g_ascii_isalnum(host.at[host.length - 1]);
}

/* Where the name that ends at `end` begins; SIZE_MAX where something is joined to it. */
static size_t name_start(Slice text, size_t end)
{
	size_t start = end;
	while (start > 0 && end - start < MOST_NAME && is_host_byte(text.at[start - 1]))
		start--;
	bool joined = start > 0 && strchr("/$}:%\\", text.at[start - 1]) != NULL;
	return joined ? SIZE_MAX : start;
}

/* host:port; times, image tags in a path and places in files are none. */
static bool read_name_with_port(Slice text, size_t colon, Address *address)
{
	size_t start = name_start(text, colon);
	if (start == SIZE_MAX)
		return false;
	*address = bare_host(start, colon);
	Slice host = host_of(text, address);
	if (!is_host_name(host) || is_file_name(host))
		return false;
	read_port(text, address);
	return address->port_end - address->port_start >= 2 && byte_at(text, address->end) != ':';
}

/* name.namespace.svc, with or without what the cluster calls itself, with or without a port. */
static bool read_service_name(Slice text, size_t dot, Address *address)
{
	char after = byte_at(text, dot + 4);
	if (byte_at(text, dot + 3) != 'c' || g_ascii_isalnum(after) || after == '_' || after == '-')
		return false;
	size_t start = name_start(text, dot), end = dot + 4;
	if (start == SIZE_MAX)
		return false;
	while (end - dot < MOST_NAME && is_host_byte(byte_at(text, end)))
		end++;
	bool open = is_open(text, end) || byte_at(text, end) == '(';
	while (end > dot && strchr(".-_", text.at[end - 1]))
		end--;
	*address = bare_host(start, end);
	if (open || !is_host_name(host_of(text, address)))
		return false;
	read_port(text, address);
	return true;
}

static bool read_at(Slice text, size_t anchor, Address *address)
{
	if (text.at[anchor] == '.')
		return is_digit(byte_at(text, anchor + 1)) ? read_v4(text, anchor, address)
		                                           : read_service_name(text, anchor, address);
	if (byte_at(text, anchor + 1) == '/')
		return read_url(text, anchor, address);
	return read_v6(text, anchor, address) || read_name_with_port(text, anchor, address);
}

bool address_next(Slice text, size_t *from, Address *ret_address)
{
	for (size_t anchor = *from; (anchor = next_anchor(text, anchor)) != SIZE_MAX; anchor++) {
		if (!read_at(text, anchor, ret_address) || ret_address->start < *from)
			continue;
		*from = ret_address->end;
		return true;
	}
	*from = text.length;
	return false;
}
