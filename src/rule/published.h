/* Ports of the host that are asked between the containers of one compose file. */
#pragma once

#include "rule/rule.h"

/* Part of port-drift. */
void check_published_ports(Checker *checker);
