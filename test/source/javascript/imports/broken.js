import "./unclosed
const t = `${`${