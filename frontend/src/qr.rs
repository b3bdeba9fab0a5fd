//! QR codes (ISO/IEC 18004): a text as a square of dark and light modules, for a phone to read off a screen.
//!
//! As little of it as addresses need: bytes, versions 1 to 10 (213 bytes), error correction of level M, and always the
//! first mask, which every reader takes. The crates that know all of it take twice as much of the page's budget.

/// Codewords in all, those of error correction in each block, and the number of blocks, from version 1 on.
const VERSIONS: [(usize, usize, usize); 10] = [
    (26, 10, 1),
    (44, 16, 1),
    (70, 26, 1),
    (100, 18, 2),
    (134, 24, 2),
    (172, 16, 4),
    (196, 18, 4),
    (242, 22, 4),
    (292, 22, 5),
    (346, 26, 5),
];
/// "Level M, first mask", with its error correction.
const FORMAT: u32 = 0x5412;
/// What versions 7 to 10 say of themselves, with its error correction.
const VERSION_BITS: [u32; 4] = [0x07C94, 0x085BC, 0x09A99, 0x0A4D3];

/// A QR code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Qr {
    /// The modules of one side.
    pub side: usize,
    /// Which modules are dark, row by row; none where that is not known yet.
    dark: Vec<Option<bool>>,
}

impl Qr {
    /// The code of a text; none where it is too long for one.
    pub fn of(text: &str) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        for (index, &(all, check, blocks)) in VERSIONS.iter().enumerate() {
            let mut data = data(length, text, index == 9);
            let room = all - check * blocks;
            if data.len() <= room {
                for pad in (0..room - data.len()).map(|at| [0xEC, 0x11][at % 2]) {
                    data.push(pad);
                }
                let mut code = Qr::blank(index + 1);
                code.fill(&interleaved(&data, check, blocks));
                return Some(code);
            }
        }
        None
    }

    /// The dark modules as the `d` of an SVG path, one unit a module: each run of them in a row is a bar.
    pub fn path(&self) -> String {
        let mut path = String::new();
        for (y, row) in self.dark.chunks(self.side).enumerate() {
            let mut start = None;
            for x in 0..=self.side {
                let dark = row.get(x) == Some(&Some(true));
                match start {
                    Some(from) if !dark => {
                        let [from, y, length] = [from, y, x - from].map(|number| number.to_string());
                        path.extend(["M", &from, " ", &y, "h", &length, "v1h-", &length, "z"]);
                        start = None;
                    }
                    None if dark => start = Some(x),
                    _ => {}
                }
            }
        }
        path
    }

    /// What is the same in all codes of a version.
    fn blank(version: usize) -> Self {
        let side = 17 + 4 * version;
        let mut code = Qr { side, dark: vec![None; side * side] };
        for at in 0..side {
            code.set(6, at, at % 2 == 0);
            code.set(at, 6, at % 2 == 0);
        }
        code.alignments(version);
        for (x, y) in [(3, 3), (side - 4, 3), (3, side - 4)] {
            code.rings(x, y, &[true, true, false, true, false]);
        }
        code.format();
        if let Some(bits) = VERSION_BITS.get(version.wrapping_sub(7)) {
            for bit in 0..18 {
                let (x, y, dark) = (side - 11 + bit % 3, bit / 3, bits >> bit & 1 == 1);
                code.set(x, y, dark);
                code.set(y, x, dark);
            }
        }
        code
    }

    /// The small squares. There is none in the corners, where the large ones are.
    fn alignments(&mut self, version: usize) {
        let (middle, last) = (self.side / 2, self.side - 7);
        let places: &[usize] = match version {
            1 => &[],
            2..7 => &[6, last],
            _ => &[6, middle, last],
        };
        for &x in places {
            for &y in places {
                if x + y != self.side - 1 || x == y {
                    self.rings(x, y, &[true, false, true]);
                }
            }
        }
    }

    /// Twice, beside the large squares.
    fn format(&mut self) {
        let last = self.side - 1;
        for bit in 0..15 {
            let dark = FORMAT >> bit & 1 == 1;
            let (x, y) = match bit {
                0..6 => (8, bit),
                6 | 7 => (8, bit + 1),
                8 => (7, 8),
                _ => (14 - bit, 8),
            };
            self.set(x, y, dark);
            let (x, y) = if bit < 8 { (last - bit, 8) } else { (8, last - 14 + bit) };
            self.set(x, y, dark);
        }
        self.set(8, last - 7, true);
    }

    /// Squares around a module, from the innermost on, as far as they are within the code.
    fn rings(&mut self, x: usize, y: usize, dark: &[bool]) {
        let reach = dark.len() - 1;
        for down in 0..=2 * reach {
            for right in 0..=2 * reach {
                let ring = down.abs_diff(reach).max(right.abs_diff(reach));
                self.set((x + right).wrapping_sub(reach), (y + down).wrapping_sub(reach), dark[ring]);
            }
        }
    }

    fn set(&mut self, x: usize, y: usize, dark: bool) {
        if x < self.side && y < self.side {
            self.dark[y * self.side + x] = Some(dark);
        }
    }

    /// Lays the bits where nothing is yet, in columns of two, up and down by turns from the right, under the mask.
    fn fill(&mut self, codewords: &[u8]) {
        let mut bit = 0;
        for column in (1..self.side).step_by(2) {
            // The upright timing pattern is no part of any.
            let right = self.side - column - usize::from(self.side - column <= 6);
            for step in 0..2 * self.side {
                let (x, y) = (right - step % 2, step / 2);
                let y = if column % 4 == 1 { self.side - 1 - y } else { y };
                if self.dark[y * self.side + x].is_none() {
                    let dark = codewords.get(bit / 8).is_some_and(|byte| byte << (bit % 8) & 128 != 0);
                    self.set(x, y, dark != ((x + y) % 2 == 0));
                    bit += 1;
                }
            }
        }
    }
}

