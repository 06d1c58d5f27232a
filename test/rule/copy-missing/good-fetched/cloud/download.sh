#!/bin/sh
cd files && wget https://download.example.com/releases/cloud.tar.bz2
