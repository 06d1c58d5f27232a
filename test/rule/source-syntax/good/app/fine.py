# -*- coding: latin-1 -*-
raise SystemExit("never run, only compiled: \d")
