//! Many plans, from files of any size, in the order of the input and in bounded memory.

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;

use super::file::Opened;
use super::{PlanOptions, RawPlan};
use crate::io::Error;
use crate::territory::InputDigest;

/// Endings of files that hold plans; in a folder, other files are passed over.
const ENDINGS: &[&str] = &["csv", "tsv", "txt", "json", "jsonl", "ndjson"];

/// Endings of boundary files.
pub(super) const BOUNDARIES: &[&str] = &["geojson", "shp", "zip", "gpkg", "fgb", "topojson", "parquet"];

/// What accompanies a shapefile.
const COMPANIONS: &[&str] = &["dbf", "shx", "prj", "cpg", "sbn", "sbx", "qix", "qmd"];

/// Most bytes of a small file.
const SMALL: u64 = 1 << 18;

/// Plans from files and folders, one after another: an iterator of [`RawPlan`]s.
///
/// Files come in the order in which they were named, those of a folder sorted by name (`plan10` before `plan2`). A plan
/// that can't be read is an item as well, with its reason, and stops nothing. However large the files are, little of
/// them is in memory at once: one plan (at most [`MAX_PLAN_BYTES`](super::MAX_PLAN_BYTES)), or 64 MiB of a wide table.
pub struct PlanSource {
    files: Vec<PathBuf>,
    next: usize,
    options: PlanOptions,
    current: Option<Opened>,
    sizes: Vec<u64>,
    done_bytes: u64,
    skipped: Vec<String>,
    digests: Vec<InputDigest>,
}

impl PlanSource {
    /// Finds the files; nothing is read yet.
    ///
    /// # Errors
    ///
    /// A path that does not exist (`E101`), a folder without a plan (`E509`).
    pub fn open(paths: &[PathBuf], options: &PlanOptions) -> Result<Self, Error> {
        let (mut files, mut skipped) = (Vec::new(), Vec::new());
        for path in paths {
            if path.is_dir() {
                list_folder(path, &mut files, &mut skipped)?;
            } else {
                files.push(path.clone());
            }
        }
        let size = |file: &PathBuf| {
            let unreadable = |e| Error::new(file.display().to_string(), "E101", format!("can't be read: {e}"));
            std::fs::metadata(file).map(|m| m.len()).map_err(unreadable)
        };
        let sizes = files.iter().map(size).collect::<Result<_, _>>()?;
        Ok(Self { skipped, ..Self::of_files(files, sizes, options) })
    }

    /// These files, none of them read.
    fn of_files(files: Vec<PathBuf>, sizes: Vec<u64>, options: &PlanOptions) -> Self {
        let options = options.clone();
        let (skipped, digests) = (Vec::new(), Vec::new());
        Self { files, next: 0, options, current: None, sizes, done_bytes: 0, skipped, digests }
    }

    /// Bytes of all files as they lie on disk.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.sizes.iter().sum()
    }

    /// Bytes read so far, for a progress bar.
    #[must_use]
    pub fn bytes_read(&self) -> u64 {
        self.done_bytes + self.current.as_ref().map_or(0, |c| c.bytes_read())
    }

    /// Files of a folder that are not plans, and were passed over.
    #[must_use]
    pub fn skipped(&self) -> &[String] {
        &self.skipped
    }

    /// The files that were read to their end, with their SHA-256.
    #[must_use]
    pub fn digests(&self) -> &[InputDigest] {
        &self.digests
    }

    /// Takes the next file off this source, as a source of its own, if it is small and none is being read: for a caller
    /// that has it read elsewhere. It counts as read; [`PlanSource::put_back`] brings its digest home.
    pub(crate) fn take_small(&mut self) -> Option<Self> {
        // A pipe has no size, and may hold any number of plans.
        let size = *self.sizes.get(self.next).filter(|size| (1..=SMALL).contains(*size))?;
        let file = self.files[self.next].clone();
        if self.current.is_some() || file.extension().is_some_and(|e| e.eq_ignore_ascii_case("gz")) {
            return None;
        }
        self.next += 1;
        self.done_bytes += size;
        Some(Self::of_files(vec![file], vec![size], &self.options))
    }

    /// Takes in the digests of files that were read elsewhere, each in its place.
    pub(crate) fn put_back(&mut self, digests: Vec<InputDigest>) {
        if !digests.is_empty() {
            let shown = self.files.iter().enumerate().map(|(i, f)| (f.display().to_string(), i));
            let place: FxHashMap<String, usize> = shown.collect();
            self.digests.extend(digests);
            self.digests.sort_by_key(|d| place.get(&d.path));
        }
    }

    /// What this source is, as far as can be said without reading it: paths, sizes and options, one a line.
    #[must_use]
    pub fn identity(&self) -> String {
        let files = self.files.iter().zip(&self.sizes).map(|(f, s)| format!("{} {s}\n", f.display()));
        format!("{:?}\n{}", self.options, files.collect::<String>())
    }
}

