/* The port that a mounted configuration has its program listen on. */
#pragma once

#include "rule/rule.h"

/* Reports each container and compose service that declares, publishes, probes or serves another one. */
void check_listened_ports(Checker *checker);
