//! Many plans, one territory: read, checked and written in the order of the input, in bounded memory.
//!
//! A thread reads the input and cuts it into plans ([`PlanSource`]), the workers parse, resolve and check them (and open
//! the small files of a folder themselves), and the calling thread writes their lines in the order of the input. A fixed
//! number of chunks is under way at once, whatever the number of plans, and what is written does not depend on the
//! number of threads.

mod quick;
mod summary;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};

use crate::io::Error;
use crate::io::partial::Partial;
use crate::io::plans::{PlanSource, RawPlan};
use crate::report::{Context, finding_bytes, write_batch_line, write_batch_line_of};
use crate::rules::{Checker, Finding, Memo, Scratch};
use crate::territory::InputDigest;

use quick::Resolver;
pub use summary::{Count, Summary};

/// Most plans, and about the most bytes, of a chunk of work.
const CHUNK_PLANS: usize = 128;
const CHUNK_BYTES: usize = 1 << 20;

/// How to run a batch.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the lines go (`-o`); none: standard output.
    pub output: Option<PathBuf>,
    /// Go on with the output of a run that was stopped (`--resume`); needs `output`.
    pub resume: bool,
    /// Number of threads that check; 0: one a processor.
    pub threads: usize,
    /// Search the smallest remedy of each violation, as a check of one plan does (`--remedies`).
    pub remedies: bool,
    /// Whatever else decides the lines and is neither in the context nor in the source (the register of derogations).
    pub identity: String,
}

/// What happens on the way, for a progress bar and messages on standard error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// So many plans are written (those of an earlier run included), so many bytes of the input are read.
    Progress {
        /// Plans written.
        plans: u64,
        /// Bytes read, as they lie on disk; compare [`PlanSource::total_bytes`].
        bytes: u64,
    },
    /// Goes on after so many plans of an earlier run.
    Resumed {
        /// Plans that were written before.
        plans: u64,
    },
    /// The unfinished output of an earlier run was there and is overwritten.
    Overwritten {
        /// Its path.
        path: String,
    },
}

/// Checks every plan of a source and writes one JSON line a plan, in the order of the input.
///
/// A line is the plan's verdict without the rows per area; a plan that can't be read becomes a line with the verdict
/// `unreadable` and the reason. With [`Options::output`] the lines go to `FILE.partial`, which is renamed when the last
/// one is written; a run that was killed can be resumed, and the file is then byte for byte the same. The bytes don't
/// depend on the number of threads. `events` is called from the calling thread, after each chunk.
///
/// ```no_run
/// use landmeter::io::plans::{PlanOptions, PlanSource};
/// use landmeter::{batch, io, report, rules, words};
///
/// let embedded = io::embedded::load("flanders")?;
/// let rulebook = io::embedded::rulebook("vlaanderen-2021")?;
/// let register = rules::Register::default();
/// let checker = rules::Checker::new(&embedded.territory, &rulebook, &register)?;
/// let lang = words::Lang::En;
/// let context = report::Context { territory: &embedded.territory, rulebook: &rulebook, inputs: &[], lang };
/// let source = PlanSource::open(&["plans.jsonl.gz".into()], &PlanOptions::default())?;
/// let options = batch::Options { output: Some("verdicts.jsonl".into()), ..Default::default() };
/// let summary = batch::run(source, &checker, &context, &options, &mut |_| {})?;
/// eprint!("{}", summary.text(lang));
/// io::output::write(Some("summary.json".as_ref()), &summary.json(&context))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// An output that can't be written (what is written stays and can be resumed), a run that can't be resumed. A reader
/// that closes standard output early (`| head`) ends the run without an error.
pub fn run(
    source: PlanSource,
    checker: &Checker<'_>,
    context: &Context<'_>,
    options: &Options,
    events: &mut dyn FnMut(Event),
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let (mut sink, skip) = open_sink(&source, context, options, &mut summary, events)?;
    let threads = match options.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        n => n,
    };
    let bytes = AtomicU64::new(0);
    let mut digests = Vec::new();
    let under_way = 2 * threads + 2;
    let (to_workers, from_reader) = channel::<(u64, Vec<Piece>)>();
    let (to_writer, from_workers) = channel::<(u64, Option<Judged>)>();
    let (give_back, permits) = channel::<()>();
    for _ in 0..under_way {
        let _ = give_back.send(());
    }
    let from_reader = Mutex::new(from_reader);
    let (source, written) = std::thread::scope(|scope| {
        let reader = scope.spawn({
            let bytes = &bytes;
            move || read(source, skip, &permits, to_workers, bytes)
        });
        for _ in 0..threads {
            let to_writer = to_writer.clone();
            let from_reader = &from_reader;
            scope.spawn(move || work(from_reader, &to_writer, checker, context, options.remedies));
        }
        drop(to_writer);
        let written = write_in_order(from_workers, give_back, |judged| {
            summary.add(&judged.tally);
            digests.extend(judged.digests);
            sink.write(&judged.lines)?;
            events(Event::Progress { plans: summary.plans, bytes: bytes.load(Ordering::Relaxed) });
            Ok(())
        });
        (reader.join(), written)
    });
    let stopped = match written {
        Err(Stop::ReaderGone) => true,
        Err(Stop::Failed(error)) => return Err(error),
        Ok(()) => false,
    };
    let mut source = source.map_err(|_| Error::new("batch", "E599", "the reader stopped: a fault of this program"))?;
    if !stopped {
        sink.finish()?;
    }
    source.put_back(digests);
    summary.inputs = source.digests().to_vec();
    summary.skipped = source.skipped().to_vec();
    Ok(summary)
}

