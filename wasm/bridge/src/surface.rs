//! What WIT packages say, flattened: every function of every interface, its type spelled out, and who implements it. The host's
//! table of functions is generated from it (`bin/wit_table.rs`); checks and comparisons of packages read it too.
use crate::annotation::{Requirement, requirements};
use std::cell::Cell;
use std::collections::BTreeSet;
use wit_parser::{Function, Handle, InterfaceId, PackageId, Resolve, Type, TypeDefKind, TypeId, WorldItem};

/// One function of an interface.
pub struct Entry {
    /// With its version: `airssys:core/messaging@1.0.0`.
    pub interface: String,
    /// `send-message`; of a resource `[method]store.get`.
    pub name: String,
    /// As `describe.rs` spells types.
    pub text: String,
    /// Exported by a world and imported by none: guests implement it, and need nothing for it.
    pub exported: bool,
    pub requirements: Result<Vec<Requirement>, String>,
    /// Where it stands: `core.wit:12:3`.
    pub place: String,
    /// The case of its error that says the host does not have it.
    #[allow(dead_code)] // the table has it
    pub unavailable: Option<&'static str>,
}

impl Entry {
    /// What it needs, in one line; empty when it says nothing, or nothing that can be understood.
    pub fn needs(&self) -> String {
        match &self.requirements {
            Ok(list) if list.is_empty() => "none".into(),
            Ok(list) => list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            Err(_) => String::new(),
        }
    }

    /// Whether a call of it may suspend the guest (R2.4a).
    #[allow(dead_code)] // the table has it
    pub fn waits(&self) -> bool {
        self.interface.starts_with("airssys:core/waiting@") || self.interface.starts_with("airssys:ext-")
    }
}

/// In the order of the files, packages and interfaces.
pub struct Surface {
    pub entries: Vec<Entry>,
    /// Interface and name.
    pub resources: Vec<(String, String)>,
}

pub fn surface(resolve: &Resolve, packages: &[PackageId]) -> Surface {
    let exported = exported_interfaces(resolve);
    let mut found = Surface { entries: Vec::new(), resources: Vec::new() };
    for package in packages {
        for id in resolve.packages[*package].interfaces.values() {
            let Some(interface) = resolve.id_of(*id) else { continue };
            for (name, ty) in &resolve.interfaces[*id].types {
                if matches!(resolve.types[*ty].kind, TypeDefKind::Resource) {
                    found.resources.push((interface.clone(), name.clone()));
                }
            }
            for function in resolve.interfaces[*id].functions.values() {
                found.entries.push(entry(resolve, &interface, function, exported.contains(id)));
            }
        }
    }
    found
}

/// Those that guests implement.
fn exported_interfaces(resolve: &Resolve) -> BTreeSet<InterfaceId> {
    let of = |items: &mut dyn Iterator<Item = &WorldItem>| -> BTreeSet<InterfaceId> {
        items.filter_map(|item| if let WorldItem::Interface { id, .. } = item { Some(*id) } else { None }).collect()
    };
    let exports = of(&mut resolve.worlds.iter().flat_map(|(_, world)| world.exports.values()));
    let imports = of(&mut resolve.worlds.iter().flat_map(|(_, world)| world.imports.values()));
    &exports - &imports
}

fn entry(resolve: &Resolve, interface: &str, function: &Function, exported: bool) -> Entry {
    let parameters: Vec<&str> = function.params.iter().map(|param| param.name.as_str()).collect();
    Entry {
        interface: interface.to_string(),
        name: function.name.clone(),
        text: function_text(resolve, function),
        exported,
        requirements: requirements(function.docs.contents.as_deref().unwrap_or(""), &parameters),
        place: resolve.render_location(function.span),
        unavailable: unavailable_case(resolve, function),
    }
}

fn unavailable_case(resolve: &Resolve, function: &Function) -> Option<&'static str> {
    let TypeDefKind::Result(result) = kind(resolve, function.result?)? else { return None };
    let TypeDefKind::Variant(error) = kind(resolve, result.err?)? else { return None };
    let has = |name: &str| error.cases.iter().any(|case| case.name == name && case.ty == Some(Type::String));
    ["unavailable", "delivery-failed"].into_iter().find(|name| has(name))
}

/// What a type is, past its aliases.
fn kind(resolve: &Resolve, ty: Type) -> Option<&TypeDefKind> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[id].kind {
        TypeDefKind::Type(alias) => kind(resolve, *alias),
        other => Some(other),
    }
}

/// The text of one type at most: aliases of aliases of pairs could spell anything out.
const TEXT_BYTES_MAX: usize = 1 << 20;

