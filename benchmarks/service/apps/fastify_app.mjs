// The shop on Fastify: its plugins, and the fastest client of each database.
import { createRequire } from "node:module";

import { openDatabase } from "./fastify_database.mjs";

const require = createRequire(process.env.NODE_PATH + "/");
const { verify } = require("@node-rs/argon2");
const fastify = require("fastify")({
  logger: { level: "info" },
  disableRequestLogging: true, // It would write two lines; the hook below writes one.
  requestIdHeader: "x-request-id",
  genReqId: () => crypto.randomUUID(),
});

const { SERVICE_DATABASE, SERVICE_ORIGIN, SERVICE_POOL, SERVICE_SECRET } = process.env;
const AUDIENCE = "shop";
const LIFETIME = 1800;
const database = openDatabase(require, SERVICE_DATABASE, Number(SERVICE_POOL));

fastify.register(require("@fastify/cors"), { origin: [SERVICE_ORIGIN] });
fastify.register(require("@fastify/compress"), {
  threshold: 1000,
  encodings: ["gzip"],
  zlibOptions: { level: 6 },
});
fastify.register(require("@fastify/formbody"));
fastify.register(require("@fastify/jwt"), {
  secret: SERVICE_SECRET,
  sign: { algorithm: "HS256", aud: AUDIENCE, expiresIn: LIFETIME * 1000 },
  verify: { algorithms: ["HS256"], allowedAud: AUDIENCE, requiredClaims: ["exp", "sub"] },
});
// Histograms, as the others have; summaries are much slower.
fastify.register(require("fastify-metrics"), {
  endpoint: "/metrics",
  routeMetrics: { enabled: { histogram: true, summary: false } },
});
fastify.addHook("onSend", async (request, reply) => {
  reply.header("x-request-id", request.id);
});
fastify.addHook("onResponse", async (request, reply) => {
  const { method, url, ip } = request;
  const { statusCode, elapsedTime } = reply;
  request.log.info({ method, url, ip, statusCode, elapsedTime }, "request completed");
});

const integer = { type: "integer" };
const string = { type: "string" };
const token = {
  type: "object",
  properties: { access_token: string, token_type: string, expires_in: integer },
};
const user = {
  type: "object",
  properties: { id: integer, email: string, name: string, created_at: string },
};
const item = {
  type: "object",
  properties: {
    id: integer,
    owner_id: integer,
    name: string,
    description: { type: ["string", "null"] },
    price_cents: integer,
    created_at: string,
  },
};
const itemCreate = {
  type: "object",
  required: ["name", "price_cents"],
  properties: {
    name: { type: "string", minLength: 1, maxLength: 100 },
    description: { type: ["string", "null"], maxLength: 1000 },
    price_cents: { type: "integer", minimum: 0, maximum: 100_000_000 },
  },
};
const login = {
  type: "object",
  required: ["username", "password"],
  properties: { username: string, password: string },
};

function refuse(status, message) {
  return Object.assign(new Error(message), { statusCode: status });
}

async function signedIn(request) {
  await request.jwtVerify();
  const found = await database.findUser(Number(request.user.sub));
  if (!found) throw refuse(401, "The token is invalid or has expired");
  request.account = found;
}

fastify.decorateRequest("account", null);
fastify.register(async (routes) => {
  routes.post("/token", { schema: { body: login, response: { 200: token } } }, async (request) => {
    const found = await database.findCredentials(request.body.username.toLowerCase());
    if (!found || !(await verify(found.password_hash, request.body.password))) {
      throw refuse(401, "Incorrect e-mail address or password");
    }
    const signed = fastify.jwt.sign({ sub: String(found.id) });
    return { access_token: signed, token_type: "bearer", expires_in: LIFETIME };
  });

  routes.get(
    "/me",
    { onRequest: signedIn, schema: { response: { 200: user } } },
    async (request) => request.account,
  );

  const query = { type: "object", properties: { after: { ...integer, minimum: 0, default: 0 } } };
  const list = { type: "array", items: item };
  routes.get(
    "/items",
    { onRequest: signedIn, schema: { querystring: query, response: { 200: list } } },
    async (request) => database.findItems(request.query.after),
  );

  const path = { type: "object", properties: { id: { ...integer, minimum: 1 } } };
  routes.get(
    "/items/:id",
    { onRequest: signedIn, schema: { params: path, response: { 200: item } } },
    async (request) => {
      const found = await database.findItem(request.params.id);
      if (!found) throw refuse(404, "There is no such item");
      return found;
    },
  );

  routes.post(
    "/items",
    { onRequest: signedIn, schema: { body: itemCreate, response: { 201: item } } },
    async (request, reply) => {
      reply.code(201);
      const { name, description = null, price_cents } = request.body;
      return database.createItem(request.account.id, name, description, price_cents);
    },
  );

  routes.get("/health", async () => {
    await database.check();
    return { status: "ok" };
  });
});

await fastify.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
