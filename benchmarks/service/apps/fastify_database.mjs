// The statements of the shop, on postgres.js or on better-sqlite3; both prepare each once.

export function openDatabase(require, url, pool) {
  return url.startsWith("postgresql") ? openPostgres(require, url, pool) : openSqlite(require, url);
}

function openPostgres(require, url, pool) {
  const sql = require("postgres")(url, { max: pool });
  return {
    findUser: async (id) => (await sql`SELECT id, email, name, created_at FROM users WHERE id = ${id}`)[0],
    findCredentials: async (email) =>
      (await sql`SELECT id, password_hash FROM users WHERE email = ${email}`)[0],
    findItems: (after) => sql`
      SELECT id, owner_id, name, description, price_cents, created_at
      FROM items WHERE id > ${after} ORDER BY id LIMIT 20`,
    findItem: async (id) =>
      (
        await sql`
          SELECT id, owner_id, name, description, price_cents, created_at
          FROM items WHERE id = ${id}`
      )[0],
    createItem: async (owner, name, description, cents) =>
      (
        await sql`
          INSERT INTO items (owner_id, name, description, price_cents, created_at)
          VALUES (${owner}, ${name}, ${description}, ${cents}, now())
          RETURNING id, owner_id, name, description, price_cents, created_at`
      )[0],
    check: () => sql`SELECT 1`,
  };
}

// Moments are text without an offset, and UTC.
function withMoment(row) {
  return row && { ...row, created_at: row.created_at.replace(" ", "T") + "Z" };
}

function openSqlite(require, url) {
  const Database = require("better-sqlite3");
  const file = new Database(url.replace("sqlite:///", ""), { timeout: 5000 });
  file.pragma("journal_mode = WAL");
  file.pragma("synchronous = NORMAL");
  const columns = "id, owner_id, name, description, price_cents, created_at";
  const user = file.prepare("SELECT id, email, name, created_at FROM users WHERE id = ?");
  const credentials = file.prepare("SELECT id, password_hash FROM users WHERE email = ?");
  const items = file.prepare(`SELECT ${columns} FROM items WHERE id > ? ORDER BY id LIMIT 20`);
  const item = file.prepare(`SELECT ${columns} FROM items WHERE id = ?`);
  const insert = file.prepare(
    `INSERT INTO items (owner_id, name, description, price_cents, created_at)
     VALUES (?, ?, ?, ?, ?) RETURNING ${columns}`,
  );
  return {
    findUser: (id) => withMoment(user.get(id)),
    findCredentials: (email) => credentials.get(email),
    findItems: (after) => items.all(after).map(withMoment),
    findItem: (id) => withMoment(item.get(id)),
    createItem: (owner, name, description, cents) => {
      const now = new Date().toISOString().replace("T", " ").replace("Z", "000");
      return withMoment(insert.get(owner, name, description, cents, now));
    },
    check: () => file.prepare("SELECT 1").get(),
  };
}
