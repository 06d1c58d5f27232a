/* What a compose service shares with its host: published ports and mounts, in their short and long forms.
 *
 * Short forms are taken apart after fallbacks were put in place of their variables, since a fallback may hold a colon.
 * Where the bytes of a part stand unchanged in the file, the fact points at just these bytes. */
#include "source/compose.h"

/* A fact whose text is `part` of `text`, which is the expanded value of the scalar. */
static void place_of_part(
        const SourceFile *file, const YamlNode *scalar, Slice text, Slice part, size_t *ret_start, size_t *ret_end)
{
	bool quoted = scalar->style == YAML_SINGLE || scalar->style == YAML_DOUBLE;
	size_t start = scalar->start + quoted + (size_t)(part.at - text.at), end = start + part.length;
	bool exact = end <= scalar->end && slice_equal(slice_sub(file->bytes, start, end), part);
	*ret_start = exact ? start : scalar->start;
	*ret_end = exact ? end : scalar->end;
}

static void add_part(const SourceFile *file, Node node, FactKind kind, const YamlNode *scalar, Slice text, Slice part)
{
	size_t start, end;
	place_of_part(file, scalar, text, part, &start, &end);
	graph_add(file->builder, node, kind, part, start, end);
}

/* compose takes one letter before a colon for a drive of Windows: D:/shared:/data. */
static bool is_drive(Slice part)
{
	return part.length == 1 && g_ascii_isalpha(part.at[0]);
}

/* Takes the part before the next colon off *rest; colons within brackets and braces are no ends. */
static bool next_part(Slice *rest, Slice *ret_part)
{
	if (!rest->at)
		return false;
	int depth = 0;
	for (size_t i = 0; i < rest->length; i++) {
		char c = rest->at[i];
		depth += (c == '[' || c == '{') - (c == ']' || c == '}');
		if (c != ':' || depth > 0 || is_drive(slice_sub(*rest, 0, i)))
			continue;
		*ret_part = slice_sub(*rest, 0, i);
		*rest = slice_sub(*rest, i + 1, rest->length);
		return true;
	}
	*ret_part = *rest;
	*rest = (Slice){NULL, 0};
	return true;
}

#define MOST_PARTS 4

/* The parts between colons; 0 where there are more than a short form has. */
static uint32_t split(Slice text, Slice *parts)
{
	uint32_t n = 0;
	for (Slice rest = text, part; next_part(&rest, &part); n++) {
		if (n == MOST_PARTS)
			return 0;
		parts[n] = part;
	}
	return n;
}

/* ---- ports --------------------------------------------------------------------------------------- */

/* "8080" or "8080-8090"; nothing for a part that is not literal. */
static void add_port_range(const SourceFile *file, Node port, FactKind first_kind, FactKind last_kind,
        const YamlNode *scalar, Slice text, Slice part)
{
	size_t dash = slice_find_byte(part, '-', 0), start, end;
	Slice first = slice_sub(part, 0, MIN(dash, part.length));
	uint32_t low, high;
	if (!slice_to_number(first, &low) || low > 65535)
		return;
	place_of_part(file, scalar, text, first, &start, &end);
	graph_add_number(file->builder, port, first_kind, low, start, end);
	if (dash == SIZE_MAX)
		return;
	Slice last = slice_sub(part, dash + 1, part.length);
	if (!slice_to_number(last, &high) || high <= low || high > 65535)
		return;
	place_of_part(file, scalar, text, last, &start, &end);
	graph_add_number(file->builder, port, last_kind, high, start, end);
}

static void add_protocol(const SourceFile *file, Node port, Slice word, const YamlNode *scalar)
{
	char *upper = arena_text(file->arena, word);
	for (char *c = upper; *c; c++)
		*c = g_ascii_toupper(*c);
	graph_add(file->builder, port, FACT_PROTOCOL, slice_from(upper), scalar->start, scalar->end);
}

/* Ports of a part, 0 where it is not literal. ret_bad: no port has such a number, or the range runs backwards. */
static uint32_t count_ports(Slice part, bool *ret_bad)
{
	size_t dash = slice_find_byte(part, '-', 0);
	uint32_t low = 0, high = 0;
	if (!slice_to_number(slice_sub(part, 0, MIN(dash, part.length)), &low))
		return 0;
	high = low;
	if (dash != SIZE_MAX && !slice_to_number(slice_sub(part, dash + 1, part.length), &high))
		return 0;
	*ret_bad |= low > 65535 || high > 65535 || high < low;
	return high < low ? 0 : high - low + 1;
}

