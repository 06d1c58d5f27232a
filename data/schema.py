#!/usr/bin/env python3
"""Prints data/kubernetes-schema.json as one C table: `schema.py kubernetes-schema.json > schema_table.c`.

A field's shape is read from the left: `a` list of, `m` map of, and then one base: `s` text, `b` boolean, `i` integer,
`n` number, `q` quantity, `p` integer or text, `r` another type, `*` anything.
"""
import json
import sys

BASES = {"string": "s", "boolean": "b", "integer": "i", "number": "n", "object": "*", "any": "*"}


def main():
    with open(sys.argv[1]) as file:
        types = json.load(file)["types"]
    names = sorted(types)
    structs = {name: number for number, name in enumerate(n for n in names if types[n].get("fields"))}

    def shape(field):
        if "array" in field:
            code, base = shape(field["array"])
            return "a" + code, base
        if "map" in field:
            code, base = shape(field["map"])
            return "m" + code, base
        if "ref" not in field:
            return BASES[field["type"]], 0
        ref = field["ref"]
        if ref in structs:
            return "r", structs[ref]
        if ref.endswith(".Quantity"):
            return "q", 0
        if ref.endswith(".IntOrString"):
            return "p", 0
        return BASES[types[ref]["type"]], 0

    fields, rows, kinds = [], [], []
    for name in structs:
        first, required = len(fields), set(types[name].get("required", []))
        for field in sorted(types[name]["fields"]):
            code, base = shape(types[name]["fields"][field])
            fields.append(f'{{"{field}", "{code}", {base}, {str(field in required).lower()}}},')
        rows.append(f"{{{first}, {len(fields)}}}, /* {name} */")
        for group, version, kind in types[name].get("gvk", []):
            kinds.append((kind, f"{group}/{version}" if group else version, structs[name]))
    print("/* Made by data/schema.py from data/kubernetes-schema.json. */")
    print('#include "source/schema.h"\n')
    print("const SchemaField schema_fields[] = {", *fields, "};\n", sep="\n")
    print("const SchemaType schema_types[] = {", *rows, "};\n", sep="\n")
    print("const SchemaKind schema_kinds[] = {")
    for kind, version, number in sorted(kinds):
        print(f'{{"{kind}", "{version}", {number}}},')
    print("};\n")
    print(f"const size_t schema_kind_count = {len(kinds)};")


main()
