import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import session from "express-session";
import { hashPassword, isPassword } from "./password.js";
import type { CachedClient } from "./prisma.js";
import { PrismaStore } from "./prisma-store.js";

export interface AppSettings {
  /** Signs the cookies: what somebody made up never gets as far as the store. */
  secret: string;
  /** Milliseconds that a session lives after it was last used. */
  lifetime: number;
}

/** Compared with where there is no such user, so that both take as long. */
const NOBODY = await hashPassword("nobody");

export function createApp(
  prisma: CachedClient,
  { secret, lifetime }: AppSettings,
): { app: Express; store: PrismaStore } {
  const store = new PrismaStore(prisma, { lifetime });
  const app = express();
  app.disable("x-powered-by");
  app.use(
    session({
      store,
      secret,
      name: "sid",
      resave: false,
      saveUninitialized: false,
      rolling: true,
      cookie: { maxAge: lifetime, sameSite: "lax", secure: "auto" },
    }),
  );
  app.use(express.json({ limit: "16kb" }));

  app.post("/login", async (request, response) => {
    const { name, password } = request.body as { name?: unknown; password?: unknown };
    const user = await prisma.user.findUnique({ where: { name: String(name) } });
    if (!(await isPassword(String(password), user?.passwordHash ?? NOBODY)) || !user) {
      response.status(401).json({ error: "No such name and password." });
      return;
    }
    // Another id than before the login, which somebody else may know.
    await called((done) => request.session.regenerate(done));
    request.session.userId = user.id;
    // Before the answer, so that a session that could not be stored is an error.
    await called((done) => request.session.save(done));
    response.json({ name: user.name });
  });

  app.get("/whoami", loggedIn, async (request, response) => {
    const { userId, theme } = request.session;
    const user = await prisma.user.findUnique({ where: { id: userId! }, select: { name: true } });
    response.json({ ...user, theme });
  });

  app.put("/theme", loggedIn, async (request, response) => {
    request.session.theme = String((request.body as { theme?: unknown }).theme);
    await called((done) => request.session.save(done));
    response.status(204).end();
  });

  app.post("/logout", async (request, response) => {
    await called((done) => request.session.destroy(done));
    response.clearCookie("sid").status(204).end();
  });

  app.post("/logout-everywhere", loggedIn, async (request, response) => {
    await store.destroyAllOf(request.session.userId!);
    await called((done) => request.session.destroy(done));
    response.clearCookie("sid").status(204).end();
  });

  app.use(answerError);
  return { app, store };
}

const loggedIn: RequestHandler = (request, response, next) => {
  if (request.session.userId === undefined) response.status(401).json({ error: "Nobody is logged in." });
  else next();
};

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  console.error(error);
  response.status(500).json({ error: "Something went wrong on our side." });
};

function called(act: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    act((error) => (error ? reject(error) : resolve()));
  });
}