/// The text behind its mode and its length, which has one byte, or two in a long code. The mode has half a byte, and so
/// has the end.
fn data(length: u8, text: &str, long: bool) -> Vec<u8> {
    let mut bytes = vec![0; usize::from(long)];
    bytes.push(length);
    bytes.extend_from_slice(text.as_bytes());
    bytes.push(0);
    let mut half = 4;
    for byte in &mut bytes {
        (half, *byte) = (*byte & 15, half << 4 | *byte >> 4);
    }
    bytes
}

/// The data in blocks, each with its error correction, and these by turns. The last blocks may be longer by one.
fn interleaved(data: &[u8], check: usize, blocks: usize) -> Vec<u8> {
    let (short, longer) = (data.len() / blocks, data.len() % blocks);
    let divisor = divisor(check);
    let mut codewords = vec![0; data.len() + check * blocks];
    let mut start = 0;
    for block in 0..blocks {
        let end = start + short + usize::from(block + longer >= blocks);
        for (at, byte) in data[start..end].iter().enumerate() {
            let skipped = if at == short { blocks - longer } else { 0 };
            codewords[at * blocks + block - skipped] = *byte;
        }
        for (at, byte) in remainder(&data[start..end], &divisor).iter().enumerate() {
            codewords[data.len() + at * blocks + block] = *byte;
        }
        start = end;
    }
    codewords
}

/// The polynomial of Reed and Solomon's code of this degree, without its first coefficient, which is 1.
fn divisor(degree: usize) -> Vec<u8> {
    let mut divisor = vec![0; degree];
    divisor[degree - 1] = 1;
    let mut root = 1;
    for _ in 0..degree {
        for at in 0..degree {
            divisor[at] = times(divisor[at], root) ^ divisor.get(at + 1).copied().unwrap_or(0);
        }
        root = times(root, 2);
    }
    divisor
}

fn remainder(data: &[u8], divisor: &[u8]) -> Vec<u8> {
    let mut remainder = vec![0; divisor.len()];
    for byte in data {
        let factor = byte ^ remainder[0];
        for (at, of) in divisor.iter().enumerate() {
            remainder[at] = remainder.get(at + 1).copied().unwrap_or(0) ^ times(*of, factor);
        }
    }
    remainder
}

/// The product in the field of 256, modulo x^8 + x^4 + x^3 + x^2 + 1.
fn times(one: u8, other: u8) -> u8 {
    let mut product = 0;
    for bit in (0..8).rev() {
        product = (product << 1) ^ ((product >> 7) * 0x1D) ^ ((other >> bit & 1) * one);
    }
    product
}

// Where proptest is: it has no source of chance in a browser.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
