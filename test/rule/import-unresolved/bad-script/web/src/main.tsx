import { Lamp } from "./parts/lamp";
import { rooms } from "@/rooms";
import { clock } from "./clock.js";