/// What a worker is given: a plan, or a small file that it opens itself.
enum Piece {
    Plan(RawPlan),
    File(Box<PlanSource>),
}

/// The verdicts on a chunk of plans.
#[derive(Default)]
struct Judged {
    lines: Vec<u8>,
    tally: Summary,
    /// Of the files that the worker opened.
    digests: Vec<InputDigest>,
}

/// Cuts the source into numbered chunks, each when there is room for it; gives the source back.
fn read(
    mut source: PlanSource,
    skip: u64,
    permits: &Receiver<()>,
    to_workers: Sender<(u64, Vec<Piece>)>,
    bytes: &AtomicU64,
) -> PlanSource {
    for _ in 0..skip {
        if source.next().is_none() {
            break;
        }
    }
    for number in 0.. {
        if permits.recv().is_err() {
            break;
        }
        let (mut chunk, mut size) = (Vec::new(), 0);
        while chunk.len() < CHUNK_PLANS && size < CHUNK_BYTES {
            if let Some(file) = source.take_small() {
                size += usize::try_from(file.total_bytes()).unwrap_or(CHUNK_BYTES);
                chunk.push(Piece::File(Box::new(file)));
                continue;
            }
            let Some(plan) = source.next() else { break };
            size += plan.size();
            chunk.push(Piece::Plan(plan));
        }
        bytes.store(source.bytes_read(), Ordering::Relaxed);
        if chunk.is_empty() || to_workers.send((number, chunk)).is_err() {
            break;
        }
    }
    source
}

/// Judges chunks until there are no more; a chunk on which the checker panics is handed on as `None`.
fn work(
    from_reader: &Mutex<Receiver<(u64, Vec<Piece>)>>,
    to_writer: &Sender<(u64, Option<Judged>)>,
    checker: &Checker<'_>,
    context: &Context<'_>,
    remedies: bool,
) {
    let resolver = Resolver::new(context.territory);
    let mut bench = Bench { resolver, scratch: Scratch::default(), memo: Memo::default(), remedies };
    loop {
        let next = from_reader.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok((number, chunk)) = next else { return };
        let judged = catch_unwind(AssertUnwindSafe(|| judge(chunk, &mut bench, checker, context))).ok();
        if to_writer.send((number, judged)).is_err() {
            return;
        }
    }
}

/// What a worker keeps from plan to plan.
struct Bench<'a> {
    resolver: Resolver<'a>,
    scratch: Scratch,
    memo: Memo<Vec<u8>>,
    remedies: bool,
}

fn judge(chunk: Vec<Piece>, bench: &mut Bench<'_>, checker: &Checker<'_>, context: &Context<'_>) -> Judged {
    let mut judged = Judged::default();
    for piece in chunk {
        match piece {
            Piece::Plan(raw) => judge_one(&raw, &mut judged, bench, checker, context),
            Piece::File(mut file) => {
                for raw in file.by_ref() {
                    judge_one(&raw, &mut judged, bench, checker, context);
                }
                judged.digests.extend_from_slice(file.digests());
            }
        }
    }
    judged
}

fn judge_one(raw: &RawPlan, judged: &mut Judged, bench: &mut Bench<'_>, checker: &Checker<'_>, context: &Context<'_>) {
    let plan = match bench.resolver.resolve(raw) {
        Ok(plan) => plan,
        Err(reason) => {
            judged.tally.unreadable();
            return unreadable_line(&mut judged.lines, &raw.name(), &reason);
        }
    };
    if bench.remedies {
        let verdict = checker.check(plan);
        judged.tally.judged(verdict.status, verdict.findings.iter().map(|f| f.code));
        return write_batch_line(&mut judged.lines, context, &verdict);
    }
    let make = |finding: &Finding| finding_bytes(context, finding);
    let (status, kept) = checker.findings_made(plan, &mut bench.scratch, &mut bench.memo, make);
    judged.tally.judged(status, kept.iter().map(|k| k.finding.code));
    write_batch_line_of(&mut judged.lines, context, &plan.name, status, kept.iter().map(|k| &k.made));
}

