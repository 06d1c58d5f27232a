/* Inside of src/place: an assignment that changes pod by pod, with all that the goals need kept up to date. */
#pragma once

#include "place/place.h"

/* Another group whose pods must not be in the same part. */
typedef struct Rival {
	uint32_t group, topology;
} Rival;

/* Pods of a group that are on a host now. */
typedef struct Run {
	uint32_t group, pods;
} Run;

/* What is worked out once for a problem. */
typedef struct Facts {
	const Problem *problem;
	Amounts *floor;    /* by host: fixed, and pods that may run nowhere else */
	Amounts *room;     /* by host: what its use must not exceed */
	int64_t *weight;   /* by group: what one pod that is down costs */
	uint32_t *choices; /* by group: hosts that it may run on */
	int64_t *known;    /* by group: pods of which it is known where they are */
	GArray **rivals;   /* by group: Rival, NULL where none */
	GArray **rules;    /* by group: indexes of bonds TOGETHER and EVEN, and of weighed ones, that its pods count in,
	                    * but    for traffic */
	int64_t *size;     /* by group: parts in 2^20 of the average host that one pod takes, of its largest resource */
	uint32_t *by_size; /* groups by priority and size, the first to be placed first */
	uint32_t *rank;    /* by group: its place in that */
	GArray **runs;     /* by host: Run, of what is there now; NULL where nothing is */
} Facts;

Facts *facts_new(const Problem *problem);
void facts_free(Facts *facts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Facts, facts_free)

/* What preferred bonds cost, as far as it was asked for: only those are counted again that a pod changed since. */
typedef struct Wishes {
	int64_t sum, *worth; /* worth: by bond */
	bool *stale;         /* by bond */
	uint32_t *list, n;   /* those that are stale */
} Wishes;

typedef struct State {
	const Facts *facts;
	const Problem *problem;
	PlaceCounts *counts;
	Amounts *use;   /* by host */
	int64_t *steps; /* by host: pressure as the goal counts it */
	uint32_t *hosts_at,
	        top; /* by steps: how many hosts have so many; the most that one has. All above MOST_LEVELS as one */
	int64_t squares;                               /* of the steps, summed */
	uint32_t **members, *n_members, *most_members; /* by host: groups that have a pod there, in no order */
	int64_t *fresh;                                /* by group: pods that are where none was, or nowhere */
	int64_t unplaced, dislike, price;
	Wishes *wishes;
	uint32_t turn; /* where a search among very many hosts begins */
} State;

#define MOST_LEVELS 1000u

