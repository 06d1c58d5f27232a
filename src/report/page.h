/* A page of headings, paragraphs, lists, tables and pictures, written once and printed as Markdown and as HTML. All
 * texts may be anybody's: each output escapes them in its own way. */
#pragma once

#include "base/slice.h"

#include <glib.h>

typedef struct Page Page;

Page *page_new(const char *title);
void page_free(Page *page);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Page, page_free)

/* level 2 is the highest below the title. */
void page_heading(Page *page, int level, const char *format, ...) G_GNUC_PRINTF(3, 4);
void page_text(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Items that follow one another are one list; a detail belongs to the item before it. */
void page_item(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
void page_detail(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Words for a shell, or what a program printed, as it is. */
void page_command(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Small print: what belongs to the heading or line before it. */
void page_note(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* What comes until page_unfold is opened by who wants it; a heading of that level in Markdown, and open on paper. */
void page_fold(Page *page, int level, const char *format, ...) G_GNUC_PRINTF(3, 4);
void page_unfold(Page *page);
/* header: cells between "|"; one that begins with ">" holds numbers, one with "=" what must not be broken. Rows follow,
 * cell by cell. */
void page_table(Page *page, const char *header);
/* The same, drawn as tiles: what is counted, perhaps what it was, what it is. */
void page_tiles(Page *page, const char *header);
void page_cell(Page *page, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* svg is one <svg> element, taken as it is; Markdown shows the caption alone. */
void page_picture(Page *page, const char *svg, const char *caption);

/* Markdown as GitHub reads it. */
void page_markdown(const Page *page, GString *out);
/* One file that asks for nothing: dark and light, on paper and on a phone. */
void page_html(const Page *page, GString *out);

/* &, <, > and quotes become entities; characters that XML has not, or that turn the direction
 * of text, become U+FFFD. */
void page_escape(GString *out, const char *text);
