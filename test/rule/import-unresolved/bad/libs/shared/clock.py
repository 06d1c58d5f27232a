def now(): pass
