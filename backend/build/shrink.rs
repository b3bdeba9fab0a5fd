//! Makes the web client's files smaller without changing what they do.
//!
//! wasm-bindgen names each import with a hash that no compression can shorten, once in the wasm and once in the script:
//! here they get short names. Its script can load a program in more ways than our page does: here it has that one. What
//! only a debugger reads is left out, and so are the script's spaces and comments.
//! A pair that does not match is an error, never half renamed: what made it is pinned, so only a change of ours can.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail, ensure};
use wasm_encoder::{EntityType, ImportSection, Module, RawSection};
use wasmparser::{ImportSectionReader, Parser, Payload, TypeRef};

/// The module that all imports come from, in the wasm and in the script.
const MODULE: &str = "w";
/// Where the script begins to load the program; what is behind this is for that alone.
const LOADING: &str = "let wasmModule, wasmInstance, wasm;";
/// All that our page needs of it: the server always says that the program is `application/wasm`.
const LOAD: &str = "let wasm;
export default async ({ module_or_path }) => {
    const { instance } = await WebAssembly.instantiateStreaming(fetch(module_or_path), __wbg_get_imports());
    wasm = instance.exports;
    wasm.__wbindgen_start();
};";
/// What the page's head begins with.
const CHARSET: &str = "<meta charset=utf-8>";

/// What the wasm imports, as wasm-bindgen has named it.
#[derive(Default)]
struct Imports<'a> {
    module: Option<&'a str>,
    /// The short name of each.
    names: BTreeMap<&'a str, String>,
}

/// The script and the wasm in their smaller forms, for those that wasm-bindgen has made.
pub(crate) fn pair(script: &str, wasm: &[u8]) -> Result<(String, Vec<u8>)> {
    let mut imports = Imports::default();
    let wasm = shrink_wasm(wasm, &mut imports).context("the wasm")?;
    let script = rename(script, &imports).and_then(|script| with_our_loading(&script)).context("the script")?;
    Ok((minified(&script), wasm))
}

/// A script without what only its readers need.
pub(crate) fn minified(script: &str) -> String {
    minifier::js::minify(script).to_string()
}

/// The page that says of which build it is, with one style in place of several in a row, since the policy's header
/// carries a hash of each; and with the wasm, which is most of what comes, as the first thing that a browser asks for.
pub(crate) fn page(html: &str, build: &str) -> Result<String> {
    let html = wasm_first(html.replace("</style><style>", ""));
    replace_only(&html, "<html ", &format!("<html data-build=\"{build}\" "))
}

/// The same page with the links to the wasm and then to its script at its head.
fn wasm_first(mut html: String) -> String {
    let mut first = CHARSET.to_owned();
    for kind in ["rel=preload", "rel=modulepreload"] {
        let link = html.split_inclusive('>').find(|tag| tag.starts_with("<link ") && tag.contains(kind));
        if let Some(link) = link.map(ToOwned::to_owned) {
            html = html.replacen(&link, "", 1);
            first.push_str(&link);
        }
    }
    html.replacen(CHARSET, &first, 1)
}

/// Each section as it is, but the imports renamed and the custom ones left out.
fn shrink_wasm<'a>(wasm: &'a [u8], imports: &mut Imports<'a>) -> Result<Vec<u8>> {
    let mut module = Module::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match (&payload, payload.as_section()) {
            (Payload::CustomSection(_), _) | (_, None) => {}
            (Payload::ImportSection(section), _) => {
                module.section(&imports.shorten(section.clone())?);
            }
            (_, Some((id, range))) => {
                let range = usize::try_from(range.start)?..usize::try_from(range.end)?;
                module.section(&RawSection { id, data: &wasm[range] });
            }
        }
    }
    Ok(module.finish())
}

impl<'a> Imports<'a> {
    /// The same imports under short names, which it takes down.
    fn shorten(&mut self, section: ImportSectionReader<'a>) -> Result<ImportSection> {
        let mut short = ImportSection::new();
        for import in section.into_imports() {
            let import = import?;
            let module = *self.module.get_or_insert(import.module);
            ensure!(import.module == module, "imports from {module} and from {}", import.module);
            let TypeRef::Func(kind) = import.ty else { bail!("imports {}, which is no function", import.name) };
            let next = self.names.len();
            let name = self.names.entry(import.name).or_insert_with(|| format!("i{next:02x}"));
            short.import(MODULE, name, EntityType::Function(kind));
        }
        Ok(short)
    }
}

/// The script with the short names where it defines what the wasm imports.
fn rename(script: &str, imports: &Imports) -> Result<String> {
    let module = imports.module.context("gives nothing to the wasm")?;
    let mut script = replace_only(script, &format!("\"{module}\":"), &format!("{MODULE}:"))?;
    for (name, short) in &imports.names {
        script = replace_only(&script, &format!(" {name}:"), &format!(" {short}:"))?;
    }
    Ok(script)
}

/// The script with [`LOAD`] in place of all that wasm-bindgen has for loading.
fn with_our_loading(script: &str) -> Result<String> {
    let (before, theirs) = script.split_once(LOADING).with_context(|| format!("has no `{LOADING}`"))?;
    ensure!(theirs.contains("__wbg_init as default"), "begins to load before it has all that the program needs");
    Ok([before, LOAD].concat())
}

