import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import { Prisma } from "./generated/prisma/client.js";
import { HttpError } from "./http-error.js";
import type { ShopClient } from "./prisma.js";
import { categoryRoutes } from "./routes/categories.js";
import { customerRoutes } from "./routes/customers.js";
import { orderRoutes } from "./routes/orders.js";
import { productRoutes } from "./routes/products.js";
import { reviewRoutes } from "./routes/reviews.js";

/** The shop's HTTP API. Nothing in it knows whether `prisma` has a cache. `metrics`: what answers Prometheus. */
export function createApp(prisma: ShopClient, metrics?: RequestHandler): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "64kb" }));

  app.use("/categories", categoryRoutes(prisma));
  app.use("/products", productRoutes(prisma));
  app.use("/products", reviewRoutes(prisma));
  app.use("/orders", orderRoutes(prisma));
  app.use("/customers", customerRoutes(prisma));
  if (metrics) app.get("/metrics", metrics);

  app.use((request, response) => {
    response.status(404).json({ error: `There is no ${request.method} ${request.path}.` });
  });
  app.use(answerError);
  return app;
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const { status, message } = statusOf(error);
  if (status === 500) console.error(error);
  response.status(status).json({ error: message });
};

function statusOf(error: unknown): { status: number; message: string } {
  if (error instanceof HttpError) return { status: error.status, message: error.message };
  if (error instanceof Prisma.PrismaClientKnownRequestError) {
    if (error.code === "P2002") return { status: 409, message: "Something with that unique value exists already." };
    if (error.code === "P2003") return { status: 409, message: "Something else still refers to it, or it is gone." };
    if (error.code === "P2025") return { status: 404, message: "It does not exist (any more)." };
  }
  // What express.json() throws for a body that is not JSON, or too large.
  if (error instanceof Error && "status" in error && (error.status === 400 || error.status === 413)) {
    return { status: error.status, message: error.message };
  }
  return { status: 500, message: "Something went wrong on our side." };
}
