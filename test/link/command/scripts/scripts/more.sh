#!/bin/sh
k apply -f ../by-alias.yaml