State *state_new(const Facts *facts);
State *state_copy(const State *state);
void state_set(State *state, const State *from);
void state_free(State *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(State, state_free)

/* host may be n_hosts: nowhere. */
static inline uint32_t state_count(const State *state, uint32_t group, uint32_t host)
{
	return host == state->problem->n_hosts ? state->counts->nowhere[group] : counts_of(state->counts, group, host);
}

/* Groups that have a pod on the host, the first to be placed first; n_hosts: nowhere. Free with g_free. */
uint32_t *state_groups(const State *state, uint32_t host, uint32_t *ret_n);

/* host may be n_hosts: nowhere. */
void state_add(State *state, uint32_t group, uint32_t host);
void state_remove(State *state, uint32_t group, uint32_t host);

/* The group may run there, and there is room for one more pod once one of `without` (or UINT32_MAX) is gone. */
bool state_has_room(const State *state, uint32_t group, uint32_t host, uint32_t without, const Amounts *room);
/* One more pod of the group has room there and breaks no required bond by what is placed so far. room NULL: the facts'.
 */
bool state_fits(const State *state, uint32_t group, uint32_t host, const Amounts *room);
/* The required bonds TOGETHER and EVEN hold; of one group's pods, or of all for UINT32_MAX. */
bool state_bonds_hold(const State *state, uint32_t group);

/* Pressure of a host as the goal counts it: nothing where it holds no more than it must. */
int64_t goal_steps(const Facts *facts, uint32_t host, const Amounts *use);
/* Pressure that is not worth bettering. */
int64_t enough_steps(const Problem *problem);

int64_t state_unplaced(const State *state);
int64_t state_pressure(const State *state); /* of the fullest host */
int64_t state_survival(const State *state);
int64_t state_wishes(const State *state);
int64_t state_moves(const State *state);
int64_t state_traffic(const State *state);
int64_t state_goal(const State *state, Goal goal);
Score state_score(const State *state);
/* Use at which a host has at most so many steps of pressure: its floor where that is more. */
Amounts room_at(const Facts *facts, uint32_t host, int64_t steps);

typedef struct Budget {
	uint64_t left, used;
	int64_t deadline;
	uint64_t seed;
	const volatile int *stop;
} Budget;

/* A bound on the pressure of any placement without unplaced pods, and why. */
int64_t bound_pressure(const Facts *facts, Solution *ret_why);
/* A bound on the price of the moves if no host may use more than room says. */
int64_t bound_moves(const Facts *facts, const Amounts *room);
int64_t bound_survival(const Facts *facts);
int64_t bound_wishes(const Facts *facts);
int64_t bound_traffic(const Facts *facts);

/* A part of what is left, of the steps and of the time; what was used of it is given back by budget_return. */
Budget budget_share(const Budget *budget, uint32_t numerator, uint32_t denominator);
void budget_return(Budget *budget, const Budget *share);
/* Takes so many steps; false when none are left, or somebody said stop. */
bool budget_take(Budget *budget, uint64_t steps);

/* A good placement by construction and local search: few pods unplaced, and low pressure unless another goal is more
 * important. */
State *search_start(const Facts *facts, int64_t pressure_bound, Budget *budget);
/* Takes the other state where it betters goal order[level] and worsens none before it. */
void search_take(State *state, const State *other, uint32_t level);
/* Betters goal order[level] by local search without worsening those before it; less than the bound is not looked for.
 */
void search_improve(State *state, uint32_t level, int64_t bound, Budget *budget);
/* What hosts may use where the pressure of the state must not grow because it counts before order[level]; NULL where it
 * does not. Free with g_free. */
Amounts *search_room(const State *state, uint32_t level);

/* A placement with few moves in which no host uses more than room, found by annealing from what runs now; NULL where
 * none was found. It ends where a price of `enough` is reached. Goals other than the moves are for the caller to
 * compare. Free with state_free. */
State *relocate(const State *state, const Amounts *room, int64_t enough, Budget *budget);

/* A placement within the room with a lower price of moves, not below the bound; prices are multiples of the step. It
 * ends when so many runs have come to nothing at the last price before what was found, or, where there is a deadline,
 * only with the budget. NULL where none was found. Goals other than the moves are for the caller to compare. Free with
 * state_free. */
State *fit_cheaper(const State *state, const Amounts *room, int64_t bound, int64_t step, uint32_t runs, Budget *budget);
typedef struct Dual Dual;

/* A placement within the room at that price, among those that are not ruled out where the price is supposed (dual.h);
 * so many runs that come to nothing, with a deadline until the budget is used up. NULL where none was found. Goals
 * other than the moves are for the caller to compare. Free with state_free. */
State *fit_supposed(
        const State *state, const Amounts *room, const Dual *dual, int64_t price, uint32_t runs, Budget *budget);
/* A placement within the room, whatever else becomes of it; NULL where none was found. Free with state_free. */
State *fit_within(const State *state, const Amounts *room, Budget *budget);

/* A pod of the group is on the host now that has no place there yet. */
static inline bool is_home(const State *state, uint32_t group, uint32_t host)
{
	return counts_of(state->counts, group, host) < counts_of(state->problem->now, group, host);
}

/* Finds a state whose goal order[level] is below `below` while those before it are no worse than in `best`, and puts it
 * into best. dual may be NULL. *ret_done: the search was complete, so that a false answer is a proof. */
bool exact_better(
        State *best, uint32_t level, int64_t below, const Dual *dual, Budget *budget, bool *ret_done, uint64_t *tried);