/* compose stops at ranges of different lengths, but for several ports of the host of which one is taken. */
static void check_ranges(const SourceFile *file, const YamlNode *scalar, Node service, Slice host, Slice target)
{
	bool bad = false;
	uint32_t outside = count_ports(host, &bad), inside = count_ports(target, &bad);
	const char *message = NULL;
	if (bad)
		message = arena_printf(file->arena, "compose refuses '%s': no port has that number", scalar->value.at);
	else if (outside && inside > 1 && inside != outside)
		message =
		        arena_printf(file->arena, "compose refuses '%s': %u ports of the host for %u of the container",
		                scalar->value.at, outside, inside);
	if (!message)
		return;
	Node problem =
	        graph_add_problem(file->builder, service, "compose-invalid", message, NULL, scalar->start, scalar->end);
	graph_add(file->builder, problem, FACT_NAME_SPAN, scalar->value, scalar->start, scalar->end);
}

/* [[address:]host port:]container port[/protocol] */
static void read_short_port(const SourceFile *file, const YamlNode *scalar, Node service)
{
	Slice text = expand_defaults(file->arena, scalar->value), parts[MOST_PARTS], rest = text;
	size_t slash = slice_find_byte(text, '/', 0);
	if (slash != SIZE_MAX)
		rest = slice_sub(text, 0, slash);
	uint32_t n = split(rest, parts);
	if (n == 0)
		return;
	Node port = add_named(file, NODE_PORT, service, scalar);
	if (slash != SIZE_MAX)
		add_protocol(file, port, slice_sub(text, slash + 1, text.length), scalar);
	add_port_range(file, port, FACT_TARGET_NUMBER, FACT_TARGET_END, scalar, text, parts[n - 1]);
	if (n > 1)
		add_port_range(file, port, FACT_HOST_PORT, FACT_HOST_PORT_END, scalar, text, parts[n - 2]);
	check_ranges(file, scalar, service, n > 1 ? parts[n - 2] : (Slice){"", 0}, parts[n - 1]);
	if (n != 3)
		return;
	Slice address = parts[0];
	if (address.length > 2 && address.at[0] == '[')
		address = slice_sub(address, 1, address.length - 1);
	if (address.length)
		add_part(file, port, FACT_HOST_IP, scalar, text, address);
}

static void read_long_port(const SourceFile *file, const YamlNode *map, Node service)
{
	const YamlNode *name = yaml_get(map, "name"), *target = yaml_get(map, "target");
	const YamlNode *published = yaml_get(map, "published"), *protocol = yaml_get(map, "protocol");
	const YamlNode *host_ip = yaml_get(map, "host_ip");
	Node port = add_named(file, NODE_PORT, service, name ? name : published ? published : map);
	if (yaml_is_scalar(target)) {
		Slice text = expand_defaults(file->arena, target->value);
		add_port_range(file, port, FACT_TARGET_NUMBER, FACT_TARGET_END, target, text, text);
	}
	if (yaml_is_scalar(published)) {
		Slice text = expand_defaults(file->arena, published->value);
		add_port_range(file, port, FACT_HOST_PORT, FACT_HOST_PORT_END, published, text, text);
	}
	if (yaml_is_scalar(protocol))
		add_protocol(file, port, protocol->value, protocol);
	if (yaml_is_scalar(host_ip)) {
		Slice text = expand_defaults(file->arena, host_ip->value);
		add_part(file, port, FACT_HOST_IP, host_ip, text, text);
	}
}

void read_published_ports(const SourceFile *file, const YamlNode *service, Node node)
{
	YAML_EACH_ITEM (yaml_get(service, "ports"), item) {
		if (yaml_is_scalar(item))
			read_short_port(file, item, node);
		else if (yaml_is_map(item))
			read_long_port(file, item, node);
	}
	YAML_EACH_ITEM (yaml_get(service, "expose"), item) {
		if (!yaml_is_scalar(item))
			continue;
		Slice text = expand_defaults(file->arena, item->value);
		Node port = add_named(file, NODE_PORT, node, item);
		size_t slash = slice_find_byte(text, '/', 0);
		Slice number = slice_sub(text, 0, MIN(slash, text.length));
		add_port_range(file, port, FACT_TARGET_NUMBER, FACT_TARGET_END, item, text, number);
		graph_add(file->builder, port, FACT_ROLE, SLICE("expose"), item->start, item->end);
	}
}

