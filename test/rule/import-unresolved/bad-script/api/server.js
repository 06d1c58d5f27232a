const { lamps } = require("./lib/lamps");
console.log(lamps);
