//! The records of `wit/core.wit` as Rust types. What the host passes in borrows the C side's memory, so that lowering is
//! the only copy; what a guest answers is owned.
use crate::abi::{self, CComponentConfig, CMessage, array};
use crate::error::Fault;
use wasmtime::component::{ComponentType, Lift, Lower};

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct MessageId {
    pub high: u64,
    pub low: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
pub enum MessageKind {
    #[component(name = "fire-and-forget")]
    FireAndForget,
    #[component(name = "request")]
    Request,
    #[component(name = "publish")]
    Publish,
    #[component(name = "broadcast")]
    Broadcast,
    #[component(name = "external")]
    External,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Message<'a> {
    pub sender: &'a str,
    pub payload: &'a [u8],
    pub kind: MessageKind,
    pub id: MessageId,
    #[component(name = "sent-at")]
    pub sent_at: u64,
}

impl Message<'static> {
    /// Safety: what `message` points to stays valid and unchanged until the call that takes the result has ended.
    #[inline]
    pub unsafe fn borrow(message: &CMessage) -> Result<Self, Fault> {
        let kind = match message.kind {
            0 => MessageKind::FireAndForget,
            1 => MessageKind::Request,
            2 => MessageKind::Publish,
            3 => MessageKind::Broadcast,
            4 => MessageKind::External,
            other => return Err(Fault::argument(format!("message kind {other} is not a case of `message-kind`"))),
        };
        // SAFETY: the caller's word, which is the header's rule for arguments of calls.
        let (sender, payload) = unsafe { (message.sender.get("sender")?, message.payload.get("payload")?) };
        let id = MessageId { high: message.id.high, low: message.id.low };
        Ok(Message { sender, payload, kind, id, sent_at: message.sent_at })
    }
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct ResourceLimits {
    #[component(name = "memory-bytes")]
    pub memory_bytes: u64,
    #[component(name = "fuel-per-call")]
    pub fuel_per_call: u64,
    #[component(name = "call-timeout-ms")]
    pub call_timeout_ms: u64,
}

#[derive(ComponentType, Lower, Clone, Copy)]
#[component(record)]
pub struct Capability<'a> {
    pub kind: &'a str,
    pub action: &'a str,
    pub target: &'a str,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub struct ComponentConfig<'a> {
    pub env: Vec<(&'a str, &'a str)>,
    #[component(name = "config-data")]
    pub config_data: Option<&'a [u8]>,
    pub limits: ResourceLimits,
    pub granted: Vec<Capability<'a>>,
}

impl ComponentConfig<'static> {
    /// Safety: what `config` points to stays valid and unchanged until the call that takes the result has ended.
    pub unsafe fn borrow(config: &CComponentConfig) -> Result<Self, Fault> {
        // SAFETY: the caller's word, which is the header's rule for arguments of calls.
        let (env, granted) =
            unsafe { (array(config.env, config.env_count, "env")?, array(config.granted, config.granted_count, "granted")?) };
        // SAFETY: the same.
        let pair = |p: &abi::Pair| unsafe { Ok((p.name.get("name in env")?, p.value.get("value in env")?)) };
        // SAFETY: the same.
        let capability = |c: &abi::CCapability| unsafe {
            Ok(Capability {
                kind: c.kind.get("capability kind")?,
                action: c.action.get("capability action")?,
                target: c.target.get("capability target")?,
            })
        };
        // SAFETY: the same.
        let data = unsafe { config.config_data.get("config_data")? };
        Ok(ComponentConfig {
            env: env.iter().map(pair).collect::<Result<_, Fault>>()?,
            config_data: (config.has_config_data != 0).then_some(data),
            limits: ResourceLimits {
                memory_bytes: config.memory_bytes,
                fuel_per_call: config.fuel_per_call,
                call_timeout_ms: config.call_timeout_ms,
            },
            granted: granted.iter().map(capability).collect::<Result<_, Fault>>()?,
        })
    }
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct ComponentMetadata {
    pub name: String,
    pub version: String,
    pub description: String,
    pub language: String,
}

#[derive(ComponentType, Lift, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by lifting only
pub enum HealthStatus {
    #[component(name = "healthy")]
    Healthy,
    #[component(name = "degraded")]
    Degraded,
    #[component(name = "unhealthy")]
    Unhealthy,
    #[component(name = "unknown")]
    Unknown,
}

#[derive(ComponentType, Lift)]
#[component(record)]
pub struct HealthReport {
    pub status: HealthStatus,
    pub reason: Option<String>,
}

#[derive(ComponentType, Lift)]
#[component(variant)]
pub enum ComponentError {
    #[component(name = "initialization-failed")]
    InitializationFailed(String),
    #[component(name = "already-initialized")]
    AlreadyInitialized,
    #[component(name = "not-initialized")]
    NotInitialized,
    #[component(name = "invalid-message")]
    InvalidMessage(String),
    #[component(name = "shutdown-failed")]
    ShutdownFailed(String),
    #[component(name = "invalid-state")]
    InvalidState(String),
    #[component(name = "failed")]
    Failed(String),
}

impl ComponentError {
    /// Number of the case and its text, if it has one.
    pub fn parts(self) -> (u32, Option<String>) {
        match self {
            ComponentError::InitializationFailed(text) => (0, Some(text)),
            ComponentError::AlreadyInitialized => (1, None),
            ComponentError::NotInitialized => (2, None),
            ComponentError::InvalidMessage(text) => (3, Some(text)),
            ComponentError::ShutdownFailed(text) => (4, Some(text)),
            ComponentError::InvalidState(text) => (5, Some(text)),
            ComponentError::Failed(text) => (6, Some(text)),
        }
    }
}

#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
pub enum MessagingError {
    #[component(name = "target-not-found")]
    TargetNotFound,
    #[component(name = "permission-denied")]
    PermissionDenied(String),
    #[component(name = "queue-full")]
    QueueFull,
    #[component(name = "message-too-large")]
    MessageTooLarge(u64),
    #[component(name = "delivery-failed")]
    DeliveryFailed(String),
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code)] // made by lifting only
pub enum LogLevel {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy)]
#[component(record)]
pub struct Timestamp {
    pub seconds: u64,
    pub nanoseconds: u32,
}
