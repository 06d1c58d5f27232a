export * from "./swapped";
