//! Compiled components, and artifacts of them.
use crate::abi::{Buf, Bytes, EngineConfig, Outline, Requirements, arg, give};
use crate::describe;
use crate::engine::{self, BridgeEngine};
use crate::error::{Code, Fault, contain, delete, guard, texts};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use wasmparser::{Parser, Payload};
use wasmtime::component::Component;
use wasmtime::{Engine, Precompiled};

const WASM_PAGE_BYTES: u64 = 64 << 10;
const MAGIC: &[u8] = b"\0asm";
/// The two bytes after the version that tell a core module from a component.
const CORE_LAYER: [u8; 2] = [0, 0];

/// `aw_component`.
pub struct BridgeComponent {
    pub component: Component,
    pub largest_memory: u64,
    /// Of its engine.
    pub ticks: Arc<AtomicU64>,
}

impl BridgeComponent {
    fn boxed(component: Component, engine: &BridgeEngine) -> Result<Box<BridgeComponent>, Fault> {
        // Paid here once, or else by the first instance.
        component.initialize_copy_on_write_image().map_err(|e| Fault::engine(Code::Internal, &e))?;
        Ok(Box::new(BridgeComponent { component, largest_memory: engine.largest_memory, ticks: engine.ticks.clone() }))
    }
}

fn compile(engine: &BridgeEngine, wasm: &[u8]) -> Result<Box<BridgeComponent>, Fault> {
    let refuse = |text: &str| Err(Fault::new(Code::InvalidComponent, text));
    if !wasm.starts_with(MAGIC) {
        return refuse("not a WebAssembly file: it does not begin with the bytes `\\0asm`");
    }
    if wasm.get(6..8) == Some(&CORE_LAYER) {
        return refuse("a core module, not a component: encode it as a component of the world `airssys:core/component` first");
    }
    let component = Component::from_binary(&engine.engine, wasm).map_err(|e| invalid(&e))?;
    BridgeComponent::boxed(component, engine)
}

/// A well-formed component can still be larger than any slot of this engine.
fn invalid(error: &wasmtime::Error) -> Fault {
    let text = texts(error);
    let code = if text.contains("pooling allocator") { Code::Limit } else { Code::InvalidComponent };
    Fault::new(code, text)
}

/// Safety: `artifact` is machine code that this crate made; the caller has verified that.
unsafe fn deserialize(engine: &BridgeEngine, artifact: &[u8]) -> Result<Box<BridgeComponent>, Fault> {
    if !matches!(Engine::detect_precompiled(artifact), Some(Precompiled::Component)) {
        return Err(Fault::new(Code::InvalidComponent, "not an artifact of a compiled component"));
    }
    // SAFETY: the caller's word.
    let component = unsafe { Component::deserialize(&engine.engine, artifact) }
        .map_err(|e| Fault::new(Code::InvalidComponent, format!("the artifact does not fit this engine: {e:#}")))?;
    BridgeComponent::boxed(component, engine)
}

/// As AW_MAX_ITEMS and AW_MAX_TYPE_TEXT.
const ITEMS_MAX: usize = 10_000;
const TYPE_TEXT_MAX: usize = 4 << 20;

fn precompile(config: &EngineConfig, wasm: &[u8]) -> Result<Vec<u8>, Fault> {
    let engine = engine::compiler(config)?;
    let compiled = compile(&engine, wasm)?;
    let refuse = |text: String| Err(Fault::new(Code::InvalidComponent, text));
    let mut text = 0;
    let (imports, exports) = (describe::imports(&compiled), describe::exports(&compiled));
    if imports.len() + exports.len() > ITEMS_MAX {
        let (imports, exports) = (imports.len(), exports.len());
        return refuse(format!("{imports} imports and {exports} exports; at most {ITEMS_MAX} together may be"));
    }
    for item in imports.iter().chain(&exports) {
        text += describe::item_text(&item.item).len();
        if text > TYPE_TEXT_MAX {
            return refuse(format!("its types, written out, fill more than {TYPE_TEXT_MAX} bytes"));
        }
    }
    compiled.component.serialize().map_err(|e| Fault::engine(Code::Internal, &e))
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_precompile(config: *const EngineConfig, wasm: Bytes, artifact: *mut Buf) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (config, wasm, out) = unsafe { (arg(config, "config")?, wasm.get("wasm")?, artifact.as_mut()) };
        let out = out.ok_or_else(|| Fault::argument("the out-parameter is null"))?;
        *out = Buf::of(precompile(config, wasm)?);
        Ok(())
    })
}

fn outline(wasm: &[u8]) -> Result<Outline, Fault> {
    let broken = |error: wasmparser::BinaryReaderError| Fault::new(Code::InvalidComponent, error.to_string());
    let mut found = Outline::default();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::MemorySection(section) = payload.map_err(broken)? {
            for memory in section {
                let pages = memory.map_err(broken)?.initial;
                found.memories = found.memories.saturating_add(1);
                let bytes = pages.saturating_mul(WASM_PAGE_BYTES);
                found.initial_memory_bytes = found.initial_memory_bytes.saturating_add(bytes);
            }
        }
    }
    Ok(found)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_outline(wasm: Bytes, out: *mut Outline) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (wasm, out) = unsafe { (wasm.get("wasm")?, out.as_mut()) };
        *out.ok_or_else(|| Fault::argument("the out-parameter is null"))? = outline(wasm)?;
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_compile(
    engine: *const BridgeEngine,
    wasm: Bytes,
    out: *mut *mut BridgeComponent,
) -> *mut Fault {
    // SAFETY: pointers as the header demands.
    guard(|| unsafe { give(out, || compile(arg(engine, "engine")?, wasm.get("wasm")?)) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_serialize(component: *const BridgeComponent, out: *mut Buf) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (component, out) = unsafe { (arg(component, "component")?, out.as_mut()) };
        let out = out.ok_or_else(|| Fault::argument("the out-parameter is null"))?;
        *out = Buf::of(component.component.serialize().map_err(|e| Fault::engine(Code::Internal, &e))?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_deserialize(
    engine: *const BridgeEngine,
    artifact: Bytes,
    out: *mut *mut BridgeComponent,
) -> *mut Fault {
    // SAFETY: pointers and artifact as the header demands.
    guard(|| unsafe { give(out, || deserialize(arg(engine, "engine")?, artifact.get("artifact")?)) })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_delete(component: *mut BridgeComponent) {
    // SAFETY: the header's rule for deletes.
    unsafe { delete(component) }
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_component_requirements(component: *const BridgeComponent) -> Requirements {
    contain(Requirements::default(), || {
        // SAFETY: null or a live component by the header.
        let needs = unsafe { component.as_ref() }.and_then(|c| c.component.resources_required());
        needs.map_or(Requirements::default(), |needs| Requirements {
            memories: needs.num_memories,
            tables: needs.num_tables,
            initial_memory_bytes: needs.max_initial_memory_size.unwrap_or(0).saturating_mul(WASM_PAGE_BYTES),
            initial_table_elements: needs.max_initial_table_size.unwrap_or(0),
            known: 1,
        })
    })
}
