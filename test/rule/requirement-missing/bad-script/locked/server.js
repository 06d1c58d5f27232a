const express = require("express");
const debug = require("debug");
const mqtt = require("mqtt");
const store = require("@home/store/lamps");
require("./routes");
