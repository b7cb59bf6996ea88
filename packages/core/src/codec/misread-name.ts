/**
 * A name of one character that JSON escapes. V8 takes it for a backslash where it has met an object of the same shape
 * with a name that is one: on Node 24, `JSON.parse('{"":1,"\\\\":2}')` before `JSON.parse('{"":1,"\\t":2}')`.
 */
export function isMisreadName(name: string): boolean {
  return name.length === 1 && JSON.stringify(name).length > 3;
}
