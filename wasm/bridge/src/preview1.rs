//! Core modules that import `wasi_snapshot_preview1` become components with an adapter of our own, `preview1.wat`, and so stay on
//! the fast lane.
//!
//! A guest's allocator is called by the canonical ABI at times when the guest may call no import. That of Go collects garbage
//! then, and asks for the time: so its exports are wrapped in functions that tell the adapter when such a time begins and ends.
//! They do so with a call that the module has anyway, of the clock, for to add an import would be to renumber every function.
use anyhow::{Context, Result};
use std::borrow::Cow;
use wasm_encoder::{CodeSection, ExportKind, ExportSection, Function, FunctionSection, Module, RawSection};
use wasmparser::{CodeSectionReader, CompositeInnerType, ExternalKind, Parser, Payload, TypeRef};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

pub const MODULE: &str = "wasi_snapshot_preview1";
const CLOCK: &str = "clock_time_get";
/// The clock that is none: `preview1.wat`.
const MARK: i32 = -1;

/// Called by the canonical ABI, and not to call an import meanwhile.
fn is_marked(export: &str) -> bool {
    export == "cabi_realloc" || export.starts_with("cabi_post_")
}

/// The adapter as a module that carries its world.
pub fn adapter() -> Result<Vec<u8>> {
    let mut module = wat::parse_str(include_str!("preview1.wat"))?;
    let mut resolve = Resolve::default();
    let package = resolve.push_str("preview1.wit", include_str!("preview1.wit"))?;
    let world = resolve.select_world(&[package], Some("adapter"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    Ok(module)
}

/// What of a module the wrappers need to know.
#[derive(Default)]
struct Outline {
    imports_preview1: bool,
    /// Functions are numbered with the imported ones first.
    imported: u32,
    clock: Option<u32>,
    /// Parameters of each type; none for types that are not functions.
    params: Vec<Option<u32>>,
    /// Types of the functions that are defined here.
    functions: Vec<u32>,
    /// (function, its type) of each export that gets a wrapper.
    wrapped: Vec<(u32, u32)>,
}

impl Outline {
    fn of(module: &[u8]) -> Result<Outline> {
        let mut found = Outline::default();
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::TypeSection(types) => {
                    for ty in types.into_iter().flat_map(|group| group.map(|g| g.into_types().collect()).unwrap_or(Vec::new())) {
                        found.params.push(match &ty.composite_type.inner {
                            CompositeInnerType::Func(func) => Some(func.params().len() as u32),
                            _ => None,
                        });
                    }
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        found.imports_preview1 |= import.module == MODULE;
                        if let TypeRef::Func(_) = import.ty {
                            if (import.module, import.name) == (MODULE, CLOCK) {
                                found.clock = Some(found.imported);
                            }
                            found.imported += 1;
                        }
                    }
                }
                Payload::FunctionSection(functions) => found.functions = functions.into_iter().collect::<Result<_, _>>()?,
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind != ExternalKind::Func || !is_marked(export.name) {
                            continue;
                        }
                        // One that is imported can't be told apart from the host's, and needs no mark.
                        let defined = export.index.checked_sub(found.imported).and_then(|i| found.functions.get(i as usize));
                        if let Some(ty) = defined {
                            found.wrapped.push((export.index, *ty));
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(found)
    }

    /// `mark(1); let answer = f(…); mark(0); answer`
    fn wrapper(&self, clock: u32, (function, ty): (u32, u32)) -> Result<Function> {
        let params = self.params.get(ty as usize).copied().flatten().context("a function of a type that is none")?;
        let mut body = Function::new([]);
        let mark = |body: &mut Function, begins: i64| {
            body.instructions().i32_const(MARK).i64_const(begins).i32_const(0).call(clock).drop();
        };
        mark(&mut body, 1);
        for param in 0..params {
            body.instructions().local_get(param);
        }
        body.instructions().call(function);
        mark(&mut body, 0);
        body.instructions().end();
        Ok(body)
    }
}

fn kind(kind: ExternalKind) -> Result<ExportKind> {
    Ok(match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExportKind::Func,
        ExternalKind::Table => ExportKind::Table,
        ExternalKind::Memory => ExportKind::Memory,
        ExternalKind::Global => ExportKind::Global,
        ExternalKind::Tag => ExportKind::Tag,
    })
}

/// Whether the module needs the adapter; and the module with its allocator wrapped, where that asks for the time.
pub fn prepare(module: &[u8]) -> Result<(bool, Cow<'_, [u8]>)> {
    let outline = Outline::of(module)?;
    let Some(clock) = outline.clock.filter(|_| !outline.wrapped.is_empty()) else {
        return Ok((outline.imports_preview1, Cow::Borrowed(module)));
    };
    let first_new = outline.imported + outline.functions.len() as u32;
    let mut out = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::FunctionSection(_) => {
                let mut functions = FunctionSection::new();
                for ty in outline.functions.iter().chain(outline.wrapped.iter().map(|(_, ty)| ty)) {
                    functions.function(*ty);
                }
                out.section(&functions);
            }
            Payload::ExportSection(exports) => {
                let mut section = ExportSection::new();
                for export in exports {
                    let export = export?;
                    let wrapped = is_marked(export.name) && export.kind == ExternalKind::Func;
                    let place = outline.wrapped.iter().position(|(function, _)| wrapped && *function == export.index);
                    let index = place.map_or(export.index, |place| first_new + place as u32);
                    section.export(export.name, kind(export.kind)?, index);
                }
                out.section(&section);
            }
            Payload::CodeSectionStart { range, .. } => {
                let mut code = CodeSection::new();
                let reader = wasmparser::BinaryReader::new(&module[range.clone()], range.start);
                for body in CodeSectionReader::new(reader)? {
                    code.raw(body?.as_bytes());
                }
                for target in &outline.wrapped {
                    code.function(&outline.wrapper(clock, *target)?);
                }
                out.section(&code);
            }
            other => {
                if let Some((id, range)) = other.as_section() {
                    if id != wasm_encoder::SectionId::Code as u8 {
                        out.section(&RawSection { id, data: &module[range] });
                    }
                }
            }
        }
    }
    Ok((true, Cow::Owned(out.finish())))
}
