import { extensionsOf, type ExtensibleClient, type ExtensionList, type ExtensionParts } from "./internals.js";

/**
 * Prisma appends to a client's list of extensions whichever way `$extends` is called, also past the client's own: by
 * `PrismaClient.prototype.$extends.call(client, …)`, on a `$parent`, on a transaction's client. What is appended there with
 * a `query` part runs inside the cache, which then keys on arguments that are not yet rewritten; and the cache's own read
 * methods would lead past it.
 */
export class InnerExtensions {
  /** The cache's extensions, with what stands in their place where another one runs inside them. */
  readonly #replacements = new WeakMap<ExtensionParts, ExtensionParts>();
  readonly #own = new WeakSet<ExtensionParts>();
  /** What was appended past the cache without a `query` part, by the list that has it. */
  readonly #past = new WeakMap<ExtensionList, readonly ExtensionParts[]>();

  constructor(private readonly onInner: (extension: ExtensionParts) => void) {}

  /** `extension` is put there by the cache, on purpose. */
  own<T extends ExtensionParts>(extension: T, replacement?: ExtensionParts): T {
    this.#own.add(extension);
    if (replacement) this.#replacements.set(extension, replacement);
    return extension;
  }

  /** From here on every extension that comes inside the cache of `client` is noticed. */
  watch<T extends ExtensibleClient>(client: T, root: ExtensibleClient): T {
    const list = listOf(client);
    if (list) this.#watchList(list, listOf(root) ?? list);
    return client;
  }

  /** The extensions that were appended to `client` past the cache's `$extends`, and are to be kept. */
  appendedTo(client: ExtensibleClient | undefined): readonly ExtensionParts[] {
    const list = listOf(client);
    return (list && this.#past.get(list)) ?? [];
  }

  #watchList(list: ExtensionList, empty: ExtensionList): void {
    const append = list.append.bind(list);
    list.append = (extension) => {
      if (extension.query !== undefined && !this.#own.has(extension)) {
        this.onInner(extension);
        const below = extensionsOf(list.head).map((one) => this.#replacements.get(one) ?? one);
        return [...below, extension].reduce((longer, one) => longer.append(one), empty);
      }
      const longer = append(extension);
      const past = this.#past.get(list) ?? [];
      this.#past.set(longer, this.#own.has(extension) ? past : [...past, extension]);
      this.#watchList(longer, empty);
      return longer;
    };
  }
}

function listOf(client: ExtensibleClient | undefined): ExtensionList | undefined {
  const list = client?.["_extensions"] as ExtensionList | undefined;
  return typeof list?.append === "function" ? list : undefined;
}