/* ---- mounts -------------------------------------------------------------------------------------- */

static bool is_host_path(Slice source)
{
	return source.length && (strchr("./~$", source.at[0]) || slice_find_byte(source, '/', 0) != SIZE_MAX);
}

static bool has_option(Slice options, const char *option)
{
	size_t at = slice_find(options, option, 0), end = at + strlen(option);
	return at != SIZE_MAX && (at == 0 || options.at[at - 1] == ',') &&
	       (end == options.length || options.at[end] == ',');
}

static void add_type(const SourceFile *file, Node mount, const char *type, const YamlNode *at)
{
	graph_add(file->builder, mount, FACT_TYPE, slice_from(type), at->start, at->end);
}

/* [source:]destination[:options] */
static void read_short_mount(const SourceFile *file, const YamlNode *scalar, Node service)
{
	Slice text = expand_defaults(file->arena, scalar->value), parts[MOST_PARTS];
	uint32_t n = split(text, parts);
	if (n == 0 || n > 3)
		return;
	Slice source = n > 1 ? parts[0] : (Slice){"", 0};
	size_t start, end;
	place_of_part(file, scalar, text, source.length ? source : text, &start, &end);
	Node mount = graph_add_node(file->builder, NODE_MOUNT, service, source, start, end);
	add_part(file, mount, FACT_DESTINATION, scalar, text, parts[n > 1]);
	if (is_host_path(source) && !is_drive(slice_sub(source, 0, MIN(slice_find_byte(source, ':', 0), 2))))
		add_part(file, mount, FACT_HOST_PATH, scalar, text, source);
	add_type(file, mount, is_host_path(source) ? "bind" : source.length ? "volume" : "anonymous", scalar);
	if (n == 3 && has_option(parts[2], "ro"))
		graph_add_flag(file->builder, mount, FACT_READ_ONLY, scalar->start, scalar->end);
}

static void read_long_mount(const SourceFile *file, const YamlNode *map, Node service)
{
	const YamlNode *source = yaml_get(map, "source"), *type = yaml_get(map, "type"), *target;
	source = source ? source : yaml_get(map, "src");
	Slice name = yaml_is_scalar(source) ? expand_defaults(file->arena, source->value) : (Slice){"", 0};
	const YamlNode *at = yaml_is_scalar(source) ? source : map;
	Node mount = graph_add_node(file->builder, NODE_MOUNT, service, name, at->start, at->end);
	target = yaml_get(map, "target");
	add_scalar(file, mount, FACT_DESTINATION, target ? target : yaml_get(map, "destination"));
	Slice word = yaml_text(type);
	bool bind = word.length ? slice_is(word, "bind") : is_host_path(name);
	if (bind && name.length)
		graph_add(file->builder, mount, FACT_HOST_PATH, name, at->start, at->end);
	if (word.length)
		add_scalar(file, mount, FACT_TYPE, type);
	else
		add_type(file, mount, bind ? "bind" : "volume", map);
	if (slice_is(word, "tmpfs"))
		graph_add_flag(file->builder, mount, FACT_EPHEMERAL, type->start, type->end);
	add_if_true(file, mount, FACT_READ_ONLY, yaml_get(map, "read_only"));
}

static void read_tmpfs(const SourceFile *file, const YamlNode *scalar, Node service)
{
	Slice rest = yaml_text(scalar), path;
	if (!yaml_is_scalar(scalar) || !next_part(&rest, &path))
		return;
	Node mount = graph_add_node(file->builder, NODE_MOUNT, service, (Slice){"", 0}, scalar->start, scalar->end);
	add_part(file, mount, FACT_DESTINATION, scalar, scalar->value, path);
	add_type(file, mount, "tmpfs", scalar);
	graph_add_flag(file->builder, mount, FACT_EPHEMERAL, scalar->start, scalar->end);
}

void read_service_mounts(const SourceFile *file, const YamlNode *service, Node node)
{
	YAML_EACH_ITEM (yaml_get(service, "volumes"), item) {
		if (yaml_is_scalar(item))
			read_short_mount(file, item, node);
		else if (yaml_is_map(item))
			read_long_mount(file, item, node);
	}
	const YamlNode *tmpfs = yaml_get(service, "tmpfs");
	read_tmpfs(file, tmpfs, node);
	YAML_EACH_ITEM (tmpfs, item)
		read_tmpfs(file, item, node);
}
