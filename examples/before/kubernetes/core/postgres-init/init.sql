-- Runs once, on an empty data directory, as the user homelab.
\getenv n8n_password N8N_DB_PASSWORD
\getenv assistant_password ASSISTANT_DB_PASSWORD

CREATE ROLE n8n LOGIN PASSWORD :'n8n_password';
CREATE DATABASE n8n OWNER n8n;

CREATE ROLE assistant LOGIN PASSWORD :'assistant_password';
CREATE DATABASE familyassistant OWNER assistant;
