//! Writes JSON (RFC 8259): what the page sends, and what it keeps. serde's writer would be more than all that it writes.

/// An object that is being written.
#[derive(Debug)]
pub struct Object(String);

impl Object {
    /// An object whose first field is this text.
    pub fn of(name: &str, text: &str) -> Self {
        Object(String::new()).text(name, text)
    }

    /// With a text.
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        self.raw(name, &quoted(text))
    }

    /// With a number, if there is one.
    #[must_use]
    pub fn number(self, name: &str, number: Option<u64>) -> Self {
        match number {
            Some(number) => self.raw(name, &number.to_string()),
            None => self,
        }
    }

    /// With a truth, if it is one.
    #[must_use]
    pub fn truth(self, name: &str, is: bool) -> Self {
        if is { self.raw(name, "true") } else { self }
    }

    /// With a value that is JSON already.
    #[must_use]
    pub fn raw(mut self, name: &str, json: &str) -> Self {
        let before = if self.0.is_empty() { "{" } else { "," };
        for part in [before, &quoted(name), ":", json] {
            self.0.push_str(part);
        }
        self
    }

    /// The object.
    #[must_use]
    pub fn done(self) -> String {
        self.0 + "}"
    }
}

fn quoted(text: &str) -> String {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => json.extend(['\\', c]),
            '\0'..='\x1f' => {
                json.push_str("\\u00");
                json.extend([c as usize >> 4, c as usize & 15].map(|digit| char::from(HEX[digit])));
            }
            _ => json.push(c),
        }
    }
    json.push('"');
    json
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_stand_in_their_order_and_only_where_there_is_something() {
        let object = Object::of("a", "x").number("b", None).number("c", Some(7)).truth("d", false).truth("e", true);
        assert_eq!(object.raw("f", "[1]").done(), r#"{"a":"x","c":7,"e":true,"f":[1]}"#);
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_it_was(text in any::<String>()) {
            prop_assert_eq!(serde_json::from_str::<String>(&quoted(&text)).unwrap(), text);
        }
    }
}
