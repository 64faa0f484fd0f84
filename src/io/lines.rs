//! A file line by line, unpacked where it is gzipped, in bounded memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _};
use std::path::Path;

use super::Error;

/// Most bytes of a line.
const LONGEST: usize = 16 << 20;

/// The lines that are left of a file.
pub struct Lines {
    path: String,
    reader: Box<dyn BufRead + Send>,
    line: u64,
    text: Vec<u8>,
}

impl Lines {
    /// Opens a file.
    ///
    /// # Errors
    ///
    /// `E101` where it can't be read.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display().to_string();
        let unreadable = |e: std::io::Error| Error::new(&shown, "E101", format!("can't be read: {e}"));
        Self::unpacked(&shown, BufReader::new(File::open(path).map_err(unreadable)?))
    }

    /// Lines that are in memory already.
    ///
    /// # Errors
    ///
    /// None that bytes in memory give.
    pub fn from_bytes(path: &str, bytes: Vec<u8>) -> Result<Self, Error> {
        Self::unpacked(path, Cursor::new(bytes))
    }

    fn unpacked(path: &str, mut raw: impl BufRead + Send + 'static) -> Result<Self, Error> {
        let start = raw.fill_buf().map_err(|e| Error::new(path, "E101", format!("can't be read: {e}")))?;
        let gzipped = start.starts_with(&[0x1f, 0x8b]);
        let reader: Box<dyn BufRead + Send> =
            if gzipped { Box::new(BufReader::new(flate2::bufread::MultiGzDecoder::new(raw))) } else { Box::new(raw) };
        Ok(Self { path: path.to_owned(), reader, line: 0, text: Vec::new() })
    }

    /// The file as the user named it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The number of the line that was read last, from 1; 0 before the first.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The next line, without its end; none after the last.
    ///
    /// # Errors
    ///
    /// `E102` where the file can't be read further, `E601` where a line takes more than 16 MiB.
    pub fn next_line(&mut self) -> Result<Option<&[u8]>, Error> {
        self.text.clear();
        let read = self.reader.as_mut().take(LONGEST as u64 + 1).read_until(b'\n', &mut self.text);
        self.line += 1;
        let at = format!("line {}", self.line);
        match read {
            Err(e) => Err(Error::new(&self.path, "E102", format!("can't be read further: {e}")).at(at)),
            Ok(0) => Ok(None),
            Ok(n) if n > LONGEST => {
                Err(Error::new(&self.path, "E601", format!("the line takes more than {LONGEST} bytes")).at(at))
            }
            Ok(_) => Ok(Some(self.text.trim_ascii_end())),
        }
    }
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("path", &self.path).field("line", &self.line).finish_non_exhaustive()
    }
}
