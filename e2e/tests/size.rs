//! What the page costs to get, and what the server says of it.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};
use commonroom_e2e::{Answer, Binary, browse, get};

/// All wasm, script and style that there is, compressed: the page with the styles in it, and the worker that keeps it.
const BUDGET: usize = 120 * 1000;
/// What is asked for once the page is up, to have it installed: the worker, the manifest and all icons.
const INSTALL_BUDGET: usize = 25 * 1000;
const WORKER: &str = "/sw.js";

#[tokio::test]
async fn the_whole_page_fits_into_its_budget() -> Result<()> {
    let server = Binary::start().await?;
    let files = download(&server).await?;
    let installed: usize = files.iter().filter(|(path, _)| installs(path)).map(|(_, answer)| answer.bytes()).sum();
    let program: usize = files.iter().filter(|(path, _)| is_program(path)).map(|(_, answer)| answer.body.len()).sum();
    for (path, answer) in &files {
        println!("{:>8} bytes  {path}", answer.bytes());
    }
    println!("{program:>8} bytes of {BUDGET} of program; {installed} of {INSTALL_BUDGET} to install it");
    assert!(files.keys().any(|path| ending(path) == "wasm"), "there is no wasm among {:?}", files.keys());
    assert!(files.len() >= 4, "a page, a script, a style and the wasm, at least: {:?}", files.keys());
    assert!(program <= BUDGET, "{program} bytes");
    assert!(files.contains_key("/icons/192.png") && installed <= INSTALL_BUDGET, "{installed} bytes");
    Ok(())
}

fn is_program(path: &str) -> bool {
    path == "/" || matches!(ending(path), "wasm" | "js" | "css")
}

fn installs(path: &str) -> bool {
    path == WORKER || path == "/manifest.webmanifest" || path.starts_with("/icons/")
}

#[tokio::test]
async fn every_file_is_compressed_and_says_what_it_is() -> Result<()> {
    let server = Binary::start().await?;
    for (path, answer) in download(&server).await? {
        assert_eq!(answer.header("content-encoding"), Some("br"), "{path}: {}", answer.head);
        assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        let kind = answer.header("content-type").unwrap_or_default();
        let expected = match ending(&path) {
            "wasm" => "application/wasm",
            "js" => "text/javascript",
            "css" => "text/css",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "webmanifest" => "application/manifest+json",
            _ => "text/html",
        };
        assert!(kind.starts_with(expected), "{path} is {kind}");
        let kept = path.starts_with("/commonroom-web-");
        let expected = if kept { "public, max-age=31536000, immutable" } else { "no-cache" };
        assert_eq!(answer.header("cache-control"), Some(expected), "{path}");
        let plain = get(server.http, &path, "identity").await?;
        assert_eq!(plain.header("content-encoding"), None, "{path}");
    }
    Ok(())
}

/// Browsers offer no brotli over plain http, but to their own machine.
#[tokio::test]
async fn who_takes_no_brotli_gets_gzip() -> Result<()> {
    let server = Binary::start().await?;
    for path in download(&server).await?.into_keys() {
        let answer = get(server.http, &path, "gzip, deflate").await?;
        assert_eq!(answer.header("content-encoding"), Some("gzip"), "{path}: {}", answer.head);
        assert_eq!(answer.header("vary"), Some("accept-encoding"), "{path}");
        let plain = get(server.http, &path, "identity").await?;
        // RFC 1952: the two bytes that it begins with, and the length of what is in it at its end.
        let (start, end) = (&answer.body[..2], answer.body.last_chunk().context("it is empty")?);
        assert_eq!((start, u32::from_le_bytes(*end) as usize), (&[0x1f, 0x8b][..], plain.body.len()), "{path}");
    }
    Ok(())
}

/// The count above is of what a browser loads, and of nothing else.
#[tokio::test]
async fn a_browser_loads_the_same_files() -> Result<()> {
    browse(async |browser| {
        let server = Binary::start().await?;
        let page = browser.open(&server.url("/")).await?;
        page.connected().await?;
        let loaded =
            page.run("return performance.getEntriesByType('resource').map(({ name }) => new URL(name).pathname)");
        let loaded: Vec<String> = serde_json::from_value(loaded.await?)?;
        let files = download(&server).await?;
        // The page's words are no program: each language has as many as it needs.
        for path in loaded.iter().filter(|path| *path != "/ws" && !path.starts_with("/text/")) {
            assert!(files.contains_key(path), "the browser also loads {path}, which is not in {:?}", files.keys());
        }
        assert!(loaded.iter().any(|path| ending(path) == "wasm"), "{loaded:?}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn every_address_of_the_page_forbids_what_is_not_ours() -> Result<()> {
    let server = Binary::start().await?;
    for path in ["/", "/index.html", "/r/", "/r/ops", "/r/ops/", "/r/%E4%B8%8A%E8%AF%BE"] {
        let answer = get(server.http, path, "br").await?;
        assert!(answer.is_ok(), "{path}: {}", answer.head);
        let policy = answer.header("content-security-policy").with_context(|| format!("{path} has no policy"))?;
        for rule in ["default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "frame-ancestors 'none'"] {
            assert!(policy.contains(rule), "{path}: {policy}");
        }
        assert!(!policy.contains("'unsafe-inline'") && !policy.contains("'unsafe-eval'"), "{path}: {policy}");
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"), "{path}");
    }
    Ok(())
}

/// The page and every file that it names, and that those name; and the worker, which the wasm names.
async fn download(server: &Binary) -> Result<BTreeMap<String, Answer>> {
    let mut files = BTreeMap::new();
    let mut next = vec!["/".to_owned(), WORKER.to_owned()];
    while let Some(path) = next.pop() {
        if files.contains_key(&path) {
            continue;
        }
        let answer = get(server.http, &path, "br").await?;
        ensure!(answer.is_ok(), "{path} is named and not there: {}", answer.head);
        files.insert(path.clone(), answer);
        if !["wasm", "png"].contains(&ending(&path)) {
            let text = get(server.http, &path, "identity").await?.body;
            next.extend(named(&path, &String::from_utf8(text)?));
        }
    }
    Ok(files)
}

/// The files of ours that a text names, as `/a.js`, or `./a.js` from where it stands.
fn named(base: &str, text: &str) -> Vec<String> {
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let kinds = ["js", "wasm", "css", "svg", "png", "woff2", "webmanifest"];
    // The minified page has attributes without quotes.
    let words = text.split(|at: char| at.is_whitespace() || "\"'`()=>".contains(at));
    let files = words.filter(|word| kinds.contains(&ending(word)));
    let path = |word: &str| match word.strip_prefix("./") {
        Some(beside) => Some(format!("{folder}/{beside}")),
        None => word.starts_with('/').then(|| word.to_owned()),
    };
    files.filter_map(path).collect()
}

fn ending(path: &str) -> &str {
    path.rsplit_once('.').map_or("", |(_, ending)| ending)
}
