import { accessSync, constants, existsSync, statSync, type Stats } from "node:fs";
import { messageOf } from "../../errors.ts";
import { keeperUserOf, type KeeperUser } from "../../store/keeperUser.ts";

const { R_OK, W_OK, X_OK } = constants;

/**
 * Why a keeper with this store may not read and write something; undefined where it may. Whatever is not there is passed
 * over. Root may do anything, so that for root owner and mode are compared with the store's; groups beside a user's first
 * are not known then.
 * @param uid Whose process this is; undefined where there are no such ids.
 */
export function whyClosed(
  paths: readonly string[],
  storeFile: string,
  uid = process.geteuid?.(),
): string | undefined {
  try {
    const keeper = uid === 0 ? keeperUserOf(storeFile) : undefined;
    for (const path of paths.filter((each) => existsSync(each))) {
      const stats = statSync(path);
      const wanted = R_OK | W_OK | (stats.isDirectory() ? X_OK : 0);
      if (keeper === undefined) accessSync(path, wanted);
      else if (keeper.uid !== 0 && !isOpenTo(keeper, stats, wanted))
        return `${path} belongs to uid ${stats.uid} (mode ${(stats.mode & 0o777).toString(8)}), and the store's folder to uid ${keeper.uid}`;
    }
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** What root has to be told besides, for where all is root's nothing says who runs the keeper; empty for everybody else. */
export function doubtOfRoot(storeFile: string, uid = process.geteuid?.()): string {
  return uid === 0 && keeperUserOf(storeFile).uid === 0
    ? "; it is root's, and whether a keeper of another user may write it root cannot tell"
    : "";
}

/** The first that fits counts, as the system has it. */
function isOpenTo({ uid, gid }: KeeperUser, stats: Stats, wanted: number): boolean {
  const shift = stats.uid === uid ? 6 : stats.gid === gid ? 3 : 0;
  return ((stats.mode >> shift) & wanted) === wanted;
}
