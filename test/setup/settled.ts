interface Cached {
  readonly $cache: { invalidate(what: { tags: string[] }): Promise<unknown> };
}

/** Everything that a client has read is stored: on the way there is a script at most, and then the entry itself. */
export async function settled(client: Cached): Promise<void> {
  for (let roundTrips = 0; roundTrips < 2; roundTrips++) await client.$cache.invalidate({ tags: ["settled"] });
}
