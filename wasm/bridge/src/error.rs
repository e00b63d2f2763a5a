//! The error object of the ABI, the guards at its border, and how a failure of the engine becomes a code and one line.
use crate::abi::Str;
use crate::limits::Limits;
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasmtime::{Error, PoolConcurrencyLimitError, Trap, WasmBacktrace};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Code {
    Internal = 1,
    InvalidArgument,
    InvalidComponent,
    Link,
    Busy,
    Poisoned,
    Pool,
    Limit,
    Encode,
    Io,
    Corrupt,
    TrapOutOfFuel = 32,
    TrapDeadline,
    TrapStackOverflow,
    TrapUnreachable,
    TrapMemory,
    TrapOutOfBounds,
    TrapInteger,
    TrapBadHandle,
    TrapHost,
    TrapOther,
}

/// `aw_error`.
#[derive(Debug)]
pub struct Fault {
    pub code: Code,
    pub message: String,
    pub backtrace: String,
}

impl Fault {
    pub fn new(code: Code, message: impl Into<String>) -> Fault {
        Fault { code, message: one_line(&message.into()), backtrace: String::new() }
    }

    pub fn panicked(payload: Box<dyn Any + Send>) -> Fault {
        let text = match payload.downcast_ref::<&str>() {
            Some(text) => text,
            None => payload.downcast_ref::<String>().map_or("no text", |text| text.as_str()),
        };
        let fault = Fault::new(Code::Internal, format!("a panic was caught in the bridge: {text}"));
        // A payload may panic when it is dropped; then it is leaked instead.
        let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
        fault
    }

    /// A failure that has no case of its own.
    pub fn engine(code: Code, error: &Error) -> Fault {
        Fault::new(code, texts(error))
    }

    /// A failure of guest code, or of a host function that it called.
    pub fn guest(error: &Error, limits: &Limits) -> Fault {
        let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
        let (code, text) = classify(error, limits);
        let message = match backtrace.lines().next() {
            Some(innermost) if code as u32 >= Code::TrapOutOfFuel as u32 => format!("{text}, in `{innermost}`"),
            _ => text,
        };
        Fault { backtrace, ..Fault::new(code, message) }
    }

    /// A failure while an instance is made: the start functions are guest code, the rest is about limits and the pool.
    pub fn instantiation(error: &Error, limits: &Limits) -> Fault {
        if let Some(refusal) = limits.refusal().filter(|_| !error.is::<Trap>()) {
            return Fault::new(Code::Limit, format!("an instance can't start within its limits: {refusal}"));
        }
        let mut fault = Fault::guest(error, limits);
        if fault.code == Code::TrapOther && !error.is::<Trap>() {
            if fault.message.contains("resource limit exceeded") {
                fault.code = Code::Limit;
            } else if fault.message.contains("Cannot allocate memory") {
                // The kernel's word for a full table of mappings, too: the engine passes the error on untyped.
                fault.code = Code::Pool;
                fault.message += "; raise the sysctl vm.max_map_count, or lower max_instances";
            } else if fault.backtrace.is_empty() {
                fault.code = Code::Internal;
            }
        }
        fault
    }
}

/// A host function's wish to end the call; travels through the guest's frames inside the engine's error.
#[derive(Debug)]
pub struct HostTrap(pub String);

impl fmt::Display for HostTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "the host ended the call" } else { &self.0 })
    }
}

impl std::error::Error for HostTrap {}

fn classify(error: &Error, limits: &Limits) -> (Code, String) {
    if let Some(trap) = error.downcast_ref::<Trap>() {
        return classify_trap(*trap, limits);
    }
    if let Some(trap) = error.downcast_ref::<HostTrap>() {
        return (Code::TrapHost, trap.to_string());
    }
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return (Code::Pool, format!("{full}; raise max_instances or max_fibers of the engine, or delete instances first"));
    }
    // These carry no type; the tests hold each of the texts in place.
    let text = texts(error);
    let outside = ["realloc return: beyond end of memory", "out of bounds of memory", "pointer out of bounds"];
    let code = if outside.iter().any(|known| text.contains(known)) {
        if limits.refused_in_call() { Code::TrapMemory } else { Code::TrapOutOfBounds }
    } else if ["unknown handle index", "is not a resource", "is not an own resource", "while borrowed", "cannot lend resource"]
        .iter()
        .any(|known| text.contains(known))
    {
        Code::TrapBadHandle
    } else {
        Code::TrapOther
    };
    (code, text)
}

