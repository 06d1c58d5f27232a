from app import report, store

report.show(store.read())
