#!/usr/bin/env node
// import nothing from "./comment";
/* require("./comment") */
import "./styles.css";
import fs, { readFile as read } from "node:fs";
import * as all from './all.js'
import type { Erased } from "./types";
import { type A, type B as C } from "./types";
import { type A2, value } from "./mixed";
import type from "./named-type";
import {} from "./effects";
import old = require("./old");
export * from "./again";
export type { T } from "./types";
export { a, b as c } from "./parts";
export const text = "import x from './in-string'";
const page = `import y from "./in-template" ${require("./in-code") + `deep ${1}`} require("./after")`;
const slash = 4 / 2; const expression = /["'`]/g; const after = require("./after-expression");
try { require("optional"); } catch { }
async function later() { const m = await import("./lazy"); return import(name); }
const resolved = require.resolve("./not-loaded"), made = require("./x" + name), member = a.require("./member");
export default function f() { return <p>Don't import a from "./prose"</p>; }
