/* Where the stages meet: list, read, seal, link, check; and mend, prove, write. */
#pragma once

#include "base/repo.h"
#include "fact/fact.h"
#include "organize/organize.h"
#include "place/place.h"
#include "report/summary.h"
#include "rule/rule.h"

/* How far a scan is, for who looks on from another thread with g_atomic_int_get. */
typedef struct ScanProgress {
	gint read, total; /* files, or commits of a report; total is 0 until they are listed */
	const char *unit; /* "commits"; NULL for files */
} ScanProgress;

/* What blobs say that were read before: a scan of another commit reads only what is new in it. For commits alone. */
typedef struct Pool Pool;
/* no_cache: as in ScanOptions, for all scans that are made with it. */
Pool *pool_new(bool no_cache);
/* After all scans that were made with it. */
void pool_free(Pool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Pool, pool_free)

typedef struct ScanOptions {
	const char *path; /* a file or folder of the repository; NULL is the current folder */
	RepoView view;
	const char *revision;   /* for REPO_REVISION */
	uint32_t threads;       /* that read and check; 0: as many as there are processors, 8 at most */
	ScanProgress *progress; /* NULL: nobody looks on */
	bool no_cache;          /* nothing is taken from an earlier run, or kept for the next */
	Pool *pool;             /* for REPO_REVISION; or NULL */
	GHashTable *rendered;   /* what charts and kustomizations make, as scan_render says; or NULL */
} ScanOptions;

/* A file as it would be. text is what it holds then, or NULL for the bytes it has; from is the path that it has now,
 * which gives its kind and permissions, or NULL for a new file. Neither: it is gone. */
typedef struct FileState {
	const char *from;
	const Slice *text;
} FileState;

/* Path → FileState, for the paths that change; all is borrowed. */
typedef GHashTable Overlay;

/* Wall time of each step in microseconds. */
typedef struct Timing {
	int64_t list, read, seal, link, check;
} Timing;

/* What a cluster said of itself, saved to files: lists of pods and nodes, measurements. */
typedef struct Usage {
	Graph *graph;     /* of USAGE and MACHINE nodes */
	GPtrArray *bytes; /* of the files */
} Usage;

/* paths: NULL-terminated; "cluster:CONTEXT" asks the cluster of that context. Fails where a file cannot be read, is no
 * JSON, or says nothing of pods and nodes. */
Usage *usage_new(const char *const *paths, GError **error);
void usage_free(Usage *usage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Usage, usage_free)

typedef struct Scan {
	Repo *repo; /* NULL for a scan of what would be */
	Graph *graph;
	GPtrArray *arenas;   /* what the graph's bytes live in */
	struct Texts *texts; /* those that are read when they are asked for; NULL in a scan of what would be */
	Timing timing;
	struct Store *kept;      /* what earlier runs read, and this one for the next; NULL: nothing is kept */
	uint64_t bytes;          /* read */
	uint32_t recalled;       /* files that an earlier run had read */
	size_t held;             /* memory of the arenas */
	GHashTable *compiled;    /* what Python said of programs, by the checksum of their bytes; see compile.c */
	const Usage *usage;      /* what was measured of its containers, or NULL; see measured.c */
	const GPtrArray *drifts; /* where the cluster is otherwise, or NULL; see live.h */
	GArray *former;          /* what ports of Services were, or NULL; see former.c */
	uint32_t not_compiled;   /* programs that no Python could be asked about */
	uint32_t threads;        /* that may work at a time */
	GHashTable *rendered;    /* as in ScanOptions; or NULL */
	bool is_compiled, no_cache;
} Scan;

/* Reads a repository into a sealed and linked graph. */
Scan *scan_new(const ScanOptions *options, GError **error);
/* Asks the registries of all images that the repository names, by the network: IMAGE_ABSENT, IMAGE_NEAR, IMAGE_PLATFORM
 * and NEWER_TAG rows. A line is appended to notes for each registry that did not answer all. */
void scan_online(Scan *scan, GString *notes);
/* Asks the owner's helm and kustomize what the charts make that the repository, or helm's own cache, holds (online:
 * those that releases name elsewhere are fetched), and what kustomizations come to that are beyond labwright: for
 * ScanOptions.rendered of another scan. Lines are appended to notes that count what could not be rendered, and say of
 * some why. Fails where charts need a helm and there is none. Free with g_hash_table_unref. */
