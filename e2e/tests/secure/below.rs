//! The page below a path of a name that has other pages too.

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Binary, Browser, Page, Witness, browse, get};
use serde_json::json;

use super::Folder;
use super::proxied::Proxied;

const WORKER: &str = "return navigator.serviceWorker.controller
    ? navigator.serviceWorker.ready.then(({ scope, active }) => [scope, active.scriptURL].map((url) => new URL(url).pathname))
    : []";
/// What the page has loaded by itself, and what the worker has kept, that is not below the path.
const ELSEWHERE: &str = "const loaded = performance.getEntries().map(({ name }) => name);
    return caches.open('commonroom-1 /chat/').then((cache) => cache.keys())
        .then((kept) => [...loaded, ...kept.map(({ url }) => url)]
            .filter((name) => name.startsWith('http') && !new URL(name).pathname.startsWith('/chat/')))";
/// The keys of what the page keeps, but for those that begin with the path.
const FOREIGN_KEYS: &str = "return [localStorage, sessionStorage].flatMap(Object.keys)
    .filter((key) => !key.startsWith('/chat'))";

#[tokio::test]
async fn behind_nginx_which_hands_the_path_on() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("nginx-path").await?;
        let mut server = below("/chat").await?;
        let nginx = Proxied::by_nginx_below(&[("/chat", &server)], &folder).await?;
        visit(browser, &mut server, nginx.port).await?;
        let asked = std::fs::read_to_string(folder.path("asked"))?;
        let elsewhere: Vec<&str> = asked.lines().filter(|path| !path.starts_with("/chat/")).collect();
        // What the visit has begun with.
        assert_eq!(elsewhere, ["/chat"]);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn behind_caddy_which_takes_the_path_away() -> Result<()> {
    browse(async |browser| {
        let folder = Folder::new("caddy-path").await?;
        let mut server = below("/chat").await?;
        let caddy = Proxied::by_caddy_below(&server, &folder).await?;
        visit(browser, &mut server, caddy.port).await
    })
    .await
}

async fn below(path: &str) -> Result<Binary> {
    Binary::start_with(&["--base-path", path, "--trusted-proxy", "127.0.0.1"]).await
}

/// All that a visitor does with addresses.
async fn visit(browser: &Browser, server: &mut Binary, port: u16) -> Result<()> {
    let page = browser.blank("en-US").await?;
    page.keep_blame().await?;
    page.driver().goto(format!("http://localhost:{port}/chat")).await?;
    is_at(&page, "/chat/").await?;
    page.call_me("ana").await?;
    let mut lobby = Witness::join(server.tcp, "lobby").await?;
    page.say("below a path").await?;
    assert_eq!(lobby.hear().await?["text"], "below a path");

    let mut ops = Witness::join(server.tcp, "ops").await?;
    page.say("/join ops").await?;
    page.in_room("ops").await?;
    is_at(&page, "/chat/r/ops").await?;
    page.driver().refresh().await?;
    page.in_room("ops").await?;
    page.connected().await?;
    page.say("after a reload").await?;
    assert_eq!(ops.hear().await?["text"], "after a reload");
    page.run("document.querySelector('.room').click()").await?;
    page.in_room("lobby").await?;
    is_at(&page, "/chat/r/lobby").await?;
    page.driver().back().await?;
    page.in_room("ops").await?;

    page.returns(WORKER, json!(["/chat/", "/chat/sw.js"])).await?;
    let manifest = page.driver().cdp().send_raw("Page.getAppManifest", json!({})).await?;
    assert_eq!(manifest["errors"], json!([]), "{manifest}");
    assert_eq!(manifest["url"], format!("http://localhost:{port}/chat/manifest.webmanifest"));
    let start = manifest["manifest"]["startUrl"].as_str().context("it starts nowhere")?;
    assert_eq!(start, format!("http://localhost:{port}/chat/"));
    let asked = page.driver().cdp().send_raw("Page.getInstallabilityErrors", json!({})).await?;
    assert_eq!(asked["installabilityErrors"], json!([]));
    assert_eq!(page.run(ELSEWHERE).await?, json!([]));
    assert_eq!(page.run(FOREIGN_KEYS).await?, json!([]));
    assert_eq!(page.blame().await?, [""; 0]);

    server.kill().await?;
    page.driver().goto(format!("http://localhost:{port}/chat/r/ops")).await?;
    page.until("a page without its server", |seen| seen.state == "waiting").await?;
    page.in_room("ops").await.map(drop)
}

