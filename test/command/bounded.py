"""bounded.py SECONDS PROGRAM WORD...: runs it, stops it after that long (exit code 124), and says its peak memory in MB."""
import resource
import subprocess
import sys

try:
    code = subprocess.run(sys.argv[2:], timeout=float(sys.argv[1]), check=False).returncode
except subprocess.TimeoutExpired:
    code = 124
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024, file=sys.stderr)
sys.exit(code if code >= 0 else 128 - code)
