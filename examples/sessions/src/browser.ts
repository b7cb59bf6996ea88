import assert from "node:assert/strict";
import type { ApiProcess } from "./api-process.js";

/** Keeps one cookie, as a browser would, and shows it to whichever process it asks. */
export class Browser {
  cookie = "";

  async call(api: ApiProcess, method: string, route: string, expected: number, body?: object): Promise<string> {
    const sent = body instanceof ReadableStream ? body : JSON.stringify(body);
    const response = await fetch(api.url + route, {
      method,
      headers: { "content-type": "application/json", ...(this.cookie && { cookie: this.cookie }) },
      ...(sent !== undefined && { body: sent, duplex: "half" }),
    });
    const text = await response.text();
    assert.equal(response.status, expected, `${method} ${route} answered ${response.status}: ${text}`);
    const [set] = response.headers.getSetCookie();
    if (set !== undefined) this.cookie = set.split(";")[0]!;
    return text;
  }

  login(api: ApiProcess): Promise<string> {
    return this.call(api, "POST", "/login", 200, { name: "ada", password: "lovelace" });
  }

  /** The session's id, without its signature. */
  get sid(): string {
    const value = decodeURIComponent(this.cookie.split("=")[1] ?? "");
    return value.slice("s:".length, value.indexOf("."));
  }
}
