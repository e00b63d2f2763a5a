//! A program of the tests: sends values of every type through a component that answers each with itself.
//!
//! usage: wit_mirror COMPONENT.wasm
//!
//! Called are the functions `same-*: func(value: T) -> T` of the instances that the component exports. The values are made from
//! the types: each case, each flag, both ends of each number, lists that are empty and not. Prints one line for each function,
//! and ends with 1 when a value comes back as another one. What holds a handle of the host is left out, and named: there is none
//! to give.
use std::process::ExitCode;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Type, Val};
use wasmtime::error::Context as _;
use wasmtime::{Config, Engine, Result, Store, bail};

/// Values of parts that belong together: as many as the part with the most has, so that each value of each part is among them.
fn columns(parts: Vec<Vec<Val>>) -> Vec<Vec<Val>> {
    let rows = parts.iter().map(Vec::len).max().unwrap_or(1);
    (0..rows).map(|row| parts.iter().map(|part| part[row % part.len()].clone()).collect()).collect()
}

fn some(ty: Option<Type>) -> Result<Vec<Option<Box<Val>>>> {
    match ty {
        None => Ok(vec![None]),
        Some(ty) => Ok(values(&ty)?.into_iter().map(|value| Some(Box::new(value))).collect()),
    }
}

fn values(ty: &Type) -> Result<Vec<Val>> {
    Ok(match ty {
        Type::Bool => vec![Val::Bool(false), Val::Bool(true)],
        Type::S8 => vec![Val::S8(i8::MIN), Val::S8(i8::MAX)],
        Type::U8 => vec![Val::U8(0), Val::U8(u8::MAX)],
        Type::S16 => vec![Val::S16(i16::MIN), Val::S16(i16::MAX)],
        Type::U16 => vec![Val::U16(0), Val::U16(u16::MAX)],
        Type::S32 => vec![Val::S32(i32::MIN), Val::S32(i32::MAX)],
        Type::U32 => vec![Val::U32(0), Val::U32(u32::MAX)],
        Type::S64 => vec![Val::S64(i64::MIN), Val::S64(i64::MAX)],
        Type::U64 => vec![Val::U64(0), Val::U64(u64::MAX), Val::U64(1 << 40)],
        Type::Float32 => vec![Val::Float32(0.0), Val::Float32(f32::MAX)],
        Type::Float64 => vec![Val::Float64(0.0), Val::Float64(f64::MIN)],
        Type::Char => vec![Val::Char('\0'), Val::Char('\u{10ffff}')],
        Type::String => ["", "text", "W\u{f6}rter \u{1f980}\0"].map(|text| Val::String(text.into())).into(),
        Type::List(list) => vec![Val::List(vec![]), Val::List(values(&list.ty())?)],
        Type::Record(record) => {
            let fields: Vec<_> = record.fields().collect();
            let parts = fields.iter().map(|field| values(&field.ty)).collect::<Result<_>>()?;
            let named = |row: Vec<Val>| fields.iter().zip(row).map(|(field, value)| (field.name.to_string(), value)).collect();
            columns(parts).into_iter().map(|row| Val::Record(named(row))).collect()
        }
        Type::Tuple(tuple) => {
            let parts = tuple.types().map(|part| values(&part)).collect::<Result<_>>()?;
            columns(parts).into_iter().map(Val::Tuple).collect()
        }
        Type::Variant(variant) => {
            let mut all = vec![];
            for case in variant.cases() {
                all.extend(some(case.ty)?.into_iter().map(|value| Val::Variant(case.name.to_string(), value)));
            }
            all
        }
        Type::Enum(cases) => cases.names().map(|name| Val::Enum(name.to_string())).collect(),
        Type::Option(option) => {
            let present = some(Some(option.ty()))?;
            std::iter::once(None).chain(present).map(Val::Option).collect()
        }
        Type::Result(result) => {
            let ok = some(result.ok())?.into_iter().map(|value| Val::Result(Ok(value)));
            ok.chain(some(result.err())?.into_iter().map(|value| Val::Result(Err(value)))).collect()
        }
        Type::Flags(flags) => {
            let names: Vec<String> = flags.names().map(str::to_string).collect();
            let single = names.iter().map(|name| Val::Flags(vec![name.clone()]));
            [Val::Flags(vec![]), Val::Flags(names.clone())].into_iter().chain(single).collect()
        }
        other => bail!("a value of {other:?} can't be made up"),
    })
}

fn mirror(path: &str) -> Result<bool> {
    let engine = Engine::new(&Config::new())?;
    let component = Component::from_file(&engine, path)?;
    let mut linker = Linker::<()>::new(&engine);
    linker.define_unknown_imports_as_traps(&component)?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &component)?;
    let (mut same, mut functions) = (true, 0);
    for (interface, item) in component.component_type().exports(&engine) {
        let ComponentItem::ComponentInstance(exports) = item.ty else { continue };
        let at = instance.get_export_index(&mut store, None, interface).context("an export is gone")?;
        for (name, item) in exports.exports(&engine).filter(|(name, _)| name.starts_with("same-")) {
            let ComponentItem::ComponentFunc(ty) = item.ty else { bail!("{interface}.{name} is no function") };
            let parameters: Vec<_> = ty.params().map(|(_, ty)| ty).collect();
            let [ty] = &parameters[..] else { bail!("{interface}.{name} has not one parameter") };
            let Ok(all) = values(ty) else {
                println!("{interface}.{name} left out");
                continue;
            };
            let index = instance.get_export_index(&mut store, Some(&at), name).context("an export is gone")?;
            let function = instance.get_func(&mut store, index).context("an export is no function")?;
            println!("{interface}.{name} {}", all.len());
            functions += 1;
            for value in all {
                let mut answer = [Val::Bool(false)];
                function.call(&mut store, std::slice::from_ref(&value), &mut answer)?;
                if answer[0] != value {
                    println!("  sent {value:?}\n  got  {:?}", answer[0]);
                    same = false;
                }
            }
        }
    }
    if functions == 0 { bail!("exports no function `same-*`") } else { Ok(same) }
}

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: wit_mirror COMPONENT.wasm");
        return ExitCode::from(2);
    };
    match mirror(&path) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("wit_mirror: {path}: {error:#}");
            ExitCode::from(2)
        }
    }
}
