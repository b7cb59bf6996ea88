import { error, note, ok, warning, type Finding } from "../finding.js";

const ID = "permissions";
const ON_CHANNELS = /publish$|subscribe$/;

/** What a part of the cache needs. */
export interface Need {
  /** As ACL spells it: `mget`, `script|load`. */
  readonly command: string;
  /** Without it nothing is cached or invalidated; some setting does not work; or nothing is lost. */
  readonly importance: "required" | "feature" | "convenience";
  /** What it is for. */
  readonly purpose: string;
}

/** Of one need, what the server said. */
export interface Permission {
  readonly need: Need;
  /** `key`, `channel`: the command is allowed, and not there. `unknown`: the server has no such command. */
  readonly outcome: "allowed" | "command" | "key" | "channel" | "unknown";
}

export interface PermissionFacts {
  readonly permissions: readonly Permission[];
  readonly user: string;
  readonly namespace: string;
}

/** Whether the user may do what the cache does. */
export function judgePermissions({ permissions, user, namespace }: PermissionFacts): Finding[] {
  const denied = permissions.filter(({ outcome }) => outcome !== "allowed" && outcome !== "unknown");
  const unknown = permissions.filter(({ outcome }) => outcome === "unknown");
  if (denied.length === 0 && unknown.length === 0) {
    return [ok(ID, `The user ${user} may do all that the cache does in its namespace.`)];
  }
  const needed = denied.filter(({ need }) => need.importance === "required");
  // Keys and channels are the same for all commands: told once is enough.
  const told = new Set<Permission["outcome"]>(needed.map(({ outcome }) => outcome));
  told.delete("command");
  const others = denied.filter(({ need, outcome }) => need.importance !== "required" && !told.has(outcome));
  return [...judgeNeeded(needed, user, namespace), ...judgeOthers(others, user, namespace), ...judgeUnknown(unknown)];
}

function judgeNeeded(denied: readonly Permission[], user: string, namespace: string): Finding[] {
  if (denied.length === 0) return [];
  return [
    error(
      ID,
      refusal(denied, user, namespace),
      `Nothing would be cached, or nothing invalidated. It is for ${purposes(denied)}.`,
      `Grant it: ${aclLine(denied, user, namespace)}`,
    ),
  ];
}

function judgeOthers(denied: readonly Permission[], user: string, namespace: string): Finding[] {
  if (denied.length === 0) return [];
  const report = denied.some(({ need }) => need.importance === "feature") ? warning : note;
  return [
    report(
      "permissions-besides",
      refusal(denied, user, namespace),
      `The cache works without. It is for ${purposes(denied)}.`,
      `To have that: ${aclLine(denied, user, namespace)}`,
    ),
  ];
}

function judgeUnknown(unknown: readonly Permission[]): Finding[] {
  if (unknown.length === 0) return [];
  const report = unknown.some(({ need }) => need.importance === "required") ? error : warning;
  return [
    report(
      "commands",
      `The server has no ${list(unknown.map(({ need }) => spell(need.command)))}.`,
      `It is for ${purposes(unknown)}.`,
      "Use Redis 7.0 or later, or Valkey. A proxy in between may not know the command, or the server may have it renamed.",
    ),
  ];
}

function refusal(denied: readonly Permission[], user: string, namespace: string): string {
  const commands = denied.filter(({ outcome }) => outcome === "command").map(({ need }) => spell(need.command));
  const parts = [
    denied.some(({ outcome }) => outcome === "key") && `use the keys ${namespace}:*`,
    denied.some(({ outcome }) => outcome === "channel") && `use the channels ${namespace}:*`,
    commands.length > 0 && `run ${list(commands)}`,
  ];
  return `The user ${user} may not ${parts.filter(Boolean).join(", and may not ")}.`;
}

function purposes(missing: readonly Permission[]): string {
  return [...new Set(missing.map(({ need }) => need.purpose))].join("; ");
}

/** The line that grants what is missing. */
export function aclLine(denied: readonly Permission[], user: string, namespace: string): string {
  const rules = denied.map(({ need, outcome }) => {
    if (outcome === "key") return `~${namespace}:*`;
    if (outcome === "channel") return `&${namespace}:*`;
    // The server looks at channels behind the command, and has not yet.
    return ON_CHANNELS.test(need.command) ? `+${need.command} &${namespace}:*` : `+${need.command}`;
  });
  return `ACL SETUSER ${user} ${[...new Set(rules.flatMap((rule) => rule.split(" ")))].join(" ")}`;
}

function spell(command: string): string {
  return command.toUpperCase().replace("|", " ");
}

function list(words: readonly string[]): string {
  const different = [...new Set(words)];
  return different.length < 2 ? different.join("") : `${different.slice(0, -1).join(", ")} and ${different.at(-1)}`;
}
