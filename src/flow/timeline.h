/* What each week of the history, and which of its commits, brought and removed. */
#pragma once

#include "flow/flow.h"
#include "report/summary.h"

/* Fills periods, steps, months and checked from summary->line, which holds at least one commit. */
void timeline_add(Summary *summary, const ReportOptions *options);
