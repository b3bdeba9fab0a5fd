// Opens the page where its server is away. The server goes first, so that nobody sees an old page of a newer server; what
// it gave is kept for when it fails: a document and the files that it names only together, other files one by one.

const CACHE = "commonroom-1";
const PATIENCE_MS = 3000;
// The pages that came out of the cache. Their files do, too: an old document does not fit a newer server's files.
const shown = new Set();

addEventListener("install", (event) => event.waitUntil(Promise.all([fetch("/").then(keep), skipWaiting()])));
addEventListener("activate", (event) => event.waitUntil(Promise.all([tidy(), clients.claim()])));
addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  const [answer, paths] = mode === "navigate" ? [page, /^\/(index\.html|r\/.*)?$/] : [file, /\.\w+$/];
  if (paths.test(pathname)) event.respondWith(answer(event));
});

async function page(event) {
  const asked = fetch(event.request);
  event.waitUntil(asked.then((answer) => answer.ok && keep(answer.clone())).catch(() => {}));
  const old = await kept("/");
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  const answer = await (old ? Promise.race([asked, late]).catch(() => {}) : asked);
  if (!old || answer?.status < 500) return answer;
  shown.add(event.resultingClientId);
  return old;
}

async function file(event) {
  const old = await kept(event.request);
  if (old && shown.has(event.clientId)) return old;
  const answer = await fetch(event.request).catch((fault) => old ?? Promise.reject(fault));
  // The program is kept with its document alone.
  if (answer.ok && !/\.(js|wasm)$/.test(event.request.url) && (await kept("/"))) {
    const copy = answer.clone();
    event.waitUntil(caches.open(CACHE).then((cache) => cache.put(event.request, copy)).catch(() => {}));
  }
  return answer.ok ? answer : (old ?? answer);
}

async function keep(answer) {
  const html = await answer.clone().text();
  // Another program has this address now.
  if (!html.includes("commonroom-web")) return Promise.all([caches.delete(CACHE), registration.unregister()]);
  const before = (await (await kept("/"))?.text()) ?? "";
  if (html === before) return;
  const [cache, files] = [await caches.open(CACHE), named(html)];
  await cache.addAll(files); // All or none of them; the document, which brings them into use, last.
  await cache.put("/", answer);
  await Promise.all(named(before).filter((path) => !files.includes(path)).map((path) => cache.delete(path)));
}

const kept = (request) => caches.match(request, { cacheName: CACHE }).catch(() => {});
const named = (html) => [...new Set(Array.from(html.matchAll(/[\s"'=](\/[\w./-]+\.\w+)/g), (match) => match[1]))];
const outdated = (name) => name.startsWith("commonroom-") && name !== CACHE;
const tidy = async () => Promise.all((await caches.keys()).filter(outdated).map((name) => caches.delete(name)));
