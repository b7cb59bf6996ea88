/** For people: 0 B, 812 B, 3.2 KB, 41 MB. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, 1024, ["B", "KB", "MB", "GB", "TB"]);
}

/** For people: 1,234,567. */
export function formatCount(count: number): string {
  return Math.round(count).toLocaleString("en-US");
}

/** For people: 0.21 ms, 12 ms, 3.4 s, 12 min, 5.2 h, 30 d. */
export function formatDuration(milliseconds: number): string {
  const time = Math.abs(milliseconds);
  if (time < 1000) return `${shortened(time)} ms`;
  if (time < 60_000) return `${shortened(time / 1000)} s`;
  if (time < 3_600_000) return `${shortened(time / 60_000)} min`;
  if (time < 86_400_000) return `${shortened(time / 3_600_000)} h`;
  return `${shortened(time / 86_400_000)} d`;
}

function scaled(value: number, base: number, units: readonly string[]): string {
  let rest = value;
  let unit = 0;
  while (rest >= base && unit < units.length - 1) {
    rest /= base;
    unit += 1;
  }
  return `${unit === 0 ? Math.round(rest) : shortened(rest)} ${units[unit]!}`;
}

/** Two digits that say something. */
function shortened(value: number): string {
  if (value >= 10) return String(Math.round(value));
  return value >= 1 ? String(Number(value.toFixed(1))) : String(Number(value.toFixed(2)));
}
