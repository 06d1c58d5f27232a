#!/bin/sh
cc -o server server.c
