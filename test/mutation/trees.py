"""Three small repositories without a finding: kustomizations, Flux, and plain files with compose, scripts and documents."""

DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name} # the one that people see
  namespace: {space}
  labels:
    app: {name}
spec:
  replicas: 1
  strategy:
    type: Recreate
  selector:
    matchLabels:
      app: {name}
  template:
    metadata:
      labels:
        app: {name}
    spec:
      serviceAccountName: {name}-runner
      containers:
        - name: {name}
          image: ghcr.io/sample-lab/{name}:1.4.2 # renovate
          ports:
            - name: http
              containerPort: {port}
          env:
            - name: DB_HOST
              value: {db}.{space}.svc.cluster.local
            - name: DB_URL
              value: postgres://$(DB_HOST):5432/{name}
            - name: LISTEN_PORT
              value: "{port}"
            - name: VERBOSE
              value: 'true'
            - name: LOG_LEVEL
              valueFrom:
                configMapKeyRef:
                  name: {name}-settings
                  key: log-level
          envFrom:
            - configMapRef:
                name: {name}-settings
            - secretRef:
                name: {name}-login
          readinessProbe:
            httpGet:
              path: /ready
              port: http
          resources:
            requests:
              cpu: 50m
              memory: 128Mi
            limits:
              memory: 256Mi
          volumeMounts:
            - name: files
              mountPath: /srv/files
      volumes:
        - name: files
          persistentVolumeClaim:
            claimName: {name}-files
"""

PARTS = """apiVersion: v1
kind: ServiceAccount
metadata:
  name: {name}-runner
  namespace: {space}
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}-settings
  namespace: {space}
data:
  log-level: info # or debug
  greeting: "hello"
---
apiVersion: v1
kind: Secret
metadata:
  name: {name}-login
  namespace: {space}
  annotations:
    labwright.dev/ignore: "secret-in-repo"
type: Opaque
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata:
  name: {name}-files
  namespace: {space}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: local-path
  resources:
    requests:
      storage: 2Gi
"""

SERVICE = """apiVersion: v1
kind: Service
metadata:
  name: {name}
  namespace: {space}
spec:
  selector:
    app: {name}
  ports:
    - name: web
      port: 80
      targetPort: {target} # the container's
"""

INGRESS = """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {name}
  namespace: {space}
spec:
  ingressClassName: traefik
  rules:
    - host: {name}.lab.example.org
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {name}
                port:
                  number: 80
"""

DATABASE = """apiVersion: v1
kind: Service
metadata:
  name: {db}
  namespace: {space}
spec:
  selector:
    app: {db}
  ports:
    - name: sql
      port: 5432
      targetPort: sql
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {db}
  namespace: {space}
spec:
  serviceName: {db}
  replicas: 1
  selector:
    matchLabels:
      app: {db}
  template:
    metadata:
      labels:
        app: {db}
    spec:
      containers:
        - name: {db}
          image: docker.io/library/postgres:16.4
          ports:
            - name: sql
              containerPort: 5432
          readinessProbe:
            tcpSocket:
              port: sql
          resources:
            requests:
              cpu: 100m
              memory: 256Mi
          volumeMounts:
            - name: data
              mountPath: /var/lib/postgresql/data
  volumeClaimTemplates:
    - metadata:
        name: data
      spec:
        accessModes: [ReadWriteOnce]
        resources:
          requests:
            storage: 5Gi
"""

CRON = """apiVersion: batch/v1
kind: CronJob
metadata:
  name: {name}-backup
  namespace: {space}
spec:
  schedule: "0 3 * * *"
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers:
            - name: dump
              image: docker.io/library/postgres:16.4
              command: [sh, -c, "pg_dump -h {db} -p 5432 {name} > /backup/{name}.sql; tar czf /backup/files.tgz /srv/files /var/lib/postgresql"]
              resources:
                requests:
                  cpu: 10m
                  memory: 64Mi
              volumeMounts:
                - name: files
                  mountPath: /srv/files
          volumes:
            - name: files
              persistentVolumeClaim:
                claimName: {name}-files
"""


def namespaces(*names):
    return "---\n".join(f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n" for name in names)


def kustomization(*entries, space=None):
    head = f"namespace: {space}\n" if space else ""
    return "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n" + head + "resources:\n" + "".join(
        f"  - {entry}\n" for entry in entries)


def app(folder, name, space, port, database, named=True):
    what = {"name": name, "space": space, "port": port, "db": database, "target": "http" if named else port}
    return {f"{folder}/deployment.yaml": DEPLOYMENT.format(**what),
            f"{folder}/parts.yaml": PARTS.format(**what),
            f"{folder}/service.yaml": SERVICE.format(**what),
            f"{folder}/ingress.yaml": INGRESS.format(**what),
            f"{folder}/{database}.yaml": DATABASE.format(**what),
            f"{folder}/backup-job.yaml": CRON.format(**what)}


def kustomized():
    files = {"README.md": "# Lab\n\nThe [album](apps/album/deployment.yaml) and its `apps/album/album-db.yaml`.\n"
                          "Start with [the guide](docs/first-steps.md).\n",
             "docs/first-steps.md": "Back to [the start](../README.md).\n\n```sh\nkubectl apply -k apps\n```\n",
             "apps/kustomization.yaml": kustomization("namespaces.yaml", "album", "recipes"),
             "apps/namespaces.yaml": namespaces("pictures", "kitchen", "toolbox", "outside")}
    for name, space, port, named in (("album", "pictures", 8080, True), ("recipes", "kitchen", 9000, False)):
        files |= app(f"apps/{name}", name, space, port, f"{name}-db", named)
        files[f"apps/{name}/kustomization.yaml"] = kustomization(
            "deployment.yaml", "parts.yaml", "service.yaml", "ingress.yaml", f"{name}-db.yaml", "backup-job.yaml")
    return files


def flux():
    files = {"clusters/lab/flux-system/source.yaml": """apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: lab-sources
  namespace: flux-system
