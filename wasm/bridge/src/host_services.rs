//! Host functions beside messaging: log, clocks, who else is there; below them those of `capabilities` and `multicodec`.
use crate::abi::{Bytes, CCapability, HOST_TRAP, Pair, ServicesResult, Str};
use crate::error::HostTrap;
use crate::host::{Caller, callback};
use crate::metadata;
use crate::types::{ComponentMetadata, LogLevel, ServicesError, Timestamp};
use std::ffi::c_void;
use wasmtime::Result;
use wasmtime::component::{WasmList, WasmStr};

type Served<T> = std::result::Result<T, ServicesError>;

pub fn log(caller: Caller<'_>, (level, text, fields): (LogLevel, WasmStr, Vec<(WasmStr, WasmStr)>)) -> Result<()> {
    let context = caller.data();
    let log = callback(context.tables.services.log)?;
    let text = text.to_str(&caller)?;
    let mut texts = Vec::with_capacity(fields.len());
    for (name, value) in &fields {
        texts.push((name.to_str(&caller)?, value.to_str(&caller)?));
    }
    let pairs: Vec<Pair> = texts.iter().map(|(name, value)| Pair { name: Str::of(name), value: Str::of(value) }).collect();
    // SAFETY: the host's callback with its context; all texts outlive it.
    unsafe { log(context.host, level as u32, Str::of(&text), pairs.as_ptr(), pairs.len()) };
    Ok(())
}

pub fn current_time(caller: Caller<'_>, (): ()) -> Result<(Timestamp,)> {
    Ok((caller.data().current_time()?,))
}

pub fn current_time_millis(caller: Caller<'_>, (): ()) -> Result<(u64,)> {
    let (time,) = current_time(caller, ())?;
    Ok((time.seconds.saturating_mul(1000).saturating_add(u64::from(time.nanoseconds / 1_000_000)),))
}

pub fn monotonic_now(caller: Caller<'_>, (): ()) -> Result<(u64,)> {
    Ok((caller.data().monotonic_now()?,))
}

pub fn list_components(caller: Caller<'_>, (): ()) -> Result<(Vec<String>,)> {
    let context = caller.data();
    let list = callback(context.tables.services.list_components)?;
    let mut found: Vec<String> = Vec::new();
    unsafe extern "C" fn add(to: *mut c_void, text: Str) {
        // SAFETY: `to` is the list below, and the text is valid during this call by the header.
        unsafe { (*to.cast::<Vec<String>>()).push(text.lossy()) };
    }
    // SAFETY: the host's callback with its context; it adds during the call only, by the header.
    unsafe { list(context.host, (&raw mut found).cast(), add) };
    Ok((found,))
}

fn served<T>(answer: &ServicesResult, value: impl FnOnce() -> Result<T>) -> Result<Served<T>> {
    // SAFETY: the text is valid until the next callback on this thread, by the header; it is copied right here.
    let text = || unsafe { answer.text.lossy() };
    Ok(match answer.error {
        0 => Ok(value()?),
        1 => Err(ServicesError::PermissionDenied(text())),
        2 => Err(ServicesError::NotFound),
        3 => Err(ServicesError::Failed(text())),
        HOST_TRAP => return Err(HostTrap(text()).into()),
        other => return Err(HostTrap(format!("the host answered with services-error {other}, which is no case")).into()),
    })
}

pub fn get_component_metadata(caller: Caller<'_>, (id,): (WasmStr,)) -> Result<(Served<ComponentMetadata>,)> {
    let context = caller.data();
    let get = callback(context.tables.services.get_component_metadata)?;
    let id = id.to_str(&caller)?;
    // SAFETY: the host's callback with its context; the argument outlives it.
    let answer = unsafe { get(context.host, Str::of(&id)) };
    let value = || {
        // SAFETY: valid until the next callback on this thread, by the header.
        let view = unsafe { answer.metadata.as_ref() }.ok_or_else(|| HostTrap("the host answered without metadata".into()))?;
        // SAFETY: the same.
        unsafe { metadata::copy(view) }.map_err(|fault| HostTrap(fault.message).into())
    };
    Ok((served(&answer, value)?,))
}

pub fn call_host_function(caller: Caller<'_>, (name, payload): (WasmStr, WasmList<u8>)) -> Result<(Served<Vec<u8>>,)> {
    let context = caller.data();
    let call = callback(context.tables.services.call_host_function)?;
    let name = name.to_str(&caller)?;
    // SAFETY: the host's callback with its context; both arguments stay in the guest's memory during it.
    let answer = unsafe { call(context.host, Str::of(&name), Bytes::of(payload.as_le_slice(&caller))) };
    // SAFETY: valid until the next callback on this thread, by the header.
    let value = || unsafe { answer.bytes.get("bytes") }.map(<[u8]>::to_vec).map_err(|fault| HostTrap(fault.message).into());
    Ok((served(&answer, value)?,))
}

