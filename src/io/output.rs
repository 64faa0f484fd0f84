//! Writes results: to standard output, or to a temporary file that is renamed when whole.

use std::io::Write as _;
use std::path::Path;

use super::Error;

/// Writes all bytes to `path` (through a temporary file in the same folder) or, without one, to standard output.
///
/// A reader that closes standard output early (`| head`) is not an error.
///
/// # Errors
///
/// `E103` where the target can't be written; nothing is left half-written.
pub fn write(path: Option<&Path>, bytes: &[u8]) -> Result<(), Error> {
    let Some(path) = path else {
        let mut out = std::io::stdout().lock();
        return match out.write_all(bytes).and_then(|()| out.flush()) {
            Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Error::new("standard output", "E103", format!("can't be written: {e}")))
            }
            _ => Ok(()),
        };
    };
    let failed =
        |e: &dyn std::fmt::Display| Error::new(path.display().to_string(), "E103", format!("can't be written: {e}"));
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let mut builder = tempfile::Builder::new();
    // As any file that a program makes: readable by whom the user's mask lets (a temporary file is private by default).
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.prefix(".landmeter-").tempfile_in(folder).map_err(|e| failed(&e))?;
    file.write_all(bytes).map_err(|e| failed(&e))?;
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    file.persist(path).map_err(|e| failed(&e.error))?;
    Ok(())
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
