/* Decides whether a path fits a pattern. A pattern becomes a row of tokens with its plain text at both ends cut off:
 * most patterns end there with one or two comparisons. What is left between is run as a set of states, one bit a token,
 * so that no pattern, however many stars it holds, costs more than tokens × characters.
 *
 * The two dialects differ in what is special, not in how it is run: Git compares bytes and its brackets never match a
 * slash; Docker compares characters and turns patterns into regular expressions, whose [^a] does match a slash. */
#include "base/glob.h"

typedef enum TokenKind {
	TOKEN_CHAR,  /* this character */
	TOKEN_ANY,   /* one character, no slash */
	TOKEN_CLASS, /* one character of the ranges */
	TOKEN_STAR,  /* any number of characters, no slash */
	TOKEN_ALL,   /* anything */
	TOKEN_DIRS,  /* nothing, or anything that ends in a slash */
} TokenKind;

typedef struct Token {
	uint8_t kind;
	bool negated;
	uint32_t value; /* the character, or the first of the ranges */
	uint32_t count; /* of ranges */
} Token;

typedef struct Range {
	uint32_t low, high;
} Range;

struct Glob {
	Slice prefix, suffix; /* plain text at the ends */
	const Token *tokens;  /* between them */
	size_t count;
	const Range *ranges;
	size_t shortest; /* characters that the tokens take at least */
	bool bytes;      /* the characters are bytes */
};

/* A pattern being read. */
typedef struct Reader {
	Slice pattern;
	size_t at;
	bool bytes;
	GArray *tokens, *ranges;
} Reader;

/* ---- characters ---- */

/* The character at *at, which moves on. A byte that is no UTF-8 is a character of its own, above all others. */
static uint32_t next_char(Slice text, size_t *at, bool bytes)
{
	uint8_t first = (uint8_t)text.at[*at];
	if (first < 0x80 || bytes) {
		(*at)++;
		return first;
	}
	gunichar decoded = g_utf8_get_char_validated(text.at + *at, (gssize)(text.length - *at));
	if (decoded >= 0x110000) {
		(*at)++;
		return 0x110000 + first;
	}
	*at += (size_t)g_unichar_to_utf8(decoded, NULL);
	return decoded;
}

static size_t put_char(char *to, uint32_t c, bool bytes)
{
	if (bytes || c >= 0x110000) {
		*to = (char)(uint8_t)c;
		return 1;
	}
	return (size_t)g_unichar_to_utf8(c, to);
}

/* ---- reading a pattern ---- */

static bool more(const Reader *r)
{
	return r->at < r->pattern.length;
}

static bool looking_at(const Reader *r, char c)
{
	return more(r) && r->pattern.at[r->at] == c;
}

static bool skip(Reader *r, char c)
{
	bool found = looking_at(r, c);
	r->at += found;
	return found;
}

static uint32_t take(Reader *r)
{
	return next_char(r->pattern, &r->at, r->bytes);
}

static void add_token(Reader *r, Token token)
{
	/* Two of these in a row say no more than one. */
	if (token.kind >= TOKEN_STAR && r->tokens->len &&
	        g_array_index(r->tokens, Token, r->tokens->len - 1).kind == token.kind)
		return;
	g_array_append_val(r->tokens, token);
}

static void add_kind(Reader *r, TokenKind kind)
{
	add_token(r, (Token){.kind = kind});
}

static void add_char(Reader *r, uint32_t c)
{
	add_token(r, (Token){.kind = TOKEN_CHAR, .value = c});
}

static void add_range(Reader *r, uint32_t low, uint32_t high)
{
	Range range = {low, high};
	g_array_append_val(r->ranges, range);
}

static bool add_escaped(Reader *r)
{
	r->at++;
	if (!more(r))
		return false;
	add_char(r, take(r));
	return true;
}

