const mqtt = require("mqtt");
