/* Rules: a question to the sealed graph, its answer as findings, and the prose that every output prints.
 *
 * A rule is a row in a table of src/rule/<topic>.c. Its check walks the graph and calls report() for each thing that is
 * wrong; what it must not say anything about (archived, dated, vendored, generated, example and test files) is dropped
 * here unless the rule asks for everything.
 */
#pragma once

#include "base/arena.h"
#include "edit/edit.h"
#include "fact/fact.h"

typedef enum Level { LEVEL_OFF, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR } Level;

/* How far `fix` may go: not at all, by printing what could be done, by a value that evidence tells (`--derive`), or by
 * an edit that is right whatever the owner meant. */
typedef enum FixClass { FIX_NONE, FIX_PROPOSAL, FIX_VALUE, FIX_SAFE } FixClass;

/* Whom a rule is for. Each holds the ones before it: what every homelab wants, what an owner asks who locks doors, what
 * a fleet wants. */
typedef enum Profile { PROFILE_HOMELAB, PROFILE_SECURITY, PROFILE_STRICT } Profile;

typedef struct Checker Checker;

typedef struct Rule {
	const char *id; /* stable words with dashes */
	Level level;    /* of most of its findings; report_at() may say another */
	FixClass fix;
	const char *title;  /* what is wrong, half a line, no full stop */
	const char *why;    /* what happens to whom, one to three sentences */
	const char *remedy; /* what to do, one to three sentences */
	const char *peers;  /* rule names of other checkers that ask the same, "tool: name; …", or NULL */
	Profile profile;    /* the first that runs it; PROFILE_HOMELAB, the default, runs always */
	bool everywhere;    /* archived, dated, vendored, example and test files too */
	bool of_idle;       /* says of a file that nothing applies it; what others find there is no error */
	bool of_torn;       /* says that nobody ended a merge; until somebody does, no other rule speaks of the file */
	bool after_all;     /* looks at what the other rules found, so it runs once silenced findings are known */
	void (*check)(Checker *checker);
} Rule;

typedef struct RuleSet {
	const char *topic;
	const Rule *rules;
	size_t count;
} RuleSet;

typedef struct Evidence {
	Span span;
	const char *text; /* what this place says, in half a line */
} Evidence;

/* Which of a finding's edits are still among them once its owner was asked about each. */
typedef enum EditsKept {
	KEPT_ALL,
	KEPT_SOME,     /* not all: they have to do without the others */
	KEPT_MENTIONS, /* not all, and each rewrites a mention of its own: what was left may stay found */
} EditsKept;

typedef struct Finding {
	const Rule *rule;
	Level level;
	Node subject;        /* what the finding is about; its description is part of the fingerprint */
	Span span;           /* where it is reported */
	const char *message; /* one line */
	const char *hint;    /* what to do here, or NULL: the rule's remedy serves */
	const char *detail;  /* tells findings of one rule on one subject apart in the fingerprint; "" is normal */
	Evidence *evidence;  /* places on both sides */
	uint32_t n_evidence, evidence_room;
	FixClass fix;        /* of its edits; the rule's own unless the check says less */
	Edit *edits;         /* made all together or not at all; file is the graph's number */
	const char *because; /* why the edits are right, in half a line, or NULL */
	uint32_t n_edits, edits_room;
	GPtrArray *tracked; /* paths of files on disk that come into Git with the edits; of the checker's, or NULL */
	Node suppressed_by; /* the comment, annotated object or setting that silences it, or NODE_NONE */
	EditsKept kept;     /* by its owner */
} Finding;

/* ---- for rules --------------------------------------------------------------------------------- */

const Graph *checker_graph(const Checker *checker);
/* For texts and tables that live as long as the findings. */
Arena *checker_arena(Checker *checker);

/* A list that lives as long as the findings. */
GPtrArray *checker_list(Checker *checker);

