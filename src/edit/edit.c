/* Bytes of a text replaced by others. What cannot be done exactly is refused, never bent into place. */
#include "edit/edit.h"

static int compare_slices(Slice a, Slice b)
{
	int order = memcmp(a.at, b.at, MIN(a.length, b.length));
	return order ? order : (a.length > b.length) - (a.length < b.length);
}

int edit_compare(const void *a, const void *b)
{
	const Edit *left = a, *right = b;
	if (left->file != right->file)
		return left->file < right->file ? -1 : 1;
	if (left->start != right->start)
		return left->start < right->start ? -1 : 1;
	if (left->end != right->end)
		return left->end < right->end ? -1 : 1;
	return compare_slices(left->text, right->text);
}

bool edit_equal(const Edit *a, const Edit *b)
{
	return edit_compare(a, b) == 0;
}

static bool is_insertion(const Edit *edit)
{
	return edit->start == edit->end;
}

bool edit_conflicts(const Edit *a, const Edit *b)
{
	if (a->file != b->file || edit_equal(a, b))
		return false;
	if (is_insertion(a) && is_insertion(b))
		return false;
	if (is_insertion(a))
		return b->start < a->start && a->start < b->end;
	if (is_insertion(b))
		return a->start < b->start && b->start < a->end;
	return a->start < b->end && b->start < a->end;
}

/* The first edit of that file or of a later one. */
static size_t first_of_file(const Edit *edits, size_t count, uint32_t file)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (edits[middle].file < file)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const Edit *edits_of_file(const Edit *edits, size_t count, uint32_t file, size_t *ret_count)
{
	size_t first = first_of_file(edits, count, file), end = first;
	while (end < count && edits[end].file == file)
		end++;
	*ret_count = end - first;
	return end > first ? edits + first : NULL;
}

bool edit_apply(Slice old, const Edit *edits, size_t count, Arena *arena, Slice *ret_text)
{
	size_t length = old.length, at = 0, used = 0;
	for (size_t i = 0; i < count; i++) {
		if (edits[i].start < at || edits[i].end < edits[i].start || edits[i].end > old.length)
			return false;
		at = edits[i].end;
		length += edits[i].text.length;
		length -= edits[i].end - edits[i].start;
	}
	char *text = arena_bytes(arena, length + 1);
	at = 0;
	for (size_t i = 0; i < count; i++) {
		memcpy(text + used, old.at + at, edits[i].start - at);
		used += edits[i].start - at;
		if (edits[i].text.length)
			memcpy(text + used, edits[i].text.at, edits[i].text.length);
		used += edits[i].text.length;
		at = edits[i].end;
	}
	memcpy(text + used, old.at + at, old.length - at);
	text[length] = '\0';
	*ret_text = (Slice){text, length};
	return true;
}

uint32_t edit_map(const Edit *edits, size_t count, uint32_t at)
{
	int64_t moved = at;
	for (size_t i = 0; i < count && edits[i].start <= at; i++) {
		if (at < edits[i].end)
			return (uint32_t)(moved - (at - edits[i].start));
		moved += (int64_t)edits[i].text.length - (edits[i].end - edits[i].start);
	}
	return (uint32_t)moved;
}

bool edit_touches(const Edit *edits, size_t count, uint32_t start, uint32_t end)
{
	for (size_t i = 0; i < count && edits[i].start <= end; i++)
		if (is_insertion(&edits[i]) || start == end ? edits[i].start <= end && edits[i].end >= start
		                                            : edits[i].start < end && start < edits[i].end)
			return true;
	return false;
}

bool edit_made_touches(const Edit *edits, size_t count, uint32_t start, uint32_t end)
{
	int64_t moved = 0;
	for (size_t i = 0; i < count; i++) {
		int64_t from = edits[i].start + moved, to = from + (int64_t)edits[i].text.length;
		if (start <= to && end >= from)
			return true;
		moved += (int64_t)edits[i].text.length - (edits[i].end - edits[i].start);
	}
	return false;
}
