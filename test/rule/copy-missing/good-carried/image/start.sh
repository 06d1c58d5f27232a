#!/bin/sh
exec lamp
