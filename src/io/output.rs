//! Writes results: to standard output, to a temporary file that is renamed when whole, or straight into a device or pipe.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::Error;

/// What a path that is to be written stands for.
#[derive(Debug)]
pub(super) enum Target {
    /// A file, there or yet to be made: it gets its contents whole, by renaming (which a folder refuses). Links are
    /// followed, so that they stay.
    File(PathBuf),
    /// Something that can't be renamed over without taking it away from everybody else: `/dev/null`, a terminal, a pipe.
    Stream(UntilClosed<File>),
}

impl Target {
    /// Looks at what is there now.
    ///
    /// # Errors
    ///
    /// `E103` for a device or pipe that can't be opened.
    pub(super) fn of(path: &Path) -> Result<Self, Error> {
        let Ok(there) = std::fs::metadata(path) else { return Ok(Self::File(path.to_owned())) };
        if there.is_file() || there.is_dir() {
            return path.canonicalize().map(Self::File).map_err(|e| failed(path, &e));
        }
        let stream = File::options().write(true).open(path).map_err(|e| failed(path, &e))?;
        Ok(Self::Stream(UntilClosed(stream)))
    }
}

/// Writes all bytes to `path` (through a temporary file in the same folder, but straight into a device or pipe) or,
/// without one, to standard output.
///
/// A reader that closes standard output or a pipe early (`| head`) is not an error.
///
/// # Errors
///
/// `E103` where the target can't be written; nothing is left half-written.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Error> {
    let Some(path) = path else {
        let mut out = UntilClosed(std::io::stdout().lock());
        return (out.write_all(bytes).and_then(|()| out.flush()))
            .map_err(|e| Error::new("standard output", "E103", format!("can't be written: {e}")));
    };
    let path = match Target::of(path)? {
        Target::File(path) => path,
        Target::Stream(mut stream) => return stream.write_all(bytes).map_err(|e| failed(path, &e)),
    };
    let mut file = temporary(&path)?;
    file.write_all(bytes).map_err(|e| failed(&path, &e))?;
    whole(file, &path)
}

/// Writes a long file piece by piece, whole or not at all like [`write()`]; gzipped where its name ends in `.gz`.
///
/// # Errors
///
/// `E103` where the target can't be written, and what `pieces` gives.
pub fn write_pieces<E: From<Error>>(
    path: &Path,
    pieces: impl FnOnce(&mut dyn std::io::Write) -> Result<(), E>,
) -> Result<(), E> {
    let gzipped = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz"));
    match Target::of(path)? {
        Target::Stream(stream) => packed(stream, path, gzipped, pieces),
        Target::File(path) => {
            let file = temporary(&path)?;
            packed(file.as_file(), &path, gzipped, pieces)?;
            Ok(whole(file, &path)?)
        }
    }
}

/// A device, a pipe or standard output; what comes after its reader has gone is nobody's loss.
#[derive(Debug)]
pub(super) struct UntilClosed<W>(pub(super) W);

impl<W: std::io::Write> std::io::Write for UntilClosed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self.0.write(bytes) {
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            written => written,
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush().or_else(|e| if e.kind() == std::io::ErrorKind::BrokenPipe { Ok(()) } else { Err(e) })
    }
}

/// Buffered, and gzipped where that is asked for.
fn packed<E: From<Error>>(
    file: impl std::io::Write,
    path: &Path,
    gzipped: bool,
    pieces: impl FnOnce(&mut dyn std::io::Write) -> Result<(), E>,
) -> Result<(), E> {
    let mut out = std::io::BufWriter::new(file);
    let ended = if gzipped {
        let mut packer = flate2::write::GzEncoder::new(&mut out, flate2::Compression::default());
        pieces(&mut packer)?;
        packer.finish().map(|_| ())
    } else {
        pieces(&mut out)?;
        Ok(())
    };
    Ok(ended.and_then(|()| out.flush()).map_err(|e| failed(path, &e))?)
}

/// A file beside the one that is to be written.
fn temporary(path: &Path) -> Result<tempfile::NamedTempFile, Error> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any file that a program makes: readable by whom the user's mask lets (a temporary file is private by default).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.prefix(".landmeter-").tempfile_in(folder).map_err(|e| failed(path, &e))
}

/// Gives it its name, now that it is whole.
fn whole(file: tempfile::NamedTempFile, path: &Path) -> Result<(), Error> {
    file.as_file().sync_all().map_err(|e| failed(path, &e))?;
    file.persist(path).map_err(|e| failed(path, &e.error))?;
    Ok(())
}

pub(super) fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(path.display().to_string(), "E103", format!("can't be written: {error}"))
}

/// Makes a folder, and those above it, where it is not there.
///
/// # Errors
///
/// `E103` where it can't be made.
pub fn folder(path: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(path)
        .map_err(|e| Error::new(path.display().to_string(), "E103", format!("can't be made: {e}")))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_is_written_into_and_a_link_is_followed() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || std::fs::read(pipe).expect("what was written")
        });
        write(Some(&pipe), b"lines").expect("written");
        assert_eq!(reader.join().expect("no panic"), b"lines");
        assert!(!pipe.metadata().expect("still there").is_file(), "a pipe must not be replaced by a file");

        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        std::fs::write(&file, b"old").expect("written");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        write(Some(&link), b"new").expect("written");
        assert_eq!(std::fs::read(&file).expect("read"), b"new");
        assert!(link.symlink_metadata().expect("still there").is_symlink());
        assert_eq!(std::fs::read_dir(&folder).expect("a folder").count(), 3, "no temporary file is left");

        let error = write(Some(folder.path()), b"").expect_err("a folder can't be written");
        assert!(error.to_string().contains("E103"), "{error}");
    }
}
