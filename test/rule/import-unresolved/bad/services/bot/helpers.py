def say(): pass
