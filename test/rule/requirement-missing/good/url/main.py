import b_things
