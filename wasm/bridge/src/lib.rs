//! The typed bridge between the C++ host and Wasmtime. The contract is `include/airssys/wasm/bridge/bridge.h`.
//!
//! Policy lives in C++: this crate compiles, links, runs and measures guests, and says precisely why one failed.
//!
//! Safety, once for all entries: pointers come from the C++ side and are what the header demands (valid for the call,
//! instances used by one thread at a time). What can be checked is checked and becomes `AW_INVALID_ARGUMENT`.
#![deny(unsafe_op_in_unsafe_fn)]
#![allow(clippy::missing_safety_doc)] // said above, and per function in the header

mod abi;
mod annotation;
mod call;
mod check;
mod compare;
mod component;
mod describe;
mod encode;
mod engine;
mod error;
mod host;
mod host_messaging;
mod host_services;
mod host_storage;
mod instance;
mod limits;
mod metadata;
mod preinstance;
mod preview1;
mod sled;
mod slot;
mod surface;
mod table;
mod types;
mod types_storage;
mod unavailable;
mod waker;
mod wasi;
mod wasi_lines;
mod wasi_refused;
mod wit_source;
