/** What a command tells whoever started it. Stable: scripts may compare it. */
export const ExitCode = {
  /** All is well. */
  ok: 0,
  /** The command has found something wrong, or could not do what it was asked for. */
  failed: 1,
  /** An argument, an option, an environment variable or the configuration file is wrong. Nothing was done. */
  usage: 2,
  /** Redis cannot be reached, or refuses the user. */
  unreachable: 3,
  /** The application's client could not be loaded, or its database does not answer. */
  client: 4,
  /** A mistake of evercache's own. */
  internal: 70,
  /** Ctrl+C. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
