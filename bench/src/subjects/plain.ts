import { ofClient, type OpenSubject } from "./subject.js";

/** Prisma without a cache. */
export const plain: OpenSubject = (client) => ofClient(client, { close: async () => {} });
