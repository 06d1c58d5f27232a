import { made } from "./src/nowhere";
export default { plugins: [routes({ output: "./src/routeTree" })] };
