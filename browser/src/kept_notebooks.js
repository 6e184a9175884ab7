// The notebooks that JupyterLite keeps in this browser, read and changed while it is not running.
//
// It keeps them with localForage: an IndexedDB database, in its object store `files` an entry for
// each file by its path, as Jupyter's contents API describes it. What is kept there comes before
// the file that the site offers under the same name.

/** @typedef {import("./notebook.js").Notebook} Notebook */

/**
 * @typedef {object} Entry
 * @property {string} name
 * @property {string} path
 * @property {string} created
 * @property {string} last_modified
 * @property {string} type "notebook"
 * @property {string} format "json"
 * @property {string} mimetype
 * @property {number} size
 * @property {boolean} writable
 * @property {Notebook} content
 */

const FILES = "files";
const CHECKPOINTS = "checkpoints";

/**
 * The database of the JupyterLite at an address.
 * @param {string} root address of the folder, with a slash at its end
 */
export function databaseName(root) {
  return `JupyterLite Storage - ${new URL(root).pathname}`;
}

/**
 * Return the notebooks in a database, the last saved first.
 * @param {string} database
 * @returns {Promise<Entry[]>}
 */
export async function all(database) {
  /** @type {Entry[]} */
  const entries = await within(database, "readonly", [FILES], (files) => files.getAll(), []);
  return entries
    .filter((entry) => entry?.type === "notebook" && Array.isArray(entry.content?.cells))
    .sort((one, other) => other.last_modified.localeCompare(one.last_modified));
}

/**
 * Keep a notebook under a path that may be new.
 * @param {string} database
 * @param {string} path
 * @param {Notebook} content
 * @param {string} [saved] when it was saved last, if that was not now
 */
export async function put(database, path, content, saved = new Date().toISOString()) {
  /** @type {Entry} */
  const entry = {
    name: path,
    path,
    created: saved,
    last_modified: saved,
    type: "notebook",
    format: "json",
    mimetype: "application/json",
    size: new TextEncoder().encode(JSON.stringify(content)).length,
    writable: true,
    content,
  };
  await within(database, "readwrite", [FILES], (files) => files.put(entry, path), undefined);
}

/**
 * Remove a notebook, and the checkpoints of it.
 * @param {string} database
 * @param {string} path
 */
export async function remove(database, path) {
  await within(database, "readwrite", [FILES], (files) => files.delete(path), undefined);
  const none = undefined;
  await within(database, "readwrite", [CHECKPOINTS], (points) => points.delete(path), none);
}

/**
 * Do one thing in an object store; without the database or the store the answer is `otherwise`.
 *
 * Nothing is created here: JupyterLite makes its stores itself, and counts the version up for each.
 * The connection is closed again at once, since an open one would keep it from doing so.
 * @template T
 * @param {string} name
 * @param {IDBTransactionMode} mode
 * @param {[string]} stores
 * @param {(store: IDBObjectStore) => IDBRequest} act
 * @param {T} otherwise
 * @returns {Promise<T>}
 */
async function within(name, mode, stores, act, otherwise) {
  const database = await open(name);
  if (!database) return otherwise;
  try {
    if (!database.objectStoreNames.contains(stores[0])) return otherwise;
    const transaction = database.transaction(stores, mode);
    const request = act(transaction.objectStore(stores[0]));
    await new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = () => failed(transaction.error);
    });
    return request.result;
  } finally {
    database.close();
  }
}

/**
 * @param {string} name
 * @returns {Promise<IDBDatabase | null>} null if there is no such database
 */
function open(name) {
  return new Promise((done, failed) => {
    const request = indexedDB.open(name);
    let missing = false;
    request.onupgradeneeded = () => {
      missing = true;
      request.transaction?.abort(); // opening would have created it
    };
    request.onsuccess = () => done(request.result);
    request.onerror = () => (missing ? done(null) : failed(request.error));
  });
}
