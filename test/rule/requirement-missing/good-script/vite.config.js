export default { resolve: { alias: { "@parts": "./src/parts", lights: "./src/lights" } } };