fn classify_trap(trap: Trap, limits: &Limits) -> (Code, String) {
    let text = trap.to_string();
    let text = text.strip_prefix("wasm trap: ").unwrap_or(&text).to_string();
    let bounds = if limits.refused_in_call() { Code::TrapMemory } else { Code::TrapOutOfBounds };
    let code = match trap {
        Trap::OutOfFuel => return (Code::TrapOutOfFuel, "the call used up its fuel".into()),
        Trap::Interrupt => return (Code::TrapDeadline, "the call ran past its deadline".into()),
        Trap::StackOverflow => Code::TrapStackOverflow,
        Trap::UnreachableCodeReached if limits.refused_in_call() => Code::TrapMemory,
        Trap::UnreachableCodeReached => return (Code::TrapUnreachable, "unreachable code was reached".into()),
        Trap::MemoryOutOfBounds | Trap::StringOutOfBounds | Trap::ListOutOfBounds => bounds,
        Trap::TableOutOfBounds | Trap::IndirectCallToNull | Trap::BadSignature => Code::TrapOutOfBounds,
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => Code::TrapInteger,
        _ => Code::TrapOther,
    };
    if code == Code::TrapMemory {
        return (code, format!("out of memory: {}, after the host had refused to grow memory", text));
    }
    (code, text)
}

/// Guest frames, innermost first, by function name; a module without names gives indexes.
fn frames(backtrace: &WasmBacktrace) -> String {
    let mut lines = String::new();
    for frame in backtrace.frames() {
        match frame.func_name() {
            Some(name) => lines.push_str(&one_line(name)),
            None => lines.push_str(&format!("function {}", frame.func_index())),
        }
        lines.push('\n');
    }
    lines
}

/// The chain of causes, without the backtrace that the engine puts in as a cause of its own.
pub fn texts(error: &Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cause in error.chain() {
        let text = cause.to_string();
        if !text.starts_with("error while executing at wasm backtrace") && !parts.contains(&text) {
            parts.push(text);
        }
    }
    parts.join(": ")
}

/// Errors are one line for whoever reads them in a log: line breaks become spaces, control characters vanish.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line
}

/// Border of every function that may fail: null is success, no panic leaves.
pub fn guard(f: impl FnOnce() -> Result<(), Fault>) -> *mut Fault {
    let fault = match catch_unwind(AssertUnwindSafe(f)) {
        Ok(Ok(())) => return std::ptr::null_mut(),
        Ok(Err(fault)) => fault,
        Err(payload) => Fault::panicked(payload),
    };
    Box::into_raw(Box::new(fault))
}

/// Border of every function that can't fail: a panic gives `otherwise`.
#[inline]
pub fn contain<R>(otherwise: R, f: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or(otherwise)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_error_code(error: *const Fault) -> u32 {
    // SAFETY: null or a live error by the header.
    unsafe { error.as_ref() }.map_or(0, |e| e.code as u32)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_error_message(error: *const Fault) -> Str {
    // SAFETY: null or a live error by the header.
    Str::of(unsafe { error.as_ref() }.map_or("", |e| &e.message))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_error_backtrace(error: *const Fault) -> Str {
    // SAFETY: null or a live error by the header.
    Str::of(unsafe { error.as_ref() }.map_or("", |e| &e.backtrace))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_error_delete(error: *mut Fault) {
    // SAFETY: null or from `Box::into_raw`, given up by the caller.
    unsafe { delete(error) }
}

/// Body of every `_delete`: null does nothing, a panic of a destructor stays here.
/// Safety: null, or from `Box::into_raw` and given up by the caller.
pub unsafe fn delete<T>(ptr: *mut T) {
    if !ptr.is_null() {
        // SAFETY: the caller's word.
        contain((), || drop(unsafe { Box::from_raw(ptr) }));
    }
}
