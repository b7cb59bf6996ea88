/** The text of src/scripts.generated.ts, from src/scripts as it is now. */
export function generate(): string;
