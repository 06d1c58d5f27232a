"""The ways to break a tree: each takes a dict of texts and a source of chance, and gives the broken dict or None where
the tree has nothing of the kind."""
import re


def letter(text, chance):
    """One letter of a name doubled, left out or changed."""
    at = chance.randrange(1, len(text))
    while not text[at].isalpha():
        at = chance.randrange(1, len(text))
    other = chance.choice([c for c in "abcdefghijklmnopqrstuvwxyz" if c != text[at]])
    return chance.choice([text[:at] + text[at] + text[at:], text[:at] + text[at + 1:], text[:at] + other + text[at + 1:]])


def places(files, pattern, name=r"\.ya?ml$"):
    return [(path, match) for path, text in sorted(files.items()) if re.search(name, path)
            for match in re.finditer(pattern, text, re.M)]


def swap(files, found, new):
    path, match = found
    start, end = match.span(1)
    return files | {path: files[path][:start] + new + files[path][end:]}


def on_group(pattern, change, name=r"\.ya?ml$"):
    """Changes what group 1 of a random match holds."""
    def broken(files, chance):
        found = places(files, pattern, name)
        if not found:
            return None
        one = chance.choice(found)
        return swap(files, one, change(one[1][1], chance))
    return broken


def without(pattern, name=r"\.ya?ml$"):
    return on_group(pattern, lambda text, chance: "", name)


def twice(text, chance):
    return text + text


def port(text, chance):
    return str(int(text) + chance.randrange(1, 9))


def address(text, chance):
    return re.sub(r"\d+$", lambda match: str(int(match[0]) + chance.randrange(100, 120)), text)


def to(word):
    return lambda text, chance: word


def moved(pattern):
    """A file goes to a folder of its own and nobody is told."""
    def broken(files, chance):
        paths = [path for path in sorted(files) if re.search(pattern, path)]
        if not paths:
            return None
        path = chance.choice(paths)
        folder, _, name = path.rpartition("/")
        rest = {other: text for other, text in files.items() if other != path}
        return rest | {f"{folder}/kept/{name}": files[path]}
    return broken


def env_swapped(files, chance):
    return on_group(r"(^            - name: DB_HOST\n.*\n            - name: DB_URL\n.*\n)",
                    lambda text, _: "".join(text.splitlines(True)[2:] + text.splitlines(True)[:2]))(files, chance)


def added(pattern, line):
    def broken(files, chance):
        paths = [path for path in sorted(files) if re.search(pattern, path)]
        if not paths:
            return None
        path = chance.choice(paths)
        return files | {path: files[path] + line}
    return broken


