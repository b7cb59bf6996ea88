/** Of all messages between tools and processes: those of another version are not understood, and are ignored. */
export const PROTOCOL = 1;

/** What every process that may be observed hears. */
export const REQUESTS = "requests";

/** A JSON object of this protocol; null for anything foreign or damaged. */
export function readMessage(text: string, longest: number): Readonly<Record<string, unknown>> | null {
  if (text.length > longest) return null;
  try {
    const message: unknown = JSON.parse(text);
    if (typeof message !== "object" || message === null || Array.isArray(message)) return null;
    const fields = message as Readonly<Record<string, unknown>>;
    return fields["evercache"] === PROTOCOL ? fields : null;
  } catch {
    return null;
  }
}

/** `text`, no longer than `longest`. */
export function clip(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}\u2026`;
}
