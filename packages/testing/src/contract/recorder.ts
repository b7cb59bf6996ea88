import { tagGroup, type Tag, type Watcher } from "@evercache/core";
import { until } from "./subject.js";

/** What a watcher was told, in order. */
export type Told =
  | { readonly kind: "following"; readonly group: string }
  | { readonly kind: "invalidated"; readonly tags: readonly Tag[] }
  | { readonly kind: "lost"; readonly groups: readonly string[] };

/** A watcher that writes down what it is told. */
export class Recorder implements Watcher {
  readonly told: Told[] = [];
  readonly following = new Set<string>();
  /** The latest moment of `onHeard`. */
  heard = -Infinity;
  /** What was told and makes no sense. */
  readonly mistakes: string[] = [];

  get invalidated(): Tag[] {
    return this.told.flatMap((told) => (told.kind === "invalidated" ? told.tags : []));
  }

  onFollowing(group: string): void {
    if (this.following.has(group)) this.mistakes.push(`${group} was followed already`);
    this.following.add(group);
    this.told.push({ kind: "following", group });
  }

  onInvalidated(tags: readonly Tag[]): void {
    const groups = new Set(tags.map((tag) => tagGroup(tag)));
    if (groups.size !== 1) this.mistakes.push(`told of ${groups.size} groups at once`);
    for (const group of groups) if (!this.following.has(group)) this.mistakes.push(`${group} is not followed`);
    this.told.push({ kind: "invalidated", tags });
  }

  onLost(groups: readonly string[]): void {
    for (const group of groups) this.following.delete(group);
    this.told.push({ kind: "lost", groups });
  }

  onHeard(moment: number): void {
    if (moment !== Infinity && moment > performance.now()) this.mistakes.push("heard of the future");
    this.heard = Math.max(this.heard, moment);
  }

  async untilFollowing(...groups: readonly string[]): Promise<void> {
    await until(() => groups.every((group) => this.following.has(group)), `${groups.join(", ")} are followed`);
  }

  /** Resolves when everything that was invalidated by now has been told. */
  async untilHeard(): Promise<void> {
    const now = performance.now();
    await until(() => this.heard >= now, "everything was heard");
  }
}