/// Spells types as `describe.rs` spells those of a compiled component.
pub struct Speller<'a> {
    resolve: &'a Resolve,
    /// Named types by their names; else what they are made of.
    names: bool,
    left: Cell<usize>,
}

/// With everything spelled out, as in a compiled component.
pub fn function_text(resolve: &Resolve, function: &Function) -> String {
    Speller::new(resolve, false).function(function)
}

impl<'a> Speller<'a> {
    pub fn new(resolve: &'a Resolve, names: bool) -> Self {
        Speller { resolve, names, left: Cell::new(TEXT_BYTES_MAX) }
    }

    pub fn function(&self, function: &Function) -> String {
        let params = function.params.iter().map(|param| format!("{}: {}", param.name, self.ty(param.ty)));
        let result = function.result.map_or(String::new(), |ty| format!(" -> {}", self.ty(ty)));
        format!("func({}){result}", self.joined(params))
    }

    fn joined(&self, parts: impl Iterator<Item = String>) -> String {
        let mut text = String::new();
        for part in parts {
            match self.left.get().checked_sub(part.len() + 2) {
                Some(left) => self.left.set(left),
                None => return text + "...",
            }
            text += if text.is_empty() { "" } else { ", " };
            text += &part;
        }
        text
    }

    fn optional(&self, ty: Option<Type>) -> String {
        ty.map_or("_".into(), |ty| self.ty(ty))
    }

    fn ty(&self, ty: Type) -> String {
        let word = match ty {
            Type::Bool => "bool",
            Type::S8 => "s8",
            Type::U8 => "u8",
            Type::S16 => "s16",
            Type::U16 => "u16",
            Type::S32 => "s32",
            Type::U32 => "u32",
            Type::S64 => "s64",
            Type::U64 => "u64",
            Type::F32 => "f32",
            Type::F64 => "f64",
            Type::Char => "char",
            Type::String => "string",
            Type::ErrorContext => "error-context",
            Type::Id(id) => match &self.resolve.types[id].name {
                Some(name) if self.names => return name.clone(),
                _ => return self.definition(id),
            },
        };
        word.into()
    }

    fn handle(&self, word: &str, of: TypeId) -> String {
        let name = self.resolve.types[of].name.as_deref().filter(|_| self.names);
        format!("{word}<{}>", name.unwrap_or("resource"))
    }

    /// What stands behind the name of a type.
    pub fn definition(&self, id: TypeId) -> String {
        if self.left.get() < 2 {
            return "...".into();
        }
        match &self.resolve.types[id].kind {
            TypeDefKind::Record(record) => {
                format!("record {{ {} }}", self.joined(record.fields.iter().map(|f| format!("{}: {}", f.name, self.ty(f.ty)))))
            }
            TypeDefKind::Resource => self.handle("own", id),
            TypeDefKind::Handle(Handle::Own(of)) => self.handle("own", *of),
            TypeDefKind::Handle(Handle::Borrow(of)) => self.handle("borrow", *of),
            TypeDefKind::Flags(flags) => format!("flags {{ {} }}", self.joined(flags.flags.iter().map(|f| f.name.clone()))),
            TypeDefKind::Tuple(tuple) => format!("tuple<{}>", self.joined(tuple.types.iter().map(|ty| self.ty(*ty)))),
            TypeDefKind::Variant(variant) => {
                let case = |case: &wit_parser::Case| match case.ty {
                    Some(ty) => format!("{}({})", case.name, self.ty(ty)),
                    None => case.name.clone(),
                };
                format!("variant {{ {} }}", self.joined(variant.cases.iter().map(case)))
            }
            TypeDefKind::Enum(names) => {
                format!("enum {{ {} }}", self.joined(names.cases.iter().map(|case| case.name.clone())))
            }
            TypeDefKind::Option(ty) => format!("option<{}>", self.ty(*ty)),
            TypeDefKind::Result(result) => match (result.ok, result.err) {
                (None, None) => "result".into(),
                (Some(ok), None) => format!("result<{}>", self.ty(ok)),
                (ok, err) => format!("result<{}, {}>", self.optional(ok), self.optional(err)),
            },
            TypeDefKind::List(ty) => format!("list<{}>", self.ty(*ty)),
            TypeDefKind::Map(key, value) => format!("map<{}, {}>", self.ty(*key), self.ty(*value)),
            TypeDefKind::FixedLengthList(ty, length) => format!("list<{}, {length}>", self.ty(*ty)),
            TypeDefKind::Future(_) => "future".into(),
            TypeDefKind::Stream(_) => "stream".into(),
            TypeDefKind::Type(ty) => self.ty(*ty),
            TypeDefKind::Unknown => "unknown".into(),
        }
    }
}
