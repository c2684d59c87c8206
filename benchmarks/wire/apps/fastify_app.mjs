// The two endpoints on Fastify, with JSON schemas for requests and responses.
import { createRequire } from "node:module";

const require = createRequire(process.env.NODE_PATH + "/");
const fastify = require("fastify")({ logger: false });

const item = {
  type: "object",
  required: ["item_id", "limit"],
  properties: {
    item_id: { type: "integer" },
    q: { type: ["string", "null"] },
    limit: { type: "integer" },
  },
};
const newItem = {
  type: "object",
  required: ["name", "price"],
  properties: {
    name: { type: "string" },
    price: { type: "number" },
    tags: { type: "array", items: { type: "string" }, default: [] },
  },
};

fastify.get(
  "/items/:item_id",
  {
    schema: {
      params: { type: "object", properties: { item_id: { type: "integer" } } },
      querystring: {
        type: "object",
        properties: { q: { type: "string" }, limit: { type: "integer", default: 10 } },
      },
      response: { 200: item },
    },
  },
  async (request) => ({
    item_id: request.params.item_id,
    q: request.query.q ?? null,
    limit: request.query.limit,
  }),
);

fastify.post(
  "/items",
  { schema: { body: newItem, response: { 200: newItem } } },
  async (request) => request.body,
);

await fastify.listen({ host: "127.0.0.1", port: Number(process.argv[2]) });