spec:
  interval: 5m
  url: https://git.example.org/anna/lab.git
  ref:
    branch: main
""", "clusters/lab/programs.yaml": """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: programs
  namespace: flux-system
spec:
  interval: 10m
  path: ./programs
  prune: true
  sourceRef:
    kind: GitRepository
    name: lab-sources
""", "clusters/lab/shared.yaml": """apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: shared
  namespace: flux-system
spec:
  interval: 10m
  path: ./shared
  prune: true
  sourceRef:
    kind: GitRepository
    name: lab-sources
""", "shared/kustomization.yaml": kustomization("classes.yaml"),
             "shared/classes.yaml": "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata:\n  name: traefik\n"
                                    "spec:\n  controller: traefik.io/ingress-controller\n",
             "programs/kustomization.yaml": kustomization("namespaces.yaml", "journal"),
             "programs/namespaces.yaml": namespaces("writing", "reading", "spare", "other"),
             "programs/journal/kustomization.yaml": kustomization(
                 "deployment.yaml", "parts.yaml", "service.yaml", "ingress.yaml", "journal-db.yaml", "backup-job.yaml"),
             "README.md": "# Lab\n\nFlux reads [its folder](clusters/lab/programs.yaml).\n"}
    return files | app("programs/journal", "journal", "writing", 7070, "journal-db")


def plain():
    return {
        "labwright.yaml": "networks:\n  lan:\n    cidr: 192.168.30.0/24\n    kind: lan\nnodes:\n  attic:\n"
                         "    addresses: {lan: 192.168.30.11}\n  cellar:\n    addresses: {lan: 192.168.30.12}\n",
        "README.md": "# Home\n\nRead [how it is kept](docs/keeping.md) and run `scripts/copy-photos.sh`.\n"
                     "The [compose file](stack/compose.yaml) needs `stack/.env.example`.\n",
        "docs/keeping.md": "# Keeping\n\n| host | address |\n| --- | --- |\n| attic | 192.168.30.11 |\n| cellar | 192.168.30.12 |\n\n"
                           "Log in with `ssh anna@192.168.30.12` on cellar, then see [the script](../scripts/copy-photos.sh).\n",
        "scripts/copy-photos.sh": "#!/bin/sh\nset -eu\n# cellar keeps a second copy\nCELLAR_HOST=192.168.30.12\n"
                                  "rsync -a /srv/photos \"$CELLAR_HOST:/srv/copy\"\n. scripts/print-state.sh\n",
        "scripts/print-state.sh": "#!/bin/sh\ncurl -fsS http://192.168.30.11:8096/health # attic\n",
        "stack/.env.example": "# what compose needs\nPHOTOS_FOLDER=/srv/photos\nATTIC_HOST=192.168.30.11\nDB_PASSWORD=\n",
        "stack/compose.yaml": """services:
  photos:
    build: ./photos
    image: photos-local:1.0.0
    restart: unless-stopped
    ports:
      - "8096:8096"
    environment:
      PHOTOS_FOLDER: ${PHOTOS_FOLDER}
      ATTIC: http://${ATTIC_HOST}:8096
      DB: postgres://store:5432/photos
    depends_on:
      - store
  store:
    image: docker.io/library/postgres:16.4
    restart: unless-stopped
    tmpfs: /var/lib/postgresql/data
    environment:
      POSTGRES_PASSWORD: ${DB_PASSWORD}
""",
        "stack/photos/Dockerfile": "FROM docker.io/library/python:3.12-slim\nWORKDIR /srv\nCOPY requirements.txt .\n"
                                   "RUN pip install -r requirements.txt\nCOPY photos ./photos\nCMD [\"python\", \"-m\", \"photos.serve\"]\n",
        "stack/photos/requirements.txt": "flask==3.0.3\n",
        "stack/photos/.dockerignore": "*.log\n",
        "stack/photos/photos/__init__.py": "",
        "stack/photos/photos/serve.py": "import flask\n\nfrom photos.models import album\n\nprint(flask, album.NAME)\n",
        "stack/photos/photos/models/__init__.py": "",
        "stack/photos/photos/models/album.py": "NAME = \"album\"\n",
        ".gitignore": "*.log\n.env\n",
        ".github/workflows/photos.yml": """name: photos
on:
  push:
    paths:
      - "stack/photos/**"
jobs:
  build:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: stack/photos
""",
    }


TREES = {"kustomized": kustomized, "flux": flux, "plain": plain}
