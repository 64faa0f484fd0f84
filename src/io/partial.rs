//! A file of lines that may be interrupted at any moment and gone on with.
//!
//! Lines go to `FILE.partial`, beside a note `FILE.partial.json` of what they are made from; when the last one is
//! written the file gets its own name. What a run that was killed leaves behind is cut after its last whole line. A
//! device or a pipe can't be gone on with: it gets the lines as they come.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::Error;
use super::input::sha256_hex;
use super::output::{Target, UntilClosed, failed};

/// A file that grows by whole lines under the name `FILE.partial`, and is renamed when it is whole.
#[derive(Debug)]
pub struct Partial {
    file: File,
    /// None for a device or a pipe: there is nothing to rename, the file is the target.
    names: Option<Names>,
}

#[derive(Debug)]
struct Names {
    target: PathBuf,
    partial: PathBuf,
    note: PathBuf,
}

impl Partial {
    /// Begins a new file; what an earlier run left is overwritten (and then the second value is true).
    ///
    /// `identity` is everything that decides the lines: [`Partial::resume`] refuses another one.
    ///
    /// # Errors
    ///
    /// `E103` where it can't be written.
    pub fn create(target: &Path, identity: &str) -> Result<(Self, bool), Error> {
        let names = match Target::of(target)? {
            Target::File(target) => Names::of(&target),
            Target::Stream(stream) => return Ok((Self { file: stream.0, names: None }, false)),
        };
        let Names { partial, note, .. } = &names;
        let overwritten = match std::fs::remove_file(partial) {
            Ok(()) => true,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => false,
            Err(e) => return Err(failed(partial, &e)),
        };
        super::output::write(Some(note), note_text(identity).as_bytes())?;
        let file = File::create(partial).map_err(|e| failed(partial, &e))?;
        Ok((Self { file, names: Some(names) }, overwritten))
    }

    /// Goes on with the file of a run that was stopped, or begins a new one where there is none.
    ///
    /// Each whole line but the last is shown to `visit`. The last one is given back and cut off the file: whoever writes
    /// it again can see that it is the same.
    ///
    /// # Errors
    ///
    /// `E512` where the file was made from something else, `E101` and `E103` where it can't be read or written, and
    /// whatever `visit` says.
    pub fn resume(
        target: &Path,
        identity: &str,
        visit: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(Self, Option<Vec<u8>>), Error> {
        let names = match Target::of(target)? {
            Target::File(target) => Names::of(&target),
            Target::Stream(_) => {
                let message = "is a device or a pipe, which can't be gone on with; name a file, or leave out --resume";
                return Err(Error::new(target.display().to_string(), "E512", message));
            }
        };
        let Names { partial, note, .. } = &names;
        let mut file = match OpenOptions::new().read(true).write(true).open(partial) {
            Ok(file) => file,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                return Self::create(target, identity).map(|(new, _)| (new, None));
            }
            Err(e) => return Err(failed(partial, &e)),
        };
        let shown = partial.display().to_string();
        match std::fs::read(note) {
            Ok(found) if found == note_text(identity).as_bytes() => {}
            Ok(_) => {
                let message =
                    "was begun with other inputs, options or another version; without --resume it is begun anew";
                return Err(Error::new(shown, "E512", message));
            }
            Err(e) => {
                let message = format!(
                    "can't be gone on with: {} can't be read ({e}); without --resume it is begun anew",
                    note.display()
                );
                return Err(Error::new(shown, "E512", message));
            }
        }
        let (end, last) = whole_lines(&file, &shown, visit)?;
        file.set_len(end).map_err(|e| failed(partial, &e))?;
        file.seek(SeekFrom::Start(end)).map_err(|e| failed(partial, &e))?;
        Ok((Self { file, names: Some(names) }, last))
    }

    /// Adds lines.
    ///
    /// # Errors
    ///
    /// `E103` where they can't be written; the lines before stay, and the run can be resumed.
    pub fn write(&mut self, lines: &[u8]) -> Result<(), Error> {
        match &self.names {
            Some(names) => self.file.write_all(lines).map_err(|e| failed(&names.partial, &e)),
            None => UntilClosed(&self.file)
                .write_all(lines)
                .map_err(|e| Error::new("the device or pipe", "E103", format!("can't be written: {e}"))),
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    ///
    /// `E103` where that fails; the lines stay under the partial name.
    pub fn finish(self) -> Result<(), Error> {
        let Some(Names { target, partial, note }) = self.names else { return Ok(()) };
        self.file.sync_all().map_err(|e| failed(&partial, &e))?;
        std::fs::rename(&partial, &target).map_err(|e| failed(&target, &e))?;
        match std::fs::remove_file(&note) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(failed(&note, &e)),
            _ => Ok(()),
        }
    }
}

/// Visits every whole line but the last; gives where the last one begins, and the last one.
fn whole_lines(
    file: &File,
    shown: &str,
    visit: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
) -> Result<(u64, Option<Vec<u8>>), Error> {
    let mut reader = BufReader::with_capacity(1 << 18, file);
    let (mut end, mut last, mut line) = (0, None::<Vec<u8>>, Vec::new());
    loop {
        line.clear();
        let read = reader.read_until(b'\n', &mut line);
        read.map_err(|e| Error::new(shown, "E101", format!("can't be read: {e}")))?;
        if line.last() != Some(&b'\n') {
            return Ok((end, last));
        }
        if let Some(before) = last.replace(std::mem::take(&mut line)) {
            visit(&before)?;
            end += before.len() as u64;
        }
    }
}

impl Names {
    fn of(target: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { target: target.to_owned(), partial: with(".partial"), note: with(".partial.json") }
    }
}

fn note_text(identity: &str) -> String {
    let digest = sha256_hex(identity.as_bytes());
    format!("{{\"made_from\":\"{digest}\",\"version\":\"{}\"}}\n", env!("CARGO_PKG_VERSION"))
}