GHashTable *scan_render(const Scan *scan, bool online, GString *notes, GError **error);
/* Reads the history of the manifests of Services: which numbers their ports had before. For commands that mend, since a
 * check does not need it and a long history takes time. */
void scan_history(Scan *scan);

/* Says of the containers what was measured of them, and of all objects what a cluster says of them. The usage must
 * outlive the scan, and all that are made of it. NULL is fine. What does not run and is in no file is appended to
 * notes, or NULL. */
void scan_measure(Scan *scan, const Usage *usage, GString *notes);

/* The same files with those of the overlay in their new state, read from memory: nothing is asked of the disk again.
 * The base and the overlay must outlive it. */
Scan *scan_again(const Scan *base, Overlay *overlay);
void scan_free(Scan *scan);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Scan, scan_free)

typedef struct CheckOptions {
	const char *const *only;  /* rule ids, NULL-terminated; NULL for all that are not turned off */
	const char *const *also;  /* those that run whatever the profile and the settings say, or NULL */
	const char *const *paths; /* only findings at or below these, NULL-terminated; NULL for all */
	const char *profile;      /* a word of profile_word(); NULL for what labwright.yaml says */
	bool sketch;              /* nobody makes the edits or looks at them: see rule/sketch.h */
} CheckOptions;

typedef struct RuleTime {
	const Rule *rule;
	int64_t microseconds;
} RuleTime;

/* The findings of a scan, silenced ones included; they live as long as the result, and that no longer than the scan. */
typedef struct Check {
	Checker *checker;
	Finding **findings; /* in the order of path and place */
	size_t count;
	GArray *times;           /* RuleTime of each rule that ran */
	const char *const *also; /* of the options, as long as these live: a proof runs the same rules */
	char *today;
} Check;

/* False with an error of usage that names the first that is no rule. NULL is fine. */
bool check_knows(const char *const *only, GError **error);
Check *check_new(Scan *scan, const CheckOptions *options, GError **error);
void check_free(Check *check);

/* Takes the findings out that were there at a commit of the scan's repository, checked by the same rules; however files
 * have moved since. Silenced ones stay. */
bool check_since(Check *check, const Scan *scan, const CheckOptions *options, const char *revision, GError **error);
/* The same for those that a file of baseline_append names by their fingerprints. ret_gone: how many of it are no more.
 */
bool check_baseline(Check *check, const Scan *scan, const char *path, uint32_t *ret_gone, GError **error);
void baseline_append(const Check *check, const Scan *scan, GString *out);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Check, check_free)

/* ---- fix ------------------------------------------------------------------------------------------- */

typedef struct FixRound FixRound;

/* Asked of the edits of a round once they are proven, sorted and each once: kept[i] becomes false for what its owner
 * would rather leave as it is. A finding that loses some of its edits is proven anew by the others, or loses them too.
 */
typedef void (*FixAsk)(const FixRound *round, const Edit *edits, size_t count, bool *kept, void *data);

typedef struct FixOptions {
	const char *const *only, *const *also, *const *paths; /* as in CheckOptions */
	bool derive;                                          /* values that evidence tells, too */
	FixAsk ask;                                           /* or NULL: all are kept */
	void *ask_data;
	const GPtrArray *proposed; /* Finding of no check, with edits of the first round, or NULL */
	bool history;              /* earlier commits may be asked what a number was */
	const Repo *checkout;      /* where files that are not in Git may lie, too, or NULL */
	bool once;                 /* what the mended state lets be mended stays */
	gint *proofs;              /* counts them for who looks on, or NULL */
} FixOptions;

/* One pass: what was found, and which of it is mended; its edits hold for the texts of its scan. */
struct FixRound {
	const Scan *scan;
	const Check *check;
	GPtrArray *mended; /* Finding, by rule and place */
};

/* A file that changes: as it is and as it would be. */
typedef struct FixFile {
	const char *path;
	Slice old, now;
	bool tracked; /* it is on disk as it is, and only comes into Git */
	bool absent;  /* it is on the disk of another checkout alone, and comes from there */
} FixFile;

/* Edits that are proven: with all of them made, every finding they belong to is gone, no other finding came, the facts
 * outside of them say what they said, and nothing is left that another run would mend. */
typedef struct Fix Fix;

Fix *fix_new(Scan *scan, const FixOptions *options, GError **error);
void fix_free(Fix *fix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Fix, fix_free)

