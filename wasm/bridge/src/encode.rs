//! Making components out of core modules, and bindings out of worlds: by library crates, so that no other tool is needed.
use crate::abi::{Buf, Bytes, Str};
use crate::error::{Code, Fault, guard};
use crate::preview1;
use crate::wit_source::{encode_fault, read};
use std::ffi::c_void;
use wit_bindgen_core::{Files, WorldGenerator};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::{Resolve, WorldId};

fn resolve(wit_dir: &str, world: &str) -> Result<(Resolve, WorldId), Fault> {
    let (resolve, package) = read(wit_dir)?;
    let place = if wit_dir.is_empty() { "the host's own WIT".to_string() } else { format!("the WIT in `{wit_dir}`") };
    let world = if world.is_empty() { None } else { Some(world) };
    let world = resolve.select_world(&[package], world).map_err(|e| {
        let worlds: Vec<_> = resolve.packages[package].worlds.keys().map(String::as_str).collect();
        let text = format!("{}; its worlds: {}", resolve.render_error(&e).trim_end(), worlds.join(", "));
        encode_fault(&format!("{place} can't be used"), &text)
    })?;
    Ok((resolve, world))
}

/// A component comes back as it is, when no world is asked for: so text of one can be made binary.
fn encode(module: &[u8], wit_dir: &str, world: &str) -> Result<Vec<u8>, Fault> {
    let mut module = wat::parse_bytes(module)
        .map_err(|e| encode_fault("the module is neither binary nor text that parses", &e.to_string()))?
        .into_owned();
    let is_component = layer(&module) == Some(1);
    let has_world = wit_dir.is_empty() && world.is_empty();
    if is_component && has_world {
        return Ok(module);
    }
    if is_component {
        return Err(Fault::new(Code::Encode, "this is a component already, not a core module"));
    }
    let fault = |text: String| encode_fault("the module does not make a component of this world", &text);
    if !has_world {
        let (resolve, world) = resolve(wit_dir, world)?;
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)
            .map_err(|e| fault(format!("{e:#}")))?;
    }
    let (needs_adapter, module) = preview1::prepare(&module).map_err(|e| fault(format!("{e:#}")))?;
    let mut encoder = ComponentEncoder::default();
    encoder.validate(true).module(&module).map_err(|e| fault(format!("{e:#}")))?;
    if needs_adapter {
        let adapter = preview1::adapter().map_err(|e| fault(format!("{e:#}")))?;
        encoder.adapter(preview1::MODULE, &adapter).map_err(|e| fault(format!("{e:#}")))?;
    }
    encoder.encode().map_err(|e| fault(format!("{e:#}")))
}

/// 0 for a core module, 1 for a component.
fn layer(wasm: &[u8]) -> Option<u16> {
    let bytes = wasm.get(6..8)?;
    wasm.starts_with(b"\0asm").then(|| u16::from_le_bytes([bytes[0], bytes[1]]))
}

/// C++ has the C bindings and this. The generator for C++ of the same family lowers lists over the caller's own elements
/// (bytecodealliance/wit-bindgen#1592), which breaks `storage.apply` (docs/adr/0016).
const CPP_HEADER: &[u8] = include_bytes!("bindings.hpp");

fn bindings(language: &str, wit_dir: &str, world: &str) -> Result<Files, Fault> {
    let (mut resolve, world) = resolve(wit_dir, world)?;
    let mut files = Files::default();
    let mut generator: Box<dyn WorldGenerator> = match language {
        "c" | "cpp" => wit_bindgen_c::Opts::default().build(),
        "go" => wit_bindgen_go::Opts::default().build(),
        // generate_all: also what the world takes from other packages.
        "rust" => Box::new(wit_bindgen_rust::Opts { format: true, generate_all: true, ..Default::default() }.build()),
        other => {
            let text = format!("no bindings for `{other}`; the languages are c, cpp, go and rust");
            return Err(Fault::new(Code::Encode, text));
        }
    };
    generator
        .generate(&mut resolve, world, &mut files)
        .map_err(|e| encode_fault("bindings of this world can't be generated", &format!("{e:#}")))?;
    if language == "cpp" {
        files.push("wit.hpp", CPP_HEADER);
    }
    Ok(files)
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_encode_component(module: Bytes, wit_dir: Str, world: Str, out: *mut Buf) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (module, wit_dir, world) = unsafe { (module.get("module")?, wit_dir.get("wit_dir")?, world.get("world")?) };
        // SAFETY: the same.
        let out = unsafe { out.as_mut() }.ok_or_else(|| Fault::argument("the out-parameter is null"))?;
        *out = Buf::of(encode(module, wit_dir, world)?);
        Ok(())
    })
}

#[unsafe(no_mangle)]
pub unsafe extern "C" fn aw_generate_bindings(
    language: Str,
    wit_dir: Str,
    world: Str,
    file: Option<unsafe extern "C" fn(*mut c_void, Str, Bytes)>,
    context: *mut c_void,
) -> *mut Fault {
    guard(|| {
        // SAFETY: pointers as the header demands.
        let (language, wit_dir, world) = unsafe { (language.get("language")?, wit_dir.get("wit_dir")?, world.get("world")?) };
        let file = file.ok_or_else(|| Fault::argument("file is null"))?;
        for (name, content) in bindings(language, wit_dir, world)?.iter() {
            // SAFETY: the caller's callback with the caller's context; both arguments outlive the call.
            unsafe { file(context, Str::of(name), Bytes::of(content)) };
        }
        Ok(())
    })
}
