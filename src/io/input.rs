//! A file in memory, unpacked, with its digest.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Error;
use crate::territory::InputDigest;

/// Most bytes that a compressed file may unpack to.
pub const MAX_UNPACKED: u64 = 8 << 30;

/// A file as read: its bytes as they lie on disk, and unpacked where it was gzipped.
#[derive(Debug, Clone)]
pub struct Input {
    /// The path as the user gave it.
    pub path: String,
    raw: Vec<u8>,
    unpacked: Option<Vec<u8>>,
}

impl Input {
    /// Reads a file; `E101` if it can't be read, `E102` if its gzip layer is broken or unpacks beyond [`MAX_UNPACKED`].
    ///
    /// # Errors
    ///
    /// See above.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let raw = std::fs::read(path).map_err(|e| Error::new(&shown, "E101", format!("can't be read: {e}")))?;
        Self::from_bytes(shown, raw)
    }

    /// An input that is already in memory.
    ///
    /// # Errors
    ///
    /// A broken gzip layer (`E102`).
    pub fn from_bytes(path: impl Into<String>, raw: Vec<u8>) -> Result<Self, Error> {
        let path = path.into();
        let unpacked = if raw.starts_with(&[0x1f, 0x8b]) {
            let mut out = Vec::new();
            flate2::read::MultiGzDecoder::new(&raw[..])
                .take(MAX_UNPACKED + 1)
                .read_to_end(&mut out)
                .map_err(|e| Error::new(&path, "E102", format!("is not a whole gzip file: {e}")))?;
            if out.len() as u64 > MAX_UNPACKED {
                return Err(Error::new(&path, "E102", format!("unpacks to more than {MAX_UNPACKED} bytes")));
            }
            Some(out)
        } else {
            None
        };
        Ok(Self { path, raw, unpacked })
    }

    /// The contents, unpacked, without a byte-order mark.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        let bytes = self.unpacked.as_deref().unwrap_or(&self.raw);
        bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
    }

    /// SHA-256 of the file as it lies on disk.
    #[must_use]
    pub fn digest(&self) -> InputDigest {
        InputDigest { path: self.path.clone(), sha256: sha256_hex(&self.raw) }
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
