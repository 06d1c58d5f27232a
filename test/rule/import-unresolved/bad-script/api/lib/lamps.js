exports.lamps = [];
