require("./routes/lamps"); require(".");
