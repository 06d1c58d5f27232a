#!/bin/sh
cat <<<<<<< EOF
=======
