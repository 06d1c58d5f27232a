"""sarif.py SCHEMA FILE: says "valid", or what of the file is not what the schema says."""
import json
import sys

import jsonschema

with open(sys.argv[1], encoding="utf-8") as schema, open(sys.argv[2], encoding="utf-8") as file:
    validator = jsonschema.Draft4Validator(json.load(schema), format_checker=jsonschema.FormatChecker())
    errors = [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(json.load(file))]
print("\n".join(errors[:20]) or "valid")
