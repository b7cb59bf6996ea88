// oxlint-disable-next-line no-control-regex
const STEERS = /[\u0000-\u0009\u000B-\u001A\u001C-\u001F\u007F-\u009F]|\u001B(?!\[\d+m)/g;

/** Keys and tags hold what the application was asked with: nothing of it may steer the terminal. Colours and ends of lines stay. */
export function plain(text: string): string {
  return text.replaceAll(STEERS, "\uFFFD");
}

/** The same, in one line. */
export function oneLine(text: string): string {
  return plain(text).replaceAll("\n", "\uFFFD");
}
