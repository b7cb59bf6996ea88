import { error, ok, type Finding } from "../finding.js";
import { RECOMMENDED_POLICY } from "./memory.js";

const ID = "write";

/** What the server said to a small SET; undefined: it was done. */
export function judgeWrite(refusal: string | undefined): Finding[] {
  if (refusal === undefined) return [ok(ID, "A key can be written.")];
  const [code] = refusal.split(" ");
  const found = `A small key cannot be written: ${refusal}`;
  switch (code) {
    // A finding of its own.
    case "NOPERM":
      return [];
    case "OOM":
      return [
        error(
          ID,
          found,
          "Memory is full, and nothing is evicted: no new result is stored, so that each miss stays one.",
          `Raise maxmemory, or: ${RECOMMENDED_POLICY}`,
        ),
      ];
    case "MISCONF":
      return [
        error(
          ID,
          found,
          "The server cannot write to its disk, and therefore refuses all writes.",
          'Make room on the disk. Where nothing but caches is in it, persistence may be switched off: CONFIG SET save "".',
        ),
      ];
    case "NOREPLICAS":
      return [
        error(
          ID,
          found,
          "Fewer replicas keep up than min-replicas-to-write asks for.",
          "Bring the replicas back, or lower min-replicas-to-write.",
        ),
      ];
    case "READONLY":
      return [error(ID, found, "The server is a replica.", "Give the address of the primary.")];
    default:
      return [error(ID, found, "Nothing can be stored, and nothing invalidated.", "Look at what the server says.")];
  }
}
