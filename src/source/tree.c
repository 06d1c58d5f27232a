/* A tree as it grows: nodes come in the order of the text, each to the collection that is open. */
#include "source/tree.h"

#include <glib.h>

Slice tree_keep(Tree *tree, const void *text, size_t length)
{
	if (!text)
		return (Slice){"", 0};
	return (Slice){arena_text(tree->arena, (Slice){text, length}), length};
}

void tree_fail(Tree *tree, size_t at, const char *message)
{
	tree->document->error = arena_text(tree->arena, slice_from(message));
	tree->document->error_at = MIN(at, tree->end);
}

YamlNode *tree_node(Tree *tree, YamlKind kind, YamlStyle style, size_t start, size_t end)
{
	YamlNode *node = ARENA_RAW(tree->arena, YamlNode);
	*node = (YamlNode){.kind = kind,
	        .style = style,
	        .start = start,
	        .end = end,
	        .value = {"", 0},
	        .tag = {"", 0},
	        .anchor = {"", 0},
	        .size = 1};
	return node;
}

static void check_duplicate(Tree *tree, const YamlNode *map, const YamlNode *key, const YamlNode *value)
{
	if (key->kind != YAML_SCALAR || slice_is(key->value, "<<"))
		return;
	for (YamlEntry *entry = map->first; entry; entry = entry->next) {
		if (entry->key->kind != YAML_SCALAR || !slice_equal(entry->key->value, key->value))
			continue;
		YamlDuplicate *duplicate = ARENA_NEW(tree->arena, YamlDuplicate);
		*duplicate = (YamlDuplicate){entry->key, key, entry->value, value, tree->document->duplicates};
		tree->document->duplicates = duplicate;
		return;
	}
}

/* Quadratic key comparison is left to maps of a size that people write. */
#define MOST_COMPARED 1000

void yaml_link(YamlNode *parent, YamlEntry *entry)
{
	if (parent->last)
		parent->last->next = entry;
	else
		parent->first = entry;
	parent->last = entry;
	parent->count++;
}

static void append(Tree *tree, YamlNode *parent, YamlNode *key, YamlNode *value, size_t start, size_t end)
{
	YamlEntry *entry = ARENA_RAW(tree->arena, YamlEntry);
	*entry = (YamlEntry){key, value, NULL, start, end};
	if (key && parent->count < MOST_COMPARED)
		check_duplicate(tree, parent, key, value);
	yaml_link(parent, entry);
}

void tree_place(Tree *tree, YamlNode *node, size_t start, size_t end)
{
	if (tree->depth == 0) {
		tree->document->root = node;
		return;
	}
	Frame *frame = &tree->frames[tree->depth - 1];
	if (frame->node->kind == YAML_SEQUENCE) {
		append(tree, frame->node, NULL, node, start, end);
	} else if (!frame->key) {
		frame->key = node;
	} else {
		append(tree, frame->node, frame->key, node, start, end);
		frame->key = NULL;
	}
	uint64_t size = (uint64_t)frame->node->size + node->size;
	frame->node->size = (uint32_t)MIN(size, UINT32_MAX);
}

/* The key whose value begins here, or the list of it. */
static Slice key_here(const Tree *tree)
{
	for (uint32_t i = tree->depth; i-- > 0;)
		if (tree->frames[i].key)
			return tree->frames[i].key->value;
	return (Slice){"", 0};
}

Anchor *tree_anchor(Tree *tree, const YamlNode *node)
{
	if (node->anchor.length == 0)
		return NULL;
	Anchor *anchor = ARENA_NEW(tree->arena, Anchor);
	*anchor = (Anchor){.name = node->anchor, .key = key_here(tree), .next = tree->anchors};
	tree->anchors = anchor;
	return anchor;
}

YamlNode *tree_alias(const Tree *tree, Anchor *anchor)
{
	Slice key = key_here(tree);
	if (!anchor->shared) {
		bool extension = slice_starts(anchor->key, "x-") || slice_starts(anchor->key, ".");
		anchor->key = extension ? key : anchor->key;
		anchor->shared = ARENA_NEW(tree->arena, YamlShared);
		*anchor->shared = (YamlShared){anchor->node, 0, false, tree->document->shared};
		tree->document->shared = anchor->shared;
	}
	anchor->shared->aliases++;
	anchor->shared->several_keys |= !slice_equal(anchor->key, key);
	return anchor->node;
}

bool tree_open(Tree *tree, YamlNode *node)
{
	if (tree->depth == MOST_DEPTH) {
		tree_fail(tree, node->start, "nested deeper than 100 levels");
		return false;
	}
	Anchor *anchor = tree_anchor(tree, node);
	tree->frames[tree->depth++] = (Frame){node, NULL, anchor};
	return true;
}

/* `{{ name }}` read as a map in a map: back to the text that was meant. */
static bool is_template_map(const Tree *tree, const YamlNode *node)
{
	const char *bytes = tree->bytes.at;
	return node->kind == YAML_MAP && node->style == YAML_FLOW && node->end - node->start >= 4 &&
	       bytes[node->start] == '{' && bytes[node->start + 1] == '{' && bytes[node->end - 2] == '}';
}

void tree_close(Tree *tree, size_t end)
{
	Frame frame = tree->frames[--tree->depth];
	YamlNode *node = frame.node;
	if (node->style == YAML_FLOW) {
		node->end = end;
	} else {
		YamlEntry *last = node->last;
		node->end = last ? MAX(last->use_end, node->start) : node->start;
	}
	if (is_template_map(tree, node)) {
		tree->document->template_text = true;
		*node = (YamlNode){.kind = YAML_SCALAR,
		        .style = YAML_PLAIN,
		        .start = node->start,
		        .end = node->end,
		        .value = tree_keep(tree, tree->bytes.at + node->start, node->end - node->start),
		        .size = 1};
	}
	if (frame.anchor)
		frame.anchor->node = node;
	tree_place(tree, node, node->start, node->end);
}

/* Column of the first character on the line that holds a byte, in bytes. */
static size_t line_indent(Slice bytes, size_t at)
{
	size_t start = at;
	while (start > 0 && bytes.at[start - 1] != '\n')
		start--;
	size_t indent = start;
	while (indent < bytes.length && bytes.at[indent] == ' ')
		indent++;
	return indent - start;
}

/* The end of a block scalar: the last line that is indented deeper than the line with its header. */
size_t tree_block_scalar_end(const Tree *tree, size_t start, size_t end)
{
	const char *bytes = tree->bytes.at;
	size_t header = line_indent(tree->bytes, start), line = start, last = start;
	while (line < end && bytes[line] != '\n')
		line++;
	last = line;
	while (line < end) {
		size_t text = ++line, stop;
		while (text < end && bytes[text] == ' ')
			text++;
		for (stop = text; stop < end && bytes[stop] != '\n';)
			stop++;
		if (stop > text && bytes[text] != '\r' && (text - line > header || bytes[text] != '#'))
			last = stop;
		line = stop;
	}
	return last;
}
