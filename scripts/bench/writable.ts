import { existsSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";

/** A file for results, as an option's value: found out before anything starts, not after an hour. */
export function writable(file: string): string {
  const folder = dirname(resolve(file));
  if (!existsSync(folder)) throw new InvalidArgumentError(`There is no folder ${folder}.`);
  if (existsSync(file) && statSync(file).isDirectory()) {
    throw new InvalidArgumentError(`${file} is a folder.`);
  }
  return file;
}