DEPLOYMENT, COMPOSE, SCRIPT, DOCUMENT = r"deployment\.yaml$", r"compose\.yaml$", r"\.sh$", r"\.md$"
BREAKS = {
    # names
    "configmap-of-env-from": on_group(r"configMapRef:\n +name: (.+)", letter),
    "secret-of-env-from": on_group(r"secretRef:\n +name: (.+)", letter),
    "configmap-of-key": on_group(r"configMapKeyRef:\n +name: (.+)", letter),
    "key-of-configmap": on_group(r"key: (log-level)", letter),
    "claim": on_group(r"claimName: (.+)", letter),
    "service-account": on_group(r"serviceAccountName: (.+)", letter),
    "backend-of-ingress": on_group(r"service:\n +name: (.+)", letter),
    "host-of-service": on_group(r"value: ([a-z]+-db)\.", letter),
    "host-in-command": on_group(r"pg_dump -h ([a-z-]+)", letter),
    "namespace-of-service": on_group(r"kind: Service\nmetadata:\n  name: .+\n  namespace: (.+)", letter),
    "selector-of-service": on_group(r"kind: Service\n(?:.*\n)+?  selector:\n +app: (.+)", letter),
    "label-of-template": on_group(r"template:\n    metadata:\n      labels:\n        app: (.+)", letter, r"deployment"),
    "name-of-config-map": on_group(r"kind: ConfigMap\nmetadata:\n  name: (.+)", letter),
    "name-of-service": on_group(r"kind: Service\nmetadata:\n  name: (.+)", letter, r"service\.yaml$"),
    "name-of-claim": on_group(r"kind: PersistentVolumeClaim\nmetadata:\n  name: (.+)", letter),
    "volume-of-mount": on_group(r"volumeMounts:\n +- name: (.+)", letter),
    # ports
    "target-port-number": on_group(r"targetPort: (\d+)", port),
    "target-port-name": on_group(r"targetPort: ([a-z]+)", letter),
    "port-of-backend": on_group(r"number: (\d+)", port),
    "port-of-probe": on_group(r"readinessProbe:\n +\w+:\n(?: +path: .*\n)? +port: ([a-z]+)", letter),
    "port-in-address": on_group(r"\$\(DB_HOST\):(\d+)", port),
    "port-in-command": on_group(r"-p (\d+)", port),
    # what the API wants
    "quotes-of-number": on_group(r"value: (\"\d+\")", lambda text, _: text[1:-1]),
    "quotes-of-boolean": on_group(r"value: ('true')", lambda text, _: text[1:-1]),
    "field": on_group(r"^  (replicas): 1", letter),
    "old-api": on_group(r"apiVersion: (batch/v1)\n", to("batch/v1beta1")),
    "quoted-number": on_group(r"replicas: (1)\n", to('"1"')),
    "word-for-number": on_group(r"replicas: (1)\n", to('"one"')),
    # lines
    "key-twice": on_group(r"^(  namespace: .+\n)", twice),
    "key-twice-in-compose": on_group(r"^(    restart: .+\n)", twice, COMPOSE),
    "variable-twice": on_group(r"^(            - name: LISTEN_PORT\n.*\n)", twice),
    "object-twice": on_group(r"^(apiVersion: v1\nkind: ServiceAccount\n(?:.*\n)+?---\n)", twice),
    "order-of-variables": env_swapped,
    "no-probe": without(r"^( +readinessProbe:\n +httpGet:\n.*\n.*\n)"),
    "no-namespace": without(r"^(---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: (?:kitchen|reading)\n)"),
    "no-template-label": without(r"template:\n    metadata:\n(      labels:\n        app: .+\n)", r"deployment"),
    # files
    "entry-of-kustomization": on_group(r"^  - ([a-z-]+)\.yaml", letter, r"kustomization"),
    "entry-lost": without(r"^(  - (?:service|ingress|parts)\.yaml\n)", r"kustomization"),
    "manifest-moved": moved(r"(service|ingress|backup-job)\.yaml$"),
    "path-of-flux": on_group(r"path: \./(.+)", letter, r"clusters"),
    "source-of-flux": on_group(r"kind: GitRepository\n    name: (.+)", letter, r"clusters"),
    "link": on_group(r"\]\((?:\.\./)?([a-z]+)[/.]", letter, DOCUMENT),
    "document-moved": moved(r"docs/.*\.md$"),
    "script-moved": moved(r"scripts/.*\.sh$"),
    "path-in-script": on_group(r"^\. scripts/([a-z]+)", letter, SCRIPT),
    "build-context": on_group(r"build: \./([a-z]+)", letter, COMPOSE),
    "copied-file": on_group(r"COPY (requirements)", letter, r"Dockerfile"),
    "ignored-copy": added(r"\.dockerignore$", "photos/\n"),
    "context-of-ci": on_group(r"context: stack/(photos)", letter),
    "trigger-of-ci": on_group(r"- \"stack/(photos)", letter),
    "requirement-lost": without(r"^(flask.*\n)", r"requirements"),
    # variables and addresses
    "variable-in-compose": on_group(r"\$\{(PHOTOS_FOLDER|DB_PASSWORD)\}", letter, COMPOSE),
    "variable-of-example": without(r"^(DB_PASSWORD=\n)", r"example$"),
    "address-in-script": on_group(r"^CELLAR_HOST=(.+)", address, SCRIPT),
    "address-in-env": on_group(r"^ATTIC_HOST=(.+)", address, r"example$"),
    "address-in-document": on_group(r"cellar \| ([\d.]+)", address, DOCUMENT),
    "address-in-command": on_group(r"ssh anna@([\d.]+)", address, DOCUMENT),
}
