import words
from words import hello
from tones import loud


def answer(what, *more):
    return loud(words.hello(hello(what)))