impl Iterator for PlanSource {
    type Item = RawPlan;

    fn next(&mut self) -> Option<RawPlan> {
        loop {
            if let Some(current) = &mut self.current {
                if let Some(plan) = current.next() {
                    return Some(plan);
                }
                self.digests.extend(current.finish());
                self.current = None;
                self.done_bytes += self.sizes[self.next - 1];
            }
            let file = self.files.get(self.next)?;
            self.next += 1;
            match Opened::new(file, &self.options) {
                Ok(opened) => self.current = Some(opened),
                Err(reason) => {
                    self.done_bytes += self.sizes[self.next - 1];
                    return Some(RawPlan::unreadable(&file.display().to_string().into(), stem(file), reason));
                }
            }
        }
    }
}

/// The plans of a folder, sorted by name.
fn list_folder(folder: &Path, files: &mut Vec<PathBuf>, skipped: &mut Vec<String>) -> Result<(), Error> {
    let shown = folder.display().to_string();
    let unreadable = |e: std::io::Error| Error::new(&shown, "E101", format!("can't be read: {e}"));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A link is followed, other kinds are known without asking again.
        let file = entry.file_type().is_ok_and(|kind| kind.is_file() || (kind.is_symlink() && entry.path().is_file()));
        entries.push((entry.path(), file));
    }
    entries.sort();
    let before = files.len();
    for (path, file) in entries {
        let ending = ending(&path);
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if file && !hidden && (ENDINGS.contains(&&*ending) || BOUNDARIES.contains(&&*ending)) {
            files.push(path);
        } else if !hidden && !COMPANIONS.contains(&&*ending) {
            skipped.push(path.display().to_string());
        }
    }
    if files.len() == before {
        let message = format!("the folder holds no plan; expected files that end in {}", ENDINGS.join(", "));
        return Err(Error::new(&shown, "E509", message));
    }
    Ok(())
}

/// The ending of a file's name in lower case, `.gz` not counted.
pub(super) fn ending(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or_else(String::new, |(_, ending)| ending.to_owned())
}

/// The file's name without `.gz` and without its ending.
pub(super) fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_small_files_of_a_known_size_are_read_elsewhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let plan = "nis,area\n1,A\n";
        for (name, text) in [("a.csv", plan), ("b.csv", plan), ("c.csv", ""), ("d.csv.gz", plan)] {
            std::fs::write(folder.path().join(name), text).expect("written");
        }
        let mut source = PlanSource::open(&[folder.path().to_owned()], &PlanOptions::default()).expect("a folder");
        let mut elsewhere = Vec::new();
        let mut here = Vec::new();
        loop {
            if let Some(mut file) = source.take_small() {
                assert_eq!(file.by_ref().count(), 1);
                elsewhere.extend_from_slice(file.digests());
                continue;
            }
            // A pipe has no size either, and may hold any number of plans.
            let Some(plan) = source.next() else { break };
            here.push(plan.name());
        }
        assert_eq!((elsewhere.len(), here), (2, vec!["c".to_owned(), "d".to_owned()]));
        source.put_back(elsewhere);
        let names: Vec<&str> = source.digests().iter().map(|d| &d.path[d.path.len() - 5..]).collect();
        assert_eq!(names, ["a.csv", "b.csv", "c.csv", "sv.gz"]);
    }
}
