from worker.data import rows
