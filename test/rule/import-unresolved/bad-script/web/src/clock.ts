import { rooms } from "./rooms";
export const clock = rooms;