size_t fix_rounds(const Fix *fix);
const FixRound *fix_round(const Fix *fix, size_t index);
/* In the order of paths. */
size_t fix_files(const Fix *fix);
const FixFile *fix_file(const Fix *fix, size_t index);
/* The state afterwards; a scan of memory. */
const Scan *fix_scan(const Fix *fix);
const Check *fix_check(const Fix *fix);
/* The findings of the check, which is of the scan that was mended, whose edits the first round made: a set of Finding.
 * Free with g_hash_table_unref. */
GHashTable *fix_proven(const Fix *fix, const Check *check);
/* Why the edits of a finding of fix_check were not made; NULL where it has none that were asked for. */
const char *fix_refusal(const Fix *fix, const Finding *finding);

/* The texts with the edits of the rules up to and including `last` of the round, and all rounds before, made: path →
 * Slice, for all files of fix_files that are written. Free with g_hash_table_unref. */
GHashTable *fix_texts(const Fix *fix, size_t round, const Rule *last);

/* Writes all files, or none: see base/journal.h. */
bool fix_write(const Fix *fix, const Repo *repo, GError **error);
/* How commits are made. */
typedef struct CommitOptions {
	bool with_changes; /* files may hold changes that are not committed: they go along */
	const char *phase; /* of an improvement, for the trailer Labwright-Phase; or NULL */
} CommitOptions;

/* Writes rule after rule and makes a commit of each by the user's own git, hooks and signature included. ret_commits:
 * their number. */
bool fix_commit(const Fix *fix, const Repo *repo, const CommitOptions *options, uint32_t *ret_commits, GError **error);
/* Ends what an interrupted run had begun; to be called before anything is read to be written. */
bool fix_recover(const Repo *repo, bool *ret_found, GError **error);

/* ---- organize -------------------------------------------------------------------------------------- */

/* A file that moves, changes, or both. */
typedef struct OrganizedFile {
	const char *path, *new_path; /* path is NULL for a new file */
	Slice old, now;
	bool changed;
	bool link; /* a symbolic one; old and now are where it points */
} OrganizedFile;

/* A finding that is no longer looked for since its owner's own areas put the file where less is demanded. */
typedef struct HiddenFinding {
	const Finding *finding; /* of the state before */
	const char *why;        /* half a line */
} HiddenFinding;

/* A plan that is proven: with all its moves and edits made, no finding is new, none goes out of sight but those of
 * organize_hidden, and the same objects are applied. */
typedef struct Organize Organize;

Organize *organize_new(Scan *scan);
void organize_free(Organize *organize);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Organize, organize_free)

const Layout *organize_layout(const Organize *organize);
/* In the order of new paths. */
size_t organize_files(const Organize *organize);
const OrganizedFile *organize_file(const Organize *organize, size_t index);
/* HiddenFinding, in the order of path and place. */
const GArray *organize_hidden(const Organize *organize);
/* The state afterwards; a scan of memory. */
const Scan *organize_scan(const Organize *organize);

/* Moves and writes all, or nothing. */
bool organize_write(const Organize *organize, const Repo *repo, GError **error);
/* The same as two commits, the moves alone first, so that history follows them. */
bool organize_commit(const Organize *organize, const Repo *repo, const CommitOptions *options, uint32_t *ret_commits,
        GError **error);

/* ---- improve --------------------------------------------------------------------------------------- */

#define IMPROVE_PHASES 4

typedef struct ImprovePhase {
	const char *name, *what; /* "network", "addresses, ports, host names" */
	uint32_t moved, mended, commits, refused;
	uint32_t placed; /* workloads that got another node */
	char *problem;   /* why it was left out, or NULL */
} ImprovePhase;

/* Findings by Level. */
typedef struct ImproveCounts {
	uint32_t at[LEVEL_ERROR + 1];
} ImproveCounts;

typedef struct ImproveOptions {
	const char *path;   /* of the repository */
	const char *branch; /* NULL: labwright/improve- and the date */
	bool dry_run;       /* no branch is left behind */
	bool replicas;      /* fewer replicas, where not all have a place */
	const char *const
	        *usage; /* as for usage_new(), or NULL: nothing is moved and nothing is known of what is used */
	/* Called as each phase begins, for who looks on; may be NULL. */
	void (*begun)(const ImprovePhase *phase, void *data);
	void *data;
} ImproveOptions;