/// The line of a plan that can't be read.
fn unreadable_line(out: &mut Vec<u8>, name: &str, reason: &Error) {
    let reason = reason.to_string();
    let line = serde_json::json!({ "plan": name, "verdict": "unreadable", "reason": reason, "findings": [] });
    out.extend_from_slice(line.to_string().as_bytes());
    out.push(b'\n');
}

/// Why writing stopped.
enum Stop {
    /// Whoever read standard output has closed it.
    ReaderGone,
    Failed(Error),
}

/// Hands the chunks to `write` in their order; each one written makes room for another to be read.
fn write_in_order(
    from_workers: Receiver<(u64, Option<Judged>)>,
    give_back: Sender<()>,
    mut write: impl FnMut(Judged) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    for (number, judged) in from_workers {
        waiting.insert(number, judged);
        while let Some(judged) = waiting.remove(&next) {
            let message = "the checker stopped on a plan: a fault of this program";
            write(judged.ok_or_else(|| Stop::Failed(Error::new("batch", "E599", message)))?)?;
            next += 1;
            // The reader may have left: then nothing more is to be read.
            let _ = give_back.send(());
        }
    }
    Ok(())
}

/// Where the lines go.
enum Sink {
    /// Standard output.
    Standard(std::io::Stdout),
    /// A file, and what its next bytes must be: the last line of the run before.
    File { file: Partial, expected: Vec<u8> },
}

impl Sink {
    fn write(&mut self, lines: &[u8]) -> Result<(), Stop> {
        match self {
            Self::Standard(out) => out.write_all(lines).and_then(|()| out.flush()).map_err(|e| match e.kind() {
                std::io::ErrorKind::BrokenPipe => Stop::ReaderGone,
                _ => Stop::Failed(Error::new("standard output", "E103", format!("can't be written: {e}"))),
            }),
            Self::File { file, expected } => {
                if !lines.starts_with(expected) {
                    return Err(Stop::Failed(changed()));
                }
                expected.clear();
                file.write(lines).map_err(Stop::Failed)
            }
        }
    }

    fn finish(self) -> Result<(), Error> {
        match self {
            Self::File { expected, .. } if !expected.is_empty() => Err(changed()),
            Self::File { file, .. } => file.finish(),
            Self::Standard(_) => Ok(()),
        }
    }
}

fn changed() -> Error {
    let message = "the last line of the run before comes out otherwise now: an input has changed; without --resume it is begun anew";
    Error::new("batch", "E513", message)
}

/// Opens the output; gives how many plans are to be passed over, having counted their lines into the summary.
fn open_sink(
    source: &PlanSource,
    context: &Context<'_>,
    options: &Options,
    summary: &mut Summary,
    events: &mut dyn FnMut(Event),
) -> Result<(Sink, u64), Error> {
    let Some(output) = &options.output else {
        if options.resume {
            return Err(Error::new("--resume", "E514", "needs an output file: -o FILE"));
        }
        return Ok((Sink::Standard(std::io::stdout()), 0));
    };
    let identity = identity(source, context, options);
    if !options.resume {
        let (file, overwritten) = Partial::create(output, &identity)?;
        if overwritten {
            events(Event::Overwritten { path: format!("{}.partial", output.display()) });
        }
        return Ok((Sink::File { file, expected: Vec::new() }, 0));
    }
    let mut visit = |line: &[u8]| summary.line(line, &format!("{}.partial", output.display()));
    let (file, last) = Partial::resume(output, &identity, &mut visit)?;
    let skip = summary.plans;
    if last.is_some() {
        events(Event::Resumed { plans: skip + 1 });
    }
    Ok((Sink::File { file, expected: last.unwrap_or_default() }, skip))
}

/// Everything that decides the lines.
fn identity(source: &PlanSource, context: &Context<'_>, options: &Options) -> String {
    let Context { territory, rulebook, inputs, lang } = context;
    let version = env!("CARGO_PKG_VERSION");
    let (name, n) = (territory.name(), territory.len());
    format!("{version}\n{name} {n} {lang:?}\n{rulebook:?}\n{inputs:?}\n{}\n{}", options.identity, source.identity())
}
