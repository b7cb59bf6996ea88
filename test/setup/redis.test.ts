import { spawn } from "node:child_process";
import net from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { startRedis, type RedisServer } from "./redis.js";

const servers: RedisServer[] = [];
const start = async (args?: string[]) => {
  const server = await startRedis(args);
  servers.push(server);
  return server;
};

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

/** One inline command on a connection of its own; `null` when nothing answers within `patience` milliseconds. */
function ask(server: RedisServer, command: string, patience = 2_000): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(server.port, server.host, () => socket.write(`${command}\r\n`));
    socket.setTimeout(patience, () => {
      socket.destroy();
      resolve(null);
    });
    socket.once("error", reject);
    socket.once("data", (data) => {
      socket.destroy();
      resolve(data.toString().trim());
    });
  });
}

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("startRedis", () => {
  it("starts servers side by side, each on a port of its own, with the arguments given", async () => {
    const [first, second] = await Promise.all([start(), start(["--maxmemory", "3mb"])]);
    expect(first.port).not.toBe(second.port);
    expect(await ask(first, "PING")).toBe("+PONG");
    expect(await ask(second, "CONFIG GET maxmemory")).toContain("3145728");
    expect(await ask(first, "CONFIG GET save")).toMatch(/\$0$/);
  });

  it("pauses and resumes", async () => {
    const server = await start();
    await server.pause();
    expect(await ask(server, "PING", 100)).toBeNull();
    await server.resume();
    expect(await ask(server, "PING")).toBe("+PONG");
  });

  it("restarts on the same port, empty, after stop, kill and pause alike", async () => {
    const server = await start();
    const seen = new Set([server.pid]);
    for (const end of ["stop", "kill", "pause"] as const) {
      await ask(server, "SET a 1");
      await server[end]();
      await server.restart();
      seen.add(server.pid);
      expect(await ask(server, "GET a")).toBe("$-1");
    }
    expect(seen.size).toBe(4);
  });

  it("says what the server said when it cannot start", async () => {
    await expect(startRedis(["--no-such-option", "x"])).rejects.toThrow(/no-such-option/);
  });

  it("leaves no server behind when its process is killed", async () => {
    const script = `import { startRedis } from ${JSON.stringify(fileURLToPath(new URL("redis.ts", import.meta.url)))};
      const server = await startRedis(); console.log(server.pid);`;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], {
      cwd: fileURLToPath(new URL("..", import.meta.url)),
      stdio: ["ignore", "pipe", "inherit"],
    });
    const pid = await new Promise<number>((resolve) => child.stdout.once("data", (data) => resolve(Number(data))));
    expect(alive(pid)).toBe(true);
    child.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 5_000 }).toBe(false);
  });
});