typedef struct Improve {
	char *root, *branch, *base; /* base: the commit that it begins at */
	ImprovePhase phases[IMPROVE_PHASES];
	ImproveCounts before, after;
	char *diffstat;   /* of a dry run: what the commits would be */
	uint32_t earlier; /* commits that an interrupted run left on the branch */
	bool empty;       /* nothing could be mended: there is no commit, and no branch */
	bool unsaved;     /* the checkout has changes that are not committed, which are not looked at */
} Improve;

/* Does it all on a branch of its own, in a worktree that goes away afterwards: the checkout and its branch are never
 * touched. Begun and interrupted, it goes on where the branch is. */
Improve *improve_new(const ImproveOptions *options, GError **error);
void improve_free(Improve *improve);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Improve, improve_free)

/* ---- place ----------------------------------------------------------------------------------------- */

typedef struct PlacementOptions {
	const Usage *usage;         /* borrowed, or NULL */
	const char *const *what_if; /* sentences, NULL-terminated, or NULL */
	const char *const *paths;   /* only workloads at or below these, NULL-terminated; NULL for all */
	bool migrate;
	GHashTable *unbound; /* Node of pods whose selector of a host does not count, or NULL */
	uint32_t seconds;    /* 0: a fixed amount of work, so that the answer is always the same */
	uint64_t seed;
	const volatile int *stop; /* as in PlaceLimits */
} PlacementOptions;

/* Where each workload belongs; lives no longer than the scan and the usage. */
typedef struct Placement {
	Model *model;
	Plan *plan;
} Placement;

/* The edits of its moves as findings that FixOptions.proposed takes: one for each workload that moves as a whole,
 * without data on its node; with replicas, one for each that wants more pods than have a place. They live as long as
 * the arena; free the list with g_ptr_array_unref. */
GPtrArray *placement_findings(const Placement *placement, bool replicas, Arena *arena);

/* scan_online, which asks what images are built for also where it is only the cluster (or NULL) that says what its
 * nodes are. Before placement_new. */
void placement_ask(Scan *scan, const Usage *usage, GString *notes);
Placement *placement_new(const Scan *scan, const PlacementOptions *options, GError **error);
void placement_free(Placement *placement);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Placement, placement_free)

/* ---- report ---------------------------------------------------------------------------------------- */

typedef struct ReportOptions {
	const char *path;         /* of the repository, or NULL */
	const char *from, *to;    /* revisions. NULL: where the last improvement began, or the branch; what is staged */
	const char *const *usage; /* as for usage_new(), or NULL */
	ScanProgress *progress;   /* counts commits; NULL: nobody looks on */
	bool history;             /* read as many commits as it takes to tell which one changed what */
} ReportOptions;

/* Two states and the way between them; what the summary borrows lives as long. */
typedef struct Report Report;

Report *report_new(const ReportOptions *options, GError **error);
void report_free(Report *report);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Report, report_free)

const Summary *report_summary(const Report *report);

/* ---- the past -------------------------------------------------------------------------------------- */

/* Where a finding came from. Texts are of the arena. */
typedef struct Blame {
	const Finding *finding;
	const char *commit, *author, *date, *subject; /* forty digits, YYYY-MM-DD; all NULL: not committed yet */
} Blame;

/* For each finding of the check that is not silenced, in its order, the commit that brought it in: it has the finding,
 * and the one before it has not. Looked for along the first parents, and in the branches that merges brought, however
 * files have moved since. counter counts commits; NULL: nobody looks on. Free with g_array_unref. */
GArray *blames_new(const Scan *scan, const Check *check, const CheckOptions *options, Arena *arena,
        ScanProgress *counter, GError **error);

/* The state at the end of a week. */
typedef struct HistoryWeek {
	const char *week, *commit, *date; /* 2026-W07; forty digits; of the commit */
	uint32_t levels[LEVEL_ERROR + 1];
	GHashTable *rules; /* Rule → number of findings that are not silenced */
} HistoryWeek;

typedef struct HistoryOptions {
	const char *path, *revision; /* NULL: the current folder; what is checked out */
	CheckOptions check;
	uint32_t weeks; /* the last so many that have commits; 0: all */
	ScanProgress *progress;
} HistoryOptions;

/* By the last commit of each week on the line of the first parents. Free with g_array_unref. */
GArray *history_new(const HistoryOptions *options, Arena *arena, GError **error);