static bool in_named_class(const char *name, size_t length, char c, bool *ret_known)
{
	static const struct {
		const char *name;
		GAsciiType type;
	} classes[] = {{"alnum", G_ASCII_ALNUM}, {"alpha", G_ASCII_ALPHA}, {"cntrl", G_ASCII_CNTRL},
	        {"digit", G_ASCII_DIGIT}, {"graph", G_ASCII_GRAPH}, {"lower", G_ASCII_LOWER}, {"print", G_ASCII_PRINT},
	        {"punct", G_ASCII_PUNCT}, {"space", G_ASCII_SPACE}, {"upper", G_ASCII_UPPER},
	        {"xdigit", G_ASCII_XDIGIT}};
	Slice wanted = {name, length};
	*ret_known = true;
	if (slice_is(wanted, "blank"))
		return c == ' ' || c == '\t';
	if (slice_is(wanted, "space") && c == '\v') /* isspace() has it, GLib's table has not */
		return true;
	for (size_t i = 0; i < G_N_ELEMENTS(classes); i++)
		if (slice_is(wanted, classes[i].name))
			return (g_ascii_table[(uint8_t)c] & classes[i].type) != 0;
	*ret_known = false;
	return false;
}

/* At the `[` of `[:name:]` within brackets. Sets *ret_ok to false for a class that does not exist; returns false, with
 * nothing taken, where the bracket is a mere character. */
static bool read_named_class(Reader *r, bool *ret_ok)
{
	*ret_ok = true;
	size_t close = slice_find_byte(r->pattern, ']', r->at + 2);
	if (close == SIZE_MAX) {
		*ret_ok = false;
		return true;
	}
	size_t name = r->at + 2;
	if (close == name || r->pattern.at[close - 1] != ':')
		return false;
	for (int c = 0; c < 128 && *ret_ok; c++)
		if (in_named_class(r->pattern.at + name, close - 1 - name, (char)c, ret_ok))
			add_range(r, (uint32_t)c, (uint32_t)c);
	r->at = close + 1;
	return true;
}

/* One character of a bracket, with a backslash taken as escape. */
static bool read_class_char(Reader *r, uint32_t *ret_char)
{
	skip(r, '\\');
	if (!more(r))
		return false;
	*ret_char = take(r);
	return true;
}

/* After `[`, up to and with its `]`: `!` or `^` negate, a `]` in first place is a character. */
static bool read_class_git(Reader *r)
{
	Token token = {.kind = TOKEN_CLASS, .value = r->ranges->len};
	token.negated = skip(r, '!') || skip(r, '^');
	uint32_t previous = 0;
	for (bool first = true; first || !looking_at(r, ']'); first = false) {
		if (!more(r))
			return false;
		bool range = looking_at(r, '-') && previous && r->at + 1 < r->pattern.length &&
		             r->pattern.at[r->at + 1] != ']';
		uint32_t c;
		bool ok;
		if (range) {
			r->at++;
			if (!read_class_char(r, &c))
				return false;
			add_range(r, previous, c);
			previous = 0;
			continue;
		}
		if (looking_at(r, '[') && r->at + 1 < r->pattern.length && r->pattern.at[r->at + 1] == ':' &&
		        read_named_class(r, &ok)) {
			if (!ok)
				return false;
			previous = 0;
			continue;
		}
		if (!read_class_char(r, &c))
			return false;
		add_range(r, c, c);
		previous = c;
	}
	r->at++;
	token.count = r->ranges->len - token.value;
	add_token(r, token);
	return true;
}

/* After `[`: `^` negates, `-` and `]` have to be escaped to be characters. */
static bool read_class_docker(Reader *r)
{
	Token token = {.kind = TOKEN_CLASS, .value = r->ranges->len};
	token.negated = skip(r, '^');
	while (!looking_at(r, ']') || r->ranges->len == token.value) {
		uint32_t low, high;
		if (looking_at(r, '-') || looking_at(r, ']') || !read_class_char(r, &low))
			return false;
		high = low;
		if (skip(r, '-') && (looking_at(r, '-') || looking_at(r, ']') || !read_class_char(r, &high)))
			return false;
		if (low > high)
			return false;
		add_range(r, low, high);
	}
	r->at++;
	token.count = r->ranges->len - token.value;
	add_token(r, token);
	return true;
}

/* A run of stars. Two or more cross slashes where they stand as a whole path element; Git cuts the plain text off the
 * pattern's front first, so stars right after it count as if the pattern began there: `foo**` + `/bar` has foo/x/bar.
 */
