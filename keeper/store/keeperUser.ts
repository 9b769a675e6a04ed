import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** Somebody on this machine, as the system knows him. */
export interface KeeperUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whose keeper a store is, by who owns its folder, or by who owns the store where the folder is root's. Root for one that
 * nobody has run yet in a folder of root's. Throws where there is no folder.
 */
export function keeperUserOf(storeFile: string): KeeperUser {
  const folder = statSync(dirname(storeFile));
  if (folder.uid !== 0 || !existsSync(storeFile)) return folder;
  return statSync(storeFile);
}