async fn is_at(page: &Page, path: &str) -> Result<()> {
    page.returns("return location.pathname", path).await
}

#[tokio::test]
async fn two_servers_of_one_name_keep_their_things_apart() -> Result<()> {
    const CACHES: &str = "return caches.keys().then((names) => names.sort())";
    const DRAFT: &str = "return document.querySelector('#composer')?.value ?? ''";
    browse(async |browser| {
        let folder = Folder::new("two-paths").await?;
        let (first, second) = (below("/chat").await?, below("/other").await?);
        let nginx = Proxied::by_nginx_below(&[("/chat", &first), ("/other", &second)], &folder).await?;
        let at = |path: &str| format!("http://localhost:{}{path}", nginx.port);
        let page = browser.open(&at("/chat/r/ops")).await?;
        page.call_me("ana").await?;
        page.driver().find(thirtyfour::By::Id("composer")).await?.send_keys("half a thought").await?;
        page.returns(WORKER, json!(["/chat/", "/chat/sw.js"])).await?;

        page.driver().goto(at("/other/r/ops")).await?;
        let seen = page.connected().await?;
        ensure!(!seen.people.iter().any(|one| one.starts_with("ana ")), "it has the other's name: {seen:?}");
        page.returns(DRAFT, "").await?;
        page.returns(WORKER, json!(["/other/", "/other/sw.js"])).await?;
        page.returns(CACHES, json!(["commonroom-1 /chat/", "commonroom-1 /other/"])).await?;

        page.driver().goto(at("/chat/r/ops")).await?;
        let seen = page.connected().await?;
        ensure!(seen.people.iter().any(|one| one.starts_with("ana ")), "its own name is gone: {seen:?}");
        page.returns(DRAFT, "half a thought").await
    })
    .await
}

#[tokio::test]
async fn the_server_answers_below_the_path_and_without_it() -> Result<()> {
    let server = below("/chat/").await?;
    ensure!(server.print.contains(&format!("http://localhost:{}/chat\n", server.http.port())), "{}", server.print);
    let page = get(server.http, "/chat/", "br, gzip").await?;
    assert_eq!(page.header("content-encoding"), Some("gzip"), "{}", page.head);
    let whole = String::from_utf8(get(server.http, "/chat/", "identity").await?.body)?;
    let worker = get(server.http, "/chat/sw.js", "br").await?;
    assert_eq!(worker.header("content-encoding"), Some("br"), "{}", worker.head);
    let (_, program) = whole.split_once("import init from '/chat/").context("no program below the path")?;
    let (program, _) = program.split_once('\'').context("the program's name has no end")?;
    for path in
        ["/", "/r/ops", "/sw.js", "/manifest.webmanifest", "/icons/192.png", "/text/en.txt", &format!("/{program}")]
    {
        for path in [path, &format!("/chat{path}")] {
            ensure!(get(server.http, path, "identity").await?.is_ok(), "{path}");
        }
    }
    let bare = get(server.http, "/chat", "identity").await?;
    assert_eq!(bare.header("location"), Some("/chat/"), "{}", bare.head);
    for (path, is_there) in [("/healthz", true), ("/metrics", true), ("/chat/healthz", false), ("/chat/metrics", false)]
    {
        assert_eq!(get(server.http, path, "identity").await?.is_ok(), is_there, "{path}");
    }
    Ok(())
}