static void read_stars_git(Reader *r, size_t plain, bool whole_path)
{
	size_t first = r->at;
	while (skip(r, '*'))
		;
	Slice p = r->pattern;
	bool starts = first == plain || p.at[first - 1] == '/';
	bool ends = !more(r) || p.at[r->at] == '/' || slice_starts(slice_sub(p, r->at, p.length), "\\/");
	if (!whole_path || r->at - first < 2 || !starts || !ends)
		add_kind(r, TOKEN_STAR);
	else
		add_kind(r, skip(r, '/') ? TOKEN_DIRS : TOKEN_ALL);
}

static bool is_special(char c)
{
	return c == '*' || c == '?' || c == '[' || c == '\\';
}

static bool read_git(Reader *r, bool whole_path)
{
	size_t plain = 0;
	while (plain < r->pattern.length && !is_special(r->pattern.at[plain]))
		plain++;
	while (more(r)) {
		bool ok = true;
		if (looking_at(r, '*'))
			read_stars_git(r, plain, whole_path);
		else if (skip(r, '?'))
			add_kind(r, TOKEN_ANY);
		else if (skip(r, '['))
			ok = read_class_git(r);
		else if (looking_at(r, '\\'))
			ok = add_escaped(r);
		else
			add_char(r, take(r));
		if (!ok)
			return false;
	}
	return true;
}

/* Two stars take a following slash with them and then stand for nothing or for whole folders; at the end for anything.
 * A pattern that is two stars and plain text means "ends with", even within a name: `**.go`. */
static void read_stars_docker(Reader *r)
{
	size_t first = r->at++;
	if (!skip(r, '*')) {
		add_kind(r, TOKEN_STAR);
		return;
	}
	bool folders = skip(r, '/');
	bool plain = first == 0;
	for (size_t i = r->at; i < r->pattern.length && plain; i++)
		plain = !is_special(r->pattern.at[i]) && r->pattern.at[i] != ']';
	add_kind(r, !more(r) || (plain && !folders) ? TOKEN_ALL : TOKEN_DIRS);
}

static bool read_docker(Reader *r)
{
	while (more(r)) {
		bool ok = true;
		if (looking_at(r, '*'))
			read_stars_docker(r);
		else if (skip(r, '?'))
			add_kind(r, TOKEN_ANY);
		else if (skip(r, '['))
			ok = read_class_docker(r);
		else if (looking_at(r, '\\'))
			ok = add_escaped(r);
		else
			add_char(r, take(r));
		if (!ok)
			return false;
	}
	return true;
}

/* The plain text of these tokens. */
static Slice plain_text(const Token *tokens, size_t count, bool bytes, Arena *arena)
{
	char *text = arena_bytes(arena, count * 4 + 1);
	size_t length = 0;
	for (size_t i = 0; i < count; i++)
		length += put_char(text + length, tokens[i].value, bytes);
	return (Slice){text, length};
}

static const Glob *seal(const Reader *r, Arena *arena)
{
	const Token *tokens = (const Token *)(void *)r->tokens->data;
	size_t count = r->tokens->len, head = 0, tail = 0;
	while (head < count && tokens[head].kind == TOKEN_CHAR)
		head++;
	while (head + tail < count && tokens[count - 1 - tail].kind == TOKEN_CHAR)
		tail++;
	Glob *glob = ARENA_NEW(arena, Glob);
	glob->bytes = r->bytes;
	glob->prefix = plain_text(tokens, head, r->bytes, arena);
	glob->suffix = plain_text(tokens + count - tail, tail, r->bytes, arena);
	glob->count = count - head - tail;
	Token *kept = ARENA_ARRAY(arena, Token, glob->count);
	if (glob->count)
		memcpy(kept, tokens + head, glob->count * sizeof(Token));
	glob->tokens = kept;
	for (size_t i = 0; i < glob->count; i++)
		glob->shortest += kept[i].kind < TOKEN_STAR;
	Range *ranges = ARENA_ARRAY(arena, Range, r->ranges->len);
	if (r->ranges->len)
		memcpy(ranges, r->ranges->data, r->ranges->len * sizeof(Range));
	glob->ranges = ranges;
	return glob;
}

