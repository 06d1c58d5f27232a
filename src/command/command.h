/* Commands: what a user types after `labwright`. One file each. */
#pragma once

#include "flow/cause.h"
#include "flow/flow.h"
#include "flow/homelab.h"
#include "flow/target.h"

#include <glib.h>
#include <stdbool.h>

enum { EXIT_CLEAN = 0, EXIT_FINDINGS = 1, EXIT_USAGE = 2, EXIT_WORK = 3 };

typedef struct Command {
	const char *name;
	const char *group; /* look, change, keep or tell: the situation it is for */
	const char *usage; /* after the name: "[PATH…]" */
	const char *summary;
	int (*run)(int argc, char **argv); /* argv[0] is the command; returns the exit code */
} Command;

/* All commands in the order of help, NULL at the end. */
const Command *const *commands(void);
const Command *command_find(const char *name);

/* Prints an error on standard error as `error:`, `at` and `help:` lines and gives the exit code that it means. */
int command_fail(const GError *error);
/* A wrong word on the command line, and what helps; help is printed as it is. Gives EXIT_USAGE. */
int command_misused(const char *help, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Says that no command is called so, and which one was meant. Gives EXIT_USAGE. */
int command_unknown(const char *word);

/* Parses a command's entries (NULL-terminated) out of argv, which keeps what is no option. --help prints and exits. */
/* Two lists of options as one; free with g_array_unref. */
GArray *command_join_entries(const GOptionEntry *first, const GOptionEntry *second);
bool command_parse(const Command *command, const GOptionEntry *entries, int *argc, char ***argv, GError **error);

/* Calls seen for each option of a command, which is not run. Options are borrowed for the call. */
typedef void (*OptionSeen)(const GOptionEntry *option, void *data);
void command_options(const Command *command, OptionSeen seen, void *data);

/* The manual as groff's man macros, from the same rows as help. */
void manual_append(GString *out);

/* Writes a whole output to standard output, or to a file that is replaced at once or not at all; NULL and "-" are
 * standard output. */
bool command_write(const char *path, const GString *text, GError **error);

/* What --color says (auto, always, never, or NULL), NO_COLOR, CLICOLOR_FORCE, TERM and standard output. */
bool command_colour(const char *word, bool *ret_colour, GError **error);

/* Options of every command that reads a repository: which files, which view of them. */
typedef struct ScanArguments {
	char *root, *revision;
	gboolean worktree, no_cache;
	int threads;
	const char *path;         /* the first argument, the root, or "."; borrowed from argv */
	const char *const *paths; /* all arguments, NULL-terminated */
} ScanArguments;

/* Parses the command's own entries (NULL-terminated) together with these; argv keeps what is no option. */
bool scan_arguments_parse(ScanArguments *arguments, const GOptionEntry *entries, const Command *command, int *argc,
        char ***argv, GError **error);
ScanOptions scan_arguments_options(const ScanArguments *arguments);
/* Reads the repository that the arguments name, with progress on a terminal. */
Scan *scan_arguments_read(const ScanArguments *arguments, GError **error);
/* All paths as they are below the root; NULL-terminated, or NULL where there are none. Free with g_strfreev. */
bool scan_arguments_below(const ScanArguments *arguments, const Scan *scan, char ***ret_paths, GError **error);
/* The same options and paths again, as a shell would take them, each after a blank: " --rev main apps". Free with
 * g_free. */
char *scan_arguments_again(const ScanArguments *arguments);
/* Before anything is written: ends what an earlier run had begun. False with an error also where there was something,
 * since the files are not what was read; `look` is what shows it, as "git diff". */
bool recover_interrupted(const Repo *repo, const char *look, GError **error);
void scan_arguments_clear(ScanArguments *arguments);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(ScanArguments, scan_arguments_clear)

/* Asks a person on standard input for each hunk of a round of fix, as FixOptions.ask; data is a HunkQuestions. */
typedef struct HunkQuestions {
	bool colour, unicode;
	bool quit; /* nothing more is asked, and nothing more is made */
} HunkQuestions;
void ask_hunks(const FixRound *round, const Edit *edits, size_t count, bool *kept, void *data);

/* ---- what runs ------------------------------------------------------------------------------------ */

typedef struct HomelabArguments {
	char *project, *secrets, *listen, *proxy_image, **names, **profiles;
	char *context, *kubeconfig;
	gboolean local;
} HomelabArguments;

void homelab_arguments_clear(HomelabArguments *arguments);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HomelabArguments, homelab_arguments_clear)
bool homelab_arguments_parse(HomelabArguments *arguments, ScanArguments *scan, const GOptionEntry *entries,
        const Command *command, int *argc, char ***argv, GError **error);
