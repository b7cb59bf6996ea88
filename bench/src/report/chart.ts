import { shown } from "./table.js";

/** Bars below each other, from 0 on. */
export interface Chart {
  /** Also the name of its file, without the ending. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Whose it is: ours stand out. */
  readonly kind: "evercache" | "peer" | "floor";
}

const WIDTH = 760;
/** Of a letter, about. */
const LETTER = 7.2;
/** Room for the figure behind the longest bar. */
const FIGURES = 90;
const HEAD = 52;
const ROW = 26;
const BAR = 16;

/** Colours that can be told from white and from black, and from each other without their hue. */
const STYLE = `text{font:13px system-ui,sans-serif;fill:#6e7781}.title{font-size:15px;font-weight:600}
.evercache{fill:#2f81f7}.peer{fill:#8c959f}.floor{fill:none;stroke:#8c959f;stroke-dasharray:4 3}
.own{font-weight:600}@media(prefers-color-scheme:dark){text{fill:#9da7b1}}`;

/** An SVG for light and dark pages, which needs nothing else. */
export function svg({ title, unit, bars }: Chart): string {
  const longest = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const labels = Math.ceil(LETTER * Math.max(...bars.map(({ label }) => label.length), 0)) + 8;
  const rows = bars.flatMap(({ label, value, kind }, index) => {
    const top = HEAD + index * ROW;
    const width = Math.max(1, (value / longest) * (WIDTH - labels - FIGURES));
    const own = kind === "evercache" ? ' class="own"' : "";
    const baseline = top + BAR - 3;
    return [
      `<text x="${labels - 8}" y="${baseline}" text-anchor="end"${own}>${escaped(label)}</text>`,
      `<rect class="${kind}" x="${labels}" y="${top}" width="${width.toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<text x="${(labels + width + 6).toFixed(1)}" y="${baseline}"${own}>${shown(value)}</text>`,
    ];
  });
  const height = HEAD + bars.length * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(title)}">`,
    `<style>${STYLE}</style>`,
    `<text class="title" x="0" y="18">${escaped(title)}</text>`,
    `<text x="0" y="38">${escaped(unit)}</text>`,
    ...rows,
    "</svg>",
    "",
  ].join("\n");
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
