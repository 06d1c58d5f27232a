/* Inside of src/place: an assignment that is walked through by small moves, with its cost kept up to date. */
#pragma once

#include "place/reassign.h"

#define LOG_STEPS 4096

/* What is worked out once for an instance and shared by the workers. */
typedef struct Course {
	const Reassignment *problem;
	int32_t *still;   /* by resource: all ones unless transient, then 0 */
	int32_t *all;     /* by resource: all ones */
	int32_t *slack;   /* [machine × stride + resource]: capacity - safety */
	uint32_t *crowd;  /* by service of more than one process: its row in Walk.present; else UINT32_MAX */
	uint32_t *places; /* by service with a spread: its row in Walk.locations; else UINT32_MAX */
	uint32_t *bonds;  /* by service that depends or is depended on: row in Walk.neighbours; else UINT32_MAX */
	uint32_t *needed_first, *needed_by;          /* the other way round of depends_on */
	uint32_t n_crowds, n_places, n_bonds, words; /* words: 64 machines each, of a row of present */
	uint32_t *by_size;                           /* processes, the largest first */
	int64_t log_table[LOG_STEPS];                /* -ln of evenly spread chances, in 2^16ths */
} Course;

Course *course_new(const Reassignment *problem);
void course_free(Course *course);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Course, course_free)

typedef struct Walk {
	const Course *course;
	const Reassignment *problem;
	uint32_t *at;         /* by process: its machine */
	int32_t *room;        /* [machine × stride + resource]: what may still come */
	int32_t *over;        /* the same: use above the safety level, negative below */
	uint64_t *present;    /* [crowd × words]: bit of the machine */
	uint16_t *locations;  /* [places × n_locations]: processes */
	uint16_t *spreads;    /* [places]: locations in use */
	uint16_t *neighbours; /* [bonds × n_neighbourhoods]: processes */
	uint16_t *moved_of;   /* by service: processes that moved */
	uint32_t *moved_hist; /* services by number of moved processes */
	uint32_t moved_most;
	uint32_t **members, *n_members,
	        *most_members;               /* by machine: processes on it, in no order; how many have room */
	uint32_t *slot;                      /* by process: its place in that */
	GArray *log;                         /* WalkStep: of a rearrangement that may have to be undone */
	uint32_t *moved, *moved_at, n_moved; /* processes that moved, and where each is in that list */
	int64_t cost;
	int64_t excess; /* used beyond the capacities, summed */
	/* How to walk on; the caller may change these at any time but for excess_weight, which may become 0 only while
	 * excess is. */
	int64_t bias;          /* what leaving home costs on top */
	int64_t excess_weight; /* what each unit of excess costs; 0: none is allowed */
	uint32_t rearranging;  /* of 256 steps, at most 8 */
	uint64_t chance;
} Walk;

Walk *walk_new(const Course *course, uint64_t seed);
void walk_free(Walk *walk);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Walk, walk_free)
/* Starts over from an assignment; false where it breaks a hard constraint. */
bool walk_set(Walk *walk, const uint32_t *at);
/* Takes processes off machines that hold too much, whatever it costs; some may stay too full. */
void walk_repair(Walk *walk);
/* So many moves are proposed; each is made if it costs no more than chance at this temperature (in 256ths) allows. */
void walk_on(Walk *walk, int64_t temperature, uint64_t steps);
