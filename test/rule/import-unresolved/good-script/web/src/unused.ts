import x from "./never-reached";
