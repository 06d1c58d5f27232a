FROM golang AS build
ARG NAME=x
COPY go.mod go.sum* ./
COPY cmd/ ./cmd/
COPY $NAME/ ${NAME}.txt ./
COPY <<EOT /etc/motd
hi
EOT
ADD https://example.org/a.tgz git@example.org:x/y.git /opt/
FROM scratch
COPY --from=build /go/app /app
COPY --from=ghcr.io/x/y /bin/y /bin/
ONBUILD COPY later /later
COPY . /src
COPY / /all
