import "./dist/made";
import "./keys.local";
import "./secret/keys";
