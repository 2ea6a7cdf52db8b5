/** A module of the page's `lib`, compiled as for the page. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "vite";

export async function compiled(name) {
  const folder = await mkdtemp(join(tmpdir(), `ringmain-${name}-`));
  const entry = fileURLToPath(new URL(`../src/lib/${name}.ts`, import.meta.url));
  await build({
    configFile: false,
    logLevel: "error",
    build: { lib: { entry, formats: ["es"], fileName: name }, outDir: folder },
  });
  const module = await import(pathToFileURL(join(folder, `${name}.js`)).href);
  await rm(folder, { recursive: true });
  return module;
}
