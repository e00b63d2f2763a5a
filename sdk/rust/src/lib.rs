//! What a component in Rust is written with: a trait with defaults, payloads that say their codec, requests with continuations,
//! topics. Thin: what it does not have is in [`bindings`], as `wit-bindgen` makes it of `wit/core.wit`.
//!
//! ```
//! use airssys_sdk::{Component, Config, Error, Message, Payload};
//!
//! #[derive(Default)]
//! struct Greeter {
//!     greeted: u32,
//! }
//!
//! impl Component for Greeter {
//!     fn init(_config: Config) -> Result<Self, Error> {
//!         Ok(Greeter::default())
//!     }
//!     fn handle(&mut self, message: Message) -> Result<Option<Payload>, Error> {
//!         self.greeted += 1;
//!         Ok(Some(format!("hello, {}", message.payload.text()?).into()))
//!     }
//! }
//! airssys_sdk::component!(Greeter);
//! ```
//!
//! One call at a time, so state needs no lock; it lives until the instance ends. A panic is a crash: the supervisor makes a new
//! instance, which starts from nothing.
mod breaker;
mod component;
mod correlation;
mod message;
mod message_batch;
mod messaging;
mod payload;
mod retry;
mod storage;
mod topic;

/// The host's package as it is.
#[allow(unsafe_code, missing_docs, clippy::all)]
pub mod bindings {
    #[cfg(not(feature = "waiting"))]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "component",
        pub_export_macro: true,
        default_bindings_module: "airssys_sdk::bindings",
    });
    #[cfg(feature = "waiting")]
    wit_bindgen::generate!({
        path: "../../wit",
        world: "waiting-component",
        pub_export_macro: true,
        default_bindings_module: "airssys_sdk::bindings",
    });
}

pub use bindings::airssys::core::messaging::MessagingError;
pub use bindings::airssys::core::services;
pub use bindings::airssys::core::types::{
    ComponentConfig as Config, ComponentError as Error, ComponentMetadata, ExecutionContext, ExecutionError, HealthReport,
    HealthStatus, LogLevel, MessageId, MessageKind, MessageMetadata, RequestError, RequestId,
};
pub use breaker::{Breaker, BreakerState};
#[doc(hidden)]
pub use component::entry;
pub use component::{Component, Metadata};
pub use correlation::{OpenQuestions, correlated, uncorrelate};
pub use message::Message;
pub use message_batch::MessageBatch;
pub use messaging::{
    DEFAULT_TIMEOUT_MS, Response, broadcast, cancel, current_metadata, on, publish, request, self_id, send, subscribe,
    unsubscribe,
};
pub use payload::{Malformed, Payload, codec};
pub use retry::{AdaptiveTimeout, Backoff, Retry, request_again};
pub use storage::{
    Batch, Entry, KeyPage, KeyValues, OwnStore, Scan, ScanPage, StorageError, StorageUsage, Store, open_store, storage,
};
pub use topic::Pattern;

/// One line of the component's log.
pub fn log(level: LogLevel, text: &str) {
    services::log(level, text, &[]);
}

/// Suspends this component; other components go on. Counts against its `max_execution_time_ms`.
#[cfg(feature = "waiting")]
pub fn sleep(duration: std::time::Duration) {
    bindings::airssys::core::waiting::sleep_ms(duration.as_millis().try_into().unwrap_or(u64::MAX));
}
