// Files that must arrive whole: the runtime and the models.

/** Something that a visitor is told in one sentence; `code` names it in the site's texts. */
export class Problem extends Error {
  constructor(code, values = {}) {
    super(code);
    Object.assign(this, { code, values });
  }
}

/**
 * Download {url, sha256, bytes}, unpack it if it is gzip's, and check it. `what`: "runtime" or "model".
 * What a cache gives may be faulty, so a faulty file is asked for once more, past the caches.
 */
export async function download(file, what, onProgress = () => {}) {
  for (const cache of ["default", "reload"]) {
    const data = await attempt(file.url, cache, what, onProgress);
    if (data && (await isWhole(data, file))) return data;
  }
  throw new Problem(what);
}

async function attempt(url, cache, what, onProgress) {
  let response;
  try {
    response = await fetch(url, { cache });
  } catch {
    return null;
  }
  if (response.status === 404) throw new Problem("outdated");
  if (!response.ok) throw new Problem(what);
  return collect(response, onProgress).then(unpack).catch(() => null);
}

/** Without a secure address browsers offer no SHA-256; then the length alone is compared. */
async function isWhole(data, { sha256, bytes }) {
  return data.byteLength === bytes && (!globalThis.crypto?.subtle || (await hash(data)) === sha256);
}

async function collect(response, onProgress) {
  const parts = [];
  let size = 0;
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    onProgress((size += value.byteLength));
  }
  return new Blob(parts);
}

async function unpack(blob) {
  const head = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  const packed = head[0] === 0x1f && head[1] === 0x8b;
  const stream = packed ? blob.stream().pipeThrough(new DecompressionStream("gzip")) : blob.stream();
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function hash(data) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