/* Words of the command line that are no paths are names, as after --only. words is what paths of the scan are; it gets
 * shorter. */
void homelab_arguments_take_names(HomelabArguments *arguments, ScanArguments *scan, char **words);
/* False with an error that says which name means nothing that runs. */
bool live_has_names(const Live *live, const char *const *names, GError **error);
/* Scans and works out what is wanted; both are the caller's to free, the homelab first. */
Homelab *homelab_arguments_read(
        const HomelabArguments *arguments, const ScanArguments *scan_arguments, Scan **ret_scan, GError **error);
/* The project without a scan. Free with g_free. */
char *homelab_arguments_project(const HomelabArguments *arguments, const ScanArguments *scan, GError **error);
/* The cluster that is meant, in *ret_cluster; NULL there for this machine's Docker or Podman. */
bool homelab_arguments_cluster(
        const HomelabArguments *arguments, const ScanArguments *scan, Cluster **ret_cluster, GError **error);
/* Where the homelab runs: its project, and a cluster or this machine's engine, of which one is set. */
typedef struct Ground {
	char *project;
	Cluster *cluster;
	Engine *engine;
	Survey *survey;   /* of the cluster, once ground_look has looked */
	Live *containers; /* of the engine, likewise */
} Ground;
void ground_clear(Ground *ground);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Ground, ground_clear)
bool homelab_arguments_ground(
        const HomelabArguments *arguments, const ScanArguments *scan, Ground *ret_ground, GError **error);
/* What runs there, without probes or measurements; the ground's own, or NULL with an error. */
const Live *ground_look(Ground *ground, GError **error);
/* The paths, secrets and the rest as flow takes them; paths as of scan_arguments_below, borrowed. */
HomelabOptions homelab_arguments_options(const HomelabArguments *arguments, char **paths);

/* up and down on a cluster; see objects.c. */
typedef struct ObjectArguments {
	gboolean dry_run, no_wait, force, prune, rollback, no_record;
	int patience;       /* seconds for a wave */
	const char *format; /* of a dry run: text or json */
} ObjectArguments;
int objects_up(Cluster *cluster, const HomelabArguments *homelab, const ScanArguments *scan,
        const ObjectArguments *arguments, GError **error);
int objects_down(Cluster *cluster, const char *project, bool volumes, GError **error);

/* SIGINT and SIGTERM cancel, until it is freed. */
typedef struct Interrupt Interrupt;
Interrupt *interrupt_new(GCancellable *cancellable);
void interrupt_free(Interrupt *interrupt);
/* "core/postgres"; "ready", "exited 1". Free with g_free. */
char *live_title(const LiveContainer *container);
char *live_state_text(const LiveContainer *container);
/* A chain of causes for people: the title, each step with its place, and what mends it. */
void cause_append(GString *out, const Cause *cause);

/* Says on standard error how far a scan is, if that is a terminal and it takes longer than 300 ms. counter goes into
 * ScanOptions. Freeing it takes the line away again. */
typedef struct Progress Progress;
Progress *progress_new(void);
ScanProgress *progress_counter(Progress *progress);
void progress_free(Progress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Progress, progress_free)

/* The line below the others while `all` things are done; NULL where standard output is no terminal, which all of these
 * take. One thread at a time. */
typedef struct Ticker Ticker;
Ticker *ticker_new(uint32_t all);
void ticker_set(Ticker *ticker, const char *name, const char *doing); /* doing NULL: it is done */
void ticker_wipe(Ticker *ticker);                                     /* before a line that stays */
void ticker_show(Ticker *ticker);
void ticker_free(Ticker *ticker);
