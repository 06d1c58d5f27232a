/* Rules: a question to the sealed graph, its answer as findings, and the prose that every output prints.
 *
 * A rule is a row in a table of src/rule/<topic>.c. Its check walks the graph and calls report() for each thing that is
 * wrong; what it must not say anything about (archived, dated, vendored, generated, example and test files) is dropped
 * here unless the rule asks for everything.
 */
#pragma once

#include "base/arena.h"
#include "fact/fact.h"

typedef enum Level { LEVEL_OFF, LEVEL_INFO, LEVEL_WARNING, LEVEL_ERROR } Level;

/* How far `fix` may go; see docs/rules. */
typedef enum FixClass { FIX_NONE, FIX_PROPOSAL, FIX_VALUE, FIX_SAFE } FixClass;

typedef struct Checker Checker;

typedef struct Rule {
	const char *id; /* stable words with dashes */
	Level level;    /* of most of its findings; report_at() may say another */
	FixClass fix;
	const char *title;  /* what is wrong, half a line, no full stop */
	const char *why;    /* what happens to whom, one to three sentences */
	const char *remedy; /* what to do, one to three sentences */
	const char *peers;  /* rule names of other checkers that ask the same, "tool: name; …", or NULL */
	bool everywhere;    /* archived, dated, vendored, example and test files too */
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
	Node suppressed_by; /* the comment, annotated object or setting that silences it, or NODE_NONE */
} Finding;

/* ---- for rules --------------------------------------------------------------------------------- */

const Graph *checker_graph(const Checker *checker);
/* For texts and tables that live as long as the findings. */
Arena *checker_arena(Checker *checker);

/* A finding of the running rule at a place; the message is one line without a full stop. Never NULL. */
Finding *report(Checker *checker, Node subject, Span span, const char *format, ...) G_GNUC_PRINTF(4, 5);
/* The same at another level than the rule's own. */
Finding *report_at(Checker *checker, Level level, Node subject, Span span, const char *format, ...) G_GNUC_PRINTF(5, 6);
void add_evidence(Checker *checker, Finding *finding, Span span, const char *format, ...) G_GNUC_PRINTF(4, 5);
void set_hint(Checker *checker, Finding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);
void set_detail(Checker *checker, Finding *finding, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* YYYY-MM-DD. */
const char *checker_today(const Checker *checker);

/* True for a file in which no demands are made: archived, dated, vendored, generated, example or test. */
bool is_quiet(const Graph *graph, Node node);

/* Whether an object's kind, or the role of a reference, entry or link, is this word. */
bool is_kind(const Graph *graph, Node object, const char *kind);
bool has_role(const Graph *graph, Node node, const char *role);

/* True for what stands in a patch document, and so is incomplete by design. */
bool is_patch(const Graph *graph, Node node);

/* ---- for flow ---------------------------------------------------------------------------------- */

typedef struct Findings {
	Finding **at;
	size_t count;
} Findings;

/* today is YYYY-MM-DD, borrowed: what dates in the files are compared with. */
Checker *checker_new(const Graph *graph, const char *today);
void checker_free(Checker *checker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Checker, checker_free)

/* Runs one rule. */
void checker_run(Checker *checker, const Rule *rule);

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

/* 32 hexadecimal digits that stay the same when lines move: of rule, path, subject and detail. Free with g_free. */
char *finding_fingerprint(const Graph *graph, const Finding *finding);