pub mod capabilities {
    use super::*;
    use crate::types::OwnedCapability;

    pub fn is_granted(caller: Caller<'_>, (wanted,): (OwnedCapability,)) -> Result<(bool,)> {
        let context = caller.data();
        let ask = callback(context.tables.capabilities.is_granted)?;
        let (kind, action, target) = (Str::of(&wanted.kind), Str::of(&wanted.action), Str::of(&wanted.target));
        // SAFETY: the host's callback with its context; the argument outlives it.
        Ok((unsafe { ask(context.host, &CCapability { kind, action, target }) } != 0,))
    }

    pub fn granted(caller: Caller<'_>, (): ()) -> Result<(Vec<OwnedCapability>,)> {
        let context = caller.data();
        let list = callback(context.tables.capabilities.granted)?;
        let mut found: Vec<OwnedCapability> = Vec::new();
        unsafe extern "C" fn add(to: *mut c_void, one: *const CCapability) {
            // SAFETY: `to` is the list below, and the capability is valid during this call by the header.
            unsafe {
                if let Some(CCapability { kind, action, target }) = one.as_ref() {
                    let (kind, action, target) = (kind.lossy(), action.lossy(), target.lossy());
                    (*to.cast::<Vec<OwnedCapability>>()).push(OwnedCapability { kind, action, target });
                }
            }
        }
        // SAFETY: the host's callback with its context; it adds during the call only, by the header.
        unsafe { list(context.host, (&raw mut found).cast(), add) };
        Ok((found,))
    }
}

pub mod multicodec {
    use super::*;
    use crate::abi::CCodec;
    use crate::types::{CodecInfo, Decoded, MulticodecError};

    /// What the longest varint takes.
    const PREFIX_BYTES_MAX: usize = 9;

    type Coded<T> = std::result::Result<T, MulticodecError>;

    pub fn encode(caller: Caller<'_>, (code, data): (u64, WasmList<u8>)) -> Result<(Coded<Vec<u8>>,)> {
        let context = caller.data();
        let prefix = callback(context.tables.multicodec.prefix)?;
        let mut bytes = [0; PREFIX_BYTES_MAX];
        // SAFETY: the host's callback with its context, and room for the longest prefix.
        let length = unsafe { prefix(context.host, code, bytes.as_mut_ptr()) } as usize;
        if length == 0 || length > bytes.len() {
            return Ok((Err(MulticodecError::UnknownCodec(code)),));
        }
        Ok((Ok([&bytes[..length], data.as_le_slice(&caller)].concat()),))
    }

    pub fn decode(caller: Caller<'_>, (bytes,): (WasmList<u8>,)) -> Result<(Coded<Decoded>,)> {
        let context = caller.data();
        let split = callback(context.tables.multicodec.split)?;
        let bytes = bytes.as_le_slice(&caller);
        // SAFETY: the host's callback with its context; the argument stays in the guest's memory during it.
        let found = unsafe { split(context.host, Bytes::of(bytes)) };
        let decoded = match bytes.get(found.length as usize..) {
            Some(data) if found.length > 0 => match codec(&caller, found.code)? {
                CCodec { name, .. } if name.len == 0 => Err(MulticodecError::UnknownCodec(found.code)),
                CCodec { code, .. } => Ok(Decoded { code, data: data.to_vec() }),
            },
            // SAFETY: valid until the next callback on this thread, by the header.
            _ => Err(MulticodecError::InvalidMulticodec(unsafe { found.text.lossy() })),
        };
        Ok((decoded,))
    }

    fn codec(caller: &Caller<'_>, code: u64) -> Result<CCodec> {
        let context = caller.data();
        let codec = callback(context.tables.multicodec.codec)?;
        // SAFETY: the host's callback with its context.
        Ok(unsafe { codec(context.host, code) })
    }

    pub fn is_supported(caller: Caller<'_>, (code,): (u64,)) -> Result<(bool,)> {
        Ok((codec(&caller, code)?.supported != 0,))
    }

    pub fn info(caller: Caller<'_>, (code,): (u64,)) -> Result<(Option<CodecInfo>,)> {
        let CCodec { code, name, .. } = codec(&caller, code)?;
        // SAFETY: valid until the next callback on this thread, by the header.
        Ok(((name.len > 0).then(|| CodecInfo { code, name: unsafe { name.lossy() } }),))
    }
}