static const Glob *compile(Slice pattern, bool docker, bool whole_path, Arena *arena)
{
	g_autoptr(GArray) tokens = g_array_new(FALSE, FALSE, sizeof(Token));
	g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(Range));
	Reader r = {.pattern = pattern, .bytes = !docker, .tokens = tokens, .ranges = ranges};
	bool ok = docker ? read_docker(&r) : read_git(&r, whole_path);
	return ok ? seal(&r, arena) : NULL;
}

const Glob *glob_new_git(Slice pattern, bool whole_path, Arena *arena)
{
	return compile(pattern, false, whole_path, arena);
}

const Glob *glob_new_docker(Slice pattern, Arena *arena)
{
	return compile(pattern, true, true, arena);
}

/* ---- matching ---- */

static bool class_has(const Glob *glob, const Token *token, uint32_t c)
{
	if (c == '/' && glob->bytes)
		return false;
	for (uint32_t i = 0; i < token->count; i++) {
		const Range *range = &glob->ranges[token->value + i];
		if (c >= range->low && c <= range->high)
			return !token->negated;
	}
	return token->negated;
}

/* Comes to stand before token i, and before those that may be left out with it. */
static void enter(const Glob *glob, uint64_t *states, size_t i)
{
	for (;; i++) {
		states[i / 64] |= UINT64_C(1) << i % 64;
		if (i == glob->count || glob->tokens[i].kind < TOKEN_STAR)
			return;
	}
}

static void step(const Glob *glob, uint64_t *to, size_t i, uint32_t c)
{
	const Token *token = &glob->tokens[i];
	switch ((TokenKind)token->kind) {
	case TOKEN_CHAR:
		if (c == token->value)
			enter(glob, to, i + 1);
		break;
	case TOKEN_ANY:
		if (c != '/')
			enter(glob, to, i + 1);
		break;
	case TOKEN_CLASS:
		if (class_has(glob, token, c))
			enter(glob, to, i + 1);
		break;
	case TOKEN_STAR:
		if (c != '/')
			enter(glob, to, i);
		break;
	case TOKEN_ALL:
		enter(glob, to, i);
		break;
	case TOKEN_DIRS:
		/* Within the folders now: only a slash leads out. */
		to[i / 64] |= UINT64_C(1) << i % 64;
		if (c == '/')
			enter(glob, to, i + 1);
		break;
	}
}

static bool run(const Glob *glob, Slice text)
{
	size_t words = glob->count / 64 + 1;
	uint64_t few[8];
	g_autofree uint64_t *many = words * 2 > G_N_ELEMENTS(few) ? g_new(uint64_t, words * 2) : NULL;
	uint64_t *now = many ? many : few, *next = now + words;
	memset(now, 0, words * sizeof(*now));
	enter(glob, now, 0);
	for (size_t at = 0; at < text.length;) {
		uint32_t c = next_char(text, &at, glob->bytes);
		uint64_t alive = 0;
		memset(next, 0, words * sizeof(*next));
		for (size_t word = 0; word < words; word++)
			for (uint64_t left = now[word]; left; left &= left - 1) {
				size_t i = word * 64 + (size_t)__builtin_ctzll(left);
				if (i < glob->count)
					step(glob, next, i, c);
			}
		for (size_t word = 0; word < words; word++)
			alive |= next[word];
		if (!alive)
			return false;
		uint64_t *swap = now;
		now = next;
		next = swap;
	}
	return now[glob->count / 64] >> glob->count % 64 & 1;
}

bool glob_matches(const Glob *glob, Slice text)
{
	Slice head = glob->prefix, tail = glob->suffix;
	if (glob->count == 0)
		return slice_equal(head, text);
	if (text.length < head.length + glob->shortest + tail.length ||
	        (head.length && memcmp(text.at, head.at, head.length) != 0) ||
	        (tail.length && memcmp(text.at + text.length - tail.length, tail.at, tail.length) != 0))
		return false;
	Slice middle = slice_sub(text, head.length, text.length - tail.length);
	if (glob->count == 1 && glob->tokens[0].kind == TOKEN_STAR)
		return slice_find_byte(middle, '/', 0) == SIZE_MAX;
	if (glob->count == 1 && glob->tokens[0].kind == TOKEN_ALL)
		return true;
	if (glob->count == 1 && glob->tokens[0].kind == TOKEN_DIRS)
		return middle.length == 0 || middle.at[middle.length - 1] == '/';
	return run(glob, middle);
}