/// `text` with `to` in place of `from`, which must be there once.
fn replace_only(text: &str, from: &str, to: &str) -> Result<String> {
    let (before, after) = text.split_once(from).with_context(|| format!("has no `{from}`"))?;
    ensure!(!after.contains(from), "has `{from}` more than once");
    Ok([before, to, after].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CustomSection, TypeSection};

    const SCRIPT: &str = "
        // What the wasm calls.
        const import0 = {
            __proto__: null,
            __wbg_focus_d5e2fdbdb56416f0: function(a) { a.focus(); },
            __wbg_now_757e9472f8410341: function() { return Date.now(); },
        };
        const imports = { \"./client_bg.js\": import0, };
        let wasmModule, wasmInstance, wasm;
        function __wbg_init() { /* Ways to load a program. */ }
        export { initSync, __wbg_init as default };";

    /// A module with these imports, and with a section that says how its functions were called.
    fn wasm(imports: &[(&str, &str)]) -> Vec<u8> {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut section = ImportSection::new();
        for (module, name) in imports {
            section.import(module, name, EntityType::Function(0));
        }
        let mut module = Module::new();
        module.section(&types).section(&section);
        module.section(&CustomSection { name: "name".into(), data: b"commonroom_web::main".into() });
        module.finish()
    }

    const FOCUS: (&str, &str) = ("./client_bg.js", "__wbg_focus_d5e2fdbdb56416f0");
    const NOW: (&str, &str) = ("./client_bg.js", "__wbg_now_757e9472f8410341");

    fn failure(script: &str, imports: &[(&str, &str)]) -> String {
        pair(script, &wasm(imports)).map_or_else(|error| format!("{error:#}"), |_| "none".to_owned())
    }

    #[test]
    fn the_wasm_and_the_script_name_an_import_alike() {
        let (script, wasm) = pair(SCRIPT, &wasm(&[NOW, FOCUS])).unwrap();
        // The header, one type () -> (), and two functions of it: w.i00 and w.i01.
        let expected = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x11\x02\x01w\x03i00\0\0\x01w\x03i01\0\0";
        assert_eq!(wasm, expected);
        assert!(script.contains("i01:function(a){a.focus();}"), "{script}");
        assert!(script.contains("i00:function(){return Date.now();}"), "{script}");
        assert!(script.contains("{w:import0"), "{script}");
        assert!(!script.contains("What the wasm calls"), "{script}");
    }

    #[test]
    fn the_script_loads_the_program_in_one_way() {
        let (script, _) = pair(SCRIPT, &wasm(&[NOW, FOCUS])).unwrap();
        assert!(script.ends_with("wasm=instance.exports;wasm.__wbindgen_start();};"), "{script}");
        assert!(!script.contains("__wbg_init"), "{script}");
        let (before, _) = SCRIPT.split_once(LOADING).unwrap();
        assert_eq!(failure(before, &[NOW]), format!("the script: has no `{LOADING}`"));
    }

    #[test]
    fn an_import_that_is_there_twice_keeps_one_name() {
        let (_, wasm) = pair(SCRIPT, &wasm(&[NOW, NOW])).unwrap();
        assert!(wasm.ends_with(b"\x02\x11\x02\x01w\x03i00\0\0\x01w\x03i00\0\0"));
    }

    #[test]
    fn an_import_that_the_script_does_not_define_is_an_error() {
        let gone = ("./client_bg.js", "__wbg_gone_0000000000000000");
        assert_eq!(failure(SCRIPT, &[NOW, gone]), "the script: has no ` __wbg_gone_0000000000000000:`");
    }

    #[test]
    fn an_import_that_the_script_defines_twice_is_an_error() {
        let twice = [SCRIPT, " __wbg_now_757e9472f8410341: 2"].concat();
        assert!(failure(&twice, &[NOW]).ends_with("more than once"));
    }

    #[test]
    fn imports_of_two_modules_are_an_error() {
        let failure = failure(SCRIPT, &[NOW, ("./snippet.js", "x")]);
        assert_eq!(failure, "the wasm: imports from ./client_bg.js and from ./snippet.js");
    }

    #[test]
    fn styles_in_a_row_become_one_and_the_page_says_its_build() {
        let html = "<html lang=en><style>a{}</style><style>b{}</style><p><style>c{}</style>";
        let small = "<html data-build=\"0.1.0\" lang=en><style>a{}b{}</style><p><style>c{}</style>";
        assert_eq!(page(html, "0.1.0").unwrap(), small);
    }

    #[test]
    fn the_wasm_is_asked_for_first_and_then_its_script() {
        let html = "<html><meta charset=utf-8><title>a</title><link href=/a.svg rel=icon>\
                    <link href=/a.js rel=modulepreload><link as=fetch href=/a.wasm rel=preload></head>";
        assert_eq!(
            wasm_first(html.to_owned()),
            "<html><meta charset=utf-8><link as=fetch href=/a.wasm rel=preload><link href=/a.js rel=modulepreload>\
             <title>a</title><link href=/a.svg rel=icon></head>"
        );
    }

    #[test]
    fn a_wasm_cut_short_is_an_error() {
        let whole = wasm(&[NOW]);
        let error = pair(SCRIPT, &whole[..whole.len() - 1]).unwrap_err();
        assert_eq!(error.to_string(), "the wasm");
    }
}
