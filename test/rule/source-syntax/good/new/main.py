match <- a syntax that no Python of today knows