/* A finding of the running rule at a place; the message is one line without a full stop. Never NULL. */
Finding *report(Checker *checker, Node subject, Span span, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The same at another level than the rule's own. */
Finding *report_at(Checker *checker, Level level, Node subject, Span span, const char *format, ...) G_GNUC_PRINTF(5, 6);
void add_evidence(Checker *checker, Finding *finding, Span span, const char *format, ...) G_GNUC_PRINTF(4, 5);
void set_hint(Checker *checker, Finding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);
void set_detail(Checker *checker, Finding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* Edits of a finding, see rule/mend.c. They are only proposed here: flow proves each before anything is written. A
 * finding of several places has edits in all of them. */

/* The bytes of a span become others, as they are given. */
void add_edit(Checker *checker, Finding *finding, Span span, Slice text);
/* The value at a span, which holds its quotes if it has some, becomes another in the same form. */
void add_value_edit(Checker *checker, Finding *finding, Span span, const char *value);
/* What stands at a span for `old`, the whole value or one word of it, becomes `new`; no edit where that is not what the
 * file says there, as behind a variable. */
void add_rename(Checker *checker, Finding *finding, Span span, const char *old, const char *new);
void add_renumber(Checker *checker, Finding *finding, Span span, uint32_t old, uint32_t new);
/* Lines of YAML below the one that the span begins in, as deep as its key: another pair of the same map. */
void add_pair_below(Checker *checker, Finding *finding, Span span, const char *pair);
/* Lines ("\n" between them, none at the end) below or above the line that the span begins in. */
void add_lines_below(Checker *checker, Finding *finding, Span span, const char *lines);
/* A pair below the block of another key of the block map that holds the span's line; below that line where the map has
 * no such key further down. */
void add_pair_after(Checker *checker, Finding *finding, Span span, const char *key, const char *pair);
/* The same in the block map below the key of the span's line; its first pair where that map has no such key. No edit
 * where no block map stands there. */
void add_pair_within(Checker *checker, Finding *finding, Span span, const char *key, const char *pair);
void add_lines_above(Checker *checker, Finding *finding, Span span, const char *lines);
/* The pod, which has no selector of nodes yet, is bound to the host; false where its template takes no line. */
bool add_node_selector(Checker *checker, Finding *finding, Node pod, const char *host);
/* The same as an edit alone, in the arena. */
bool node_selector_edit(const Graph *graph, Node pod, const char *host, Arena *arena, Edit *ret_edit);
/* A file that is on disk comes into Git with the edits, which take it out of what is ignored. */
void add_tracked(Checker *checker, Finding *finding, const char *path);
/* The whole lines of the span go; or the line it begins in with all that stands deeper below it. */
void add_deletion(Checker *checker, Finding *finding, Span span);
void add_block_deletion(Checker *checker, Finding *finding, Span span);
/* Why the edits are right, for the reader. fix is how far they may be trusted, if less than the rule says. */
void set_because(Checker *checker, Finding *finding, FixClass fix, const char *format, ...) G_GNUC_PRINTF(4, 5);

/* YYYY-MM-DD. */
const char *checker_today(const Checker *checker);

/* Whether a rule has run: one of another profile, or that is turned off, has found nothing because nobody asked it. */
bool checker_ran(const Checker *checker, const Rule *rule);

/* True for a file in which no demands are made: archived, dated, vendored, generated, example or test. */
bool is_quiet(const Graph *graph, Node node);

/* Whether an object's kind, or the role of a reference, entry or link, is this word. */
bool is_kind(const Graph *graph, Node object, const char *kind);
bool has_role(const Graph *graph, Node node, const char *role);

/* True for a text with a variable or a place to put something in: what it will say is not known. */
bool is_open_text(const char *text);

/* True for an object that a chart makes of values: there is no document of its own to change or to delete. */
bool is_made(const Graph *graph, Node object);

/* True for what stands in a patch document, and so is incomplete by design. */
bool is_patch(const Graph *graph, Node node);
/* It says replicas: 0. */
bool is_stopped(const Graph *graph, Node object);

/* True where a patch bears the name of the object, and may say of it what it does not say itself. */
bool has_patch(const Graph *graph, Node object);

/* The object that a node stands in, as "Deployment web"; elsewhere the path of its file. Free with g_free. */
char *user_text(const Graph *graph, Node node);

/* "Deployment web"; of several containers "container nginx of Deployment web". Free with g_free. */
char *container_text(const Graph *graph, Node container);

/* ---- for flow ---------------------------------------------------------------------------------- */

typedef struct Findings {
	Finding **at;
	size_t count;
} Findings;

/* today is YYYY-MM-DD, borrowed: what dates in the files are compared with. */
Checker *checker_new(const Graph *graph, const char *today);
void checker_free(Checker *checker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checker, checker_free)

/* Runs one rule. Several threads may do so on one graph, each with a checker of its own. */
void checker_run(Checker *checker, const Rule *rule);

/* Takes over what the other has run and found; that is freed. Where two findings of one rule are equal but for their
 * evidence, they stay in the order in which the rule made them, so the order of joining does not show. */
void checker_join(Checker *checker, Checker *take_other);

/* Sets suppressed_by of each finding so far that a comment, an annotation or a setting silences. */
void checker_silence(Checker *checker);

/* All findings so far in the order of path, place, rule; they live as long as the checker. */
Findings checker_findings(Checker *checker);

/* Every rule set, in the order of the catalogue; NULL at the end. */
const RuleSet *const *rule_sets(void);
const Rule *rule_find(const char *id);
/* The one rule that a mistyped id was meant to be, or NULL. */
const Rule *rule_near(Slice id);
const char *level_word(Level level);
const char *profile_word(Profile profile);
/* False where no profile has that name; ret_profile is then left as it is. */
bool profile_find(const char *word, Profile *ret_profile);

/* 32 hexadecimal digits that stay the same when lines move: of rule, path, subject and detail. Free with g_free. */
char *finding_fingerprint(const Graph *graph, const Finding *finding);
