#!/bin/sh
tar czf /mnt/other/gitea.tgz /srv/gitea
