FILES = compose.yaml $(wildcard */compose.yaml)
ARGS += $(foreach file,$(FILES),-f $(file))

up:
	docker compose $(ARGS) up -d
