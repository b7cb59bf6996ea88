import { error, note, ok, warning, type Finding } from "../finding.js";
import type { Info } from "../../connection/info.js";

const ID = "persistence";

export interface PersistenceFacts {
  /** Section `persistence`. */
  readonly info: Info;
  /** `CONFIG GET`; undefined where it is refused. */
  readonly appendfsync: string | undefined;
}

/** Whether what is written to disk stands in the way. The cache needs none of it. */
export function judgePersistence({ info, appendfsync }: PersistenceFacts): Finding[] {
  const isAppending = info.number("aof_enabled") === 1;
  if (info.number("loading") === 1) {
    return [
      error(
        ID,
        "The server is reading its data from disk.",
        "Until it has, it answers nothing else, and queries go to the database.",
        'Wait. A Redis that is a cache only starts at once with `save ""` and `appendonly no`.',
      ),
    ];
  }
  if (info.text("rdb_last_bgsave_status") === "err" || (isAppending && info.text("aof_last_write_status") === "err")) {
    return [
      warning(
        ID,
        "The last attempt to write to disk has failed.",
        "By default the server then refuses writes (MISCONF): nothing is stored, and nothing can be invalidated.",
        'Make room on the disk. Where nothing but caches is in it, persistence may be switched off: CONFIG SET save "".',
      ),
    ];
  }
  if (isAppending && appendfsync === "always") {
    return [
      warning(
        ID,
        "appendfsync is always.",
        "Each write of the cache waits for the disk, and each write of the application waits for two of these.",
        "Set appendfsync to everysec. Where nothing but caches is in it, appendonly no: after a restart, entries of before count as missing anyhow.",
      ),
    ];
  }
  if (info.text("rdb_last_bgsave_status") === undefined) {
    const why = "The cache needs no persistence, and none does it harm.";
    return [note(ID, "INFO does not tell whether data are written to disk.", why, "Nothing.")];
  }
  return [
    ok(
      ID,
      isAppending
        ? "The append-only file is on. The cache does not need it."
        : "No append-only file, and none is needed.",
    ),
  ];
}
