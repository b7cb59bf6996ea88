import type { CommandDefinition } from "../command.js";
import { loadClient } from "../client-module.js";
import { connect } from "../connection/connection.js";
import { ExitCode } from "../exit-codes.js";

export const doctor: CommandDefinition = {
  name: "doctor",
  summary: "check whether a Redis is fit for the cache",
  description: "Connects to Redis as the cache would, and says what is wrong there, why it matters, and what to do.",
  examples: [["doctor --redis redis://localhost:6379", "checks that server"]],
  configure() {},
  async run({ settings, terminal }) {
    if (settings.client !== undefined) await loadClient(settings.client);
    const connection = await connect(settings.address);
    try {
      if (terminal.isJson) terminal.printJson({ redis: connection.name });
      else terminal.print(`${connection.name} answers.`);
      return ExitCode.ok;
    } finally {
      connection.close();
    }
  },
};
