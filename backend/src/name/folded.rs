//! What two names in one room must not share: letters of any case are one, and so is what looks alike (UTS #39).

use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use unicode_normalization::UnicodeNormalization;
use unicode_security::skeleton;

/// Names that would pass for the server's own voice.
const RESERVED: [&str; 6] = ["server", "admin", "root", "console", "system", "operator"];
/// A skeleton of a folded skeleton may have another skeleton. No character takes more steps, which a test holds.
const STEPS: usize = 8;

/// A name as it is compared.
///
/// Case and looks do not mix: `I` is `i` by case and looks like `l`, but `i` does not. So a name has two looks, one as it
/// is written and one in small letters, and two names are too much alike if they have one in common: `Iana` keeps
/// out both `lana` and `iana`, which may be here together.
#[derive(Clone, Debug)]
pub struct Folded {
    plain: Arc<str>,
    looks: [Arc<str>; 2],
}

impl Folded {
    pub(super) fn new(name: &str) -> Folded {
        let plain: Arc<str> = fold(name).into();
        let of = |look: String| if *look == *plain { Arc::clone(&plain) } else { Arc::from(look) };
        let looks = [of(look(name)), of(look(&plain))];
        Folded { plain, looks }
    }

    /// What it looks like: two names in one room have none of these in common. Both may be the same.
    pub fn looks(&self) -> &[Arc<str>; 2] {
        &self.looks
    }

    /// The same name but for case and compatible forms: what whoever types a name means. Names that only look alike are
    /// not the same.
    pub fn is_same(&self, other: &Folded) -> bool {
        self.plain == other.plain
    }

    /// It looks like one of the server's own names.
    pub(super) fn is_reserved(&self) -> bool {
        static LOOKS: LazyLock<HashSet<String>> =
            LazyLock::new(|| RESERVED.iter().flat_map(|name| [look(name), look(&name.to_uppercase())]).collect());
        self.looks.iter().any(|look| LOOKS.contains(&**look))
    }
}

/// Small letters, compatible forms and no joiners: the comparison of RFC 8266 section 2.4, but by way of the capitals,
/// so that `ς` is `σ` and `ß` is `ss`.
fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let seen = name.nfkc().filter(|c| !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe0f}'));
    seen.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

/// What a name looks like in this case: a folded skeleton (UTS #39 section 4) that is its own.
fn look(name: &str) -> String {
    let mut look = name.to_owned();
    for _ in 0..STEPS {
        let next = fold(&skeleton(&look).collect::<String>());
        if next == look {
            break;
        }
        look = next;
    }
    look
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        let (a, b) = (Folded::new(a), Folded::new(b));
        a.looks.iter().any(|look| b.looks.contains(look))
    }

    #[test]
    fn names_that_look_alike_are_alike() {
        let pairs = [
            ("Bob", "bOB"),
            ("paypal", "раypal"),
            ("mike", "rnike"),
            ("Mike", "Міke"),
            ("mike", "Міke"),
            ("O2", "o2"),
            ("b0b", "bob"),
            ("lana", "Iana"),
            ("Iana", "iana"),
            ("b1ll", "bill"),
            ("coco", "сосо"),
            ("ΒΟΒ", "bob"),
            ("weiß", "WEISS"),
            ("ΣΑΣ", "σας"),
            ("❤️", "❤"),
            ("ロ", "口"),
            ("می\u{200c}روم", "میروم"),
            ("MlKE", "MIKE"),
        ];
        for (a, b) in pairs {
            assert_eq!(alike(a, b), (a, b) != ("b1ll", "bill"), "{a} {b}");
            assert_eq!(alike(a, b), alike(b, a), "{a} {b}");
        }
    }

    #[test]
    fn plain_names_are_not_alike_by_accident() {
        let names = [
            "ana", "anna", "ali", "all", "bob", "rob", "iana", "lana", "ian", "lan", "dan", "clan", "王", "玉", "👍🏽",
            "👍🏿", "👍",
        ];
        for (i, a) in names.iter().enumerate() {
            for b in &names[i + 1..] {
                assert!(!alike(a, b), "{a} {b}");
            }
        }
    }

    #[test]
    fn the_servers_own_names_are_known_in_every_dress() {
        for name in
            ["server", "SERVER", "аdmin", "sеrver", "r00t", "Adrnin", "ADMlN", "c0nsole", "ѕystem", "operat0r", "ｒoot"]
        {
            assert!(Folded::new(name).is_reserved(), "{name}");
        }
        for name in ["servers", "adm", "roots", "admin2", "ana"] {
            assert!(!Folded::new(name).is_reserved(), "{name}");
        }
    }

    #[test]
    fn a_look_is_its_own() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_alphanumeric() || c.is_ascii_graphic()) {
            let once = look(&c.to_string());
            assert_eq!(once, look(&once), "U+{:04X}", u32::from(c));
            assert_eq!(once, fold(&once), "U+{:04X}", u32::from(c));
        }
    }

    proptest! {
        #[test]
        fn the_look_of_a_look_is_the_same(name in ".{1,12}") {
            let once = look(&name);
            prop_assert_eq!(look(&once), once.clone());
            prop_assert_eq!(look(&fold(&once)), once);
        }

        #[test]
        fn folding_twice_is_folding_once(name in ".{1,12}") {
            let once = fold(&name);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
