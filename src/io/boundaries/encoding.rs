//! Text of a dBASE table: which encoding, and out of it.

use std::borrow::Cow;

/// Upper half of code page 437 (IBM PC).
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// Upper half of code page 850 (DOS, Western Europe).
const CP850: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u{ad}±‗¾¶§÷¸°¨·¹³²■\u{a0}";

/// An encoding of text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Encoding {
    Known(&'static encoding_rs::Encoding),
    /// A DOS code page: its name, and the characters of its upper half.
    Dos(&'static str, &'static str),
}

impl Encoding {
    pub(super) const WINDOWS_1252: Self = Self::Known(encoding_rs::WINDOWS_1252);
    pub(super) const UTF_8: Self = Self::Known(encoding_rs::UTF_8);

    /// What a `.cpg` file says: `UTF-8`, `1252`, `ANSI 1252`, `ISO-8859-1`, `OEM 437`, ...; none if it is not known.
    pub(super) fn of_cpg(text: &str) -> Option<Self> {
        let text = text.trim().trim_matches(char::from(0)).to_ascii_uppercase();
        if let Some(known) = encoding_rs::Encoding::for_label(text.as_bytes()) {
            return Some(Self::Known(known));
        }
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        match digits.as_str() {
            "437" => Some(Self::Dos("code page 437", CP437)),
            "850" => Some(Self::Dos("code page 850", CP850)),
            "65001" => Some(Self::UTF_8),
            "866" => Some(Self::Known(encoding_rs::IBM866)),
            page if page.len() == 4 && page.starts_with("125") => {
                encoding_rs::Encoding::for_label(format!("windows-{page}").as_bytes()).map(Self::Known)
            }
            page => page.strip_prefix("8859").and_then(|part| {
                encoding_rs::Encoding::for_label(format!("iso-8859-{part}").as_bytes()).map(Self::Known)
            }),
        }
    }

    /// What the language driver byte of the table says; none for a byte that says nothing (0, and 0x57, "whatever the
    /// machine uses").
    pub(super) fn of_driver(byte: u8) -> Option<Self> {
        let label = match byte {
            0x01 | 0x09 | 0x0b | 0x0d | 0x0f | 0x11 | 0x15 | 0x18 | 0x19 | 0x1b => {
                return Some(Self::Dos("code page 437", CP437));
            }
            0x02 | 0x0a | 0x0e | 0x10 | 0x12 | 0x14 | 0x16 | 0x1a | 0x1d | 0x25 | 0x37 => {
                return Some(Self::Dos("code page 850", CP850));
            }
            0x03 | 0x58 | 0x59 => "windows-1252",
            0x13 | 0x7b => "shift_jis",
            0x26 | 0x65 => "ibm866",
            0x4d | 0x7a => "gbk",
            0x4e | 0x79 => "euc-kr",
            0x4f | 0x78 => "big5",
            0x50 | 0x7c => "windows-874",
            0xc8 => "windows-1250",
            0xc9 => "windows-1251",
            0xca => "windows-1254",
            0xcb => "windows-1253",
            0xcc => "windows-1257",
            _ => return None,
        };
        encoding_rs::Encoding::for_label(label.as_bytes()).map(Self::Known)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Known(known) => known.name(),
            Self::Dos(name, _) => name,
        }
    }

    /// The text; U+FFFD for what the encoding does not have.
    pub(super) fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        match self {
            Self::Known(known) => known.decode_without_bom_handling(bytes).0,
            Self::Dos(_, upper) => {
                let upper = |b: u8| upper.chars().nth(usize::from(b & 0x7f)).unwrap_or('\u{fffd}');
                Cow::Owned(bytes.iter().map(|&b| if b.is_ascii() { char::from(b) } else { upper(b) }).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_that_files_use() {
        for (text, name) in [
            ("UTF-8", "UTF-8"),
            ("utf8\r\n", "UTF-8"),
            ("65001", "UTF-8"),
            ("1252", "windows-1252"),
            ("ANSI 1252", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            ("88591", "windows-1252"),
            ("OEM 437", "code page 437"),
            ("850", "code page 850"),
            ("8859-15", "ISO-8859-15"),
        ] {
            assert_eq!(Encoding::of_cpg(text).map(Encoding::name), Some(name), "{text}");
        }
        assert_eq!(Encoding::of_cpg("klingon"), None);
    }

    #[test]
    fn one_name_in_four_encodings() {
        let dos = Encoding::of_driver(1).unwrap();
        assert_eq!(dos.decode(b"Li\x8age"), "Liège");
        assert_eq!(Encoding::of_driver(2).unwrap().decode(b"Li\x8age"), "Liège");
        assert_eq!(Encoding::WINDOWS_1252.decode(b"Li\xe8ge"), "Liège");
        assert_eq!(Encoding::UTF_8.decode("Liège".as_bytes()), "Liège");
        assert_eq!(CP437.chars().count(), 128);
        assert_eq!(CP850.chars().count(), 128);
    }
}
