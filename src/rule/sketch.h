/* Edits need the text that they change, and most checks only say that something can be mended. A checker that sketches
 * makes an edit of whole lines without its bytes: how many there are is right, what they say is not. */
#pragma once

#include "rule/rule.h"

void checker_sketch(Checker *checker);
bool checker_sketches(const Checker *checker);
