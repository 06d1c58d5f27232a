/* Inside of src/place: steps by which a placement is bettered, pod by pod. */
#pragma once

#include "place/inner.h"

/* Of more hosts than WIDE not all are looked at for one pod, but WINDOW at a time, unless none of these will do. */
#define WIDE 512
#define WINDOW 256

/* The host with room that the pod presses least, its home where that is as good (or goes first); n_hosts where it fits
 * nowhere. */
uint32_t best_host(State *state, uint32_t group, const Amounts *room, bool homes_first);
/* Puts what has no place yet somewhere or nowhere, in that order of groups. With room, pods go home first where they
 * keep within it, and beyond it only where nothing else is left. */
void place_rest(State *state, const uint32_t *order, const Amounts *room, bool homes_first);
/* Pods whose company came later than they. */
void retry_unplaced(State *state);

typedef struct Heat {
	int64_t unplaced, pressure, squares;
} Heat;

Heat heat_of(const State *state);
int heat_compare(const Heat *a, const Heat *b);

typedef struct Descent {
	State *state;
	Budget *budget;
	const Amounts *room; /* NULL: the facts' */
	/* True if the state, just changed, is better than it was. */
	bool (*accept)(struct Descent *descent);
	Heat heat;      /* as it was */
	uint32_t level; /* of the goal that is bettered */
	bool hasty;     /* survival is looked at in the end and not after each step */
	Score score;    /* as it was: goals up to level */
} Descent;

bool is_movable(const State *state, uint32_t group, uint32_t host);
/* The required bonds of the group hold. */
bool rules_hold(const State *state, uint32_t group);
/* Moves one pod and keeps that if it is better. from may be nowhere. */
bool try_shift(Descent *descent, uint32_t group, uint32_t from, uint32_t to);
/* A pod goes to where another makes room for it, which goes to a third host or takes its place. */
bool try_eject(Descent *descent, uint32_t group, uint32_t from, uint32_t to, uint32_t other, uint32_t third);
/* Any better shift or swap of a pod that is on the host (or nowhere). */
bool relieve_host(Descent *descent, uint32_t host);
/* Takes pods off the fullest hosts until nothing helps or the bound is met. */
void cool(State *state, int64_t bound, Budget *budget);
