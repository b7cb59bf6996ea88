import { EvercacheError, parseKeyring, tagGroup, type Keyring, type Tag } from "@evercache/core";
import type { DataModel } from "./schema/data-model.js";
import { twinName } from "./schema/volatile.js";
import { invalidSetting, namedPolicies, settingOf } from "./policy-settings.js";
import { RAW_TAG } from "./query/raw-source.js";

/** The setting of a model's policy that says whether its entries are encrypted. */
export const ENCRYPTION_SETTINGS = { defaults: ["encrypt"], models: ["encrypt"] } as const;

const KEYS = 'encryption: { keys: [{ id: "2026-01", key: process.env.CACHE_KEY }] }';

/**
 * The keys that the options give, checked against who asks for encryption. Undefined: there are none. `defaults` and `models`
 * are those of the options, checked as policies.
 * @throws EvercacheError for a wrong key, for `encrypt` without keys, and for keys without `encrypt`
 */
export function parseEncryption(encryption: unknown, defaults: unknown, models: unknown): Keyring | undefined {
  const keyring = encryption === undefined ? undefined : parseKeyring(encryption);
  let isAskedFor = false;
  for (const [name, policy] of namedPolicies(defaults, models)) {
    const encrypt = encryptOf(policy);
    if (encrypt === undefined) continue;
    isAskedFor = true;
    if (typeof encrypt !== "boolean") throw invalidSetting(`${name}.encrypt`, encrypt, "write true or false");
    if (encrypt && !keyring) {
      throw invalidSetting(`${name}.encrypt`, encrypt, `there is no key to encrypt with. Write ${KEYS} beside models`);
    }
  }
  if (keyring && !isAskedFor) {
    const hint = "no model is encrypted. Write defaults: { encrypt: true }, or encrypt: true for single models";
    throw new EvercacheError("INVALID_OPTION", `encryption: ${hint}.`);
  }
  return keyring;
}

/** Whose entries are encrypted. */
export class Encryption {
  readonly #keyring: Keyring;
  /** The groups of the tags that results with anything of an encrypted model depend on. */
  readonly #groups = new Set<string>();
  readonly #isDefault: boolean;

  constructor(keyring: Keyring, dataModel: DataModel, defaults: unknown, models: unknown) {
    this.#keyring = keyring;
    this.#isDefault = encryptOf(defaults) === true;
    const own = models as Readonly<Record<string, unknown>> | undefined;
    for (const { name, relations } of dataModel.models.values()) {
      if (!(encryptOf(own?.[name]) ?? this.#isDefault)) continue;
      this.#groups.add(name).add(twinName(name));
      for (const { joinModel } of relations.values()) if (joinModel !== null) this.#groups.add(joinModel);
    }
  }

  /**
   * The keys for a result that depends on `tags`, which is all that is needed: what shows, filters or orders by rows of a
   * model depends on it, whichever model was asked for. Undefined: it is stored in clear.
   */
  keyringFor(tags: readonly Tag[]): Keyring | undefined {
    const isEncrypted = tags.some((tag) => this.#groups.has(tagGroup(tag)));
    return isEncrypted || (this.#isDefault && tags.every(isOfNoModel)) ? this.#keyring : undefined;
  }
}

function isOfNoModel(tag: Tag): boolean {
  return tag.startsWith("#") || tag === RAW_TAG;
}

function encryptOf(policy: unknown): unknown {
  return settingOf(policy, "encrypt");
}
