// Opens the page where its server is away. The server goes first, so that nobody sees an old page of a newer server; what
// it gave is kept for when it fails: a document, the files that it names and the words only together.

const { pathname: BASE } = new URL("./", location); // The page's, with a slash at its end.
const CACHE = `commonroom-1 ${BASE}`; // All servers of one origin have their caches in one place.
const ENGLISH = `${BASE}text/en.txt`; // Without words there is no page; these are the last resort.
const PATIENCE_MS = 3000;
// The pages that came out of the cache. Their files do, too: an old document does not fit a newer server's files.
const shown = new Set();
addEventListener("install", (event) => event.waitUntil(Promise.all([fetch(BASE).then(keep), skipWaiting()])));
addEventListener("activate", (event) => event.waitUntil(Promise.all([tidy(), clients.claim()])));
addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== location.origin) return;
  const [answer, paths] = mode === "navigate" ? [page, /^(index\.html|r\/.*)?$/] : [file, /\.\w+$/];
  if (pathname.startsWith(BASE) && paths.test(pathname.slice(BASE.length))) event.respondWith(answer(event));
});

async function page(event) {
  const asked = fetch(event.request);
  event.waitUntil(asked.then((answer) => answer.ok && keep(answer.clone())).catch(() => {}));
  const old = await kept(BASE);
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
  // What is kept already changes with its document alone, and so does the program.
  const isNew = answer.ok && !old && !/\.(js|wasm)$/.test(event.request.url) && (await kept(BASE));
  if (isNew) event.waitUntil(put(event.request, answer.clone()).catch(() => {}));
  return answer.ok ? answer : (old ?? answer);
}

async function keep(answer) {
  const html = await answer.clone().text();
  // Another program has this address now.
  if (!html.includes("commonroom-web")) return Promise.all([caches.delete(CACHE), registration.unregister()]);
  const before = (await (await kept(BASE))?.text()) ?? "";
  if (html === before) return;
  const cache = await caches.open(CACHE);
  const paths = (await cache.keys()).map(({ url }) => new URL(url).pathname).filter((path) => path !== BASE);
  const others = paths.filter((path) => !named(before).includes(path)).map(async (path) => (await fetch(path)).ok && path);
  const files = new Set([...named(html), ENGLISH, ...(await Promise.all(others)).filter(Boolean)]);
  await cache.addAll([...files]); // All or none of them; the document, which brings them into use, last.
  await cache.put(BASE, answer);
  await Promise.all(paths.filter((path) => !files.has(path)).map((path) => cache.delete(path)));
}

const put = async (request, answer) => (await caches.open(CACHE)).put(request, answer);
const kept = (request) => caches.match(request, { cacheName: CACHE }).catch(() => {});
const named = (html) => Array.from(html.matchAll(/[\s"'=](\/[\w./~-]+\.\w+)/g), (match) => match[1]);
const outdated = (name) => name.startsWith("commonroom-") && name.endsWith(` ${BASE}`) && name !== CACHE;
const tidy = async () => Promise.all((await caches.keys()).filter(outdated).map((name) => caches.delete(name)));
